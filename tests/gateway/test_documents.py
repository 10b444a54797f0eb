"""Preparing queries against the real schema."""

import pytest
from graphql import get_introspection_query

from gateway.graphql._cost import Limits
from gateway.graphql._documents import Documents, NotValid
from gateway.graphql._schema import build_schema
from gateway.problems import ProblemError

SCHEMA = build_schema()._schema
OPEN = Documents(SCHEMA, Limits(), introspection=True)
CLOSED = Documents(SCHEMA, Limits(), introspection=False)


def test_a_tool_may_ask_for_the_schema_where_that_is_switched_on() -> None:
    query = get_introspection_query()
    assert OPEN.prepare(query, None, {}).operation.name is not None
    with pytest.raises(ProblemError) as refusal:
        CLOSED.prepare(query, None, {})
    assert refusal.value.problem.code == "graphql.introspection_off"


def test_suggestions_are_given_only_with_introspection() -> None:
    told = []
    for documents in (OPEN, CLOSED):
        with pytest.raises(NotValid) as refusal:
            documents.prepare("{ practice { positio } }", None, {})
        told.append("Did you mean" in str(refusal.value))
    assert told == [True, False]


def test_the_operation_is_chosen_by_name() -> None:
    query = "query a { practice { id } } query b { practice { position } }"
    chosen = CLOSED.prepare(query, "b", {}).operation
    assert chosen.name is not None
    assert chosen.name.value == "b"
    for name in (None, "c"):
        with pytest.raises(ProblemError) as refusal:
            CLOSED.prepare(query, name, {})
        assert refusal.value.problem.code == "graphql.operation"


def test_a_query_is_parsed_once() -> None:
    query = "{ practice { id } }"
    assert CLOSED.prepare(query, None, {}).document is CLOSED.prepare(query, None, {}).document


@pytest.mark.parametrize(
    "asked",
    [
        "deviations(first: 50) { edges { node { id number title status measures { id due late owner } } } }",
        "deviation(id: $id) { title measures { id } timeline(first: 50) { edges { node { type time data } } } }",
        "riskRegister(first: 50) { edges { node { id title current { band } residual { band } treatments { id due } } } }",
        "tasks(first: 100) { edges { node { id title state due answerable } } }",
        'auditTrail(subject: "x", first: 100) { edges { node { event { time actor } changes { column before after } } } }',
    ],
)
def test_what_people_ask_for_is_not_too_much(asked: str) -> None:
    variables = "($id: UUID!)" if "$id" in asked else ""
    CLOSED.prepare(f"query{variables} {{ practice {{ {asked} }} }}", None, {})
