"""Rows in PostgreSQL's binary format: for COPY, and as arrays of a table's row type for one-statement upserts.

psycopg finds out the type of each value as it comes; a table's columns are known, and versions of a row follow each
other, so rows are written here ten times as fast. The formats are those of the types' `send` and `receive` functions.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache, partial
from struct import Struct
from typing import Any

import orjson
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import DecimalBinaryDumper

from events._frozen import written
from projections._engine._fold import Cell, Version
from read_side._tables import Column, Table

Field = Callable[[Any], bytes]
"""A value as the object id of its type, where that is asked for, its length in 4 bytes, and its bytes."""

COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

_int2, _int4, _oid = Struct("!h").pack, Struct("!i").pack, Struct("!I").pack
_array = Struct("!iiIii").pack
_empty_array = Struct("!iiI").pack
_NULL = _int4(-1)

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_EPOCH_DAY = date(2000, 1, 1).toordinal()
_DECIMAL = DecimalBinaryDumper(Decimal)


class Raw(bytes):
    """A parameter that is in binary format already; its type is the one that the statement casts it to."""

    __slots__ = ()


class RawDumper(Dumper):
    """Passes `Raw` on as it is."""

    format = Format.BINARY
    oid = 0

    def dump(self, obj: Raw) -> bytes:
        return obj


def _fixed(code: str, size: int, convert: Callable[[Any], Any] | None = None) -> Callable[[bytes], Field]:
    """Values of a type with `size` bytes, written by struct's `code`."""

    def under(prefix: bytes) -> Field:
        write = partial(Struct(f"!{len(prefix)}si{code}").pack, prefix, size)
        if convert is None:
            return write
        return lambda value: write(convert(value))

    return under


def _varying(encode: Callable[[Any], bytes]) -> Callable[[bytes], Field]:
    """Values with as many bytes as `encode` makes of them."""

    def under(prefix: bytes) -> Field:
        head = partial(Struct(f"!{len(prefix)}si").pack, prefix)

        def write(value: Any) -> bytes:
            encoded = encode(value)
            return head(len(encoded)) + encoded

        return write

    return under


def _microseconds(value: datetime) -> int:
    return (value - _EPOCH) // _MICROSECOND


def text_element(text: bytes) -> bytes:
    """A text as an element of an array."""
    return _int4(len(text)) + text


def array(element_oid: int, elements: list[bytes]) -> bytes:
    """A one-dimensional array of elements that carry their length already, without the array's own length."""
    if not elements:
        return _empty_array(0, 0, element_oid)
    return _array(1, 0, element_oid, len(elements), 1) + b"".join(elements)


def _elements(element_oid: int, element: Field) -> Callable[[Iterable[Any]], bytes]:
    empty = array(element_oid, [])
    return lambda values: array(element_oid, [element(value) for value in values]) if values else empty


_TYPES: dict[str, tuple[int, Callable[[bytes], Field]]] = {
    "text": (25, _varying(str.encode)),
    "bigint": (20, _fixed("q", 8)),
    "boolean": (16, _fixed("?", 1)),
    "double precision": (701, _fixed("d", 8)),
    "numeric": (1700, _varying(lambda value: bytes(_DECIMAL.dump(value) or b""))),
    "uuid": (2950, _fixed("16s", 16, lambda value: value.int.to_bytes(16, "big"))),
    "date": (1082, _fixed("i", 4, lambda value: value.toordinal() - _EPOCH_DAY)),
    "timestamptz": (1184, _fixed("q", 8, _microseconds)),
    "jsonb": (3802, _varying(lambda value: b"\1" + orjson.dumps(value))),
}
_TYPES["text[]"] = (1009, _varying(_elements(25, _TYPES["text"][1](b""))))
_TYPES["uuid[]"] = (2951, _varying(_elements(2950, _TYPES["uuid"][1](b""))))


_First = Callable[[object], list[bytes]]
"""Writes the fields of a row."""
_Again = Callable[[object, object, list[bytes]], None]
"""Writes anew, in the fields of the version before, what is not the very same value in a row."""


class RowFormat:
    """How the rows of a table and of its history are written.

    Versions of a row share most of their values, so what has not changed is not encoded again.
    """

    def __init__(self, table: Table, *, typed: bool) -> None:
        """`typed` rows are elements of an array of the table's row type, the others go into a COPY."""
        columns = table.stored[2:]
        self._typed, self._changing = typed, table.history
        self._practice, self._position = (self._field(column) for column in table.stored[:2])
        self._first, self._again = _writers(columns, self._prefix, self._field)
        count = _int4 if typed else _int2
        self._heads = count(len(table.stored)), count(len(table.stored) + 1)

    def _prefix(self, column: Column) -> bytes:
        return _oid(_TYPES[column.type][0]) if self._typed else b""

    def _field(self, column: Column) -> Field:
        """How a column's values are written; texts that nobody typed in are few, and come again and again."""
        field = _TYPES[column.type][1](self._prefix(column))
        return lru_cache(maxsize=500)(field) if column.type == "text" and not column.personal else field

    def encode(self, practice: str, versions: Iterable[Version]) -> list[bytes]:
        """Versions of a practice's rows; those that were replaced are rows of the history."""
        practice_field, position_field = self._practice(practice), self._position
        (head, history_head), typed = self._heads, self._typed
        encoded = []
        for cell, row, position, replaced_at in versions:
            fields = self._next(cell, row) if self._changing else self._first(row)
            if replaced_at:
                line = b"".join((history_head, practice_field, position_field(position), *fields, position_field(replaced_at)))
            else:
                line = b"".join((head, practice_field, position_field(position), *fields))
            encoded.append(_int4(len(line)) + line if typed else line)
        return encoded

    def _next(self, cell: Cell, row: object) -> list[bytes]:
        before = cell.encoded
        if before is None:
            fields = self._first(row)
        else:
            fields = before[1].copy()
            self._again(row, before[0], fields)
        cell.encoded = row, fields
        return fields


def _writers(columns: Iterable[Column], prefix: Callable[[Column], bytes], field: Callable[[Column], Field]) -> tuple[_First, _Again]:
    known: dict[str, Any] = {}
    fields, changed = [], []
    for index, column in enumerate(columns):
        name = column.name
        known |= {f"null_{name}": prefix(column) + _NULL, f"field_{name}": field(column)}
        fields.append(f"null_{name} if row.{name} is None else field_{name}(row.{name})")
        changed.append(f"if row.{name} is not before.{name}: fields[{index}] = {fields[-1]}")
    first = written("def first(row):", [f"return [{', '.join(fields)}]"], known)
    return first, written("def again(row, before, fields):", changed or ["pass"], known)


def key_arrays(table: Table, keys: Iterable[tuple[Any, ...]]) -> list[Raw]:
    """The key columns of several rows as one array a column."""
    types = {column.name: _TYPES[column.type] for column in table.stored}
    formats = [(oid, under(b"")) for oid, under in (types[name] for name in table.key)]
    columns = zip(*keys, strict=True)
    return [Raw(array(oid, [field(value) for value in values])) for (oid, field), values in zip(formats, columns, strict=True)]
