"""What a query would cost, measured before it is validated.

One walk over the document; each fragment is measured once and remembered, so the walk is linear in the document however
often its fragments are spread. (Walks that follow every spread anew are exponential: ten nested fragments suffice.)
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLNamedType,
    GraphQLSchema,
    InlineFragmentNode,
    IntValueNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
    VariableNode,
    get_named_type,
    get_nullable_type,
    is_list_type,
)

from gateway.problems import ProblemError
from read_side._page import MOST, USUAL

LIST = 4
"""Items expected of a list that has no pages."""
QUERY = 30
"""What a field with arguments costs itself: it cannot be fetched together with others, and takes queries of its own."""
_PAGING = ("first", "last")
_INTROSPECTION = ("__schema", "__type")


@dataclass(frozen=True, slots=True)
class Limits:
    """At most so much in one request."""

    fields: int = 400
    """Fields written in the document."""
    repeats: int = 100
    """How often the document writes one name of an answer's field."""
    definitions: int = 30
    """Operations and fragments written in the document."""
    roots: int = 5
    """Fields at the root of the operation."""
    depth: int = 20
    """Selections inside selections, fragments counted."""
    aliases: int = 200
    """Aliases, with every fragment spread out."""
    cost: int = 6_000
    """Fields in the answer, with every page full."""


@dataclass(frozen=True, slots=True)
class _Size:
    depth: int = 0
    aliases: int = 0
    cost: int = 0
    introspections: int = 0
    roots: int = 0


def check_cost(
    document: DocumentNode,
    schema: GraphQLSchema,
    operation: OperationDefinitionNode,
    variables: Mapping[str, Any],
    *,
    introspection: bool,
    limits: Limits,
) -> None:
    """Refuse an operation that asks for more than the limits; ProblemError `graphql.too_costly` names the measure."""
    walk = _Walk(document, schema, variables, limits)
    size = walk.of(operation.selection_set, schema.get_root_type(operation.operation), 1)
    if size.introspections and not introspection:
        raise ProblemError(400, "graphql.introspection_off")
    _at_most("introspections", size.introspections, 2)
    _at_most("roots", size.roots, limits.roots)
    _at_most("aliases", size.aliases, limits.aliases)
    _at_most("cost", size.cost, limits.cost)


def count_fields(document: DocumentNode, limits: Limits) -> None:
    """Refuse a document that writes too much, whichever operation is run, before anything slower looks at it.

    Whether fields of one name can be merged takes time by the square of how often that name is written.
    """
    _at_most("definitions", len(document.definitions), limits.definitions)
    pending: list[SelectionSetNode] = [
        definition.selection_set
        for definition in document.definitions
        if isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode)
    ]
    written: Counter[str] = Counter()
    while pending:
        for selection in pending.pop().selections:
            if isinstance(selection, FieldNode):
                written[(selection.alias or selection.name).value] += 1
            if isinstance(selection, FieldNode | InlineFragmentNode) and selection.selection_set:
                pending.append(selection.selection_set)
    _at_most("fields", written.total(), limits.fields)
    _at_most("repeats", max(written.values(), default=0), limits.repeats)


def _at_most(measure: str, value: int, limit: int) -> None:
    if value > limit:
        raise ProblemError(400, "graphql.too_costly", measure=measure, value=value, limit=limit)


class _Walk:
    """The walk over one document; remembers the size of each fragment."""

    def __init__(self, document: DocumentNode, schema: GraphQLSchema, variables: Mapping[str, Any], limits: Limits) -> None:
        self._schema = schema
        self._variables = variables
        self._limits = limits
        self._fragments = {
            definition.name.value: definition for definition in document.definitions if isinstance(definition, FragmentDefinitionNode)
        }
        self._known: dict[str, _Size | None] = {}

    def of(self, selections: SelectionSetNode | None, parent: GraphQLNamedType | None, level: int) -> _Size:
        """The size of a selection set at a nesting level."""
        if selections is None:
            return _Size()
        _at_most("depth", level, self._limits.depth)
        depth = aliases = cost = introspections = roots = 0
        for selection in selections.selections:
            size = self._selection(selection, parent, level)
            depth = max(depth, size.depth)
            aliases += size.aliases
            cost += size.cost
            introspections += size.introspections
            roots += size.roots
        return _Size(depth + 1, aliases, cost, introspections, roots)

    def _selection(self, selection: SelectionNode, parent: GraphQLNamedType | None, level: int) -> _Size:
        if isinstance(selection, FieldNode):
            return self._field(selection, parent, level)
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            inner = self._schema.get_type(condition.name.value) if condition else parent
            return self.of(selection.selection_set, inner, level + 1)
        assert isinstance(selection, FragmentSpreadNode)
        return self._fragment(selection.name.value, level)

    def _fragment(self, name: str, level: int) -> _Size:
        definition = self._fragments.get(name)
        if definition is None:
            return _Size()
        if name in self._known:
            size = self._known[name]
            if size is None:
                raise ProblemError(400, "graphql.invalid", reason=f"fragment {name} spreads itself")
            _at_most("depth", level + size.depth, self._limits.depth)
            return size
        self._known[name] = None
        measured = self.of(definition.selection_set, self._schema.get_type(definition.type_condition.name.value), level + 1)
        self._known[name] = measured
        return measured

    def _field(self, field: FieldNode, parent: GraphQLNamedType | None, level: int) -> _Size:
        name, alias = field.name.value, int(field.alias is not None)
        if name in _INTROSPECTION:
            return _Size(aliases=alias, introspections=1, roots=1)
        fields: Mapping[str, GraphQLField] = getattr(parent, "fields", {})
        defined = fields.get(name)
        inner = self.of(field.selection_set, get_named_type(defined.type) if defined else None, level + 1)
        items = self._items(field, defined, parent) if inner.cost else 1
        own = QUERY if defined and defined.args and inner.cost else 1
        return _Size(inner.depth, alias + inner.aliases, own + items * inner.cost, inner.introspections, 1)

    def _items(self, field: FieldNode, defined: GraphQLField | None, parent: GraphQLNamedType | None) -> int:
        if defined is None:
            return 1
        if "first" in defined.args:
            given = [self._number(argument.value) for argument in field.arguments or () if argument.name.value in _PAGING]
            return max((min(max(size, 1), MOST) for size in given), default=USUAL)
        in_a_page = parent is not None and parent.name.endswith("Connection")
        return LIST if is_list_type(get_nullable_type(defined.type)) and not in_a_page else 1

    def _number(self, value: object) -> int:
        if isinstance(value, IntValueNode):
            return int(value.value) if len(value.value) < 10 else MOST
        if isinstance(value, VariableNode):
            given = self._variables.get(value.name.value, MOST)
            return given if isinstance(given, int) else USUAL
        return USUAL
