"""Read models: following live, rebuilding everything, and reading one's own write, beside the library's runner."""

import asyncio
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from multiprocessing import get_context
from multiprocessing.synchronize import Event
from pathlib import Path
from statistics import median, quantiles
from threading import Thread
from time import perf_counter, sleep
from typing import Any
from uuid import uuid4

import psycopg
from eventsourcing.persistence import StoredEvent
from psycopg import sql

from events.ledger import connect, migrate
from events.ledger.hints import Notifier
from events.ledger.recorder import LedgerRecorder, Metadata, open_ledger
from gateway.embedded_postgres import EmbeddedPostgres
from projections._engine._generation import SWITCH_LOCK, ensure_generation
from projections._engine._rebuild import rebuild
from projections._engine._verify import verify_read_models
from projections._engine._worker import Worker
from read_side._as_of import open_view
from read_side._tables import table_of
from read_side.deviation import DeviationRow
from tests.bench import _library_projection as library
from tests.bench._lives import stored_lives
from tests.bench._result import Result, against, limit
from tests.bench._stages import stages

PRACTICES = [f"practice-{number}" for number in range(6)]
DEVIATIONS = 2_400
"""In each practice, of thirteen events."""
WORKERS = 2
ROUNDS = 5
OWN_WRITES = 200
LIBRARY_EVENTS = 3_000
LIBRARY = "eventsourcing 9.5 ProjectionRunner, one row a stream, no history"


def run() -> list[Result]:
    """Everything on a server of its own."""
    lives = stored_lives(DEVIATIONS)
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            url = server.url()
            migrate.migrate(url)
            ensure_generation(url)
            record_lives(url, lives)
            theirs = median(_theirs(url, lives, turn) for turn in range(-ROUNDS, 0))
            return [*_live(url, theirs), *_rebuilt(url, lives), *_own_writes(url, lives)]


def _theirs(url: str, lives: list[StoredEvent], turn: int) -> float:
    """The library's rate, on events that it has not had."""
    before = (turn + ROUNDS) * LIBRARY_EVENTS
    return library.events_a_second(url, lives[before : before + LIBRARY_EVENTS], before)


def record_lives(url: str, lives: list[StoredEvent]) -> None:
    """The same lives in the record of each practice."""
    with connect.sync_pool(url, "sporbar_app") as pool:
        for practice in PRACTICES:
            open_ledger(pool, practice)
            recorder = LedgerRecorder(pool, practice)
            for start in range(0, len(lives), 100):
                recorder.insert_events(lives[start : start + 100])


def _live(url: str, theirs: float) -> list[Result]:
    """Workers that find six practices full of events; they wait behind a lock, so that their own start is not counted."""
    with psycopg.connect(url, autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(%s, %s)", SWITCH_LOCK)
        with _workers(url, WORKERS):
            _wait(conn, "select count(*) = %s from pg_locks where locktype = 'advisory' and not granted", WORKERS)
            started = perf_counter()
            conn.execute("select pg_advisory_unlock(%s, %s)", SWITCH_LOCK)
            events = len(PRACTICES) * DEVIATIONS * 13
            _wait(conn, "select sum(position) = %s from projection.follower", events)
            seconds = perf_counter() - started
    rate = events / seconds
    note = f"{WORKERS} worker processes, {len(PRACTICES)} practices, {events:,} events with history and activity"
    return [
        limit("projections live", rate, "events/s", at_least=15_000, note=note),
        against("projections live", rate, "events/s", LIBRARY, theirs, at_least=12.5),
    ]


def _rebuilt(url: str, lives: list[StoredEvent]) -> list[Result]:
    """In turns with the library, since the machine is not as quick in one minute as in the next."""
    turns = [(_theirs(url, lives, turn), rebuild(url, processes=WORKERS)) for turn in range(ROUNDS)]
    rates, rebuilt = [rebuilt.events / rebuilt.seconds for _, rebuilt in turns], turns[-1][1]
    rate, library_rate = median(rates), median(theirs for theirs, _ in turns)
    started = perf_counter()
    verified = verify_read_models(url, processes=WORKERS)
    seconds = perf_counter() - started
    assert verified.sound
    assert _rows(url, rebuilt.schema) == len(PRACTICES) * DEVIATIONS
    shape = f"{WORKERS} processes, {rebuilt.events:,} events; with their start, indexes, statistics and the switch"
    note = f"{shape}; the median of {', '.join(f'{each:,.0f}' for each in rates)}; {stages(url)}"
    return [
        limit("rebuild of everything, with history", rate, "events/s", at_least=25_000, note=note),
        against("rebuild of everything, with history", rate, "events/s", LIBRARY, library_rate, at_least=20),
        limit("verify of the read models by replay", verified.events / seconds, "events/s", at_least=10_000, note="found no difference"),
    ]


def _own_writes(url: str, lives: list[StoredEvent]) -> list[Result]:
    """From the acknowledgement of an append to a view that includes it."""
    stream = f"deviation/{uuid4()}"
    reported = next(event for event in lives if event.originator_version == 1)
    with connect.sync_pool(url, "sporbar_app", max_size=1) as pool, Notifier(url) as notifier, _workers(url, 1):
        recorder = LedgerRecorder(pool, PRACTICES[0])

        async def measure() -> list[float]:
            taken = []
            async with connect.async_pool(url, "sporbar_app", max_size=1) as views:
                for number in range(OWN_WRITES):
                    event = StoredEvent(f"{stream[:-4]}{number:04x}", 1, reported.topic, reported.state)
                    position = await asyncio.to_thread(_append, recorder, event)
                    notifier.hint(PRACTICES[0])
                    acknowledged = perf_counter()
                    async with open_view(views, PRACTICES[0], now=datetime.now(UTC), at_least=position, patience=30):
                        taken.append((perf_counter() - acknowledged) * 1000)
            return taken[OWN_WRITES // 10 :]

        taken = asyncio.run(measure())
    cuts = quantiles(taken, n=100)
    note = f"one after the other; p99 {cuts[98]:.1f} ms"
    return [limit("read your own write: appended to shown by a view, p50", cuts[49], "ms", below=15, note=note)]


def _append(recorder: LedgerRecorder, event: StoredEvent) -> int:
    id_ = uuid4()
    return recorder.append([event], command_id=id_, digest=id_.bytes, metadata=Metadata("kari", id_)).position


@contextmanager
def _workers(url: str, number: int) -> Iterator[None]:
    """Worker processes."""
    context = get_context("spawn")
    stop = context.Event()
    processes = [context.Process(target=_work, args=(url, stop)) for _ in range(number)]
    for process in processes:
        process.start()
    try:
        yield
    finally:
        stop.set()
        for process in processes:
            process.join(timeout=20)


def _work(url: str, stop: Event) -> None:
    worker = Worker(url)
    Thread(target=_stop_at, args=(stop, worker), daemon=True).start()
    worker.run()


def _stop_at(stop: Event, worker: Worker) -> None:
    stop.wait()
    worker.stop()


def _wait(conn: psycopg.Connection[Any], query: str, value: object) -> None:
    while conn.execute(query, (value,)).fetchone() != (True,):
        sleep(0.005)


def _rows(url: str, schema: str) -> int:
    with psycopg.connect(url) as conn:
        found = conn.execute(sql.SQL("select count(*) from {}").format(sql.Identifier(schema, table_of(DeviationRow).name))).fetchone()
    return int(found[0]) if found else 0
