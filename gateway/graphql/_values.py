"""Object types from plain dataclasses of the read side: their fields are the type's fields, their docstrings its words."""

from collections.abc import Iterable
from dataclasses import fields, is_dataclass
from typing import Any, get_args, get_origin, get_type_hints

import strawberry

from gateway.graphql._types import attribute_docs, capability_of, describe, graphql_type

_types: dict[type[Any], Any] = {}


def value_type(value: type[Any], *, omit: Iterable[str] = ()) -> Any:
    """The object type of a dataclass, `<Capability><Name>`, and of the dataclasses inside it.

    A resolver of this type returns the dataclass itself. Fields in `omit` are left out.
    """
    if value not in _types:
        left_out, hints, told = set(omit), get_type_hints(value), attribute_docs(value)
        shown = [field.name for field in fields(value) if field.name not in left_out]
        namespace: dict[str, Any] = {name: strawberry.field(description=told.get(name)) for name in shown}
        namespace["__annotations__"] = {name: _shown_as(hints[name]) for name in shown}
        stem = capability_of(value)
        name = value.__name__ if value.__name__.startswith(stem) else stem + value.__name__
        _types[value] = strawberry.type(type(name, (), namespace), name=name, description=describe(value))
    return _types[value]


def _shown_as(hint: Any) -> Any:
    if is_dataclass(hint) and isinstance(hint, type):
        return value_type(hint)
    if get_origin(hint) is tuple and is_dataclass(inner := get_args(hint)[0]) and isinstance(inner, type):
        return list[value_type(inner)]  # type: ignore[misc]
    return graphql_type(hint)
