"""One page of a list, with cursors that stay right while rows come and go.

A cursor holds the values that the list is sorted by, of one row. The next page is what sorts behind them, so a row that
appears or goes in between neither repeats nor hides another one. Whoever needs every page of one and the same state
asks all of them as of the position of the first.
"""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Generic, TypeVar
from uuid import UUID
from zlib import crc32

import orjson
from psycopg import sql

from read_side._as_of import Query, View, row_reader
from read_side._errors import InvalidPage
from read_side._tables import Table, table_of

R = TypeVar("R")

MOST = 100
"""Items on a page, at most."""
USUAL = 50
"""Items on a page when the reader does not say."""


@dataclass(frozen=True, slots=True)
class Page(Generic[R]):
    """Some consecutive items of a list."""

    items: list[R]
    cursors: list[str]
    """The cursor of each item."""
    has_next: bool
    has_previous: bool
    total: int
    """Items in the whole list."""


@dataclass(frozen=True, slots=True)
class Window:
    """Which page: the `first` items, behind `after` if given; or the `last` items, before `before` if given."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backward(self) -> bool:
        return self.last is not None or self.before is not None

    @property
    def cursor(self) -> str | None:
        return self.before if self.backward else self.after

    def size(self) -> int:
        """Items asked for; raises InvalidPage."""
        if self.backward and (self.first is not None or self.after is not None):
            raise InvalidPage("page.direction")
        asked = self.last if self.backward else self.first
        if asked is not None and not 1 <= asked <= MOST:
            raise InvalidPage("page.size", limit=MOST)
        return asked or USUAL


@dataclass(frozen=True, slots=True)
class By:
    """A column that a list is sorted by, or an expression of a named type under a name of its own. NULL comes last."""

    name: str
    descending: bool = False
    expression: Query | None = None
    type: str = "text"

    @property
    def term(self) -> Query:
        return self.expression or sql.SQL("{}").format(sql.Identifier(self.name))


EVERY = sql.SQL("true")


async def page(
    view: View, row: type[R], window: Window, *, by: Sequence[By], where: Query = EVERY, params: Mapping[str, Any] | None = None
) -> Page[R]:
    """One page of the rows that `where` holds for, sorted by `by` and then by the table's key. Raises InvalidPage."""
    order = _total_order(table_of(row), by)
    size, asked = window.size(), dict(params or {})
    beyond: Query = EVERY
    if window.cursor is not None:
        values = _decode(window.cursor, row, order)
        beyond = _beyond(order, values, backward=window.backward)
        asked |= {f"page_{index}": value for index, value in enumerate(values)}
    found = await view.fetch_dicts(_select(view, row, order, where, beyond, size, backward=window.backward), asked)
    counted = await view.fetch_dicts(sql.SQL("select count(*) as total from {} where {}").format(view.source(row), where), params)
    more = len(found) > size
    kept = found[:size][::-1] if window.backward else found[:size]
    seal = _seal(row, order)
    return Page(
        items=_rows(row, kept),
        cursors=[_encode(seal, [found_[f"page_{index}"] for index in range(len(order))]) for found_ in kept],
        has_next=window.before is not None if window.backward else more,
        has_previous=more if window.backward else window.after is not None,
        total=counted[0]["total"],
    )


def _rows(row: Any, found: list[dict[str, Any]]) -> list[Any]:
    if not found:
        return []
    read = row_reader(row, tuple(found[0]))
    return [read(tuple(values.values())) for values in found]


def _select(view: View, row: type[Any], order: list[By], where: Query, beyond: Query, size: int, *, backward: bool) -> sql.Composed:
    terms = [sql.SQL("{} as {}").format(by.term, sql.Identifier(f"page_{index}")) for index, by in enumerate(order)]
    return sql.SQL("select {table}.*, {terms} from {source} where ({where}) and ({beyond}) order by {order} limit {limit}").format(
        table=sql.Identifier(table_of(row).name),
        terms=sql.SQL(", ").join(terms),
        source=view.source(row),
        where=where,
        beyond=beyond,
        order=sql.SQL(", ").join(_sorting(by, table_of(row), backward=backward) for by in order),
        limit=sql.Literal(size + 1),
    )


def _total_order(table: Table, by: Sequence[By]) -> list[By]:
    """The order asked for, made total by the table's key; columns get their own types."""
    types = {column.name: column.type for column in table.stored}
    typed = [one if one.expression else By(one.name, one.descending, None, types[one.name]) for one in by]
    sorted_by = {one.name for one in typed if one.expression is None}
    return typed + [By(name, type=types[name]) for name in table.key if name not in sorted_by]


def _sorting(by: By, table: Table, *, backward: bool) -> sql.Composed:
    direction = "desc" if by.descending is not backward else "asc"
    filled = by.expression is None and any(column.name == by.name and not column.nullable for column in table.stored)
    nulls = "" if filled else " nulls first" if backward else " nulls last"
    return sql.SQL("{} {}").format(by.term, sql.SQL(direction + nulls))


def _beyond(order: list[By], values: list[Any], *, backward: bool) -> sql.Composed:
    """What sorts behind the values, or before them: a later first term, or an equal one and a later second term, …"""
    alternatives: list[sql.Composed] = []
    equal: list[sql.Composed] = []
    for index, (by, value) in enumerate(zip(order, values, strict=True)):
        given = sql.SQL("{}::{}").format(sql.Placeholder(f"page_{index}"), sql.SQL(by.type))
        alternatives.append(sql.SQL(" and ").join([*equal, _later(by, value, given, backward=backward)]))
        equal.append(sql.SQL("{} is not distinct from {}").format(by.term, given))
    return sql.SQL("({})").format(sql.SQL(") or (").join(alternatives))


def _later(by: By, value: object, given: sql.Composed, *, backward: bool) -> sql.Composed:
    if value is None:
        return sql.SQL("{} is not null").format(by.term) if backward else sql.Composed([sql.SQL("false")])
    compared = sql.SQL("{} {} {}").format(by.term, sql.SQL("<" if by.descending is not backward else ">"), given)
    return compared if backward else sql.SQL("({} or {} is null)").format(compared, by.term)


_PARSE: dict[str, Any] = {
    "bigint": int,
    "boolean": bool,
    "double precision": float,
    "numeric": Decimal,
    "uuid": UUID,
    "date": date.fromisoformat,
    "timestamptz": datetime.fromisoformat,
    "text": str,
}


def _encode(seal: int, values: list[Any]) -> str:
    return urlsafe_b64encode(orjson.dumps([seal, *values], default=str)).decode().rstrip("=")


def _decode(cursor: str, row: type[Any], order: list[By]) -> list[Any]:
    try:
        seal, *values = orjson.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
        parsed = [None if value is None else _PARSE[by.type](value) for by, value in zip(order, values, strict=True)]
    except (ValueError, TypeError, ArithmeticError) as error:
        raise InvalidPage("page.cursor") from error
    if seal != _seal(row, order) or any(isinstance(value, str) and "\0" in value for value in parsed):
        raise InvalidPage("page.cursor")
    return parsed


def _seal(row: type[Any], order: list[By]) -> int:
    """Tells the cursors of one list from those of another."""
    return crc32(repr([table_of(row).name, *((by.name, by.descending) for by in order)]).encode())
