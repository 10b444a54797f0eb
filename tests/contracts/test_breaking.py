"""What a release promised of its event types holds today; and the guard that says so would notice."""

from collections.abc import Callable
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from events._schema import PERSONAL, schemas
from gateway.contracts import breaking_changes
from tests.contracts._schemas import ROOT, read_schemas

PROMISED = ROOT / "tests" / "contracts" / "events"
"""A folder for each release, with the schemas of its event types. A release adds its own; only a new major version removes any."""
RELEASES = sorted(PROMISED.iterdir())
HOW = "a changed shape is a new version of the type, see “A changed shape” in docs/streams.md"

REPORTED, ASSIGNED, ADOPTED = "deviation.reported.v1", "practice.function_assigned.v1", "risk_matrix.adopted.v1"
Change = Callable[[dict[str, Any]], object]


_today = cache(schemas)


def test_something_was_promised() -> None:
    assert all(read_schemas(release) for release in RELEASES)
    assert RELEASES


@pytest.mark.parametrize("release", RELEASES, ids=lambda release: release.name)
def test_no_reader_of_a_release_stumbles(release: Path) -> None:
    broken = breaking_changes(read_schemas(release), _today())
    assert broken == [], HOW


def changed(name: str, change: Change) -> list[str]:
    """What the guard says where one schema is changed."""
    other = deepcopy(_today()[name])
    change(other)
    return breaking_changes(_today(), {**_today(), name: other})


def of(definition: str, change: Change) -> Change:
    """A change of one of a schema's definitions."""
    return lambda schema: change(schema["$defs"][definition])


def member(name: str, change: Change) -> Change:
    return lambda schema: change(schema["properties"][name])


def renamed(schema: dict[str, Any]) -> None:
    schema["properties"]["place_of_it"] = schema["properties"].pop("place")
    schema["required"] = ["place_of_it" if name == "place" else name for name in schema["required"]]


def optional_before(schema: dict[str, Any]) -> None:
    schema["required"].append("causationid")


@pytest.mark.parametrize(
    ("name", "change", "told"),
    [
        (REPORTED, of("DeviationReported", lambda s: s["properties"].pop("place")), [".data.place was removed"]),
        (REPORTED, of("DeviationReported", renamed), [".data.place was removed", ".data.place_of_it was added"]),
        (REPORTED, of("DeviationReported", lambda s: s["properties"].update(more={"type": "null"})), [".data.more was added"]),
        (REPORTED, of("DeviationReported", lambda s: s["required"].remove("place")), [".data.place may be missing now"]),
        (REPORTED, optional_before, [".causationid is required now"]),
        (REPORTED, of("HarmLevel", lambda s: s["enum"].remove("fatal")), [".data.harm no longer takes fatal"]),
        (REPORTED, of("HarmLevel", lambda s: s.pop("enum")), [".data.harm was an enumeration and is string"]),
        (
            REPORTED,
            of("DeviationReported", member("harm", lambda s: s.update({"$ref": "#/$defs/Potential"}))),
            [".data.harm was an enumeration and is object"],
        ),
        (
            REPORTED,
            of("DeviationReported", member("affected_count", lambda s: s.update(type="string"))),
            [".data.affected_count was integer and is string"],
        ),
        (
            REPORTED,
            of("DeviationReported", member("affected_count", lambda s: s.update(minimum=1))),
            [".data.affected_count has another `minimum`"],
        ),
        (
            REPORTED,
            of("DeviationReported", member("title", lambda s: s.update(anyOf=[{"type": s.pop("type")}, {"type": "null"}]))),
            [".data.title was string and is null or string"],
        ),
        (
            REPORTED,
            of("DeviationReported", member("place", lambda s: s["anyOf"].pop())),
            [".data.place was null or string and is string"],
        ),
        (
            REPORTED,
            of("DeviationReported", member("title", lambda s: s.pop(PERSONAL))),
            [".data.title is no longer marked as personal"],
        ),
        (
            REPORTED,
            of("Moment", member("at", lambda s: s["anyOf"][0].pop("pattern"))),
            [".data.occurred.at has another `pattern`", ".data.detected.at has another `pattern`"],
        ),
        (REPORTED, of("DeviationReported", lambda s: s.pop("additionalProperties")), [".data has another `additionalProperties`"]),
        (
            ASSIGNED,
            of("FunctionAssigned", member("members", lambda s: s["items"].update(format="email"))),
            [".data.members[] has another `format`"],
        ),
        (ASSIGNED, of("Function", lambda s: s["enum"].remove("HSE_LEAD")), [".data.function no longer takes HSE_LEAD"]),
        (
            ADOPTED,
            of("Band", lambda s: s["enum"].remove("low")),
            [f".data.matrix.{place} no longer takes low" for place in ("cells[][]", "bands[].band", "acceptable_up_to")],
        ),
        (REPORTED, member("subject", lambda s: s.update(pattern="^deviation/")), [".subject has another `pattern`"]),
        (REPORTED, member("specversion", lambda s: s.update(const="2.0")), [".specversion has another `const`"]),
        (REPORTED, lambda s: s["properties"].pop("actor"), [".actor was removed"]),
        (REPORTED, lambda s: (s["properties"].update(proof={"type": "string"}), s["required"].append("proof")), [".proof was added"]),
        (REPORTED, lambda s: s["additionalProperties"].update(type="string"), [".* was ['string', 'boolean', 'integer'] and is string"]),
    ],
)
def test_a_breaking_change_is_noticed(name: str, change: Change, told: list[str]) -> None:
    assert changed(name, change) == [f"{name}{each}" for each in told]


def test_a_type_that_is_gone_is_noticed() -> None:
    today = {name: schema for name, schema in _today().items() if name != REPORTED}
    assert breaking_changes(_today(), today) == [f"{REPORTED} was removed"]


@pytest.mark.parametrize(
    ("name", "change"),
    [
        (REPORTED, of("HarmLevel", lambda s: s["enum"].append("unknown"))),
        (REPORTED, of("HarmLevel", lambda s: s.update(description="In other words.", title="Other"))),
        (REPORTED, of("DeviationReported", member("affected_count", lambda s: s.update({PERSONAL: True})))),
        (REPORTED, lambda s: s["properties"].update(proof={"type": "string"})),
        (REPORTED, lambda s: s.update(properties=dict(reversed(s["properties"].items())))),
        (REPORTED, lambda s: s["$defs"].update(Unused={"type": "null"})),
        (REPORTED, of("DeviationReported", member("place", lambda s: s["anyOf"].reverse()))),
    ],
)
def test_what_breaks_nobody_passes(name: str, change: Change) -> None:
    assert changed(name, change) == []


def test_a_definition_of_another_name_breaks_nobody() -> None:
    def renames(schema: dict[str, Any]) -> None:
        schema["$defs"]["Harm"] = schema["$defs"].pop("HarmLevel")
        schema["$defs"]["DeviationReported"]["properties"]["harm"]["$ref"] = "#/$defs/Harm"

    assert changed(REPORTED, renames) == []


def test_a_new_type_and_a_new_version_break_nobody() -> None:
    today = {**_today(), "deviation.reported.v2": _today()[REPORTED], "meeting.held.v1": {"type": "object"}}
    assert breaking_changes(_today(), today) == []
