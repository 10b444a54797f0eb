"""OCEL 2.0: pm4py reads both files, finds the record's objects in them, and the procedure of deviations."""

import errno
import sqlite3
import tempfile
from collections import Counter
from collections.abc import Generator, Iterator
from contextlib import AbstractContextManager, closing
from importlib import import_module
from pathlib import Path
from typing import Any
from uuid import UUID

import jsonschema
import orjson
import pytest

from events._objects import KINDS
from events._personal import personal_fields
from events._registry import event_types
from events.deviation import DeviationReopened
from events.ledger.mapper import LineMapper, StreamEvent
from events.ledger.recorder import LedgerRecorder, Metadata, open_ledger
from gateway.export import Source
from gateway.export._errors import ExportRefused
from gateway.export._folder import export_to, part_of
from gateway.export._formats import FORMATS, Format
from gateway.export._ocel import BEGINNING, disk_errors
from gateway.export._ocel_model import values
from gateway.export._question import Asked, Redaction
from tests._database import Postgres
from tests._given import KARI, OLA
from tests.export._documented import run_block
from tests.export._everything import LIVES, PRACTICE, recorded

JSON, SQLITE = FORMATS["ocel-json"], FORMATS["ocel-sqlite"]
NAME = {"type": "string", "minLength": 1}
TIME = {"type": "string", "format": "date-time", "pattern": "T.*Z$"}
VALUE = {"type": ["string", "integer", "number", "boolean"]}


def listed(**properties: Any) -> dict[str, Any]:
    """Schema of a list of objects with exactly these members."""
    return {
        "type": "array",
        "items": {"type": "object", "properties": properties, "required": list(properties), "additionalProperties": False},
    }


DECLARED = listed(name=NAME, attributes=listed(name=NAME, type={"enum": ["string", "time", "integer", "float", "boolean"]}))
RELATED = listed(objectId=NAME, qualifier=NAME)
STANDARD = {
    "type": "object",
    "properties": {
        "objectTypes": DECLARED,
        "eventTypes": DECLARED,
        "objects": listed(id=NAME, type=NAME, attributes=listed(name=NAME, time=TIME, value=VALUE), relationships=RELATED),
        "events": listed(id=NAME, type=NAME, time=TIME, attributes=listed(name=NAME, value=VALUE), relationships=RELATED),
    },
    "required": ["objectTypes", "eventTypes", "objects", "events"],
}
"""The JSON format of the standard, where it leaves a choice as we make it."""


class Exported:
    """A record with every event type, in both formats."""

    def __init__(self, source: Source, lines: list[bytes], folder: Path) -> None:
        self.source = source
        self.lines = [orjson.loads(line) for line in lines]
        self.shown = [orjson.loads(line) for line in source.ask(Asked(PRACTICE)).lines()]
        for format_ in (JSON, SQLITE):
            export_to(folder / format_.name, source, Asked(PRACTICE), format_)
        self.json = folder / "ocel-json" / "ocel.json"
        self.sqlite = folder / "ocel-sqlite" / "ocel.sqlite"
        self.told = orjson.loads(self.json.read_bytes())
        self.objects = {each["id"]: each for each in self.told["objects"]}

    def rows(self, query: str) -> list[Any]:
        with closing(sqlite3.connect(self.sqlite)) as database:
            return database.execute(query).fetchall()


