"""A GraphQL request, however it comes."""

from dataclasses import dataclass
from typing import Any

from gateway.graphql._documents import Prepared
from gateway.problems import ProblemError


@dataclass(frozen=True, slots=True)
class GraphQLRequest:
    """An operation that is allowed to run, with its variables."""

    query: str
    variables: dict[str, Any]
    prepared: Prepared


def parts(content: Any) -> tuple[str, dict[str, Any], str | None]:
    """Query, variables and operation name of a request; ProblemError 400 for what is none."""
    if isinstance(content, list):
        raise ProblemError(400, "graphql.batch")
    if not isinstance(content, dict):
        raise ProblemError(400, "graphql.not_a_request")
    query, variables, name = content.get("query"), content.get("variables"), content.get("operationName")
    if not isinstance(query, str) or not isinstance(variables, dict | None) or not isinstance(name, str | None):
        raise ProblemError(400, "graphql.not_a_request")
    return query, variables or {}, name
