"""Work by practice in several processes, with a count of the events done that everybody adds to."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from typing import Any, TypeVar

from psycopg import Connection

from projections._all import read_models
from projections._engine._store import Store, connect
from projections._model import ReadModel

T = TypeVar("T")

WORTH_A_PROCESS = 20_000
"""Events that take as long to fold as it takes to start processes."""

Count = Callable[[int], None]
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


class Crew:
    """Does jobs for one schema: in this process, or in `processes` others when there are two or more."""

    def __init__(self, url: str, schema: str, processes: int, models: tuple[ReadModel[Any], ...] | None) -> None:
        self._url, self._schema, self._models = url, schema, models
        self._pool: ProcessPoolExecutor | None = None
        if processes > 1 and models is None:  # other processes know only the read models that every process knows
            context = get_context("spawn")
            self._shared: Synchronized[int] = context.Value("q", 0)
            self._pool = ProcessPoolExecutor(processes, context, _sit_down, (url, schema, self._shared))

    def run(self, job: Job[T], names: Iterable[str], tell: Count) -> Iterator[T]:
        """Do a job for each name, biggest first if so given; answers come as they are ready."""
        if self._pool is None:
            yield from self._run_here(job, names, tell)
            return
        waiting: set[Future[T]] = {self._pool.submit(_work, job, name) for name in names}
        told = self._shared.value
        while waiting:
            done, waiting = wait(waiting, timeout=0.1, return_when=FIRST_COMPLETED)
            told, before = self._shared.value, told
            tell(told - before)
            for future in done:
                yield future.result()

    def _run_here(self, job: Job[T], names: Iterable[str], tell: Count) -> Iterator[T]:
        with connect(self._url, statement_timeout=0) as conn:
            desk = Desk(conn, Store(conn, self._schema, self._models or read_models()), tell)
            for name in names:
                yield job(desk, name)

    def leave(self) -> None:
        """End the processes."""
        if self._pool is not None:
            self._pool.shutdown(cancel_futures=True)


@contextmanager
def crew(
    url: str, schema: str, processes: int, sizes: Mapping[str, int], models: tuple[ReadModel[Any], ...] | None = None
) -> Iterator[Crew]:
    """A crew for practices of some sizes in events, with no more processes than help; they end with the block."""
    worth = min(processes, len(sizes)) if sum(sizes.values()) > WORTH_A_PROCESS else 1
    working = Crew(url, schema, worth, models)
    try:
        yield working
    finally:
        working.leave()


_desk: list[Desk] = []


def _sit_down(url: str, schema: str, shared: "Synchronized[int]") -> None:
    def count(events: int) -> None:
        with shared.get_lock():
            shared.value += events

    conn = connect(url, statement_timeout=0)
    _desk.append(Desk(conn, Store(conn, schema, read_models()), count))


def _work(job: Job[T], name: str) -> T:
    return job(_desk[0], name)
