"""Following the ledgers: any number of workers, each practice in one of them at a time."""

from threading import Event
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from events.ledger.follower import enrol
from events.ledger.hints import Hints
from projections._all import read_models
from projections._engine._batch import LINES, Switched, advance
from projections._engine._generation import active
from projections._engine._received import enrol_received
from projections._engine._store import Store, connect
from projections._model import ReadModel

IDLE = 0.5
"""Seconds between looks for practices that lag, for when a hint is lost."""
_RETRY = 0.25
"""Seconds before the database is tried again."""

log = structlog.get_logger("sporbar.projections")


class NoGeneration(Exception):
    """There are no read models yet."""

    def __init__(self) -> None:
        super().__init__("there are no read models yet; run `sporbar migrate`")


def open_store(conn: Connection[Any], models: tuple[ReadModel[Any], ...] | None = None) -> Store:
    """The generation that answers; raises NoGeneration, or RebuildNeeded when it was made by another version."""
    models = models or read_models()
    generation = active(conn)
    if generation is None:
        raise NoGeneration
    generation.require(models)
    return Store(conn, generation.schema, models)


def lagging(conn: Connection[Any], schema: str) -> list[str]:
    """Practices with lines that are not folded yet, the one least behind first; parked ones left out."""
    enrol(conn, schema)
    enrol_received(conn, schema)
    found = conn.execute(
        "select ledger from projection.record join projection.follower using (ledger)"
        " where follower.name = %s and follower.parked_at is null and size > follower.position order by size - follower.position, ledger",
        (schema,),
    )
    return [ledger for (ledger,) in found.fetchall()]


def catch_up(url: str, *, lines: int = LINES, models: tuple[ReadModel[Any], ...] | None = None) -> int:
    """Fold everything that is recorded and not folded yet, through the live path; how many events that were."""
    with connect(url) as conn:
        store, events = open_store(conn, models), 0
        while waiting := lagging(conn, store.schema):
            for ledger in waiting:
                advanced = advance(conn, store, ledger, lines=lines)
                events += advanced.events if advanced else 0
        return events


class Worker:
    """Keeps the read models up with the ledgers until it is stopped.

    It listens for hints and looks for itself every `idle` seconds. The database is tried again when it goes away;
    RebuildNeeded and NoGeneration end the worker.
    """

    def __init__(self, url: str, *, lines: int = LINES, idle: float = IDLE, models: tuple[ReadModel[Any], ...] | None = None) -> None:
        self._url = url
        self._stopping = Event()
        self._lines = lines
        self._idle = idle
        self._models = models
        self._poll_at = 0.0
        self._queue: dict[str, None] = {}
        self._hints: Hints | None = None

    def stop(self) -> None:
        """Ask it to end after the batch under way; from another thread or a signal handler."""
        self._stopping.set()
        if self._hints is not None:
            self._hints.wake()

    def run(self) -> None:
        """Follow until stopped."""
        with Hints(self._url) as self._hints:
            self._run(self._hints)

    def _run(self, hints: Hints) -> None:
        while not self._stopping.is_set():
            try:
                with connect(self._url) as conn:
                    self._follow(conn, hints)
            except psycopg.OperationalError as error:
                log.warning("database not reachable", error=str(error).strip(), retry_seconds=_RETRY)
                self._stopping.wait(_RETRY)

    def _follow(self, conn: Connection[Any], hints: Hints) -> None:
        store = open_store(conn, self._models)
        self._poll_at = 0.0
        while not self._stopping.is_set():
            if monotonic() >= self._poll_at:
                self._queue.update(dict.fromkeys(lagging(conn, store.schema)))
                self._poll_at = monotonic() + self._idle
            rest = 0.0 if self._queue else max(self._poll_at - monotonic(), 0.0)
            self._queue.update(dict.fromkeys(hints.wait(rest)))
            if self._queue:
                store = self._fold_one(conn, store)

    def _fold_one(self, conn: Connection[Any], store: Store) -> Store:
        """One batch of the practice that waits longest; the store to go on with."""
        ledger = next(iter(self._queue))
        del self._queue[ledger]
        try:
            advanced = advance(conn, store, ledger, lines=self._lines)
        except Switched:
            self._queue[ledger] = None
            return open_store(conn, self._models)
        if advanced is None and _is_new(conn, store, ledger):
            self._poll_at = 0.0
        elif advanced is not None and advanced.more:
            self._queue[ledger] = None
        return store


def _is_new(conn: Connection[Any], store: Store, ledger: str) -> bool:
    """Whether nobody follows this practice yet."""
    query = "select from projection.follower where name = %s and ledger = %s"
    return "/" not in ledger and conn.execute(query, (store.schema, ledger), prepare=True).fetchone() is None
