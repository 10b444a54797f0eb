"""Python types of rows and commands -> types of the GraphQL schema."""

import ast
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum
from inspect import cleandoc, getsource
from textwrap import dedent
from types import GenericAlias, NoneType, UnionType
from typing import Annotated, Any, Literal, TypeVar, Union, get_args, get_origin
from uuid import UUID

import strawberry
from pydantic import AwareDatetime, BaseModel
from strawberry.scalars import JSON

R = TypeVar("R", bound=Callable[..., Any])

_enums: dict[type[StrEnum], Any] = {}


def field(description: str) -> Callable[[R], R]:
    """A resolver with its description; `strawberry.field` that keeps the function's type."""
    decorate: Callable[[R], R] = strawberry.field(description=description)
    return decorate


def graphql_type(hint: Any, *, nested: Any = None) -> Any:
    """The schema's type for a field's annotation; `nested` turns a pydantic model into an input type.

    TypeError for an annotation that GraphQL cannot say.
    """
    if get_origin(hint) is not None:
        return _composed(get_origin(hint), get_args(hint), nested)
    if hint in (dict, list):
        return JSON
    if hint is AwareDatetime:
        return datetime
    if isinstance(hint, type) and issubclass(hint, StrEnum):
        return graphql_enum(hint)
    if isinstance(hint, type) and issubclass(hint, BaseModel) and nested is not None:
        return nested(hint)
    if isinstance(hint, type):
        return hint
    raise TypeError(f"no GraphQL type for {hint!r}")


def _composed(origin: Any, parts: tuple[Any, ...], nested: Any) -> Any:
    if origin is Annotated:
        return graphql_type(parts[0], nested=nested)
    if origin in (Union, UnionType):
        return _union(parts, nested)
    if origin is Literal:
        return graphql_type(type(parts[0]), nested=nested)
    if origin is dict or parts[0] is Any or get_origin(parts[0]) is dict:
        return JSON
    return GenericAlias(list, (graphql_type(parts[0], nested=nested),))


def _union(parts: tuple[Any, ...], nested: Any) -> Any:
    inner = [part for part in parts if part is not NoneType]
    shown = graphql_type(inner[0], nested=nested) if len(inner) == 1 else _key(inner)
    return shown | None if NoneType in parts else shown


def _key(alternatives: list[Any]) -> Any:
    """Ids of several forms, such as a function's name or the UUID of a practice's own: a text."""
    if not all(issubclass(one, StrEnum | UUID) for one in alternatives):
        raise TypeError(f"no GraphQL type for one of {alternatives}")
    return str


def graphql_enum(enum: type[StrEnum]) -> Any:
    """The enum in the schema, named `<Capability><Name>` so that no two capabilities can clash."""
    if enum not in _enums:
        _enums[enum] = strawberry.enum(enum, name=_stemmed(enum), description=describe(enum))
    return _enums[enum]


def capability_of(defined: type) -> str:
    """The stem of the capability a class belongs to, in CamelCase; empty for what all of them share."""
    stem = defined.__module__.split(".")[1]
    return "" if stem.startswith("_") else "".join(part.capitalize() for part in stem.split("_"))


def _stemmed(defined: type) -> str:
    stem, name = capability_of(defined), defined.__name__
    return name if name.startswith(stem) else stem + name


def describe(documented: type) -> str | None:
    """The class's own docstring as a description in the schema."""
    return cleandoc(documented.__doc__) if documented.__doc__ else None


def attribute_docs(row: type[Any]) -> dict[str, str]:
    """The docstrings that stand below the attributes of a class."""
    body = ast.parse(dedent(getsource(row))).body[0]
    assert isinstance(body, ast.ClassDef)
    found: dict[str, str] = {}
    for attribute, below in zip(body.body, body.body[1:], strict=False):
        match attribute, below:
            case ast.AnnAssign(target=ast.Name(id=name)), ast.Expr(value=ast.Constant(value=str(text))):
                found[name] = cleandoc(text)
            case _:
                continue
    return found
