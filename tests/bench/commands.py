"""Commands over REST: 16 clients, one server process."""

import json
from collections.abc import Iterator
from http.client import HTTPConnection
from multiprocessing import get_context
from threading import Thread
from time import perf_counter
from uuid import uuid4

from tests.bench._demo import Running, running
from tests.bench._result import Result, limit

CLIENTS = 16
SECONDS = 8.0
PROCESSES = 2
PRACTICES = ("fjordgata", "solsiden", "bryggen")
REPORT = {
    "title": "Prøvesvar ble liggende",
    "description": "Oppdaget ved gjennomgang; pasienten er kontaktet.",
    "kind": "near_miss",
    "category": "CLINICAL",
    "occurred": {"at": "2026-01-12T08:00:00Z"},
}


def run() -> list[Result]:
    """Reports of deviations, acknowledged with position and root: on one practice, and over the demo's three."""
    with running() as demo:
        one = _storm(demo, PRACTICES[:1])
        three = _storm(demo, PRACTICES)
    name = "REST command to acknowledgement, 16 clients, one server process"
    rate = len(three) / SECONDS
    note = f"{_spread(three)} On one practice alone: {len(one) / SECONDS:,.0f}/s, {_spread(one)} The clients run on the same two cores."
    return [limit(f"{name}, three practices", rate, "/s", at_least=500, note=note)]


def _spread(latencies: list[float]) -> str:
    latencies.sort()
    p50, p99 = (latencies[int(len(latencies) * share)] * 1000 for share in (0.5, 0.99))
    return f"p50 {p50:.1f} ms, p99 {p99:.1f} ms."


def _storm(demo: Running, practices: tuple[str, ...]) -> list[float]:
    """Seconds to acknowledgement of each command that the clients gave."""
    tokens = [(practice, demo.token("--holder", "QUALITY_LEAD", practice=practice)) for practice in practices]
    with get_context("spawn").Pool(PROCESSES) as pool:
        answers = pool.starmap(_clients, [(demo.address, tokens, CLIENTS // PROCESSES)] * PROCESSES)
    return [latency for answer in answers for latency in answer]


def _clients(address: str, tokens: list[tuple[str, str]], number: int) -> list[float]:
    latencies: list[float] = []
    chosen = [tokens[nth % len(tokens)] for nth in range(number)]
    threads = [Thread(target=_collect, args=(latencies, address, *one)) for one in chosen]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return latencies


def _collect(latencies: list[float], address: str, practice: str, token: str) -> None:
    latencies.extend(_one_client(address, practice, token))


def _one_client(address: str, practice: str, token: str) -> Iterator[float]:
    host, port = address.split(":")
    connection = HTTPConnection(host, int(port), timeout=30)
    body = json.dumps(REPORT)
    end = perf_counter() + SECONDS
    while (sent := perf_counter()) < end:
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        connection.request("POST", f"/v1/practices/{practice}/deviations", body, headers)
        answer = connection.getresponse()
        answer.read()
        assert answer.status == 201, answer.status
        yield perf_counter() - sent
