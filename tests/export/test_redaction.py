"""A pseudonymised export names nobody and quotes nobody: shown on the event classes, and on a generated practice."""

from collections.abc import Iterable, Iterator
from typing import Any, get_args, get_origin
from uuid import UUID

import orjson
import pytest
from pydantic import BaseModel

from events._base import DomainEvent
from events._personal import MadeUpMark, PersonalMark, made_up_fields, member_fields, personal_fields
from events._registry import UnknownEventType, event_types, load_all
from events._schema import line_schema
from events.deviation import Cause, CauseCategory, CauseMethod, CausesAnalysed
from gateway.auth.pseudonym import pseudonym
from gateway.export._formats import FORMATS
from gateway.export._question import Asked, Redaction
from gateway.export._redaction import ATTRIBUTES, Redactor
from tests.contracts.test_golden import examples
from tests.export.conftest import PRACTICE, SECRET, Generated

load_all()

THINGS = {
    *("measure_id", "scenario_id", "treatment_id", "assignment_id", "renewed.scenario_id", "target", "duplicate_of", "replaces"),
    *("recurring_task", "function", "held.function", "assignment.function", "previous.function", "to.function"),
    *("link.target", "links.target", "record.target", "attachments.reference"),
}
"""Ids of things, not of people."""
WORDS = {
    *("attachments.sha256", "reporter.pseudonym", "organisation_number", "schedule.rule", "previous.rule"),
    *("matrix.likelihood.no", "matrix.likelihood.en", "matrix.consequence.no", "matrix.consequence.en"),
    *("matrix.bands.meaning.no", "matrix.bands.meaning.en"),
}
"""Texts that are about no person."""
NAMES = {"practice.registered.v1", "practice.profile_changed.v1", "practice.function_established.v1", "practice.function_renamed.v1"}
"""Where `name` and `previous` are those of the practice and of its functions."""


def marked(marks: Iterable[object]) -> bool:
    return any(isinstance(mark, PersonalMark | MadeUpMark) for mark in marks)


def fields_of(model: type[BaseModel], kind: type, way: str = "") -> Iterator[str]:
    """Paths of the fields that hold such values, marked ones left out."""
    for name, field in model.model_fields.items():
        if marked(field.metadata):
            continue
        yield from _within(field.annotation, kind, f"{way}{name}")


def _within(annotation: Any, kind: type, path: str) -> Iterator[str]:
    if marked(getattr(annotation, "__metadata__", ())):
        return
    if annotation is kind:
        yield path
    elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield from fields_of(annotation, kind, f"{path}.")
    elif get_origin(annotation) is not None:
        for part in get_args(annotation):
            yield from _within(part, kind, path)


def test_every_id_in_an_event_is_declared_a_members_or_known_as_a_things() -> None:
    for event_class in event_types().values():
        assert set(fields_of(event_class, UUID)) <= THINGS, event_class.TYPE


def test_every_text_in_an_event_is_declared_personal_or_known_to_be_about_nobody() -> None:
    for event_class in event_types().values():
        allowed = WORDS | ({"name", "previous"} if event_class.TYPE in NAMES else set())
        assert set(fields_of(event_class, str)) <= allowed, event_class.TYPE


def test_ids_of_members_are_personal_too() -> None:
    for event_class in event_types().values():
        assert member_fields(event_class) <= personal_fields(event_class)


def leaves(data: Any) -> Iterator[str]:
    if isinstance(data, dict | list):
        for item in data.values() if isinstance(data, dict) else data:
            yield from leaves(item)
    elif isinstance(data, str):
        yield data


def at(data: Any, path: list[str]) -> Iterator[str]:
    """The texts at a path; lists on the way are all followed."""
    if isinstance(data, list):
        for item in data:
            yield from at(item, path)
    elif isinstance(data, dict):
        for item in [data.get(path[0])] if path else data.values():
            yield from at(item, path[1:])
    elif isinstance(data, str) and not path:
        yield data


def secrets_of(lines: list[bytes]) -> set[str]:
    """Ids of members, what is marked personal, who gave commands, and the ids of commands that follow from them."""
    found: set[str] = set()
    for line in map(orjson.loads, lines):
        for path in personal_fields(event_types()[line["type"]]):
            found |= set(at(line["data"], path.split(".")))
        found |= {line["commandid"], line["correlationid"]}
        if not line["actor"].startswith(("system:", "p-")) and line["actor"] != "anonymous":
            found.add(line["actor"])
    return found


def exported(generated: Generated, redaction: Redaction) -> list[bytes]:
    return list(generated.source.ask(Asked(PRACTICE, redaction=redaction)).lines())


def test_nothing_personal_stands_in_the_export_of_a_generated_practice(generated: Generated) -> None:
    secrets = {text for text in secrets_of(generated.lines) if len(text) > 3}
    assert len(secrets) > 300
    lines = exported(generated, Redaction.PSEUDONYMISED)
    assert len(lines) == len(generated.lines)
    shown = {text for line in lines for text in leaves(orjson.loads(line))}
    assert not shown & secrets
    whole = b"\n".join(lines).decode()
    assert not [text for text in secrets if orjson.dumps(text).decode()[1:-1] in whole]


def test_no_sentence_is_left_but_the_labels_of_the_practice(generated: Generated) -> None:
    for line in map(orjson.loads, exported(generated, Redaction.PSEUDONYMISED)):
        sentences = {text for text in leaves(line["data"]) if " " in text}
        assert not sentences or line["type"] in NAMES | {"risk_matrix.adopted.v1"}, line


