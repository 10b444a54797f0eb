"""What an OCEL 2.0 log of a practice's record has: its types with their attributes, and the parts that objects play.

Event types are named as the types of the record without their version, object types as in `events._objects`. Attributes
are what the classes declare as numbers, days, moments, yes or no, and one of several; text that people wrote is never
among them. Days are strings (`2026-03-31`), since the standard's `time` is a moment.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import Enum
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from events._base import DomainEvent
from events._objects import ACTOR, KINDS, OBJECTS, PERSON, Part, Told
from events._registry import event_types, load_all
from gateway.export._columns import columns
from gateway.export._question import Redaction

_STRING, _INTEGER = "string", "integer"
_TYPES: dict[type, str] = {datetime: "time", date: _STRING, bool: "boolean", int: _INTEGER, float: "float"}


@dataclass(frozen=True, slots=True)
class EventType:
    """An event type of the log."""

    name: str
    attributes: Mapping[str, str]
    """Name -> type, as the standard has them: string, time, integer, float, boolean."""
    paths: tuple[tuple[str, ...], ...]
    """Where the values of the attributes stand in the data."""
    told: Told


@dataclass(frozen=True, slots=True)
class ObjectType:
    """An object type of the log."""

    name: str
    attributes: Mapping[str, str]


@cache
def all_event_types() -> Mapping[str, EventType]:
    """By stored name, sorted by it."""
    load_all()
    return {stored: _event_type(event_class) for stored, event_class in event_types().items()}


@cache
def all_object_types() -> Mapping[str, ObjectType]:
    """By name; the attributes are those that some event sets."""
    load_all()
    found: dict[str, dict[str, str]] = {kind: {} for kind in KINDS}
    for stored, event_class in event_types().items():
        told = OBJECTS[stored]
        kinds = {part.qualifier: part.kind for part in told.parts}
        for part, attributes in told.sets.items():
            for name, value in attributes.items():
                of_value = _STRING if value.startswith("=") else type_at(event_class, value)
                if found[kinds.get(part) or part].setdefault(name, of_value) != of_value:
                    raise TypeError(f"{stored}: {part} has another {name} elsewhere")
    return {kind: ObjectType(kind, attributes) for kind, attributes in found.items()}


def table_name(name: str) -> str:
    """What a type is called in the name of its table: `deviation.reported` -> `DeviationReported`."""
    return "".join(word.capitalize() for word in re.split(r"[._]", name))


def values(data: Any, path: str) -> list[Any]:
    """What stands at a path, None where nothing does; through a list, what stands at it in each item."""
    found = [data]
    for step in path.split("."):
        found = [each.get(step) if isinstance(each, dict) else None for each in _flat(found)]
    return list(_flat(found))


def parts_of(told: Told, practice: str, line: Mapping[str, Any]) -> dict[str, list[str]]:
    """Qualifier -> names of the objects that play this part in an event; the subject's comes first."""
    subject: str = line["subject"]
    found = {subject.partition("/")[0]: [subject]}
    if line["actor"].startswith(("m-", "p-")):
        found[ACTOR] = [f"{PERSON}/{line['actor']}"]
    for part in told.parts:
        if names := list(_named(part, practice, line["data"])):
            found.setdefault(part.qualifier, []).extend(names)
    return found


def _named(part: Part, practice: str, data: Any) -> Iterator[str]:
    ids = values(data, part.path)
    kinds = [part.kind] * len(ids) if part.kind else values(data, _beside(part.path))
    for kind, id_ in zip(kinds, ids, strict=True):
        if id_ is not None and kind in KINDS:
            yield f"{kind}/{practice}/{id_}" if kind == "function" else f"{kind}/{id_}"


def _beside(path: str) -> str:
    return ".".join((*path.split(".")[:-1], "kind"))


def _flat(items: list[Any]) -> Iterator[Any]:
    for item in items:
        if isinstance(item, list):
            yield from _flat(item)
        else:
            yield item


def _event_type(event_class: type[DomainEvent]) -> EventType:
    told = OBJECTS[event_class.TYPE]
    taken = {part.path for part in told.parts}
    attributes, paths = {}, []
    for column in columns(event_class, Redaction.PSEUDONYMISED):
        kind = _scalar(column.annotation)
        if kind is not None and ".".join(column.path) not in taken:
            attributes["_".join(column.path)] = kind
            paths.append(column.path)
    return EventType(event_class.TYPE.rpartition(".v")[0], attributes, tuple(paths), told)


def type_at(model: type[BaseModel], path: str) -> str:
    """The type of the values at a path; raises TypeError for what is no attribute."""
    annotation: Any = model
    for step in path.split("."):
        annotation = next(each for each in _unwrapped(annotation) if issubclass(each, BaseModel)).model_fields[step].annotation
    if kind := _scalar(annotation):
        return kind
    raise TypeError(f"{model.__name__}.{path} is no attribute of an object")


def _scalar(annotation: Any) -> str | None:
    alternatives = _unwrapped(annotation)
    only = alternatives[0] if len(alternatives) == 1 and getattr(annotation, "__origin__", None) is not tuple else None
    if not isinstance(only, type):
        return None
    return _STRING if issubclass(only, Enum) else _TYPES.get(only)


def _unwrapped(annotation: Any) -> list[Any]:
    """What stands in an optional, a list or an annotated type."""
    parts = [part for part in get_args(annotation) if part not in (NoneType, ...)]
    if hasattr(annotation, "__metadata__"):
        return _unwrapped(parts[0])
    return [each for part in parts for each in _unwrapped(part)] if parts else [annotation]