@pytest.fixture(scope="module")
def exported(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    with recorded(postgres) as (source, lines):
        yield Exported(source, lines, tmp_path_factory.mktemp("ocel"))


def test_the_json_has_the_form_of_the_standard(exported: Exported) -> None:
    jsonschema.validate(exported.told, STANDARD)
    for types, items in (("objectTypes", "objects"), ("eventTypes", "events")):
        declared = {type_["name"]: {each["name"]: each["type"] for each in type_["attributes"]} for type_ in exported.told[types]}
        python = {"string": str, "time": str, "integer": int, "float": float, "boolean": bool}
        for item in exported.told[items]:
            for attribute in item["attributes"]:
                assert type(attribute["value"]) is python[declared[item["type"]][attribute["name"]]]
            assert all(related["objectId"] in exported.objects for related in item["relationships"])


@pytest.fixture
def pm4py() -> Any:
    """Imported when it is needed: that takes seconds, and collecting tests should not."""
    return import_module("pm4py")


def test_the_tables_meet_every_constraint_of_the_standard(exported: Exported) -> None:
    standard = import_module("pm4py.objects.ocel.validation.ocel20_rel_validation")
    satisfied, unsatisfied = standard.apply(str(exported.sqlite))
    assert (len(satisfied), unsatisfied) == (24, [])
    assert exported.rows("PRAGMA foreign_key_check") == []
    assert exported.rows("PRAGMA integrity_check") == [("ok",)]


def test_every_event_is_there_with_its_subject(exported: Exported) -> None:
    expected = [(f"{PRACTICE}/{int(line['id']):012}", line["type"].rpartition(".v")[0], line["time"][:23]) for line in exported.lines]
    assert [(event["id"], event["type"], event["time"][:23]) for event in exported.told["events"]] == expected
    times = [event["time"] for event in exported.told["events"]]
    assert times == sorted(set(times))
    for event, line in zip(exported.told["events"], exported.lines, strict=True):
        assert event["relationships"][0] == {"objectId": line["subject"], "qualifier": line["subject"].partition("/")[0]}


def test_every_object_is_there_once(exported: Exported) -> None:
    expected = {line["subject"] for line in exported.shown}
    expected |= {f"person/{line['actor']}" for line in exported.shown}
    for line in exported.shown:
        for kind, path in (("measure", "measure_id"), ("risk", "scenario_id"), ("treatment", "treatment_id"), ("person", "responsible")):
            expected |= {f"{kind}/{value}" for value in values(line["data"], path) if value}
    assert len(exported.objects) == len(exported.told["objects"])
    assert expected <= set(exported.objects)
    assert {each["type"] for each in exported.told["objects"]} == set(KINDS)
    assert all(name.startswith(f"{each['type']}/") for name, each in exported.objects.items())


def test_pm4py_reads_the_same_from_both(exported: Exported, pm4py: Any) -> None:
    one, other = pm4py.read_ocel2_json(str(exported.json)), pm4py.read_ocel2_sqlite(str(exported.sqlite))
    for log in (one, other):
        assert Counter(log.events["ocel:activity"]) == Counter(line["type"].rpartition(".v")[0] for line in exported.lines)
        assert dict(zip(log.objects["ocel:oid"], log.objects["ocel:type"], strict=True)) == {
            name: each["type"] for name, each in exported.objects.items()
        }
        pairs = {(event["id"], related["objectId"]) for event in exported.told["events"] for related in event["relationships"]}
        assert set(zip(log.relations["ocel:eid"], log.relations["ocel:oid"], strict=True)) == pairs
        between = {
            (name, related["objectId"], related["qualifier"])
            for name, each in exported.objects.items()
            for related in each["relationships"]
        }
        assert set(zip(log.o2o["ocel:oid"], log.o2o["ocel:oid_2"], log.o2o["ocel:qualifier"], strict=True)) == between
    assert len(other.relations) == sum(len(event["relationships"]) for event in exported.told["events"])
    changes = [each for found in exported.told["objects"] for each in found["attributes"] if each["time"] != BEGINNING]
    assert len(other.object_changes) == len(changes)


def test_pm4py_discovers_the_procedure_of_deviations(exported: Exported, pm4py: Any) -> None:
    log = pm4py.filter_ocel_object_types(pm4py.read_ocel2_sqlite(str(exported.sqlite)), ["deviation", "measure"])
    graph = pm4py.discover_ocdfg(log)
    assert graph["object_types"] == {"deviation", "measure"}
    followed = graph["edges"]["event_couples"]["deviation"]
    assert len(followed["deviation.reported", "deviation.immediate_measure_taken"]) >= LIVES
    assert len(graph["edges"]["event_couples"]["measure"]["deviation.measure_planned", "deviation.measure_done"]) >= LIVES
    net = pm4py.discover_oc_petri_net(log)
    assert set(net["petri_nets"]) == {"deviation", "measure"}
    tree = pm4py.discover_process_tree_inductive(pm4py.ocel_flattening(log, "measure"))
    assert "deviation.measure_planned" in str(tree)


def test_attributes_of_objects_change_as_the_events_say(exported: Exported) -> None:
    reported = next(
        line for line in exported.lines if line["type"] == "deviation.reported.v1" and line["subject"] != exported.lines[0]["subject"]
    )
    told = exported.objects[reported["subject"]]["attributes"]
    initial = {each["name"]: each["value"] for each in told if each["time"] == BEGINNING}
    assert initial == {"status": "reported"} | {name: reported["data"][name] for name in ("kind", "harm", "category")}
    later = [line for line in exported.lines if line["subject"] == reported["subject"]]
    states = {"deviation.routing_accepted.v1": "acknowledged", "deviation.closed.v1": "closed", "deviation.reopened.v1": "reopened"}
    expected = [(line["time"][:23], states[line["type"]]) for line in later if line["type"] in states]
    assert [(each["time"][:23], each["value"]) for each in told if each["name"] == "status"][1:] == expected
    assert expected


def test_relations_are_qualified(exported: Exported) -> None:
    planned = next(line for line in exported.shown if line["type"] == "deviation.measure_planned.v1")
    measure = exported.objects[f"measure/{planned['data']['measure_id']}"]
    assert {"objectId": planned["subject"], "qualifier": "measure of"} in measure["relationships"]
    assert {"objectId": f"person/{planned['data']['owner']}", "qualifier": "owner"} in measure["relationships"]
    event = next(each for each in exported.told["events"] if each["type"] == "deviation.measure_planned")
    assert {related["qualifier"] for related in event["relationships"]} == {"deviation", "actor", "measure", "owner"}


def test_nobody_is_named_and_nothing_is_quoted(exported: Exported) -> None:
    content = exported.json.read_bytes() + exported.sqlite.read_bytes()
    secrets = {str(KARI), str(OLA)}
    for line in exported.lines:
        for path in personal_fields(event_types()[line["type"]]):
            secrets |= {value for value in values(line["data"], path) if value and len(value) > 3}
        secrets |= {
            value for name in ("name", "previous") for value in values(line["data"], name) if isinstance(value, str) and " " in value
        }
    assert len(secrets) > 50
    assert [secret for secret in secrets if secret.encode() in content] == []


def test_it_does_not_come_in_full(exported: Exported, tmp_path: Path) -> None:
    for format_ in (JSON, SQLITE):
        with pytest.raises(ExportRefused, match=r" export\.only_pseudonymised "):
            export_to(tmp_path / "out", exported.source, Asked(PRACTICE, redaction=Redaction.FULL), format_)
        assert not part_of(tmp_path / "out").exists()


def test_a_part_of_a_record_names_what_it_is_about(exported: Exported, tmp_path: Path) -> None:
    asked = Asked(PRACTICE, since=60, types=("deviation.measure_done.v1", "task.completed.v1"))
    export_to(tmp_path / "out", exported.source, asked, JSON)
    told = orjson.loads((tmp_path / "out" / "ocel.json").read_bytes())
    jsonschema.validate(told, STANDARD)
    expected = [line["id"] for line in exported.lines[59:] if line["type"] in asked.types]
    assert [str(int(event["id"].rpartition("/")[2])) for event in told["events"]] == expected
    names = {each["id"] for each in told["objects"]}
    assert {related["objectId"] for event in told["events"] for related in event["relationships"]} == names


@pytest.mark.parametrize("format_", [JSON, SQLITE], ids=lambda format_: format_.name)
def test_a_subject_of_no_known_kind_is_refused(postgres: Postgres, tmp_path: Path, format_: Format) -> None:
    with postgres.database() as database:
        pool, command = database.sync_pool("sporbar_generator", max_size=1), UUID(int=1)
        open_ledger(pool, "elsewhere", simulated=True)
        event = LineMapper().to_stored_event(StreamEvent("errand/1", 1, DeviationReopened(reason="Igjen")))
        LedgerRecorder(pool, "elsewhere").append([event], command_id=command, digest=b"d", metadata=Metadata("x", command))
        with pytest.raises(ExportRefused, match=r" export\.unreadable "):
            export_to(tmp_path / "out", Source(pool.connection, b"x" * 32), Asked("elsewhere"), format_)


def test_only_what_the_disk_refuses_is_told_as_its_error(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "a.sqlite", isolation_level=None)) as database:
        database.executescript("CREATE TABLE some (text); PRAGMA max_page_count = 2")
        with pytest.raises(OSError, match="full") as full, disk_errors(tmp_path):
            database.execute("INSERT INTO some VALUES (zeroblob(100000))")
        with pytest.raises(sqlite3.OperationalError, match="no such table"), disk_errors(tmp_path):
            database.execute("SELECT * FROM others")
    with pytest.raises(OSError, match="unable to open") as unopened, disk_errors(tmp_path):
        sqlite3.connect(tmp_path / "no" / "a.sqlite")
    assert (full.value.errno, unopened.value.errno) == (errno.ENOSPC, errno.EIO)


