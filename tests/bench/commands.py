"""Commands over REST: 16 clients, one server process."""

import json
import socket
from multiprocessing import get_context
from statistics import median
from threading import Thread
from time import perf_counter
from uuid import uuid4

from tests.bench._demo import Running, running
from tests.bench._result import Result, limit

CLIENTS = 16
SECONDS = 6.0
ROUNDS = 5
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
        rounds = [_storm(demo, PRACTICES) for _ in range(ROUNDS)]
    name = "REST command to acknowledgement, 16 clients, one server process"
    every = [latency for each in rounds for latency in each]
    rates = ", ".join(f"{len(each) / SECONDS:,.0f}" for each in rounds)
    note = (
        f"the median of {ROUNDS} rounds of {SECONDS:g} s: {rates}; {_spread(every)} On one practice alone: {len(one) / SECONDS:,.0f}/s, "
        f"{_spread(one)} Projector, scheduler, PostgreSQL and the clients share the two cores."
    )
    return [limit(f"{name}, three practices", median(map(len, rounds)) / SECONDS, "/s", at_least=500, note=note)]


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
    """One client: a connection that stays open, the next command when the last one is acknowledged.

    It writes HTTP itself: the standard library's client takes as much of the two cores as half a command.
    """
    host, port = address.split(":")
    body = json.dumps(REPORT).encode()
    head = (
        f"POST /v1/practices/{practice}/deviations HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\nIdempotency-Key: "
    ).encode()
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        end = perf_counter() + SECONDS
        while (sent := perf_counter()) < end:
            connection.sendall(head + str(uuid4()).encode() + b"\r\n\r\n" + body)
            answer = _answer(connection)
            assert answer.startswith(b"HTTP/1.1 201 "), answer
            latencies.append(perf_counter() - sent)


def _answer(connection: socket.socket) -> bytes:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\r\n")[1:])
    while len(body) < int(fields[b"content-length"]):
        body += _some(connection)
    return head + body


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(65_536)
    if not received:
        raise ConnectionError("the server closed the connection")
    return received
