"""Mutations: the same commands over the same bus, with the same refusals."""

from typing import Any
from uuid import uuid4

from gateway.graphql._schema import COMMANDS
from gateway.rest._commands import Mount
from tests.gateway._house import Practice, report

REPORT = """
mutation ($practice: ID!, $key: String!, $input: ReportDeviationInput!) {
  reportDeviation(practice: $practice, idempotencyKey: $key, input: $input) { position subject id version root repeated practice }
}"""
CLOSE = """
mutation ($practice: ID!, $key: String!, $input: CloseDeviationInput!, $version: Int) {
  closeDeviation(practice: $practice, idempotencyKey: $key, input: $input, expectedVersion: $version) { position }
}"""


def reported(**changes: Any) -> dict[str, Any]:
    told = report()
    told["kind"], told["occurred"] = "NEAR_MISS", {"at": told["occurred"]["at"], "precision": "APPROXIMATE"}
    return told | changes


def test_a_mutation_is_the_command(practice: Practice) -> None:
    key = str(uuid4())
    told = reported(immediateMeasures=["Ringte."], potential={"consequence": 4, "likelihood": 2})
    given = {"practice": practice.name, "key": key, "input": told}
    first = practice.manager.data(REPORT, **given)["reportDeviation"]
    assert (first["practice"], first["version"], first["repeated"]) == (practice.name, 3, False)
    assert practice.manager.data(REPORT, **given)["reportDeviation"] == first | {"repeated": True}
    shown = practice.manager.data(
        "query ($id: UUID!, $n: Int) { practice(atLeast: $n) { deviation(id: $id) { kind harm occurredPrecision immediateMeasures } } }",
        id=first["id"],
        n=first["position"],
    )["practice"]["deviation"]
    assert shown == {"kind": "NEAR_MISS", "harm": "NONE", "occurredPrecision": "APPROXIMATE", "immediateMeasures": ["Ringte."]}


def test_rest_and_graphql_share_their_keys(practice: Practice) -> None:
    key, told = str(uuid4()), report()
    over_rest = practice.manager.done("/deviations", told, key=key)
    given = {**told, "kind": "NEAR_MISS"}
    over_graphql = practice.manager.data(REPORT, practice=practice.name, key=key, input=given)["reportDeviation"]
    assert (over_graphql["id"], over_graphql["repeated"]) == (over_rest["id"], True)


def test_a_refusal_carries_its_problem(practice: Practice) -> None:
    first = practice.manager.done("/deviations", report())
    size = practice.size
    closing = {"practice": practice.name, "key": str(uuid4()), "input": {"deviationId": first["id"], "conclusion": "Ferdig."}}
    (error,) = practice.manager.ask(CLOSE, **closing)["errors"]
    assert (error["extensions"]["code"], error["extensions"]["status"]) == ("deviation.not_acknowledged", 409)
    (error,) = practice.manager.ask(CLOSE, **closing, version=9)["errors"]
    assert (error["extensions"]["code"], error["extensions"]["status"]) == ("version.conflict", 412)
    assert practice.size == size


def test_a_wrong_field_is_named(practice: Practice) -> None:
    size = practice.size
    (error,) = practice.manager.ask(REPORT, practice=practice.name, key="k", input=reported(title="a\0b", affectedCount=-1))["errors"]
    assert error["extensions"]["code"] == "input.invalid"
    assert {(wrong["pointer"], wrong["code"]) for wrong in error["extensions"]["errors"]} == {
        ("/title", "text.control_character"),
        ("/affected_count", "field.too_small"),
    }
    assert practice.size == size


def test_the_doors_are_the_same(practice: Practice) -> None:
    size = practice.size
    for given, code in [
        ({"practice": "elsewhere", "key": "k"}, "access.other_practice"),
        ({"practice": practice.name, "key": ""}, "idempotency.key_malformed"),
    ]:
        (error,) = practice.manager.ask(REPORT, input=reported(), **given)["errors"]
        assert error["extensions"]["code"] == code
    assert practice.size == size


def test_every_command_has_one_mutation_and_one_address(mounted: Mount) -> None:
    assert {entry.command for entry in mounted.mounted} == set(COMMANDS)
    assert len(mounted.mounted) == len(COMMANDS)


def test_deeply_nested_variables_are_refused_by_their_type(practice: Practice) -> None:
    nested: Any = "x"
    for _ in range(200):
        nested = [nested]
    (error,) = practice.manager.ask(REPORT, practice=practice.name, key="k", input=reported(immediateMeasures=nested))["errors"]
    assert error["extensions"]["code"] == "graphql.invalid"
    assert len(error["message"]) < 1_000
