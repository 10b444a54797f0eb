"""What a query may cost is found in one walk, before it is validated."""

from dataclasses import replace
from typing import Any

import pytest
from graphql import build_schema, parse
from graphql.language import OperationDefinitionNode

from gateway.graphql._cost import Limits, check_cost, count_fields
from gateway.problems import ProblemError

SCHEMA = build_schema(
    """
    type Query { practice: Practice! }
    type Practice { position: Int! measures: [Measure!]! deviations(first: Int, last: Int): DeviationConnection! practice: Practice! }
    type DeviationConnection { totalCount: Int! edges: [DeviationEdge!]! }
    type DeviationEdge { cursor: String! node: Deviation! }
    type Deviation { id: ID! title: String measures: [Measure!]! }
    type Measure { id: ID! due: String }
    """
)


def check(query: str, limits: Limits | None = None, *, introspection: bool = False, **variables: Any) -> None:
    document = parse(query)
    count_fields(document, limits or Limits())
    (operation,) = (node for node in document.definitions if isinstance(node, OperationDefinitionNode))
    check_cost(document, SCHEMA, operation, variables, introspection=introspection, limits=limits or Limits())


def refused(query: str, limits: Limits | None = None, **variables: Any) -> tuple[str, Any]:
    with pytest.raises(ProblemError) as refusal:
        check(query, limits, **variables)
    problem = refusal.value.problem
    return problem.code, problem.details.get("measure")


def test_an_ordinary_query_passes() -> None:
    check("{ practice { position deviations(first: 50) { totalCount edges { cursor node { id title measures { id due } } } } } }")


def test_a_page_multiplies_what_is_asked_of_each_item() -> None:
    query = "{ practice { deviations(first: %d) { edges { node { id title } } } } }"
    assert refused(query % 20, Limits(cost=80)) == ("graphql.too_costly", "cost")
    check(query % 5, Limits(cost=80))


def test_the_page_size_may_stand_in_a_variable() -> None:
    query = "query q($n: Int) { practice { deviations(last: $n) { edges { node { id title } } } } }"
    check(query, Limits(cost=80), n=5)
    assert refused(query, Limits(cost=80), n=20) == ("graphql.too_costly", "cost")
    assert refused(query, Limits(cost=80)) == ("graphql.too_costly", "cost")


def test_a_page_without_a_size_counts_as_a_usual_one() -> None:
    assert refused("{ practice { deviations { edges { node { id title } } } } }", Limits(cost=80)) == ("graphql.too_costly", "cost")


def test_a_page_larger_than_allowed_counts_as_the_largest_and_is_refused_later() -> None:
    check("{ practice { deviations(first: 99999999999999) { totalCount } } }")


def test_fragments_spread_in_fragments_are_measured_once_each() -> None:
    doubling = "".join(f"fragment f{n} on Practice {{ practice {{ ...f{n + 1} }} other: practice {{ ...f{n + 1} }} }} " for n in range(40))
    query = f"{{ practice {{ ...f0 }} }} {doubling} fragment f40 on Practice {{ position }}"
    wide = Limits(depth=1_000, definitions=100)
    assert refused(query, wide) == ("graphql.too_costly", "aliases")
    assert refused(query, replace(wide, aliases=10**15)) == ("graphql.too_costly", "cost")


def test_depth_counts_fragments_too() -> None:
    nested = "{ practice " * 19 + "{ position }" + "}" * 19
    check(nested)
    assert refused("{ practice " + nested + "}") == ("graphql.too_costly", "depth")
    chain = "".join(f"fragment f{n} on Practice {{ ...f{n + 1} }} " for n in range(25))
    assert refused(f"{{ practice {{ ...f0 }} }} {chain} fragment f25 on Practice {{ position }}") == ("graphql.too_costly", "depth")


def test_a_remembered_fragment_counts_from_where_it_is_spread() -> None:
    deep = "fragment deep on Practice " + "{ practice " * 8 + "{ position }" + "}" * 8
    lower = "{ practice " * 12 + "{ ...deep }" + "}" * 12
    check(f"{{ practice {{ ...deep }} }} {deep}")
    assert refused(f"{{ practice {{ ...deep other: practice {lower} }} }} {deep}") == ("graphql.too_costly", "depth")


def test_a_fragment_that_spreads_itself_is_refused() -> None:
    assert refused("{ practice { ...a } } fragment a on Practice { ...b } fragment b on Practice { ...a }")[0] == "graphql.invalid"


@pytest.mark.parametrize(
    ("query", "measure"),
    [
        ("{ practice { " + " ".join(f"p{n}: position" for n in range(400)) + "} }", "fields"),
        ("{ practice { " + "position " * 101 + "} }", "repeats"),
        ("{ " + " ".join(f"p{n}: practice {{ position }}" for n in range(6)) + "}", "roots"),
        ("{ practice { " + " ".join(f"p{n}: position" for n in range(201)) + "} }", "aliases"),
        ("{ practice { position } } " + " ".join(f"fragment f{n} on Practice {{ position }}" for n in range(30)), "definitions"),
    ],
)
def test_each_measure_has_its_limit(query: str, measure: str) -> None:
    assert refused(query) == ("graphql.too_costly", measure)


def test_introspection_is_refused_unless_it_is_switched_on() -> None:
    query = "{ __schema { queryType { name } } }"
    assert refused(query)[0] == "graphql.introspection_off"
    check(query, introspection=True)
    thrice = "{ " + " ".join(f"{alias}: __schema {{ queryType {{ name }} }}" for alias in "abc") + " }"
    with pytest.raises(ProblemError):
        check(thrice, introspection=True)


def test_fields_that_the_schema_does_not_have_are_left_to_validation() -> None:
    check("{ practice { nothing(first: 3) { like { this } } } ... on Nowhere { x } ...absent }")
