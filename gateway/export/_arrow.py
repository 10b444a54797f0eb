"""Events of one type as a table with typed columns, as Arrow and Parquet have them.

Lines are parsed column-wise in C++, never event by event, so a type comes to its columns from its class alone.
"""

from collections.abc import Sequence
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args, get_origin
from uuid import UUID

import orjson
import pyarrow as pa
import pyarrow.json
from pydantic import BaseModel

from events._base import DomainEvent
from events._personal import member_fields, personal_fields
from events._registry import UnknownEventType, event_types, load_all, todays
from gateway.export._question import Redaction

TEXT = pa.string()
ENVELOPE = {
    "position": ("id", pa.int64()),
    "subject": ("subject", TEXT),
    "version": ("streamversion", pa.int32()),
    "time": ("time", pa.timestamp("ms", "UTC")),
    "actor": ("actor", TEXT),
    "command_id": ("commandid", TEXT),
    "correlation_id": ("correlationid", TEXT),
    "causation_id": ("causationid", TEXT),
}
"""Columns that every type has -> attribute of the line, and type."""
LINE = "line"
"""Column of the line itself."""
_HEAD = 256
"""Bytes of a line among which its type stands."""

_SCALARS: dict[type, pa.DataType] = {
    str: TEXT,
    UUID: TEXT,
    bool: pa.bool_(),
    int: pa.int64(),
    float: pa.float64(),
    date: pa.date32(),
    datetime: pa.timestamp("us", "UTC"),
}


class Tables:
    """Makes tables of lines that were redacted one way."""

    def __init__(self, redaction: Redaction) -> None:
        load_all()
        self._types = event_types()
        self._redaction = redaction

    def name(self, stored: str, line: bytes) -> str:
        """Today's name of a stored type, of which a line is given; raises UnknownEventType."""
        if stored in self._types:
            return stored
        today, _ = todays(stored, orjson.loads(line)["data"])
        if today not in self._types:
            raise UnknownEventType(stored)
        return today

    def table(self, type_: str, lines: Sequence[bytes]) -> pa.Table:
        """Lines of a type, by today's name, as a table; raises ValueError where one lacks the type's form."""
        fields = data_fields(self._types[type_], self._redaction)
        inside = [pa.field(field.name, _as_json(field.type)) for field in fields]
        attributes = [pa.field(attribute, pa.int64() if pa.types.is_int32(kind) else TEXT) for attribute, kind in ENVELOPE.values()]
        form = pa.schema([*attributes, pa.field("data", pa.struct(inside))] if inside else attributes)
        parsed = _parsed(self._in_todays_form(type_, lines), form)
        columns = {name: parsed[attribute].cast(kind) for name, (attribute, kind) in ENVELOPE.items()}
        for field, column in zip(fields, parsed["data"].combine_chunks().flatten() if inside else [], strict=True):
            columns[column_name(field.name)] = column.cast(field.type)
        columns[LINE] = pa.array(lines, TEXT)
        return pa.table(columns)

    def _in_todays_form(self, type_: str, lines: Sequence[bytes]) -> Sequence[bytes]:
        mark = b'"type":"%s"' % type_.encode()
        return [line if line.find(mark, 0, _HEAD) > 0 else _upcast(line) for line in lines]


def column_name(field: str) -> str:
    """The column of a field: its own name, unless every event has a column of that name."""
    return f"data_{field}" if field in ENVELOPE or field == LINE else field


@cache
def data_fields(event_class: type[DomainEvent], redaction: Redaction) -> tuple[pa.Field, ...]:
    """The fields of a type's data, in the order of the class; without what a pseudonymised export leaves out."""
    left_out = personal_fields(event_class) - member_fields(event_class) if redaction is Redaction.PSEUDONYMISED else frozenset()
    return tuple(_fields(event_class, (), left_out))


def _fields(model: type[BaseModel], way: tuple[str, ...], left_out: frozenset[str]) -> list[pa.Field]:
    found = []
    for name, field in model.model_fields.items():
        path = (*way, name)
        if ".".join(path) in left_out:
            continue
        kind = _kind(field.annotation, path, left_out)
        if kind is not None:
            found.append(pa.field(name, kind))
    return found


def _kind(annotation: Any, path: tuple[str, ...], left_out: frozenset[str]) -> pa.DataType | None:
    """The type of a column; None for a value of which nothing is left."""
    origin, parts = get_origin(annotation), [part for part in get_args(annotation) if part not in (NoneType, ...)]
    if origin is tuple:
        item = _kind(parts[0], path, left_out)
        return None if item is None else pa.list_(item)
    if hasattr(annotation, "__metadata__"):
        return _kind(parts[0], path, left_out)
    if parts:
        kinds = {_kind(part, path, left_out) for part in parts}
        if len(kinds) == 1:
            return kinds.pop()
    elif issubclass(annotation, BaseModel):
        inside = _fields(annotation, path, left_out)
        return pa.struct(inside) if inside else None
    elif issubclass(annotation, Enum):
        return TEXT
    elif annotation in _SCALARS:
        return _SCALARS[annotation]
    raise TypeError(f"{'.'.join(path)}: a column for {annotation} is not known")


def _as_json(kind: pa.DataType) -> pa.DataType:
    """The type in which JSON has a value: days and moments are texts there."""
    if pa.types.is_struct(kind):
        return pa.struct([pa.field(field.name, _as_json(field.type)) for field in kind])
    if pa.types.is_list(kind):
        return pa.list_(_as_json(kind.value_type))
    return TEXT if pa.types.is_temporal(kind) else kind


def _parsed(lines: Sequence[bytes], form: pa.Schema) -> pa.Table:
    content = b"\n".join(lines)
    return pyarrow.json.read_json(
        pa.BufferReader(content),
        read_options=pyarrow.json.ReadOptions(use_threads=False, block_size=len(content) + 1),
        parse_options=pyarrow.json.ParseOptions(explicit_schema=form, unexpected_field_behavior="ignore"),
    ).combine_chunks()


def _upcast(stored: bytes) -> bytes:
    line: dict[str, Any] = orjson.loads(stored)
    line["type"], line["data"] = todays(line["type"], line["data"])
    return orjson.dumps(line)
