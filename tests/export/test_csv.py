"""CSV: what was recorded comes back out of it, and no spreadsheet takes it for a formula."""

import csv
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from events._registry import event_types, load_all
from gateway.export._columns import ENVELOPE, columns
from gateway.export._csv import Tables
from gateway.export._folder import export_to
from gateway.export._formats import FORMATS
from gateway.export._question import Asked, Redaction
from tests.export.conftest import PRACTICE, Generated

load_all()
REVIEWED = "deviation.reviewed.v1"


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def undone(cell: str) -> str:
    """A cell as a program reads it."""
    return cell.removeprefix("'")


def expected(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, list):
        return orjson.dumps(value).decode()
    return str(value).lower() if isinstance(value, bool) else str(value)


def test_every_event_stands_in_the_file_of_its_type(generated: Generated, tmp_path: Path) -> None:
    export_to(tmp_path / "out", generated.source, Asked(PRACTICE, redaction=Redaction.FULL), FORMATS["csv"])
    by_position = {int(line["id"]): line for line in map(orjson.loads, generated.lines)}
    seen: list[int] = []
    for path in (tmp_path / "out").glob("*.csv"):
        for row in read(path):
            line = by_position[int(row["position"])]
            seen.append(int(row["position"]))
            assert line["type"] == path.stem
            for name, attribute in ENVELOPE.items():
                assert undone(row[name]) == expected(line.get(attribute))
            for column in columns(event_types()[line["type"]], Redaction.FULL):
                assert undone(row[column.name]) == expected(column.of(line["data"]))
    assert sorted(seen) == sorted(by_position)


def test_no_field_is_lost_between_class_and_columns(generated: Generated) -> None:
    for line in map(orjson.loads, generated.lines):
        known = {column.path[0] for column in columns(event_types()[line["type"]], Redaction.FULL)}
        assert set(line["data"]) <= known


@pytest.mark.parametrize(
    "text", ["=1+1", "+47 22 22 22 22", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "＋1", "－1", "＠a", "'=1", "'"]
)
def test_no_text_begins_as_a_formula_and_each_comes_back(text: str) -> None:
    row = written(text)
    assert row[-1] == f"'{text}"
    assert undone(row[-1]) == text


@pytest.mark.parametrize("text", ["", "to = tre", 'sa "nei", og gikk', "første\r\nandre", "æøå 🩺", " =1"])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert written(text)[-1] == text


def written(note: str) -> list[str]:
    line = dict.fromkeys(ENVELOPE.values(), "x") | {"data": {"reviewed_on": "2026-03-03", "forum": "practice_meeting", "note": note}}
    content = Tables(Redaction.FULL).rows(REVIEWED, [line]).decode()
    (row,) = csv.reader(content.splitlines(keepends=True), strict=True)
    assert content.endswith("\r\n")
    return row


def test_the_columns_of_a_type_stay() -> None:
    names = [column.name for column in columns(event_types()["deviation.reported.v1"], Redaction.FULL)]
    assert names == [
        *("data.title", "data.description", "data.kind", "data.harm", "data.category", "data.affected", "data.affected_count"),
        *("data.occurred.at", "data.occurred.precision", "data.detected.at", "data.detected.precision"),
        *("data.reporter.kind", "data.reporter.member_id", "data.reporter.pseudonym", "data.place", "data.process_step"),
        *("data.potential.consequence", "data.potential.likelihood"),
    ]


def test_a_pseudonymised_table_has_no_column_for_what_is_left_out() -> None:
    found = {column.name: column.member for column in columns(event_types()["task.completed.v1"], Redaction.PSEUDONYMISED)}
    assert found == {
        "data.done_on": False,
        "data.done_by": True,
        "data.attachments": False,
        "data.record.kind": False,
        "data.record.target": False,
    }


def test_a_type_of_column_is_told() -> None:
    found = {column.name: column.annotation for column in columns(event_types()["risk_assessment.scored.v1"], Redaction.FULL)}
    assert found["data.scenario_id"] is UUID
    assert found["data.acceptable"] is bool
