"""Tables from row types: a frozen dataclass is the table, its fields are the columns.

Every table carries `practice` and `position`: whose row it is, and the position of the event that made this version.
Beside each table `t` stands `t_history` with the versions that were replaced and the position that replaced them, so
the row at position p is the one with `position <= p`, and `replaced_at > p` where it is history.
"""

from collections.abc import Callable
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from types import NoneType, UnionType
from typing import Any, TypeVar, get_args, get_origin, get_type_hints
from uuid import UUID


R = TypeVar("R")

_COLUMN_TYPES = {
    str: "text",
    int: "bigint",
    bool: "boolean",
    float: "double precision",
    Decimal: "numeric",
    UUID: "uuid",
    date: "date",
    datetime: "timestamptz",
    dict: "jsonb",
    list: "jsonb",
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of a table."""

    name: str
    type: str
    nullable: bool
    load: Callable[[Any], Any] | None
    """How a value as psycopg reads it becomes the field's value; None where it is that already."""


@dataclass(frozen=True, slots=True)
class Table:
    """What the database needs to know of a row type."""

    name: str
    row: type[Any]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    history: bool
    """False for rows that are written once and never change: `position` alone dates them."""
    indexes: tuple[tuple[str, ...], ...]

    @property
    def subject(self) -> str | None:
        """Name of the column that holds the subject, if there is one."""
        return "subject" if any(column.name == "subject" for column in self.columns) else None


def table(
    name: str, *, key: tuple[str, ...], history: bool = True, indexes: tuple[tuple[str, ...], ...] = ()
) -> Callable[[type[R]], type[R]]:
    """Declare a frozen dataclass as the row type of table `name`.

    `key` are the fields that identify a row within a practice; `indexes` are columns to index, each led by `practice`.
    Fields may be str, int, bool, float, Decimal, UUID, date, datetime, a StrEnum, `tuple` of str, UUID or StrEnum (an
    array), or dict and list (jsonb); each of these or None.
    """

    def declare(row: type[R]) -> type[R]:
        row.__table__ = Table(name, row, key, _columns(row), history, indexes)  # type: ignore[attr-defined]
        _tables[name] = row
        return row

    return declare


_tables: dict[str, type[Any]] = {}


def table_of(row: type[Any]) -> Table:
    """The table of a row type."""
    declared: Table = row.__table__
    return declared


def all_tables() -> list[Table]:
    """Every declared table, sorted by name."""
    return [table_of(row) for _, row in sorted(_tables.items())]


def _columns(row: type[Any]) -> tuple[Column, ...]:
    hints = get_type_hints(row)
    return tuple(_column(field_.name, hints[field_.name]) for field_ in fields(row))


def _column(name: str, hint: Any) -> Column:
    nullable = False
    if get_origin(hint) is UnionType:
        (inner,) = [part for part in get_args(hint) if part is not NoneType]
        hint, nullable = inner, True
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        load = (lambda values: tuple(map(item, values))) if issubclass(item, StrEnum) else tuple
        return Column(name, _scalar(item) + "[]", nullable, load)
    origin = get_origin(hint) or hint
    return Column(name, _scalar(origin), nullable, origin if issubclass(origin, StrEnum) else None)


def _scalar(python: type[Any]) -> str:
    if issubclass(python, StrEnum):
        return 'text collate "C"'
    return _COLUMN_TYPES[python]


