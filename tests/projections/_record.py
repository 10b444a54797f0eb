"""Practices with a record, and the read models of it."""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count
from typing import Any, TypeVar
from uuid import UUID, uuid4

import orjson
from psycopg import Connection
from psycopg_pool import ConnectionPool

from events._base import Envelope
from events._codec import encode_data
from events.ledger.mapper import LineMapper, StreamEvent
from events.ledger.recorder import LedgerRecorder, Metadata, open_ledger
from projections._engine._batch import LINES
from projections._engine._worker import Worker
from projections._model import Key, ReadModel
from read_side._as_of import AsOf, View, open_view
from read_side._tables import table_of
from tests._database import Database
from tests.projections._histories import Happened

T = TypeVar("T")

Pool = ConnectionPool[Any]

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 678_000, tzinfo=UTC)
"""When everything happens that is held against handlers."""

_numbers = count(1)


class Record:
    """One practice's ledger to write to."""

    def __init__(self, pool: Pool, practice: str | None = None, *, simulated: bool = False) -> None:
        self.practice = practice or f"practice-{next(_numbers)}"
        self._recorder = LedgerRecorder(pool, self.practice)
        self._versions: dict[str, int] = {}
        open_ledger(pool, self.practice, simulated=simulated)

    def append(self, happened: Iterable[Happened], at: datetime | None = None) -> int:
        """Record events in one command; the position of the last one."""
        stored = [LineMapper().to_stored_event(StreamEvent(subject, self._next(subject), event)) for subject, event in happened]
        metadata = Metadata("kari", uuid4())
        return self._recorder.append(stored, command_id=uuid4(), digest=b"x" * 32, metadata=metadata, at=at).position

    def _next(self, subject: str) -> int:
        self._versions[subject] = self._versions.get(subject, 0) + 1
        return self._versions[subject]


def folded(happened: Sequence[Happened], models: tuple[ReadModel[Any], ...], upto: int | None = None) -> dict[str, dict[Key, Any]]:
    """The rows of each table after the first events, by applying one handler after the other: what the engine is held against."""
    rows: dict[str, dict[Key, Any]] = {model.table.name: {} for model in models}
    versions: dict[str, int] = {}
    for position, (subject, event) in enumerate(happened[:upto], 1):
        versions[subject] = versions.get(subject, 0) + 1
        id_ = UUID(int=position)
        envelope = Envelope("practice-1", position, subject, versions[subject], event.TYPE, MOMENT, "kari", id_, id_, None)
        for model in models:
            if step := model.steps.get(type(event)):
                for key in {tuple(key) for key in step.keys(event, envelope)}:
                    row = step.apply(rows[model.table.name].get(key), event, envelope)
                    if row is None:
                        rows[model.table.name].pop(key, None)
                    else:
                        rows[model.table.name][key] = row
    return rows


def lines(happened: Sequence[Happened], ledger: str = "practice-1") -> list[tuple[int, bytes]]:
    """The lines of events with their positions, as a ledger would hold them."""
    versions: dict[str, int] = {}
    written = []
    for position, (subject, event) in enumerate(happened, 1):
        versions[subject] = versions.get(subject, 0) + 1
        ids = {"actor": "kari", "commandid": str(UUID(int=position)), "correlationid": str(UUID(int=position))}
        head: dict[str, Any] = {"specversion": "1.0", "id": str(position), "source": f"/practices/{ledger}", "type": event.TYPE}
        head |= {"subject": subject, "time": MOMENT.isoformat(timespec="milliseconds"), "streamversion": versions[subject], **ids}
        written.append((position, orjson.dumps(head)[:-1] + b',"data":' + encode_data(event) + b"}"))
    return written


def asking(database: Database, practice: str, ask: Callable[[View], Awaitable[T]], as_of: AsOf | None = None) -> T:
    """What a question to a practice's read models is answered."""

    async def go() -> T:
        async with database.async_pool() as pool, open_view(pool, practice, now=datetime.now(UTC), as_of=as_of) as view:
            return await ask(view)

    return asyncio.run(go())


async def all_rows(view: View, models: tuple[ReadModel[Any], ...]) -> dict[str, dict[Key, Any]]:
    """The rows of each table, by key."""
    found = {}
    for model in models:
        table = table_of(model.row)
        found[table.name] = {tuple(getattr(row, name) for name in table.key): row for row in await view.all(model.row)}
    return found


@contextmanager
def following(database: Database, workers: int = 1, lines: int = LINES) -> Iterator[list[Worker]]:
    """Workers that keep the read models up."""
    running = [Worker(database.url, lines=lines) for _ in range(workers)]
    with ThreadPoolExecutor(workers) as threads:
        ends = [threads.submit(worker.run) for worker in running]
        try:
            yield running
        finally:
            for worker in running:
                worker.stop()
            for end in ends:
                end.result(timeout=20)


def wait_until_shown(database: Database, practice: str, position: int, *, patience: float = 60) -> None:
    """Wait until the read models include a position."""

    async def go() -> None:
        async with database.async_pool() as pool, open_view(pool, practice, now=datetime.now(UTC), at_least=position, patience=patience):
            pass

    asyncio.run(go())


def stored(conn: Connection[Any], schema: str, practice: str, models: tuple[ReadModel[Any], ...]) -> dict[str, list[tuple[Any, ...]]]:
    """Everything that is stored of a practice, history included."""
    return {
        name: sorted(conn.execute(f'select * from {schema}."{name}" where practice = %s', (practice,)).fetchall(), key=repr)
        for model in models
        for name in model.table.names
    }