def test_no_format_shows_more_than_its_lines(generated: Generated, tmp_path: Any) -> None:
    secrets = {text for text in secrets_of(generated.lines) if len(text) > 3}
    export = generated.source.ask(Asked(PRACTICE))
    for name in sorted(set(FORMATS) - {"parquet"}):  # what is compressed is looked at in its own tests
        (tmp_path / name).mkdir()
        writer = FORMATS[name].load().writer(export, tmp_path / name, None)
        for page in export.pages():
            writer.write(page)
        writer.finish()
        writer.close()
        files = [path for path in (tmp_path / name).rglob("*") if path.is_file()]
        assert files
        for path in files:
            content = path.read_bytes()
            assert not [secret for secret in secrets if secret.encode() in content], path


def test_a_member_is_one_pseudonym_wherever_they_stand(generated: Generated) -> None:
    pairs: dict[str, str] = {}
    for before, after in zip(
        map(orjson.loads, generated.lines), map(orjson.loads, exported(generated, Redaction.PSEUDONYMISED)), strict=True
    ):
        told = [(before["actor"], after["actor"])]
        for path in member_fields(event_types()[before["type"]]):
            told += zip(at(before["data"], path.split(".")), at(after["data"], path.split(".")), strict=True)
        for real, shown in told:
            assert pairs.setdefault(real, shown) == shown
    members = {real: shown for real, shown in pairs.items() if shown.startswith("m-")}
    assert len(set(members.values())) == len(members) > 4
    assert set(pairs) - set(members) <= {real for real in pairs if real == "anonymous" or real.startswith(("system:", "p-"))}


def test_pseudonyms_of_exports_tell_neither_other_practices_nor_who_reported() -> None:
    kari = UUID("00000000-0000-4000-8000-00000000000a")
    line = orjson.dumps({"type": "task.reinstated.v1", "actor": str(kari), "commandid": str(kari), "correlationid": str(kari), "data": {}})
    here, there, other = (
        orjson.loads(redactor.line(line)) for redactor in (Redactor(SECRET, "a"), Redactor(SECRET, "b"), Redactor(b"y" * 32, "a"))
    )
    assert len({here["actor"], there["actor"], other["actor"]}) == 3
    assert len({here["commandid"], there["commandid"], other["commandid"]}) == 3
    assert here["actor"] != pseudonym(SECRET, "a", kari)
    assert UUID(here["commandid"]).version == 8
    assert here["commandid"] == here["correlationid"]


def line_of(event: DomainEvent, data: Any, **more: str) -> bytes:
    attributes = dict.fromkeys(("specversion", "id", "source", "subject", "actor", "commandid", "correlationid", "causationid"), "x")
    return orjson.dumps(attributes | more | {"type": event.TYPE, "data": data})


def with_remains(data: Any) -> Any:
    """The data with a field that no class declares, in every value."""
    if isinstance(data, list):
        return [with_remains(item) for item in data]
    if isinstance(data, dict):
        return {"former_name": "Kari", **{name: with_remains(value) for name, value in data.items()}}
    return data


@pytest.mark.parametrize("event", examples(), ids=lambda event: event.TYPE)
def test_what_no_class_declares_is_left_out(event: DomainEvent) -> None:
    redactor, data = Redactor(SECRET, PRACTICE), orjson.loads(event.model_dump_json())
    shown = redactor.line(line_of(event, with_remains(data), sender="Kari"))
    assert shown == redactor.line(line_of(event, data))


def test_the_attributes_that_stay_are_those_that_are_described() -> None:
    described = line_schema(event_types()["task.reinstated.v1"])["properties"].keys()
    assert described - {"data"} == ATTRIBUTES


def test_ids_that_people_made_up_become_numbers_that_keep_their_references() -> None:
    ids = {"kari-nordmann": None, "kari-was-tired": "kari-nordmann", "queue": "kari-was-tired"}
    causes = tuple(
        Cause(id=given, category=CauseCategory.PEOPLE, text="Travelt", because_of=because_of) for given, because_of in ids.items()
    )
    event = CausesAnalysed(method=CauseMethod.FIVE_WHYS, causes=causes, root_causes=("queue", "kari-nordmann"))
    assert made_up_fields(CausesAnalysed) == {"causes.id", "causes.because_of", "root_causes"}
    shown = orjson.loads(Redactor(SECRET, PRACTICE).line(line_of(event, orjson.loads(event.model_dump_json()))))["data"]
    assert [(cause["id"], cause["because_of"]) for cause in shown["causes"]] == [("1", None), ("2", "1"), ("3", "2")]
    assert shown["root_causes"] == ["3", "1"]


@pytest.mark.parametrize("event", examples(), ids=lambda event: event.TYPE)
def test_every_type_keeps_what_is_not_personal(event: DomainEvent) -> None:
    data = orjson.loads(event.model_dump_json())
    line = orjson.dumps({"type": event.TYPE, "actor": "anonymous", "commandid": "c", "correlationid": "c", "data": data})
    shown = orjson.loads(Redactor(SECRET, PRACTICE).line(line))
    assert shown["sporbarredacted"] is True
    assert list(shown)[-1] == "data"
    hidden = personal_fields(type(event)) - member_fields(type(event))
    assert set(shown["data"]) == {name for name in data if name not in hidden}


def test_a_type_that_nobody_knows_is_not_exported_without_its_marks() -> None:
    line = orjson.dumps({"type": "unknown.v1", "actor": "a", "data": {"name": "Kari"}})
    with pytest.raises(UnknownEventType):
        Redactor(SECRET, PRACTICE).line(line)
