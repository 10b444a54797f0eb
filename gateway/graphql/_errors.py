"""Errors in a GraphQL answer: problem details in `extensions`, and nothing of an error that nobody foresaw but its id."""

from typing import Any

from graphql import GraphQLError
from strawberry.exceptions import StrawberryInputCoercionError

from gateway.problems import Language, Problem, body, problem_of, unforeseen

_LONGEST_MESSAGE = 500


def told(error: GraphQLError, language: Language) -> dict[str, Any]:
    """An error as the client sees it: message, place, and the problem with its stable code."""
    original = error.original_error
    if original is None or isinstance(original, GraphQLError | StrawberryInputCoercionError):
        problem = Problem(400, "graphql.invalid", {"reason": error.message[:_LONGEST_MESSAGE]})
    else:
        problem = problem_of(original) or unforeseen(original)
    shown = told_problem(problem, language)
    if error.locations:
        shown["locations"] = [location.formatted for location in error.locations]
    if error.path is not None:
        shown["path"] = error.path
    return shown


def told_problem(problem: Problem, language: Language) -> dict[str, Any]:
    """A problem as an entry of `errors`."""
    extensions = body(problem, language)
    return {"message": extensions.pop("detail"), "extensions": extensions}
