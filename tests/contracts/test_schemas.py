"""The JSON Schema of each event type: what is written fits, what is not so does not, and what is personal is marked."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import orjson
import pytest
from jsonschema import Draft202012Validator

from events._base import DomainEvent
from events._codec import encode_data
from events._personal import personal_fields
from events._registry import event_types, load_all
from events._schema import PERSONAL, RETIRED, data_schema, line_schema, schemas
from tests.contracts._schemas import COMMITTED, FORMATS, problems, read_schemas
from tests.contracts.test_golden import examples
from tests.deviation import _story as deviation
from tests.projections._every_event import EVERY_EVENT
from tests.projections._record import lines

load_all()
REPORTED = lines([(f"deviation/{deviation.ID}", deviation.REPORTED)])[0][1].replace(b"+00:00", b"Z")


@pytest.mark.parametrize("name", read_schemas(COMMITTED))
def test_a_schema_is_one_by_the_meta_schema(name: str) -> None:
    schema = read_schemas(COMMITTED)[name]
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"/schemas/{name}.json"
    assert schema["title"]
    assert schema["description"]


def test_what_is_committed_is_what_the_classes_say_in_the_same_order() -> None:
    assert {file.stem: file.read_bytes() for file in COMMITTED.glob("*.json")} == {
        name: orjson.dumps(schema, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE) for name, schema in schemas().items()
    }


@pytest.mark.parametrize("event", examples(), ids=lambda event: event.TYPE)
def test_golden_data_fit(event: DomainEvent) -> None:
    Draft202012Validator(data_schema(type(event)), format_checker=FORMATS).validate(orjson.loads(encode_data(event)))


def test_the_members_of_a_line_stand_in_the_order_of_its_schema() -> None:
    properties = list(line_schema(type(deviation.REPORTED))["properties"])
    written = list(orjson.loads(REPORTED))
    assert written == [name for name in properties if name in written and name not in ("causationid", "datacontenttype")]


def line(**changes: Any) -> bytes:
    """A line that is as it must be, with changes; None leaves a member out."""
    read = {"causationid": "17", "datacontenttype": "application/json"} | orjson.loads(REPORTED) | changes
    return orjson.dumps({name: value for name, value in read.items() if value is not None})


def with_data(change: Callable[[dict[str, Any]], Any]) -> bytes:
    data = orjson.loads(REPORTED)["data"]
    change(data)
    return line(data=data)


def test_a_line_as_it_must_be_fits() -> None:
    assert problems(line()) == []
    assert problems(line(causationid=None)) == []
    assert problems(line(laterattribute="of a later version")) == []


@pytest.mark.parametrize(
    ("where", "wrong"),
    [
        ("$.id", line(id="01")),
        ("$.id", line(id="0")),
        ("$.id", line(id=1)),
        ("$.source", line(source="/practices/")),
        ("$.source", line(source="/practices/Fjordgata")),
        ("$.source", line(source="practices/fjordgata")),
        ("$.subject", line(subject=f"task/{deviation.ID}")),
        ("$.subject", line(subject=f"deviation/{deviation.ID}".upper())),
        ("$.subject", line(subject="deviation/")),
        ("$.time", line(time="2026-01-02T03:04:05Z")),
        ("$.time", line(time="2026-01-02T03:04:05.678+00:00")),
        ("$.time", line(time="2026-13-02T03:04:05.678Z")),
        ("$.streamversion", line(streamversion=0)),
        ("$.streamversion", line(streamversion="1")),
        ("$.commandid", line(commandid="f")),
        ("$.actor", line(actor="")),
        ("$.specversion", line(specversion="0.3")),
        ("$.datacontenttype", line(datacontenttype="text/plain")),
        ("$", line(actor=None)),
        ("$", line(data=None)),
        ("$", line(UpperCase="x")),
        ("$.laterattribute", line(laterattribute={"a": 1})),
        ("$.data", with_data(lambda data: data.update(more=1))),
        ("$.data", with_data(lambda data: data.pop("title"))),
        ("$.data.harm", with_data(lambda data: data.update(harm="terrible"))),
        ("$.data.title", with_data(lambda data: data.update(title=None))),
        ("$.data.occurred.at", with_data(lambda data: data["occurred"].update(at="2026-01-02"))),
        ("$.data.reporter", with_data(lambda data: data["reporter"].pop("pseudonym"))),
    ],
)
def test_a_line_that_is_not_as_it_must_be_is_found_out(where: str, wrong: bytes) -> None:
    assert [problem.partition(": ")[0] for problem in problems(wrong)] != []
    assert all(problem.startswith(f"{where}: ") for problem in problems(wrong)), problems(wrong)


@pytest.mark.parametrize("event_class", event_types().values(), ids=lambda event_class: event_class.TYPE)
def test_personal_fields_are_marked_and_no_others(event_class: type[DomainEvent]) -> None:
    schema = data_schema(event_class)
    assert set(marked(schema, schema)) == personal_fields(event_class)


def marked(document: dict[str, Any], schema: dict[str, Any], path: str = "") -> list[str]:
    """Dotted paths of what a schema marks as personal."""
    if schema.get(PERSONAL):
        return [path]
    if "$ref" in schema:
        return marked(document, document["$defs"][schema["$ref"].removeprefix("#/$defs/")], path)
    inside = [(path, part) for part in [*schema.get("anyOf", []), *([schema["items"]] if "items" in schema else [])]]
    inside += [(f"{path}.{name}".removeprefix("."), part) for name, part in schema.get("properties", {}).items()]
    return [found for where, part in inside for found in marked(document, part, where)]


def test_every_kind_is_named_as_its_subjects_are() -> None:
    for _, made in lines(EVERY_EVENT):
        assert problems(made.replace(b"+00:00", b"Z").replace(b',"data":', b',"datacontenttype":"application/json","data":')) == []


def test_the_schema_of_a_retired_version_stays_published(tmp_path: Path) -> None:
    (tmp_path / "deviation.noticed.v1.json").write_bytes(b'{"title": "Deviation noticed"}')
    published = schemas(tmp_path)
    assert published["deviation.noticed.v1"] == {"title": "Deviation noticed"}
    assert set(published) == {*event_types(), "deviation.noticed.v1"}


def test_a_retired_version_has_no_class_any_more() -> None:
    assert not set(read_schemas(RETIRED)) & set(event_types())
