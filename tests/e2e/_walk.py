"""The schema as a tree below `practice`: every field of every type a few levels deep, cut into queries that may be asked.

Nothing here names a field, so that a new one is walked by itself.
"""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from graphql import (
    GraphQLArgument,
    GraphQLField,
    GraphQLInputObjectType,
    GraphQLObjectType,
    GraphQLSchema,
    build_schema,
    get_named_type,
    is_leaf_type,
    is_required_argument,
)

from gateway.graphql.export import sdl

DEEP = 3
"""Levels of things below the practice; the edges and nodes of a list are none of their own."""
LONGEST = 1_200
"""Words and brackets of a query; the gateway reads a few more."""
PAGES = frozenset({"edges", "node", "pageInfo"})
SCHEMA: GraphQLSchema = build_schema(sdl())
Path = tuple[str, ...]


@dataclass(frozen=True)
class Selection:
    """A field with what is asked below it."""

    path: Path
    """Names from the practice down to this field."""
    field: GraphQLField
    leaves: Path
    children: tuple["Selection", ...]

    @property
    def type(self) -> GraphQLObjectType:
        """The type that it leads to."""
        return _object(self.field)

    def parts(self) -> list["Selection"]:
        """The same in smaller pieces; none when it is as small as it gets."""
        if len(self.children) + bool(self.leaves) > 1:
            alone = [replace(self, children=())] if self.leaves else []
            return alone + [replace(self, leaves=(), children=(child,)) for child in self.children]
        return [replace(self, children=(part,)) for child in self.children for part in child.parts()]

    def text(self, given: Mapping[Path, str]) -> str:
        """As a query says it, with the arguments given for the fields on the way."""
        below = " ".join([*self.leaves, *(child.text(given) for child in self.children)])
        return f"{self.path[-1]}{given.get(self.path, '')} {{ {below} }}"

    def all(self) -> Iterator["Selection"]:
        """This one and everything below it."""
        yield self
        for child in self.children:
            yield from child.all()

    def shallow(self) -> "Selection":
        """Only this one; of a list, with its items."""
        return replace(self, children=tuple(child.shallow() for child in self.children if child.path[-1] in PAGES))


def roots() -> list[Selection]:
    """Every field of the practice that leads to something, with all below it."""
    practice = SCHEMA.type_map["Practice"]
    assert isinstance(practice, GraphQLObjectType)
    return list(_below(practice, (), frozenset({practice.name}), DEEP))


def own_leaves() -> str:
    """The fields of the practice itself."""
    practice = SCHEMA.type_map["Practice"]
    assert isinstance(practice, GraphQLObjectType)
    return " ".join(_leaves(practice))


def pieces(selection: Selection, given: Mapping[Path, str]) -> Iterator[Selection]:
    """The selection in pieces that are short enough to be asked."""
    if len(selection.text(given).split()) <= LONGEST:
        yield selection
    else:
        for part in selection.parts():
            yield from pieces(part, given)


def arguments(values: Mapping[str, str]) -> str:
    """Arguments as a query says them; values are GraphQL literals."""
    return f"({', '.join(f'{name}: {value}' for name, value in values.items())})" if values else ""


def literal(text: str) -> str:
    """A string as a query says it."""
    return json.dumps(text, ensure_ascii=False)


def required(field: GraphQLField) -> dict[str, GraphQLArgument]:
    """The arguments that a field does not do without."""
    return {name: argument for name, argument in field.args.items() if is_required_argument(argument)}


def slots(field: GraphQLField) -> Iterator[tuple[str, str, str]]:
    """Each place of a field's arguments for an id or a text: the name there, its type, and the argument with `%s` in it."""
    for name, argument in field.args.items():
        type_ = get_named_type(argument.type)
        if isinstance(type_, GraphQLInputObjectType):
            for inner, input_field in type_.fields.items():
                if get_named_type(input_field.type).name in ("UUID", "ID", "String"):
                    yield inner, get_named_type(input_field.type).name, f"{name}: {{ {inner}: %s }}"
        elif type_.name in ("UUID", "ID", "String"):
            yield name, type_.name, f"{name}: %s"


def _below(type_: GraphQLObjectType, path: Path, seen: frozenset[str], deep: int) -> Iterator[Selection]:
    for name, field in type_.fields.items():
        if is_leaf_type(get_named_type(field.type)):
            continue
        led = _object(field)
        left = deep - (name not in PAGES)
        if left >= 0:
            # what was met on the way here is told by its own fields, and not followed again
            followed = () if led.name in seen else tuple(_below(led, (*path, name), seen | {led.name}, left))
            yield Selection((*path, name), field, _leaves(led), tuple(child for child in followed if child.leaves or child.children))


def _leaves(type_: GraphQLObjectType) -> Path:
    return tuple(name for name, field in type_.fields.items() if is_leaf_type(get_named_type(field.type)) and not required(field))


def _object(field: GraphQLField) -> GraphQLObjectType:
    led = get_named_type(field.type)
    assert isinstance(led, GraphQLObjectType), f"the walk does not know how to ask for {led}"
    return led


def asking() -> list[Selection]:
    """Each field that takes arguments once, where it is nearest to the practice."""
    found: dict[int, Selection] = {}
    for selection in sorted((each for root in roots() for each in root.all()), key=lambda each: len(each.path)):
        if selection.field.args:
            found.setdefault(id(selection.field), selection)
    return list(found.values())