class Counted:
    """Counts the connections that a source borrows: one a page."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.count = 0

    def __call__(self) -> AbstractContextManager[Any]:
        self.count += 1
        return self._source.connect()


def test_json_begins_at_once_and_tells_events_as_they_are_read(exported: Exported) -> None:
    borrowed = Counted(exported.source)
    source = Source(borrowed, b"x" * 32, page=20)
    export, told = source.ask(Asked(PRACTICE)), b""
    begun = borrowed.count
    for page, part in enumerate(JSON.load().stream(export)):
        told += part
        read = min(20 * page, len(exported.lines))
        assert borrowed.count - begun == min(page, -(-len(exported.lines) // 20))
        assert told.count(f'"id":"{PRACTICE}/'.encode()) == read
    assert page > len(exported.lines) / 20


def test_a_file_of_sqlite_is_given_up_between_pages(exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    borrowed = Counted(exported.source)
    export = Source(borrowed, b"x" * 32, page=20).ask(Asked(PRACTICE))
    begun, parts = borrowed.count, SQLITE.load().stream(export)
    assert isinstance(parts, Generator)
    assert (next(parts), next(parts)) == (b"", b"")
    assert borrowed.count - begun == 2
    assert list(tmp_path.iterdir())
    parts.close()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("format_", [JSON, SQLITE], ids=lambda format_: format_.name)
def test_the_download_is_the_file(exported: Exported, format_: Any) -> None:
    path = exported.json if format_ is JSON else exported.sqlite
    assert b"".join(format_.load().stream(exported.source.ask(Asked(PRACTICE)))) == path.read_bytes()


def test_the_procedure_of_the_documentation_is_discovered(exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out-ocel").symlink_to(exported.sqlite.parent)
    monkeypatch.chdir(tmp_path)
    found = run_block("OCEL")
    assert len(found["followed"]["deviation"]["deviation.reported", "deviation.immediate_measure_taken"]) >= LIVES
    assert set(found["net"]["petri_nets"]) == {"deviation", "measure"}
