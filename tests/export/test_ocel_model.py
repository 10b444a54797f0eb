"""What is declared of the objects of each event type fits the classes, and leaves no id out."""

from typing import Any
from uuid import UUID

import pytest

from events._base import DomainEvent
from events._objects import ACTOR, KINDS, OBJECTS, PERSON, SUBJECTS
from events._personal import member_fields, personal_fields
from events._registry import event_types, load_all
from gateway.export._arrow import data_fields
from gateway.export._ocel_model import all_event_types, all_object_types, table_name, type_at, values
from gateway.export._question import Redaction

load_all()


def ids(event_class: type[DomainEvent]) -> set[str]:
    """Paths of the fields that hold an id, or a function's key."""
    schema = event_class.model_json_schema()
    found: set[str] = set()

    def look(at: Any, path: str) -> None:
        if "$ref" in at:
            name = at["$ref"].rpartition("/")[2]
            if name == "Function":
                found.add(path)
            look(schema["$defs"][name], path)
        if at.get("format") == "uuid":
            found.add(path)
        for inner in (*at.get("anyOf", ()), *([at["items"]] if "items" in at else ())):
            look(inner, path)
        for name, inner in at.get("properties", {}).items():
            look(inner, f"{path}.{name}" if path else name)

    look(schema, "")
    return found


def test_every_event_type_is_declared_and_no_other() -> None:
    assert set(OBJECTS) == set(event_types())


@pytest.mark.parametrize("event_class", event_types().values(), ids=lambda each: each.TYPE)
def test_every_id_is_told_or_set_apart(event_class: type[DomainEvent]) -> None:
    told = OBJECTS[event_class.TYPE]
    pseudonyms = {"reporter.pseudonym"} if event_class.TYPE == "deviation.reported.v1" else set()
    assert {part.path for part in told.parts} | set(told.apart) == ids(event_class) | pseudonyms


@pytest.mark.parametrize("event_class", event_types().values(), ids=lambda each: each.TYPE)
def test_what_is_declared_fits_the_class(event_class: type[DomainEvent]) -> None:
    told, kind = OBJECTS[event_class.TYPE], event_class.TYPE.partition(".")[0]
    parts = {part.qualifier for part in told.parts}
    assert kind in SUBJECTS
    assert not parts & {kind, ACTOR}
    assert {told.begins} | set(told.sets) | {part for one, _, other in told.relates for part in (one, other)} <= parts | {kind, None}
    members = {part.path for part in told.parts if part.kind == PERSON}
    assert members - {"reporter.pseudonym"} == member_fields(event_class)
    for attributes in told.sets.values():
        for value in attributes.values():
            if not value.startswith("="):
                assert value not in personal_fields(event_class)
                assert type_at(event_class, value)


def test_no_attribute_is_text_that_people_wrote() -> None:
    texts = {"name", "title", "description", "note", "place", "email", "organisation_number", "rule", "sha256", "pseudonym"}
    for stored, type_ in all_event_types().items():
        shown = {field.name for field in data_fields(event_types()[stored], Redaction.PSEUDONYMISED)}
        assert {path[0] for path in type_.paths} <= shown
        assert not {path[-1] for path in type_.paths} & texts
        assert not {".".join(path) for path in type_.paths} & personal_fields(event_types()[stored])


def test_names_of_types_are_their_own_also_in_tables() -> None:
    activities = [type_.name for type_ in all_event_types().values()]
    assert len({table_name(name).casefold() for name in activities}) == len(activities) == len(set(activities))
    assert list(all_object_types()) == list(KINDS)
    assert len({table_name(name).casefold() for name in KINDS}) == len(KINDS)


def test_types_of_attributes_are_those_of_the_standard() -> None:
    assert all_event_types()["risk_assessment.scored.v1"].attributes == {
        "stage": "string",
        "likelihood": "integer",
        "consequence": "integer",
        "knowledge": "integer",
        "matrix_version": "integer",
        "band": "string",
        "acceptable": "boolean",
        "previous_band": "string",
        "scored_on": "string",
        "next_review": "string",
    }
    assert all_event_types()["deviation.reported.v1"].attributes["occurred_at"] == "time"
    assert all_object_types()["risk"].attributes["acceptable"] == "boolean"


def test_values_are_found_through_lists() -> None:
    data = {"held": [{"holders": ["a", "b"]}, {"holders": []}, {"holders": ["c"]}], "none": None, "id": UUID(int=1)}
    assert values(data, "held.holders") == ["a", "b", "c"]
    assert values(data, "none.id") == [None]
    assert values(data, "gone") == [None]
    assert values(data, "id") == [UUID(int=1)]
