"""The database of a consumer: what it does there, in a thread of its own, tried again when the database goes away."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Event
from typing import Any, Self, TypeVar

import structlog
from psycopg import Connection

from projections._engine._batch import Switched
from projections._engine._received import require_no_records
from projections._engine._store import Store, connect
from projections._engine._worker import open_store
from projections._kafka._again import DATABASE_AWAY, Backoff
from projections._model import ReadModel

T = TypeVar("T")

_LIMITED = 170_000
"""First version of PostgreSQL that ends a transaction which takes too long, whatever it waits for; older ones do when it is idle."""

log = structlog.get_logger("sporbar.consumer")


class Stopped(Exception):
    """It was told to stop while it waited for the database."""


class Desk:
    """Does one thing after the other, in the order given. A context manager."""

    def __init__(self, url: str, models: tuple[ReadModel[Any], ...] | None, stopping: Event, longest: float) -> None:
        """A transaction may take `longest` seconds: a process that hangs in one has practices locked, which others wait for."""
        self._url = url
        self._models = models
        self._stopping = stopping
        self._longest = longest
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="consumer-database")
        self._conn: Connection[Any] | None = None
        self._store: Store | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self._thread.shutdown(wait=True, cancel_futures=True)
        self._leave()

    def submit(self, work: Callable[[Connection[Any], Store], T]) -> "Future[T]":
        """Do something that may be done twice. It raises Stopped, NoGeneration, RebuildNeeded, RecordsHere, OutOfStep."""
        return self._thread.submit(self._do, work)

    def _do(self, work: Callable[[Connection[Any], Store], T]) -> T:
        backoff = Backoff(log, self._stopping)
        while True:
            try:
                return work(*self._open())
            except Switched:
                self._store = None
            except DATABASE_AWAY as error:
                self._leave()
                if self._stopping.is_set():
                    raise Stopped from error
                backoff.rest("storing interrupted", error)

    def _open(self) -> tuple[Connection[Any], Store]:
        if self._conn is None:
            self._conn = connect(self._url)
            # the offsets that Kafka keeps must not get ahead of what the disk has
            self._conn.execute("set synchronous_commit = on")
            limits = ["idle_in_transaction_session_timeout"]
            if self._conn.info.server_version >= _LIMITED:
                limits.append("transaction_timeout")
            for limit in limits:
                self._conn.execute("select set_config(%s, %s, false)", (limit, f"{round(self._longest * 1000)}ms"))
        if self._store is None:
            require_no_records(self._conn)
            self._store = open_store(self._conn, self._models)
        return self._conn, self._store

    def _leave(self) -> None:
        if self._conn is not None:
            self._conn.close()
        self._conn = self._store = None
