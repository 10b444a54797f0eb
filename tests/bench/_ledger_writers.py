"""What the writer and reader processes of the ledger's benchmark do."""

import random
from collections.abc import Callable, Iterator
from multiprocessing.synchronize import Barrier
from threading import Event
from time import perf_counter
from typing import NamedTuple
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict

from events._codec import parse_line
from events.ledger import connect, reader
from events.ledger.recorder import LedgerRecorder, Metadata

DATA = b'{"title":"Feil dosering","description":"' + b"Pasienten fikk feil dose. " * 12 + b'","category":"CLINICAL","harm":"low"}'
TYPE = "deviation.reported.v1"
LATE = 1.0
"""Seconds after which the last append that was under way at the end has surely been answered."""

_together: list[Barrier] = []


class Written(NamedTuple):
    """What one writer did."""

    events: int
    seconds: float
    latencies: list[float]


def begin(barrier: Barrier) -> None:
    """Tell a process whom to wait for before it starts."""
    _together.append(barrier)


def write(url: str, practices: list[str], batch: int, seconds: float) -> Written:
    """Append batches of events of one new stream to practices at random."""
    with connect.sync_pool(url, "sporbar_app", max_size=1) as pool:
        recorders = [LedgerRecorder(pool, practice) for practice in practices]

        def append() -> None:
            command_id, stream = uuid4(), f"deviation/{uuid4()}"
            events = [StoredEvent(stream, version, TYPE, DATA) for version in range(1, batch + 1)]
            random.choice(recorders).append(events, command_id=command_id, digest=command_id.bytes, metadata=Metadata("kari", command_id))

        return _timed(append, batch, seconds)


def write_library(url: str, seconds: float) -> Written:
    """Append single events with the library's recorder as it comes."""
    with _datastore(url) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
        return _timed(lambda: recorder.insert_events([StoredEvent(uuid4(), 1, TYPE, DATA)]), 1, seconds)


def tail(url: str, practices: list[str], seconds: float) -> int:
    """Follow the practices while they are written to; how many new events were seen, each in its place."""
    with psycopg.connect(url, autocommit=True) as connection:
        seen = {ledger: size for ledger, size in reader.ledgers(connection).items() if ledger in practices}
        first = sum(seen.values())
        _together[0].wait()
        for _ in _while_writing(seconds):
            for ledger, size in reader.ledgers(connection).items():
                while ledger in seen and seen[ledger] < size:
                    for line in reader.read(connection, ledger, after=seen[ledger], limit=500):
                        seen[ledger] += 1
                        assert parse_line(line)[0].position == seen[ledger]
        return sum(seen.values()) - first


def tail_library(url: str, seconds: float) -> int:
    """The same with the library's recorder."""
    with _datastore(url) as datastore:
        recorder = PostgresApplicationRecorder(datastore, events_table_name="stored_events")
        last, seen = recorder.max_notification_id() or 0, 0
        _together[0].wait()
        for _ in _while_writing(seconds):
            while found := recorder.select_notifications(last, 500, inclusive_of_start=False):
                last, seen = found[-1].id, seen + len(found)
        return seen


def make_library_table(url: str) -> None:
    """Make the library's table and function."""
    with _datastore(url) as datastore:
        PostgresApplicationRecorder(datastore, events_table_name="stored_events").create_table()


def fill(url: str, ledger: str, lines: int, command: int) -> None:
    """Fill a ledger through `append`, from inside the server and without waiting for the disk."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        for _ in range(lines // command // 100):
            connection.execute(
                """
                SELECT count(*) FROM generate_series(1, 100) AS n, LATERAL ledger.append(
                  %s, gen_random_uuid(), 'd', 'kari', gen_random_uuid(), NULL, array_fill('deviation/' || gen_random_uuid(), array[%s]),
                  array(SELECT generate_series(1, %s + 0 * n)), array_fill(%s::text, array[%s]), array_fill(%s::json, array[%s]))
                """,
                (ledger, command, command, TYPE, command, DATA.decode(), command),
            )


def _timed(append: Callable[[], object], batch: int, seconds: float) -> Written:
    _together[0].wait()
    latencies: list[float] = []
    started = now = perf_counter()
    while now - started < seconds:
        append()
        latencies.append(perf_counter() - now)
        now = perf_counter()
    return Written(len(latencies) * batch, now - started, latencies)


def _while_writing(seconds: float) -> Iterator[None]:
    """Again and again, with a short rest between, until the writers have surely ended; then once more."""
    rest, started = Event(), perf_counter()
    while perf_counter() - started < seconds + LATE:
        yield
        rest.wait(0.02)
    yield


def _datastore(url: str) -> PostgresDatastore:
    parts = conninfo_to_dict(url)
    return PostgresDatastore(dbname=str(parts["dbname"]), host=str(parts["host"]), port="5432", user=str(parts["user"]), password="")
