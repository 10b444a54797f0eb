"""From the text of a query to an operation that may run: parsed within limits, measured, validated."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    OperationDefinitionNode,
    get_operation_ast,
    parse,
    validate,
)

from gateway.graphql._cost import Limits, check_cost, count_fields
from gateway.problems import ProblemError

LONGEST_QUERY = 10_000
"""Characters."""
MOST_TOKENS = 1_500
MOST_ERRORS = 5
REMEMBERED = 100
"""Documents kept parsed and validated; a client's queries are few and come again."""


class NotValid(Exception):
    """The document does not fit the schema; `errors` say where."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Prepared:
    """An operation that is allowed to run."""

    document: DocumentNode
    operation: OperationDefinitionNode


class Documents:
    """Prepares queries for one schema."""

    def __init__(self, schema: GraphQLSchema, limits: Limits, *, introspection: bool) -> None:
        self._schema = schema
        self._limits = limits
        self._introspection = introspection
        self._parse = lru_cache(maxsize=REMEMBERED)(self._parsed)
        self._measure = lru_cache(maxsize=REMEMBERED)(self._measured)
        self._validate = lru_cache(maxsize=REMEMBERED)(self._validated)

    def prepare(self, query: str, operation_name: str | None, variables: Mapping[str, Any]) -> Prepared:
        """The operation to run.

        Raises ProblemError for a query that cannot be read or asks for too much, NotValid for one that does not fit.
        """
        document = self._parse(query)
        operation = get_operation_ast(document, operation_name)
        if operation is None:
            raise ProblemError(400, "graphql.operation")
        self._measure(query, operation_name, _sizes(variables))
        if errors := self._validate(query):
            raise NotValid(list(errors))
        return Prepared(document, operation)

    def _parsed(self, query: str) -> DocumentNode:
        try:
            document = parse(query, max_lexical_tokens=MOST_TOKENS, max_comments=MOST_TOKENS, max_source_length=LONGEST_QUERY)
        except GraphQLSyntaxError as error:
            raise ProblemError(400, "graphql.syntax", reason=error.message.removeprefix("Syntax Error: ")) from None
        count_fields(document, self._limits)
        return document

    def _measured(self, query: str, operation_name: str | None, sizes: tuple[tuple[str, int | None], ...]) -> None:
        document = self._parse(query)
        operation = get_operation_ast(document, operation_name)
        assert operation is not None
        check_cost(document, self._schema, operation, dict(sizes), introspection=self._introspection, limits=self._limits)

    def _validated(self, query: str) -> tuple[GraphQLError, ...]:
        return tuple(validate(self._schema, self._parse(query), max_errors=MOST_ERRORS, hide_suggestions=not self._introspection))


def _sizes(variables: Mapping[str, Any]) -> tuple[tuple[str, int | None], ...]:
    """What the cost of a document depends on: which variables are given, and the numbers among them."""
    return tuple((name, value if isinstance(value, int) else None) for name, value in sorted(variables.items()))
