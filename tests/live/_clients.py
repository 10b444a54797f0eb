"""Clients that follow: of Server-Sent Events, and of graphql-transport-ws."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Barrier, Thread
from time import monotonic
from typing import Any

import httpx
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.gateway._house import House, Person, report

PATIENCE = 20.0
"""Seconds that something may take before a test fails."""
PROTOCOL = "graphql-transport-ws"
EVENTS = "subscription ($p: ID!, $after: Int, $types: [String!]) { events(practice: $p, after: $after, types: $types) { position line } }"


@dataclass(frozen=True)
class Event:
    """A block of an event stream."""

    fields: dict[str, str]

    @property
    def position(self) -> int:
        return int(self.fields["id"])

    @property
    def data(self) -> str:
        return self.fields["data"]


@dataclass
class Stream:
    """An open event stream."""

    response: httpx.Response
    lines: Iterator[str]

    def blocks(self) -> Iterator[dict[str, str]]:
        """Every block, comments under an empty name."""
        fields: dict[str, str] = {}
        for line in self.lines:
            if line:
                name, _, value = line.partition(":")
                fields[name] = value.removeprefix(" ")
            else:
                yield fields
                fields = {}

    def events(self) -> Iterator[Event]:
        """Every block that is an event."""
        return (Event(fields) for fields in self.blocks() if "data" in fields)

    def take(self, number: int) -> list[Event]:
        """The next so many events."""
        events = self.events()
        return [next(events) for _ in range(number)]


@contextmanager
def stream(person: Person, practice: str | None = None, *, last: object = None, **parameters: Any) -> Iterator[Stream]:
    """An event stream as somebody opens it."""
    headers = {"Authorization": f"Bearer {person.token}"} | ({} if last is None else {"Last-Event-ID": str(last)})
    address = f"/v1/practices/{practice or person.practice}/events/live"
    with person.client.stream("GET", address, params=parameters, headers=headers, timeout=PATIENCE) as response:
        yield Stream(response, response.iter_lines())


def refused(person: Person, practice: str | None = None, **options: Any) -> tuple[int, str]:
    """Status and code of a stream that is refused."""
    with stream(person, practice, **options) as opened:
        opened.response.read()
        return opened.response.status_code, opened.response.json()["code"]


@dataclass
class Socket:
    """An open socket."""

    connection: ClientConnection
    numbers: Iterator[int] = field(default_factory=lambda: count(1))

    def send(self, **message: Any) -> None:
        self.connection.send(json.dumps(message))

    def receive(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.connection.recv(PATIENCE))
        return message

    def subscribe(self, query: str, **variables: Any) -> str:
        """Begin a subscription; its id."""
        id_ = str(next(self.numbers))
        self.send(id=id_, type="subscribe", payload={"query": query, "variables": variables})
        return id_

    def next(self) -> Any:
        """What the next item shows."""
        message = self.receive()
        assert message["type"] == "next", message
        assert "errors" not in message["payload"], message
        (shown,) = message["payload"]["data"].values()
        return shown

    def error(self) -> str:
        """Code of the error that a subscription ends with."""
        message = self.receive()
        assert message["type"] == "error", message
        code: str = message["payload"][0]["extensions"]["code"]
        return code


@contextmanager
def raw_socket(house: House, protocol: str | None = PROTOCOL, **options: Any) -> Iterator[Socket]:
    """A socket of which nobody has said whose it is."""
    waits = {"open_timeout": PATIENCE, "close_timeout": PATIENCE}
    options = {"subprotocols": [protocol] if protocol else None, "proxy": None, "max_queue": None, **waits, **options}
    address = house.url.replace("http", "ws", 1) + "/graphql"
    with connect(address, **options) as connection:
        yield Socket(connection)


@contextmanager
def socket(house: House, token: str, **options: Any) -> Iterator[Socket]:
    """A socket of somebody who has signed in."""
    with raw_socket(house, **options) as opened:
        opened.send(type="connection_init", payload={"Authorization": f"Bearer {token}"})
        assert opened.receive() == {"type": "connection_ack"}
        yield opened


def closed(opened: Socket) -> tuple[int, str]:
    """With which code and reason the other side closes."""
    try:
        while True:
            opened.connection.recv(PATIENCE)
    except ConnectionClosed as ended:
        return (ended.rcvd.code, ended.rcvd.reason) if ended.rcvd else (1006, "")


@contextmanager
def writers(person: Person, number: int, each: int) -> Iterator[None]:
    """So many writers report at the same time, each some deviations, while the block runs and until they are done."""
    together = Barrier(number)

    def write() -> None:
        with httpx.Client(base_url=person.client.base_url, timeout=PATIENCE) as client:
            writer = Person(client, person.practice, person.token, person.member)
            together.wait()
            for _ in range(each):
                writer.done("/deviations", report())

    threads = [Thread(target=write) for _ in range(number)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        for thread in threads:
            thread.join()


def eventually(condition: Any, patience: float = PATIENCE) -> None:
    """Wait until something is so."""
    deadline = monotonic() + patience
    while not condition():
        assert monotonic() < deadline, "in vain"
