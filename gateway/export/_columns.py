"""The flat columns of an event type, as its class declares them."""

from dataclasses import dataclass
from functools import cache
from types import NoneType
from typing import Any, get_args

from pydantic import BaseModel

from events._base import DomainEvent
from events._personal import member_fields, personal_fields
from gateway.export._question import Redaction

ENVELOPE = {
    "position": "id",
    "time": "time",
    "type": "type",
    "subject": "subject",
    "version": "streamversion",
    "actor": "actor",
    "command_id": "commandid",
    "correlation_id": "correlationid",
    "causation_id": "causationid",
}
"""Columns that every type has -> attribute of the line."""


@dataclass(frozen=True, slots=True)
class Column:
    """A field of an event's data, of a nested value if `path` has more than one step."""

    path: tuple[str, ...]
    annotation: Any
    """The field's type; a nested list stays one column."""
    member: bool
    """Whether it holds ids of members: pseudonyms, not UUIDs, in a pseudonymised export."""

    @property
    def name(self) -> str:
        """`data.` and the path, with dots."""
        return ".".join(("data", *self.path))

    def of(self, data: dict[str, Any]) -> Any:
        """Its value in the data of a line; None where there is none."""
        value: Any = data
        for step in self.path:
            if not isinstance(value, dict):
                return None
            value = value.get(step)
        return value


@cache
def columns(event_class: type[DomainEvent], redaction: Redaction) -> tuple[Column, ...]:
    """The columns of a type's data in the order of the class; the same as long as the type version lives.

    A pseudonymised export has none for the fields that are left out.
    """
    members = member_fields(event_class)
    hidden = personal_fields(event_class) - members if redaction is Redaction.PSEUDONYMISED else frozenset()
    return tuple(_columns(event_class, (), members, hidden))


def _columns(model: type[BaseModel], way: tuple[str, ...], members: frozenset[str], hidden: frozenset[str]) -> list[Column]:
    found: list[Column] = []
    for name, field in model.model_fields.items():
        path = (*way, name)
        dotted = ".".join(path)
        if dotted in hidden:
            continue
        nested = _value(field.annotation)
        if nested is not None:
            found += _columns(nested, path, members, hidden)
        else:
            found.append(Column(path, field.annotation, dotted in members))
    return found


def _value(annotation: Any) -> type[BaseModel] | None:
    """The nested value that a field holds one of, if it does."""
    alternatives = [each for each in get_args(annotation) if each is not NoneType] or [annotation]
    only = alternatives[0] if len(alternatives) == 1 else None
    is_list = getattr(annotation, "__origin__", None) in (tuple, list)
    return only if isinstance(only, type) and issubclass(only, BaseModel) and not is_list else None
