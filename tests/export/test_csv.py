"""CSV: what was recorded comes back out of it, and no spreadsheet takes it for a formula."""

import csv
import re
from io import StringIO
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from events._registry import event_types, load_all
from gateway.export._columns import ENVELOPE, columns
from gateway.export._csv import Tables
from gateway.export._folder import export_to
from gateway.export._formats import FORMATS
from gateway.export._question import Asked, Redaction
from tests.export._documented import run_block
from tests.export.conftest import PRACTICE, Generated

load_all()
REVIEWED, ANALYSED = "deviation.reviewed.v1", "deviation.causes_analysed.v1"
OURS = re.compile(r"(^|[,;\t\r\n])'")
DATA = ("reviewed_on", "forum", "note")


def read(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


def undone(cell: str) -> str:
    """A cell as a program reads it."""
    return OURS.sub(r"\1", cell)


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


def test_the_documented_way_back(generated: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    export_to(tmp_path / "march", generated.source, Asked(PRACTICE, redaction=Redaction.FULL), FORMATS["csv"])
    found = run_block("CSV")
    assert found["ours"] == OURS
    texts = [line["data"]["description"] for line in map(orjson.loads, generated.lines) if line["type"] == "deviation.reported.v1"]
    assert [row["data.description"] for row in found["rows"]] == texts != []


def test_no_field_is_lost_between_class_and_columns(generated: Generated) -> None:
    for line in map(orjson.loads, generated.lines):
        known = {column.path[0] for column in columns(event_types()[line["type"]], Redaction.FULL)}
        assert set(line["data"]) <= known


@pytest.mark.parametrize("text", ["=1+1", "+47 22 22 22 22", "-1", "@SUM(A1)", "\rx", "\nx", " =1", "＝1", "＋1", "－1", "＠a", "'=1", "'"])
def test_no_text_begins_as_a_formula_and_each_comes_back(text: str) -> None:
    row = written(text)
    assert row[-1] == f"'{text}"
    assert undone(row[-1]) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ('Blodprøve;=HYPERLINK("x")', 'Blodprøve;\'=HYPERLINK("x")'),
        ("linje\n=cmd|' /C calc'!A0", "linje\n'=cmd|' /C calc'!A0"),
        ("linje\r\n  +1", "linje\r\n'  +1"),
        ("a\t=1+1", "a\t'=1+1"),
        ('a;"=1"', 'a;\'"=1"'),
        ("kulde, -5", "kulde,' -5"),
        ("\t=1", "'\t'=1"),
        ("a, b;", "a, b;'"),
        ("a;'b", "a;''b"),
    ],
)
def test_no_part_of_a_text_begins_as_a_formula_where_another_separator_is_used(text: str, shown: str) -> None:
    (cell,) = written(text)[-1:]
    assert cell == shown
    assert undone(cell) == text


ODD = st.text(st.sampled_from("=+-@＝＋－＠'\"\t\r\n;, \u00a0a1|"), max_size=12) | st.text(st.characters(exclude_categories=["Cs"]))


@example([('a;"=1', "b;", 'a;"=1'), ("1", "1,\t=", "\n\t1,;")])
@given(st.lists(st.tuples(ODD, ODD, ODD), min_size=1, max_size=4))
def test_whatever_separates_cells_none_begins_as_a_formula(texts: list[tuple[str, str, str]]) -> None:
    tables = Tables(Redaction.FULL)
    lines = [
        dict.fromkeys(ENVELOPE.values(), "x") | {"id": 1, "data": {"method": method, "causes": [{"text": text}], "root_causes": [last]}}
        for method, text, last in texts
    ]
    content = (tables.header(ANALYSED) + tables.rows(ANALYSED, lines) + tables.header(REVIEWED)).decode()
    notes = [dict.fromkeys(ENVELOPE.values(), "x") | {"id": 1, "data": dict(zip(DATA, three, strict=True))} for three in texts]
    content += tables.rows(REVIEWED, notes).decode()
    for separator in ",;\t":
        for blanks_are_skipped in (False, True):
            rows = csv.reader(StringIO(content, newline=""), delimiter=separator, skipinitialspace=blanks_are_skipped)
            assert not [cell for row in rows for cell in row if cell[:1] and cell[0] in "=+-@\t\r\n＝＋－＠"]
    read_back = list(csv.reader(StringIO(tables.rows(REVIEWED, notes).decode(), newline=""), strict=True))
    assert [tuple(map(undone, row[-3:])) for row in read_back] == texts


@pytest.mark.parametrize("text", ["", "to = tre", 'sa "nei", og gikk', "første\r\nandre", "en; to, tre", "æøå 🩺", '"="'])
def test_other_texts_stay_as_they_are(text: str) -> None:
    assert written(text)[-1] == text


def written(note: str) -> list[str]:
    line = dict.fromkeys(ENVELOPE.values(), "x") | {"data": {"reviewed_on": "2026-03-03", "forum": "practice_meeting", "note": note}}
    content = Tables(Redaction.FULL).rows(REVIEWED, [line]).decode()
    (row,) = csv.reader(StringIO(content, newline=""), strict=True)
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
