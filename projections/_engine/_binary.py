"""Rows in PostgreSQL's binary format: for COPY, and as arrays of a table's row type for one-statement upserts.

psycopg dumps a value at a time and finds out its type each time; here a table's columns are known, which makes it some
five times as fast. The formats are those of the types' `send` and `receive` functions.
"""

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime
from decimal import Decimal
from struct import Struct
from typing import Any
from uuid import UUID

import orjson
from psycopg.adapt import Dumper
from psycopg.pq import Format
from psycopg.types.numeric import DecimalBinaryDumper

from read_side._tables import Column, Table

Field = Callable[[Any], bytes]
"""A value as its length in 4 bytes, then its bytes."""

NULL = b"\xff\xff\xff\xff"
COPY_HEADER = b"PGCOPY\n\xff\r\n\0" + bytes(8)
COPY_TRAILER = b"\xff\xff"

_length = Struct("!i").pack
_int8 = Struct("!iq").pack
_int4 = Struct("!ii").pack
_float8 = Struct("!id").pack
_bool = Struct("!i?").pack
_array_head = Struct("!iiIii").pack
_array_empty = Struct("!iiI").pack
_oid = Struct("!I").pack

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
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


def _text(value: str) -> bytes:
    encoded = value.encode()
    return _length(len(encoded)) + encoded


def _uuid(value: UUID) -> bytes:
    return b"\0\0\0\x10" + value.bytes


def _timestamptz(value: datetime) -> bytes:
    since = value - _EPOCH
    return _int8(8, (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds)


def _numeric(value: Decimal) -> bytes:
    encoded = bytes(_DECIMAL.dump(value) or b"")
    return _length(len(encoded)) + encoded


def _jsonb(value: object) -> bytes:
    encoded = orjson.dumps(value)
    return _length(len(encoded) + 1) + b"\1" + encoded


def _bigint(value: int) -> bytes:
    return _int8(8, value)


_FORMATS: dict[str, tuple[int, Field]] = {
    "text": (25, _text),
    "bigint": (20, _bigint),
    "boolean": (16, lambda value: _bool(1, value)),
    "double precision": (701, lambda value: _float8(8, value)),
    "numeric": (1700, _numeric),
    "uuid": (2950, _uuid),
    "date": (1082, lambda value: _int4(4, value.toordinal() - _EPOCH_DAY)),
    "timestamptz": (1184, _timestamptz),
    "jsonb": (3802, _jsonb),
}
_ARRAYS = {"text[]": 1009, "uuid[]": 2951}


def array(element_oid: int, elements: list[bytes]) -> bytes:
    """A one-dimensional array of elements that carry their length already, without the array's own length."""
    if not elements:
        return _array_empty(0, 0, element_oid)
    return _array_head(1, 0, element_oid, len(elements), 1) + b"".join(elements)


def field_format(type_name: str) -> tuple[int, Field]:
    """Object id of a column's type, and how its values are written."""
    if type_name not in _ARRAYS:
        return _FORMATS[type_name]
    element_oid, element = _FORMATS[type_name.removesuffix("[]")]

    def write(values: Iterable[Any]) -> bytes:
        encoded = array(element_oid, [element(value) for value in values])
        return _length(len(encoded)) + encoded

    return _ARRAYS[type_name], write


class RowFormat:
    """How the rows of a table, or of its history, are written.

    Versions of a row follow each other and share most of their values, so what has not changed is not encoded again.
    """

    def __init__(self, columns: tuple[Column, ...], *, typed: bool) -> None:
        """`typed` rows are elements of an array of the table's row type, the others go into a COPY."""
        formats = [field_format(column.type) for column in columns]
        self._fields = [_typed(oid, field) if typed else field for oid, field in formats]
        self._nulls = [(_oid(oid) if typed else b"") + NULL for oid, _ in formats]
        self._typed = typed
        self._head = _length(len(columns)) if typed else Struct("!h").pack(len(columns))

    def encode(self, rows: Iterable[tuple[Any, tuple[Any, ...]]]) -> list[bytes]:
        """Rows, given as their key and the values of the columns; versions of one row in any order."""
        known: dict[Any, tuple[tuple[Any, ...], list[bytes]]] = {}
        encoded = []
        for key, values in rows:
            before = known.get(key)
            fields = self._first(values) if before is None else self._next(values, *before)
            known[key] = values, fields
            encoded.append(self._framed(b"".join(fields)))
        return encoded

    def _first(self, values: tuple[Any, ...]) -> list[bytes]:
        return [null if value is None else field(value) for field, null, value in zip(self._fields, self._nulls, values, strict=True)]

    def _next(self, values: tuple[Any, ...], before: tuple[Any, ...], encoded: list[bytes]) -> list[bytes]:
        fields = encoded.copy()
        for index, (value, old) in enumerate(zip(values, before, strict=True)):
            if value is not old:
                fields[index] = self._nulls[index] if value is None else self._fields[index](value)
        return fields

    def _framed(self, fields: bytes) -> bytes:
        if self._typed:
            return _length(len(self._head) + len(fields)) + self._head + fields
        return self._head + fields


def _typed(oid: int, field: Field) -> Field:
    prefix = _oid(oid)
    return lambda value: prefix + field(value)


def key_arrays(table: Table, keys: Iterable[tuple[Any, ...]]) -> list[Raw]:
    """The key columns of several rows as one array a column."""
    types = {column.name: column.type for column in table.stored}
    formats = [_FORMATS[types[name]] for name in table.key]
    columns = zip(*keys, strict=True)
    return [Raw(array(oid, [field(value) for value in values])) for (oid, field), values in zip(formats, columns, strict=True)]
