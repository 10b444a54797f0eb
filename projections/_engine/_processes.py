"""Work by practice in several processes, with a count of the events done that everybody adds to."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ALL_COMPLETED, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.queues import Queue
from multiprocessing.sharedctypes import Synchronized
from queue import SimpleQueue
from typing import Any, TypeVar, Union

from psycopg import Connection

from events._workers import Workers
from projections._all import read_models
from projections._engine._fold import without_gc
from projections._engine._store import Store, connect
from projections._model import ReadModel

T = TypeVar("T")

WORTH_A_PROCESS = 20_000
"""Events that take as long to fold as it takes to start processes."""

Count = Callable[[int], object]
"""Told of events done."""
Progress = Callable[[str, int, int], None]
"""Told of the step, the events done and those there are."""


def quiet(_step: str, _done: int, _total: int) -> None:
    """No progress."""


@dataclass(frozen=True, slots=True)
class Desk:
    """What a process works with."""

    conn: Connection[Any]
    store: Store
    count: Count


Job = Callable[[Desk, str], T]
"""What is done for a practice or a table, named; importable, so that another process can call it."""


Names = Union["Queue[str | None]", "SimpleQueue[str | None]"]
"""What is still to be done, with a None for each process."""


@dataclass(frozen=True, slots=True)
class _Board:
    """What the processes of a crew share."""

    names: Names
    counted: "Synchronized[int]"
    """Events done."""
    given_up: "Synchronized[int]"

    def left(self) -> Iterator[str]:
        """What is still to be done, for whoever asks first, until somebody gives up."""
        for name in iter(self.names.get, None):
            if self.given_up.value:
                return
            yield name

    def count(self, events: int) -> int:
        """Add events; how many there are."""
        with self.counted.get_lock():
            self.counted.value += events
            return self.counted.value

    def give_up(self) -> None:
        """Let the others end with the job that they are at, and this process without handing over what is left."""
        self.given_up.value = 1
        if not isinstance(self.names, SimpleQueue):
            self.names.cancel_join_thread()


class Crew:
    """Does jobs in this process and in others beside it, which start at once."""

    def __init__(self, url: str, processes: int, models: tuple[ReadModel[Any], ...] | None) -> None:
        """`processes` in all; other ones only with the read models that every process knows."""
        self._url, self._models = url, models
        self._others = processes - 1 if models is None else 0
        context = get_context("spawn")
        self._board = _Board(context.Queue() if self._others else SimpleQueue(), context.Value("q", 0), context.Value("b", 0))
        self._pool = Workers(self._others, _sit_down, (url, self._board)) if self._others else None

    def run(self, schema: str, job: Job[T], names: Iterable[str], tell: Count) -> list[T]:
        """Do a job for each name, in the order given; `tell` hears of events done anywhere."""
        for name in [*names, *[None] * (self._others + 1)]:
            self._board.names.put(name)
        told = 0

        def count(events: int) -> None:
            nonlocal told
            told, before = self._board.count(events), told
            tell(told - before)

        elsewhere = [self._pool.submit(_work, schema, job) for _ in range(self._others)] if self._pool else []
        with connect(self._url, statement_timeout=0) as conn:
            desk = Desk(conn, Store(conn, schema, self._models or read_models()), count)
            done = _work_through(job, desk, self._board)
        while wait(elsewhere, timeout=0.1, return_when=ALL_COMPLETED).not_done:
            count(0)
        count(0)
        self._board.count(-told)
        return [*done, *(one for future in elsewhere for one in future.result())]

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """The other processes end with the block."""
        if self._pool is None:
            yield
            return
        with self._pool:
            for _ in range(self._others):
                self._pool.submit(_arrived)
            try:
                yield
            except BaseException:
                self._board.give_up()
                raise


@contextmanager
def crew(url: str, processes: int, sizes: Mapping[str, int], models: tuple[ReadModel[Any], ...] | None = None) -> Iterator[Crew]:
    """A crew for practices of some sizes in events, with no more processes than help; they end with the block."""
    worth = min(processes, len(sizes)) if sum(sizes.values()) > WORTH_A_PROCESS else 1
    working = Crew(url, worth, models)
    with working.at_work():
        yield working


_at: list[tuple[Connection[Any], _Board]] = []
_stores: dict[str, Store] = {}
"""By schema."""


def _sit_down(url: str, board: _Board) -> None:
    read_models()
    _at.append((connect(url, statement_timeout=0), board))


def _arrived() -> None:
    """Nothing: the process has started once it can do this."""


def _work(schema: str, job: Job[T]) -> list[T]:
    conn, board = _at[0]
    store = _stores.get(schema) or _stores.setdefault(schema, Store(conn, schema, read_models()))
    return _work_through(job, Desk(conn, store, board.count), board)


def _work_through(job: Job[T], desk: Desk, board: _Board) -> list[T]:
    with without_gc():
        return [job(desk, name) for name in board.left()]
