"""Live delivery: from the acknowledgement of a command to its line at each of many subscribers."""

import json
import re
import selectors
import socket
from base64 import b64encode
from dataclasses import dataclass, field
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.connection import Connection
from statistics import quantiles
from threading import Event
from time import perf_counter
from uuid import uuid4

from gateway.auth.actor import Role
from gateway.auth.local import local_issuer
from gateway.settings import Settings
from tests.bench._demo import PRACTICE, Running
from tests.bench._result import Result, limit
from tests.bench.commands import REPORT

SUBSCRIBERS = 200
REPORTS = 80
PACE = 0.1
"""Seconds between two reports."""
BAR = 30
"""Milliseconds."""
QUERY = "subscription ($p: ID!) { events(practice: $p) { position type subject time actor line } }"
_POSITION = re.compile(rb'id: (\d+)\nevent|"events":\{"position":(\d+)')
_TAIL = 64
"""Bytes that are kept of what was received, in case a position is cut in two."""


@dataclass(frozen=True)
class Delivered:
    """Milliseconds from the acknowledgement of a command to its line at a subscriber, for every line and subscriber."""

    milliseconds: list[float]

    def percentile(self, percent: int) -> float:
        """Milliseconds within which so many of a hundred were delivered."""
        return quantiles(self.milliseconds, n=100)[percent - 1]


def results(demo: Running) -> list[Result]:
    """Event streams, subscriptions, and both together, each with as many subscribers of one practice."""
    found = []
    for name, streams in (("Server-Sent Events", SUBSCRIBERS), ("GraphQL subscriptions", 0), ("half of each", SUBSCRIBERS // 2)):
        measured = delivered(demo, streams, SUBSCRIBERS - streams)
        p50, p95, p99 = (measured.percentile(percent) for percent in (50, 95, 99))
        note = f"p95 {p95:.1f} ms, p99 {p99:.1f} ms; {REPORTS} reports, one every {PACE * 1000:.0f} ms."
        found.append(limit(f"acknowledged to delivered, {SUBSCRIBERS} subscribers, {name}, p50", p50, "ms", below=BAR, note=note))
    return found


def delivered(demo: Running, streams: int, subscriptions: int, reports: int = REPORTS) -> Delivered:
    """Report at a steady pace while so many event streams and GraphQL subscriptions follow, in a process of their own."""
    tokens = _tokens(demo, streams + subscriptions)
    here, there = get_context("spawn").Pipe()
    listening = get_context("spawn").Process(target=_listen, args=(there, demo.address, tokens[:streams], tokens[streams:]))
    listening.start()
    try:
        assert here.recv() == "ready"
        acknowledged = _report(demo, reports)
        here.send(max(acknowledged))
        seen: list[tuple[int, float]] = here.recv()
    finally:
        listening.join(30)
    waits = [1000 * (at - acknowledged[position]) for position, at in seen if position in acknowledged]
    assert len(waits) == len(acknowledged) * (streams + subscriptions), "every line comes to everybody, once"
    return Delivered(waits)


def _tokens(demo: Running, number: int) -> list[str]:
    """Auditors, each somebody else."""
    issuer, now = local_issuer(Settings(data_dir=demo.data_dir)), datetime.now(UTC)
    return [issuer.issue(practice=PRACTICE, roles=[Role.AUDITOR], subject=f"auditor-{nth}", now=now) for nth in range(number)]


def _report(demo: Running, reports: int) -> dict[int, float]:
    """Position of the last event of each command -> when it was acknowledged."""
    token, connection, acknowledged, pause = demo.token("--holder", "QUALITY_LEAD"), demo.connection(), {}, Event()
    for nth in range(reports + 5):
        headers = {"Authorization": f"Bearer {token}", "Idempotency-Key": str(uuid4()), "Content-Type": "application/json"}
        connection.request("POST", f"/v1/practices/{PRACTICE}/deviations", json.dumps(REPORT), headers)
        answer = connection.getresponse().read()
        at = perf_counter()  # the clock is one for all processes of the machine
        if nth >= 5:
            acknowledged[json.loads(answer)["position"]] = at
        pause.wait(PACE)
    return acknowledged


@dataclass
class _Subscriber:
    received: bytes = b""
    last: int = 0


@dataclass
class _Crew:
    """All subscribers in one thread, which only looks for positions: their work takes from the same two cores."""

    selector: selectors.BaseSelector = field(default_factory=selectors.DefaultSelector)
    subscribers: list[_Subscriber] = field(default_factory=list)
    seen: list[tuple[int, float]] = field(default_factory=list)

    def add(self, connection: socket.socket) -> None:
        connection.setblocking(False)
        self.subscribers.append(_Subscriber())
        self.selector.register(connection, selectors.EVENT_READ, self.subscribers[-1])

    def receive(self, patience: float) -> None:
        for key, _ in self.selector.select(patience):
            connection, subscriber = key.fileobj, key.data
            assert isinstance(connection, socket.socket)
            subscriber.received += connection.recv(65_536)
            at = perf_counter()
            end = 0
            for match in _POSITION.finditer(subscriber.received):
                subscriber.last, end = int(match[1] or match[2]), match.end()
                self.seen.append((subscriber.last, at))
            subscriber.received = subscriber.received[max(end, len(subscriber.received) - _TAIL) :]


def _listen(there: Connection, address: str, streams: list[str], subscriptions: list[str]) -> None:
    crew = _Crew()
    for token in streams:
        crew.add(_stream(address, token))
    for token in subscriptions:
        crew.add(_subscription(address, token))
    crew.receive(0.2)
    there.send("ready")
    while not there.poll():
        crew.receive(0.02)
    last, deadline = there.recv(), perf_counter() + 20
    while any(each.last < last for each in crew.subscribers) and perf_counter() < deadline:
        crew.receive(0.02)
    there.send(crew.seen)


def _stream(address: str, token: str) -> socket.socket:
    connection = _connected(address)
    connection.sendall(
        f"GET /v1/practices/{PRACTICE}/events/live HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n".encode()
    )
    assert b"200 OK" in _until(connection, b"\r\n\r\n")
    return connection


def _subscription(address: str, token: str) -> socket.socket:
    connection = _connected(address)
    key = b64encode(uuid4().bytes).decode()
    connection.sendall(
        f"GET /graphql HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        f"Sec-WebSocket-Key: {key}\r\nSec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n".encode()
    )
    assert b" 101 " in _until(connection, b"\r\n\r\n")
    connection.sendall(_frame({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}}))
    _until(connection, b"connection_ack")
    asked = {"query": QUERY, "variables": {"p": PRACTICE}}
    connection.sendall(_frame({"id": "1", "type": "subscribe", "payload": asked}) + _frame({"type": "ping"}))
    _until(connection, b"pong")
    return connection


def _connected(address: str) -> socket.socket:
    host, port = address.split(":")
    return socket.create_connection((host, int(port)), timeout=30)


def _until(connection: socket.socket, end: bytes) -> bytes:
    received = b""
    while end not in received:
        received += connection.recv(65_536)
    return received


def _frame(message: dict[str, object]) -> bytes:
    """A text frame of a client, masked with zeros (RFC 6455 § 5.2)."""
    text = json.dumps(message).encode()
    length = bytes([0x80 | len(text)]) if len(text) < 126 else bytes([0xFE]) + len(text).to_bytes(2, "big")
    return b"\x81" + length + bytes(4) + text
