"""A type whose lines are stored in several versions: each can be asked for, and all of them by the name without a version."""

import csv
from typing import Any

import orjson
import pytest
from eventsourcing.persistence import StoredEvent

from events import _registry
from events.ledger.recorder import LedgerRecorder, open_ledger
from gateway.export import Source
from gateway.export._errors import ExportRefused
from gateway.export._formats import FORMATS
from gateway.export._manifest import manifest
from gateway.export._question import Asked, Redaction
from gateway.export._token import rest_of
from tests._database import Database
from tests.export.conftest import PRACTICE, SECRET

NAME, TODAY, OLD, OLDEST = "deviation.linked", "deviation.linked.v1", "deviation.linked.v0", "deviation.tied.v1"
TARGET = "00000000-0000-4000-8000-0000000000aa"
STORED = {
    1: (TODAY, {"kind": "task", "target": TARGET}),
    2: (OLD, {"task": TARGET}),
    3: ("deviation.closed.v1", {"conclusion": "done"}),
    4: (OLDEST, {"tied_to": TARGET}),
}
"""Position -> type as it is stored, and data."""


@pytest.fixture
def source(database: Database, monkeypatch: pytest.MonkeyPatch) -> Source:
    """A record with two older versions of a type, one of another name; this version of Sporbar reads both."""
    monkeypatch.setitem(_registry._upcasters, OLDEST, (OLD, lambda data: {"task": data["tied_to"]}))
    monkeypatch.setitem(_registry._upcasters, OLD, (TODAY, lambda data: {"kind": "task", "target": data["task"]}))
    pool = database.sync_pool()
    open_ledger(pool, PRACTICE)
    events = [StoredEvent("deviation/x", position, type_, orjson.dumps(data)) for position, (type_, data) in STORED.items()]
    LedgerRecorder(pool, PRACTICE).insert_events(events)
    return Source(pool.connection, SECRET)


def asked(*types: str, redaction: Redaction = Redaction.FULL) -> Asked:
    return Asked.of(PRACTICE, None, None, types, redaction.value)


@pytest.mark.parametrize("redaction", Redaction)
@pytest.mark.parametrize(
    ("types", "positions"),
    [
        ([TODAY], [1]),
        ([OLD], [2]),
        ([OLDEST], [4]),
        (["deviation.tied"], [4]),
        ([NAME], [1, 2, 4]),
        ([OLD, TODAY], [1, 2]),
        ([NAME, OLD, "deviation.closed"], [1, 2, 3, 4]),
    ],
)
def test_a_filter_finds_the_lines_that_are_stored_so(source: Source, redaction: Redaction, types: list[str], positions: list[int]) -> None:
    export = source.ask(asked(*types, redaction=redaction))
    lines = [orjson.loads(line) for line in export.lines()]
    assert [int(line["id"]) for line in lines] == positions
    assert export.summary.count == len(positions)
    stored = {position: type_ for position, (type_, _) in STORED.items()}
    shown = stored if redaction is Redaction.FULL else {position: _registry.todays_name(type_) for position, type_ in stored.items()}
    assert [line["type"] for line in lines] == [shown[position] for position in positions]


@pytest.mark.parametrize("types", [[NAME], [OLD], [OLDEST, TODAY]], ids=str)
def test_versions_of_one_type_are_one_table(source: Source, types: list[str]) -> None:
    export = source.ask(asked(*types))
    table = b"".join(FORMATS["csv"].load().stream(export)).decode()
    rows = list(csv.DictReader(table.splitlines()))
    assert [int(row["position"]) for row in rows] == [int(orjson.loads(line)["id"]) for line in export.lines()]
    assert {(row["type"], row["data.kind"], row["data.target"]) for row in rows} == {(TODAY, "task", TARGET)}
    with pytest.raises(ExportRefused, match=r" export\.one_type "):
        FORMATS["csv"].load().stream(source.ask(asked(*types, "deviation.closed")))


def test_a_name_goes_on_meaning_all_versions(source: Source, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also those that come behind the export that is gone on from."""
    told: Any = manifest(source.ask(Asked.of(PRACTICE, None, "1", [NAME], "full")), "ndjson")
    assert told["types"] == [NAME]
    later = rest_of(SECRET, told["resume"], PRACTICE).asked()
    assert [int(orjson.loads(line)["id"]) for line in source.ask(later).lines()] == [2, 4]
    monkeypatch.delitem(_registry._upcasters, OLDEST)
    assert [int(orjson.loads(line)["id"]) for line in source.ask(later).lines()] == [2]


def test_a_version_that_nobody_knows_is_refused(source: Source) -> None:
    with pytest.raises(ExportRefused, match=r" export\.type\.near .*'meant': 'deviation\.linked\.v\d'"):
        asked("deviation.linked.v9")
