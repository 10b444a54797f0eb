"""Following the ledgers: any number of workers, each practice in one of them at a time."""

from collections.abc import Callable, Collection
from threading import Event
from time import monotonic
from typing import Any

import psycopg
import structlog
from psycopg import Connection

from projections._all import read_models
from projections._engine._batch import LINES, Advanced, Switched, advance
from projections._engine._generation import active
from projections._engine._store import Store, connect
from projections._model import ReadModel

IDLE = 0.5
"""Seconds between looks for practices that lag, when no hint comes."""
_RETRY = 1.0
"""Seconds before the database is tried again."""

log = structlog.get_logger("sporbar.projections")

Wait = Callable[[float], Collection[str]]
"""Waits up to some seconds for hints; answers the ledgers that were appended to, as far as it knows them."""


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


def lagging(conn: Connection[Any], store: Store) -> list[str]:
    """Practices with lines that are not folded yet and that are not parked, the one furthest behind last."""
    conn.execute(
        "insert into projection.follower (name, ledger) select %(name)s, ledger.ledger from ledger.ledger"
        " where strpos(ledger.ledger, '/') = 0 and not exists ("
        "  select from projection.follower where follower.name = %(name)s and follower.ledger = ledger.ledger)"
        " on conflict do nothing",
        {"name": store.schema},
    )
    found = conn.execute(
        "select ledger from ledger.ledger join projection.follower using (ledger)"
        " where follower.name = %s and follower.parked_at is null and size > follower.position order by size - follower.position, ledger",
        (store.schema,),
    )
    return [ledger for (ledger,) in found.fetchall()]


def catch_up(url: str, *, lines: int = LINES, models: tuple[ReadModel[Any], ...] | None = None) -> int:
    """Fold everything that is recorded and not folded yet, through the live path; how many events that were."""
    with connect(url) as conn:
        store, events = open_store(conn, models), 0
        while waiting := lagging(conn, store):
            for ledger in waiting:
                advanced = advance(conn, store, ledger, lines=lines)
                events += advanced.events if advanced else 0
        return events


class Worker:
    """Keeps the read models up with the ledgers until it is stopped.

    `wait` is told how many seconds to wait for a hint and answers the ledgers hinted at; without it the worker only
    polls. The database is tried again when it goes away; RebuildNeeded and NoGeneration end the worker.
    """

    def __init__(
        self,
        url: str,
        wait: Wait | None = None,
        *,
        lines: int = LINES,
        idle: float = IDLE,
        models: tuple[ReadModel[Any], ...] | None = None,
    ) -> None:
        self._url = url
        self._stopping = Event()
        self._wait = wait or self._sleep
        self._lines = lines
        self._idle = idle
        self._models = models
        self._polled = 0.0
        self._queue: dict[str, None] = {}

    def stop(self) -> None:
        """Ask it to end after the batch under way; may be called from another thread or a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Follow until stopped."""
        while not self._stopping.is_set():
            try:
                with connect(self._url) as conn:
                    self._follow(conn)
            except psycopg.OperationalError as error:
                log.warning("database not reachable", error=str(error).strip(), retry_seconds=_RETRY)
                self._stopping.wait(_RETRY)

    def _follow(self, conn: Connection[Any]) -> None:
        store = open_store(conn, self._models)
        while not self._stopping.is_set():
            if monotonic() - self._polled >= self._idle:
                self._queue.update(dict.fromkeys(lagging(conn, store)))
                self._polled = monotonic()
            rest = 0.0 if self._queue else max(self._polled + self._idle - monotonic(), 0.0)
            self._queue.update(dict.fromkeys(self._wait(rest)))
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
        if advanced is None:
            self._polled = min(self._polled, monotonic() - self._idle) if self._is_new(conn, store, ledger) else self._polled
        elif advanced.more:
            self._queue[ledger] = None
        return store

    def _is_new(self, conn: Connection[Any], store: Store, ledger: str) -> bool:
        """Whether nobody has followed this practice yet."""
        found = conn.execute("select from projection.follower where name = %s and ledger = %s", (store.schema, ledger), prepare=True)
        return found.fetchone() is None

    def _sleep(self, seconds: float) -> Collection[str]:
        self._stopping.wait(seconds)
        return ()


__all__ = ["Advanced", "NoGeneration", "Wait", "Worker", "catch_up", "lagging", "open_store"]
