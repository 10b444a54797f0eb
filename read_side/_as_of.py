"""Asking the read models of one practice, now or as of an earlier position or time."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from operator import itemgetter
from time import monotonic
from typing import Any, TypeVar

from psycopg import AsyncConnection, sql
from psycopg.rows import dict_row, tuple_row
from psycopg_pool import AsyncConnectionPool

from events._base import OSLO
from read_side._errors import NoSuchPractice, NotYet, OutOfRange
from read_side._tables import names, table_of
from read_side._unbroken import unbroken

R = TypeVar("R")

Query = sql.SQL | sql.Composed

FIRST_POLL, SLOWEST_POLL = 0.002, 0.025
"""Seconds between looks at the read models' position while a question waits for it."""


@dataclass(frozen=True, slots=True)
class AsOf:
    """An earlier state of the record: after the event at `position`, or at `time`; exactly one of them."""

    position: int | None = None
    time: datetime | None = None

    def __post_init__(self) -> None:
        if (self.position is None) == (self.time is None):
            raise ValueError("name a position or a time, one of them")
        if self.time is not None and self.time.tzinfo is None:
            raise ValueError("the time needs its offset from UTC")


@dataclass(frozen=True, slots=True)
class View:
    """The read models of one practice at one position, for the length of one transaction.

    Its queries name tables by `source(Row)`, and may use the parameters `view_practice`, `view_position` and
    `view_time` beside their own. A query that is no longer waited for goes on to its end: broken off, it would take the
    transaction with it, and whatever else is read in it.
    """

    conn: AsyncConnection[Any]
    schema: str
    """Schema of the generation of read models that answers."""
    practice: str
    position: int
    """Position of the last event that the answer includes; 0 before the first."""
    time: datetime
    """The instant asked about: when the question was put, or the as-of time, or when the as-of position was recorded."""
    historical: bool
    """Whether an earlier state was asked for."""
    latest: int
    """Position of the last event that the read models include."""

    @property
    def today(self) -> date:
        """The day in Norway."""
        return self.time.astimezone(OSLO).date()

    @property
    def params(self) -> dict[str, Any]:
        """The parameters that `source` needs."""
        return {"view_practice": self.practice, "view_position": self.position, "view_time": self.time}

    def source(self, row: type[Any]) -> sql.Composed:
        """A FROM item with the table's name: the rows of this practice at this position, with their `position`."""
        row_type: Any = row
        return _source(self.schema, row_type, self.position < self.latest)

    async def fetch(self, row: type[R], query: Query, params: Mapping[str, Any] | None = None) -> list[R]:
        """The rows that a query finds; it must select every column of the row type, in any order, and may select more."""
        return await unbroken(self._fetch(row, query, params))

    async def _fetch(self, row: type[R], query: Query, params: Mapping[str, Any] | None) -> list[R]:
        async with self.conn.cursor(row_factory=tuple_row, binary=True) as cursor:
            await cursor.execute(query, self._with(params))
            row_type: Any = row
            read = row_reader(row_type, tuple(column.name for column in cursor.description or ()))
            return [read(values) for values in await cursor.fetchall()]

    async def fetch_dicts(self, query: Query, params: Mapping[str, Any] | None = None) -> list[dict[str, Any]]:
        """What a query finds, as psycopg reads it."""
        return await unbroken(self._fetch_dicts(query, params))

    async def _fetch_dicts(self, query: Query, params: Mapping[str, Any] | None) -> list[dict[str, Any]]:
        async with self.conn.cursor(row_factory=dict_row, binary=True) as cursor:
            await cursor.execute(query, self._with(params))
            return await cursor.fetchall()

    async def all(self, row: type[R]) -> list[R]:
        """Every row of a table, by its key."""
        key = names(table_of(row).key or ("position",))
        return await self.fetch(row, sql.SQL("select * from {} order by {}").format(self.source(row), key))

    async def one(self, row: type[R], **key: Any) -> R | None:
        """The row whose columns have the values given, or None."""
        wanted = sql.SQL(" and ").join(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)) for name in key)
        found = await self.fetch(row, sql.SQL("select * from {} where {}").format(self.source(row), wanted), key)
        return found[0] if found else None

    def _with(self, params: Mapping[str, Any] | None) -> dict[str, Any]:
        return {**(params or {}), **self.params}


_SELECT = sql.SQL("select {columns} from {table} where practice = %(view_practice)s")
_WRITTEN = sql.SQL(" and position <= %(view_position)s")
_REPLACED_LATER = sql.SQL(" and replaced_at > %(view_position)s")


@lru_cache(maxsize=500)
def _source(schema: str, row: Any, earlier: bool) -> sql.Composed:
    """Composed once and then plain text: to quote every column anew costs more than most queries take."""
    table = table_of(row)
    found = [_SELECT.format(columns=_columns(row), table=sql.Identifier(schema, table.name))]
    if earlier:
        found[0] += _WRITTEN
        if table.history:
            history = sql.Identifier(schema, table.history_name)
            found.append(_SELECT.format(columns=_columns(row), table=history) + _WRITTEN + _REPLACED_LATER)
    source = sql.SQL("({}) as {}").format(sql.SQL(" union all ").join(found), sql.Identifier(table.name))
    return sql.Composed([sql.SQL(source.as_string())])


