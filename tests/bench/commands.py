"""Commands over REST: 16 clients, one server process."""

import json
from collections.abc import Iterator
from multiprocessing import get_context
from threading import Thread
from time import perf_counter
from uuid import uuid4

from tests.bench._demo import PRACTICE, Running, running
from tests.bench._result import Result, limit

CLIENTS = 16
SECONDS = 8.0
PROCESSES = 2
REPORT = {
    "title": "Prøvesvar ble liggende",
    "description": "Oppdaget ved gjennomgang; pasienten er kontaktet.",
    "kind": "near_miss",
    "category": "CLINICAL",
    "occurred": {"at": "2026-01-12T08:00:00Z"},
}


def run() -> list[Result]:
    """Reports of deviations, acknowledged with position and root."""
    with running() as demo:
        count, latencies = _storm(demo)
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    note = f"All on one practice, clients on the same two cores; p50 {p50:.1f} ms, p99 {p99:.1f} ms."
    name = "REST command to acknowledgement, 16 clients, one server process"
    return [limit(name, count / SECONDS, "/s", at_least=500, note=note)]


def _storm(demo: Running) -> tuple[int, list[float]]:
    token = demo.token("--holder", "QUALITY_LEAD")
    with get_context("spawn").Pool(PROCESSES) as pool:
        answers = pool.starmap(_clients, [(demo.address, token, CLIENTS // PROCESSES)] * PROCESSES)
    latencies = [latency for answer in answers for latency in answer]
    return len(latencies), latencies


def _clients(address: str, token: str, number: int) -> list[float]:
    latencies: list[float] = []
    threads = [Thread(target=lambda: latencies.extend(_one_client(address, token))) for _ in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


def _one_client(address: str, token: str) -> Iterator[float]:
    from http.client import HTTPConnection

    host, port = address.split(":")
    connection = HTTPConnection(host, int(port), timeout=30)
    body = json.dumps(REPORT)
    end = perf_counter() + SECONDS
    while (sent := perf_counter()) < end:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        connection.request("POST", f"/v1/practices/{PRACTICE}/deviations", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
        yield perf_counter() - sent
