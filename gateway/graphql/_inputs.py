"""Input types from commands and filters: what GraphQL asks for is what their classes declare."""

from dataclasses import MISSING, fields
from enum import StrEnum
from typing import Any, TypeVar, get_type_hints

import strawberry
from pydantic import BaseModel
from strawberry.types.base import StrawberryObjectDefinition

from gateway.graphql._types import attribute_docs, capability_of, describe, graphql_type

F = TypeVar("F")
_REQUIRED = object()
_inputs: dict[type[Any], Any] = {}


def input_type(model: type[BaseModel]) -> Any:
    """The input type of a command, `<Command>Input`, or of a value inside one, `<Capability><Value>Input`."""
    if model not in _inputs:
        members = {
            name: (field.annotation, _REQUIRED if field.is_required() else field.default, field.description)
            for name, field in model.model_fields.items()
        }
        _inputs[model] = _build(model, _name(model), members)
    return _inputs[model]


def filter_type(declared: type[Any], name: str | None = None) -> Any:
    """The input type of a frozen dataclass whose fields all have defaults; for `filter` arguments, which may be left out."""
    if declared not in _inputs:
        hints, told = get_type_hints(declared), attribute_docs(declared)
        members = {
            field.name: (hints[field.name], None if field.default is MISSING else field.default, told.get(field.name))
            for field in fields(declared)
        }
        _inputs[declared] = _build(declared, name or declared.__name__, members)
    return _inputs[declared] | None


def filled(declared: type[F], given: Any) -> F:
    """The filter that an input of its `filter_type` stands for; the empty one for None."""
    chosen = {name: tuple(value) if isinstance(value, list) else value for name, value in (plain(given) or {}).items()}
    return declared(**{name: value for name, value in chosen.items() if value is not None})


def plain(value: Any) -> Any:
    """An input as a command's class reads it: dicts and lists, absent fields left out."""
    definition = getattr(type(value), "__strawberry_definition__", None)
    if isinstance(definition, StrawberryObjectDefinition):
        given = ((field.python_name, getattr(value, field.python_name)) for field in definition.fields)
        return {name: plain(inner) for name, inner in given if inner is not strawberry.UNSET}
    if isinstance(value, list):
        return [plain(item) for item in value]
    return value


def _build(declared: type[Any], name: str, members: dict[str, tuple[Any, Any, str | None]]) -> Any:
    annotations: dict[str, Any] = {}
    namespace: dict[str, Any] = {"__annotations__": annotations, "__module__": __name__}
    for member, (hint, default, description) in members.items():
        shown = graphql_type(hint, nested=input_type)
        if default is _REQUIRED:
            annotations[member], namespace[member] = shown, strawberry.field(description=description)
        elif isinstance(default, StrEnum | str | int):
            annotations[member], namespace[member] = shown, strawberry.field(default=default, description=description)
        else:
            annotations[member] = shown | None
            namespace[member] = strawberry.field(default=strawberry.UNSET, description=description)
    return strawberry.input(type(name, (), namespace), name=name, description=describe(declared))


def _name(model: type[BaseModel]) -> str:
    if hasattr(model, "NAME"):
        return f"{model.__name__}Input"
    name = model.__name__.removeprefix("Given")
    stem = capability_of(model)
    return f"{name if name.startswith(stem) else stem + name}Input"
