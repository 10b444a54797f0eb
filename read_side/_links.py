"""From ids to rows, many at once: what a door gathers while it answers."""

from collections.abc import Sequence
from typing import TypeVar
from uuid import UUID

from psycopg import sql

from read_side._as_of import View
from read_side._tables import table_of

R = TypeVar("R")


async def rows_by_id(view: View, row: type[R], ids: Sequence[UUID]) -> list[R | None]:
    """The row of each id, in their order, None where there is none; for a table whose key is an id."""
    (key,) = table_of(row).key
    query = sql.SQL("select * from {} where {} = any(%(ids)s)").format(view.source(row), sql.Identifier(key))
    found = {getattr(one, key): one for one in await view.fetch(row, query, {"ids": list(ids)})}
    return [found.get(id_) for id_ in ids]


async def rows_linked_to(view: View, row: type[R], column: str, targets: Sequence[UUID]) -> list[list[R]]:
    """For each target, in their order, the rows whose array `column` holds it, the latest first; for a table with numbers."""
    query = sql.SQL("select * from {} where {} && %(targets)s order by number desc").format(view.source(row), sql.Identifier(column))
    found = await view.fetch(row, query, {"targets": list(targets)})
    return [[one for one in found if target in getattr(one, column)] for target in targets]
