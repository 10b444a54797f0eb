"""The writers and the tailing readers of the ledger's benchmark."""

import random
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from statistics import quantiles
from threading import Barrier
from time import perf_counter
from typing import Any, NamedTuple, Self
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from eventsourcing.postgres import PostgresApplicationRecorder, PostgresDatastore
from psycopg.conninfo import conninfo_to_dict
from psycopg_pool import ConnectionPool

from events._codec import parse_line
from events.ledger import reader
from events.ledger.recorder import LedgerRecorder, Metadata

WRITERS = 8
DATA = b'{"title":"Feil dosering","description":"' + b"Pasienten fikk feil dose. " * 8 + b'","category":"CLINICAL","harm":"low"}'
"""284 bytes, so that a line has about 640: what an event of the practice generator has on average."""
TYPE = "deviation.reported.v1"
REST = 0.1
"""Seconds that a reader rests after it has seen everything."""


class Written(NamedTuple):
    """What the writers did."""

    appends: int
    seconds: float
    latencies: list[float]
    """Seconds of each append."""

    def __add__(self, other: object) -> "Written":
        assert isinstance(other, Written)
        return Written(self.appends + other.appends, self.seconds + other.seconds, self.latencies + other.latencies)

    @property
    def rate(self) -> float:
        """Appends a second."""
        return self.appends / self.seconds

    def percentile(self, percent: int) -> float:
        """Milliseconds in which so many of a hundred appends were answered."""
        return quantiles(self.latencies, n=100)[percent - 1] * 1000


def write(append: Callable[[], object], seconds: float) -> Written:
    """Eight threads append, each as fast as it is answered."""
    together = Barrier(WRITERS)

    def writer(_number: int) -> Written:
        append()
        together.wait()
        latencies: list[float] = []
        started = now = perf_counter()
        while now - started < seconds:
            append()
            latencies.append(perf_counter() - now)
            now = perf_counter()
        return Written(len(latencies), now - started, latencies)

    with ThreadPoolExecutor(WRITERS) as threads:
        written = list(threads.map(writer, range(WRITERS)))
    latencies = [latency for one in written for latency in one.latencies]
    return Written(len(latencies), max(one.seconds for one in written), latencies)


def ledger_append(pool: ConnectionPool[Any], practices: list[str], batch: int, data: bytes = DATA) -> Callable[[], object]:
    """Append events of one new stream to a practice at random."""
    recorders = [LedgerRecorder(pool, practice) for practice in practices]

    def append() -> object:
        command_id, stream = uuid4(), f"deviation/{uuid4()}"
        events = [StoredEvent(stream, version, TYPE, data) for version in range(1, batch + 1)]
        to = random.choice(recorders)
        return to.append(events, command_id=command_id, digest=command_id.bytes, metadata=Metadata("kari", command_id))

    return append


def library_append(recorder: PostgresApplicationRecorder) -> Callable[[], object]:
    """Append one event of a new stream with the library's recorder."""
    return lambda: recorder.insert_events([StoredEvent(uuid4(), 1, TYPE, DATA)])


@contextmanager
def library_recorder(url: str) -> Iterator[PostgresApplicationRecorder]:
    """The library's recorder as it comes, with its table."""
    given = {name: str(value) for name, value in conninfo_to_dict(url).items()}
    with PostgresDatastore(dbname=given["dbname"], host=given["host"], port="5432", user=given["user"], password="") as store:
        recorder = PostgresApplicationRecorder(store)
        recorder.create_table()
        yield recorder


class Tail:
    """A reader in a process of its own that follows what is written while the block runs."""

    def __init__(self, follow: Callable[[str], Iterator[int]], url: str) -> None:
        context = get_context("spawn")
        self._stop = context.Event()
        self._ready = context.Event()
        self._process = ProcessPoolExecutor(1, context, _remember, (self._ready, self._stop))
        self._seen = self._process.submit(_count, follow, url)

    def __enter__(self) -> Self:
        self._ready.wait()
        return self

    def __exit__(self, *_exception: object) -> None:
        self._stop.set()
        self._process.shutdown()

    @property
    def seen(self) -> int:
        """How many events it saw, after the block."""
        return self._seen.result()


def tail(url: str) -> Iterator[int]:
    """Again and again, how many new events there are in all ledgers; each must be in its place."""
    with psycopg.connect(url, autocommit=True) as connection:
        seen = reader.ledgers(connection)
        while True:
            new = 0
            for ledger, size in reader.ledgers(connection).items():
                while seen[ledger] < size:
                    for line in reader.read(connection, ledger, after=seen[ledger], limit=500):
                        seen[ledger] += 1
                        new += 1
                        assert parse_line(line)[0].position == seen[ledger]
            yield new


def tail_library(url: str) -> Iterator[int]:
    """The same with the library's recorder."""
    with library_recorder(url) as recorder:
        last = recorder.max_notification_id() or 0
        while True:
            new = 0
            while found := recorder.select_notifications(last, 500, inclusive_of_start=False):
                last, new = found[-1].id, new + len(found)
            yield new


_signals: list[Event] = []


def _remember(ready: Event, stop: Event) -> None:
    _signals.extend((ready, stop))


def _count(follow: Callable[[str], Iterator[int]], url: str) -> int:
    ready, stop = _signals
    looks = follow(url)
    seen = next(looks)
    ready.set()
    while not stop.wait(REST):
        seen += next(looks)
    return seen + next(looks)


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
