"""How many may follow, and what becomes of those who do not take what they are sent."""

import json
import re
import socket as sockets
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from events.ledger.recorder import LedgerRecorder
from gateway.auth.actor import Role
from gateway.cli._http import listen
from gateway.settings import Settings
from tests._database import Postgres
from tests.gateway._house import House, Person, Practice, running_house
from tests.ledger._support import append, fact
from tests.live._clients import EVENTS, PATIENCE, closed, eventually, raw_socket, refused, socket, stream

EACH, ALL = 2, 3
LONG = b'{"text":"' + b"x" * 50_000 + b'"}'
LINES = 150
"""7.5 MB, more than the buffers of a connection hold."""


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(postgres, tmp_path_factory.mktemp("house"), live_streams=ALL, live_streams_each=EACH, live_patience=3) as house:
        yield house


@contextmanager
def narrow(person: Person) -> Iterator[sockets.socket]:
    """A connection with a small buffer for what is received."""
    with sockets.socket() as connection:
        connection.setsockopt(sockets.SOL_SOCKET, sockets.SO_RCVBUF, 100_000)
        connection.settimeout(PATIENCE)
        connection.connect((person.client.base_url.host, person.client.base_url.port or 80))
        yield connection


@contextmanager
def unread(person: Person, after: int = 0) -> Iterator[sockets.socket]:
    """An event stream that nobody reads."""
    with narrow(person) as connection:
        head = f"GET /v1/practices/{person.practice}/events/live?after={after} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {person.token}"
        connection.sendall(f"{head}\r\n\r\n".encode())
        yield connection


def long_record(house: House, practice: Practice) -> None:
    with house.database.sync_pool() as pool:
        for start in range(0, LINES, 50):
            append(LedgerRecorder(pool, practice.name), *(fact(f"deviation/{start}", version, LONG) for version in range(1, 51)))


def others(house: House, practice: Practice) -> tuple[Person, Person]:
    """Two people who may follow."""
    token = house.issuer.issue(practice=practice.name, roles=[Role.AUDITOR], subject="another", now=datetime.now(UTC))
    return house.person(practice.name, [Role.AUDITOR]), Person(house.client, practice.name, token, None)


def test_of_one_person_and_of_all(house: House, practice: Practice) -> None:
    one, another = others(house, practice)
    with ExitStack() as open_ones:
        for _ in range(EACH):
            open_ones.enter_context(stream(one))
        with stream(one) as third:
            assert third.response.status_code == 429
            assert int(third.response.headers["retry-after"]) > 0
        assert refused(one) == (429, "live.yours")
        with raw_socket(house) as opened:
            opened.send(type="connection_init", payload={"Authorization": f"Bearer {one.token}"})
            with pytest.raises(ConnectionClosed) as ended:
                opened.receive()
            assert ended.value.rcvd is not None
            assert (ended.value.rcvd.code, ended.value.rcvd.reason.partition(":")[0]) == (4429, "live.yours")
        open_ones.enter_context(_when_there_is_room(another))
        with stream(practice.manager) as fourth:
            assert fourth.response.status_code == 503
            assert int(fourth.response.headers["retry-after"]) > 0
        with pytest.raises(InvalidStatus) as denied, raw_socket(house):
            pass
        assert denied.value.response.status_code == 503
        assert int(denied.value.response.headers["retry-after"]) > 0
        assert json.loads(denied.value.response.body)["code"] == "live.full"
    eventually(lambda: _open_ones(house) == 0)
    with socket(house, one.token) as opened:
        assert _open_ones(house) == 1
        opened.send(type="ping")
        assert opened.receive() == {"type": "pong"}
    eventually(lambda: _open_ones(house) == 0)


def test_nobody_waits_for_ever_for_whoever_does_not_sign_in(house: House) -> None:
    with raw_socket(house) as opened:
        opened.send(type="ping")
        assert opened.receive() == {"type": "pong"}
        assert closed(opened) == (4408, "Connection initialisation timeout")


def test_a_place_is_given_back_after_a_refusal(house: House, practice: Practice) -> None:
    for _ in range(ALL + 1):
        assert refused(practice.manager, last=1_000_000) == (422, "live.ahead")
    eventually(lambda: _open_ones(house) == 0)


def test_a_slow_one_is_waited_for_and_has_everything(house: House, practice: Practice) -> None:
    long_record(house, practice)
    slow, quick = others(house, practice)
    with unread(slow) as connection:
        with stream(quick, after=0) as opened:
            lines = [event.data for event in opened.take(practice.size)]
        received, end = b"", f"id: {practice.size}\n".encode()
        while end not in received[-60_000:]:
            received += connection.recv(65_536)
    positions = [int(found) for found in re.findall(rb"^id: (\d+)\nevent", received.replace(b"\r\n", b"\n"), re.MULTILINE)]
    assert positions == list(range(1, practice.size + 1))
    assert lines == house.lines(practice.name)


def test_who_takes_nothing_is_cut_off(house: House, practice: Practice, caplog: pytest.LogCaptureFixture) -> None:
    long_record(house, practice)
    stuck, other = others(house, practice)
    silent: dict[str, Any] = {"max_queue": 1, "compression": None, "close_timeout": 0.1, "ping_interval": None}
    with (
        unread(stuck) as connection,
        narrow(stuck) as other_connection,
        socket(house, stuck.token, sock=other_connection, **silent) as opened,
    ):
        opened.subscribe(EVENTS, p=practice.name, after=0)
        with stream(other) as going_on:
            assert going_on.response.status_code == 200
            eventually(lambda: _open_ones(house) == 1)
        assert sum("took nothing" in record.getMessage() for record in caplog.records) == 2
        received = 1
        while received:
            received = len(connection.recv(65_536))


def test_the_kernel_does_not_keep_for_ever_what_nobody_takes() -> None:
    """What was sent to a client that was cut off is thrown away, and its connection with it."""
    with listen(Settings(port=0)) as listener, sockets.create_connection(listener.getsockname()):
        accepted, _ = listener.accept()
        with accepted:
            assert accepted.getsockopt(sockets.IPPROTO_TCP, sockets.TCP_USER_TIMEOUT) == 60_000


def _when_there_is_room(person: Person) -> ExitStack:
    """A stream, once those that were refused have left."""
    opened = ExitStack()

    def there_is() -> bool:
        with ExitStack() as tried:
            if tried.enter_context(stream(person)).response.status_code == 200:
                opened.push(tried.pop_all())
                return True
        return False

    eventually(there_is)
    return opened


def _open_ones(house: House) -> int:
    metrics = house.client.get("/metrics").text
    return int(float(re.findall(r"^sporbar_live_streams (\S+)", metrics, re.MULTILINE)[0]))
