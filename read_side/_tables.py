"""Tables from row types: a frozen dataclass is the table, its fields are the columns.

Every table carries `practice` and `position`: whose row it is, and the position of the event that made this version.
Beside each table `t` stands `t_history` with the versions that were replaced and the position that replaced them, so
the row at position p is the one with `position <= p`, and `replaced_at > p` where it is history.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, fields
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from functools import partial
from operator import attrgetter
from types import NoneType, UnionType
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin, get_type_hints
from uuid import UUID

from psycopg import sql

from events._frozen import quick
from events._personal import PersonalMark

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
    """PostgreSQL's name of the type, for instance `text[]`."""
    nullable: bool
    load: Callable[[Any], Any] | None = None
    """How a value as psycopg reads it becomes the field's value; None where it is that already."""
    bytewise: bool = False
    """Whether texts sort by their bytes, as fixed values do, and not as words."""
    personal: bool = False
    """Whether the field is marked `Personal[…]`."""

    @property
    def typed(self) -> str:
        """Its type with the collation."""
        return f'{self.type} collate "C"' if self.bytewise else self.type


PRACTICE = Column("practice", "text", nullable=False, bytewise=True)
POSITION = Column("position", "bigint", nullable=False)
REPLACED_AT = Column("replaced_at", "bigint", nullable=False)


@dataclass(frozen=True, slots=True)
class Table:
    """What the database needs to know of a row type."""

    name: str
    row: type[Any]
    key: tuple[str, ...]
    columns: tuple[Column, ...]
    """The row type's own fields; a field `position` is the position that every table carries."""
    history: bool
    """False for rows that are written once and never change: `position` alone dates them."""
    indexes: tuple[tuple[str, ...], ...]
    subject_id: str | None = None
    """Column with the id of the subject, where that is a UUID; an index on it is a third of one on `subject`."""

    @property
    def by_subject(self) -> str | None:
        """Column that the rows of a subject are found by, if they have one."""
        return self.subject_id or next((column.name for column in self.columns if column.name == "subject"), None)

    @property
    def stored(self) -> tuple[Column, ...]:
        """Every column of the table, in its order; the history has `replaced_at` behind them."""
        return (PRACTICE, POSITION, *(column for column in self.columns if column.name != POSITION.name))

    @property
    def history_name(self) -> str:
        """Name of the table with the versions that were replaced."""
        return f"{self.name}_history"

    @property
    def names(self) -> tuple[str, ...]:
        """Names of the table and of its history, if it has one."""
        return (self.name, self.history_name) if self.history else (self.name,)


def table(
    name: str, *, key: tuple[str, ...], subject_id: str | None = None, history: bool = True, indexes: tuple[tuple[str, ...], ...] = ()
) -> Callable[[type[R]], type[R]]:
    """Declare a frozen dataclass as the row type of table `name`.

    `key` are the fields that identify a row within a practice; `indexes` are columns to index, each led by `practice`.
    An audit trail finds the rows of a subject by their field `subject`, and quicker with a UUID of it in `subject_id`.
    Fields may be str, int, bool, float, Decimal, UUID, date, datetime, a StrEnum, `tuple` of str, UUID or StrEnum (an
    array), or dict and list (jsonb); each of these or None, and each `Personal[…]` if it may identify a person. A row
    that wants to show its position declares `position: int`. Fields have no defaults: a fold says what each one is.
    """

    def declare(row: type[R]) -> type[R]:
        columns = _columns(row)
        if subject_id and not {"subject", subject_id} <= {column.name for column in columns}:
            raise TypeError(f"{name}: rows of a subject are found by {subject_id} and subject, and it has not both")
        row.__table__ = Table(name, row, key, columns, history, indexes, subject_id)  # type: ignore[attr-defined]
        _tables[name] = quick(row)
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


def create_statements(declared: Table, schema: str) -> list[sql.Composed]:
    """The table and its history in a schema, without indexes."""
    current = _create(schema, declared.name, declared.stored, "fillfactor = 85")
    if not declared.history:
        return [current]
    return [current, _create(schema, declared.history_name, (*declared.stored, REPLACED_AT), "fillfactor = 100")]