@asynccontextmanager
async def open_view(
    pool: AsyncConnectionPool[AsyncConnection[Any]],
    practice: str,
    *,
    now: datetime,
    as_of: AsOf | None = None,
    at_least: int | None = None,
    patience: float = 5.0,
) -> AsyncIterator[View]:
    """A view of a practice in one read-only snapshot, which everything asked through it shares.

    With `at_least` it waits up to `patience` seconds until the read models include that position, and holds no
    connection meanwhile. The pool's connections must be in autocommit mode. Raises NotYet when the wait was in vain,
    OutOfRange when `as_of` lies ahead of the record or before its beginning, and NoSuchPractice.
    """
    deadline, pause = monotonic() + patience, FIRST_POLL
    while True:
        async with pool.connection() as conn, _snapshot(conn):
            head = await _head(conn, practice, as_of)
            if head.position >= (at_least or 0):
                yield _view(conn, practice, head, now, as_of)
                return
        left = deadline - monotonic()
        if left <= 0:
            raise NotYet("reading.not_yet", position=head.position, at_least=at_least, parked_at=head.parked_at)
        await asyncio.sleep(min(pause, left))
        pause = min(2 * pause, SLOWEST_POLL)


async def another_view(view: View, *, now: datetime, as_of: AsOf | None) -> View:
    """Another state of the same practice, read from the same snapshot. Raises OutOfRange."""
    return _view(view.conn, view.practice, await _head(view.conn, view.practice, as_of), now, as_of)


@asynccontextmanager
async def _snapshot(conn: AsyncConnection[Any]) -> AsyncIterator[None]:
    await conn.execute("begin isolation level repeatable read read only")
    try:
        yield
    finally:
        await conn.rollback()


@dataclass(frozen=True, slots=True)
class _Head:
    """Where a practice stands, and what the time or position asked for means in its record."""

    schema: str
    position: int
    parked_at: int | None
    """Position of the event that the practice's read models stopped at, if they did."""
    at_time: int
    """Position of the last event recorded at the time asked for, or before."""
    recorded_at: datetime | None
    """When the event at the position asked for was recorded; the first one's time for position 0."""


_READ_HEAD = """
select
  record.ledger, generation.schema, coalesce(follower.position, 0), follower.parked_position,
  case when %(time)s::timestamptz is null then 0 else projection.position_at(record.ledger, %(time)s) end,
  (
    select projection.time_of(line) from projection.record_line as recorded
    where recorded.ledger = record.ledger and recorded.position = greatest(%(position)s::bigint, 1)
  ),
  set_config('search_path', generation.schema || ', pg_catalog', true), set_config('timezone', 'UTC', true)
from (select 'read_' || number as schema from projection.generation where state = 'active') as generation
left join projection.record on record.ledger = %(practice)s and strpos(record.ledger, '/') = 0
left join projection.follower on follower.name = generation.schema and follower.ledger = record.ledger
"""


async def _head(conn: AsyncConnection[Any], practice: str, as_of: AsOf | None) -> _Head:
    asked = {"practice": practice, "time": as_of.time if as_of else None, "position": as_of.position if as_of else None}
    found = await (await conn.execute(_READ_HEAD, asked)).fetchone()
    if found is None:
        raise NotYet("reading.not_built")
    known, schema, position, parked_at, at_time, recorded_at, *_ = found
    if known is None:
        raise NoSuchPractice("practice.not_found", practice=practice)
    return _Head(schema, position, parked_at, at_time, recorded_at)


def _view(conn: AsyncConnection[Any], practice: str, head: _Head, now: datetime, as_of: AsOf | None) -> View:
    if as_of is None:
        position, time = head.position, now
    elif as_of.time is not None:
        if as_of.time > now:
            raise OutOfRange("as_of.future", time=as_of.time.isoformat())
        position, time = min(head.at_time, head.position), as_of.time
    else:
        position, time = as_of.position or 0, head.recorded_at or now
        if position < 0:
            raise OutOfRange("as_of.negative", asked=position)
        if position > head.position:
            raise OutOfRange("as_of.ahead", asked=position, position=head.position)
    historical = as_of is not None
    return View(conn, head.schema, practice, position, time.astimezone(UTC), historical=historical, latest=head.position)


def _columns(row: type[Any]) -> sql.Composed:
    return names(column.name for column in table_of(row).stored if column.name != "practice")


@lru_cache(maxsize=2_000)
def row_reader(row: Any, found: tuple[str, ...]) -> Callable[[tuple[Any, ...]], Any]:
    """What makes a row of a query's columns, given their names; LookupError when one is missing."""
    columns = table_of(row).columns
    if missing := [column.name for column in columns if column.name not in found]:
        raise LookupError(f"the query does not select {', '.join(missing)} of {row.__name__}")
    places = [found.index(column.name) for column in columns]
    loads = [(index, column.load) for index, column in enumerate(columns) if column.load is not None]
    pick = itemgetter(*places) if len(places) > 1 else lambda values: (values[places[0]],)

    def read(values: tuple[Any, ...]) -> Any:
        loaded = list(pick(values))
        for index, load in loads:
            if loaded[index] is not None:
                loaded[index] = load(loaded[index])
        return row(*loaded)

    return read