def index_statements(declared: Table, schema: str) -> dict[str, list[sql.Composed]]:
    """The indexes of the table and of its history, by their names; each is led by `practice`.

    The first is that of the primary key, which `key_statements` declares. The history's serve as-of queries, look-ups by
    key and audit trails.
    """
    by_subject = [(declared.by_subject,)] if declared.by_subject else []
    statements = {declared.name: _indexes(schema, declared.name, declared.key, [*declared.indexes, *by_subject])}
    if declared.history:
        name, key = declared.history_name, (*declared.key, "position")
        statements[name] = _indexes(schema, name, key, [("replaced_at", "position"), *by_subject])
    return statements


def key_statements(declared: Table, schema: str) -> list[sql.Composed]:
    """What makes primary keys of the indexes made for them; takes no time, but every lock that there is."""
    query = sql.SQL("alter table {} add primary key using index {}")
    return [query.format(sql.Identifier(schema, name), _key_index(name)) for name in declared.names]


def _indexes(schema: str, name: str, key: tuple[str, ...], wanted: list[tuple[str, ...]]) -> list[sql.Composed]:
    """That of the primary key, and the indexes wanted that no longer one serves."""
    needed = [columns for columns in dict.fromkeys(wanted) if not any(_leads(columns, other) for other in wanted)]
    secondary = [_index(schema, name, columns) for columns in needed if columns != key[: len(columns)]]
    unique = sql.SQL("create unique index {} on {} ({})")
    return [unique.format(_key_index(name), sql.Identifier(schema, name), names(("practice", *key))), *secondary]


def names(columns: Iterable[str], of: str | None = None) -> sql.Composed:
    """Column names as a list in SQL, of the table or alias named if one is."""
    return sql.SQL(", ").join(sql.Identifier(*([of, column] if of else [column])) for column in columns)


def values_reader(fields_: Iterable[str]) -> Callable[[Any], tuple[Any, ...]]:
    """What reads the named fields of a row as a tuple."""
    match tuple(fields_):
        case ():
            return lambda _row: ()
        case (name,):
            return lambda row: (getattr(row, name),)
        case several:
            return attrgetter(*several)


def _create(schema: str, name: str, columns: tuple[Column, ...], storage: str) -> sql.Composed:
    lines = [
        sql.SQL("{} {} {}").format(sql.Identifier(column.name), sql.SQL(column.typed), sql.SQL("null" if column.nullable else "not null"))
        for column in columns
    ]
    return sql.SQL("create table {} ({}) with ({})").format(sql.Identifier(schema, name), sql.SQL(", ").join(lines), sql.SQL(storage))


def _leads(columns: tuple[str, ...], other: tuple[str, ...]) -> bool:
    """Whether an index on `other` is longer and serves what one on `columns` would."""
    return len(columns) < len(other) and columns == other[: len(columns)]


def _key_index(name: str) -> sql.Identifier:
    return sql.Identifier(f"{name}_pkey")


def _index(schema: str, name: str, columns: tuple[str, ...]) -> sql.Composed:
    return sql.SQL("create index on {} ({})").format(sql.Identifier(schema, name), names(("practice", *columns)))


def _columns(row: type[Any]) -> tuple[Column, ...]:
    hints = get_type_hints(row, include_extras=True)
    return tuple(_column(field_.name, hints[field_.name]) for field_ in fields(row))


def _column(name: str, hint: Any) -> Column:
    hint, personal = _unmarked(hint)
    nullable = get_origin(hint) in (UnionType, Union)
    if nullable:
        (inner,) = [part for part in get_args(hint) if part is not NoneType]
        hint, marked = _unmarked(inner)
        personal = personal or marked
    if get_origin(hint) is tuple:
        item = get_args(hint)[0]
        enum = issubclass(item, StrEnum)
        load = partial(_tuple_of, item) if enum else tuple
        return Column(name, f"{_scalar(item)}[]", nullable, load, enum, personal)
    origin = get_origin(hint) or hint
    enum = issubclass(origin, StrEnum)
    return Column(name, _scalar(origin), nullable, origin if enum else None, enum, personal)


def _unmarked(hint: Any) -> tuple[Any, bool]:
    if get_origin(hint) is not Annotated:
        return hint, False
    inner, *marks = get_args(hint)
    return inner, any(isinstance(mark, PersonalMark) for mark in marks)


def _tuple_of(item: type[StrEnum], values: Iterable[str]) -> tuple[StrEnum, ...]:
    return tuple(map(item, values))


def _scalar(python: type[Any]) -> str:
    return "text" if issubclass(python, StrEnum) else _COLUMN_TYPES[python]
