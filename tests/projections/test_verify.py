"""Read models held against a replay: sound ones pass, a changed row is named."""

from typing import Any

import pytest
from psycopg import Connection

from projections._engine import _processes
from projections._engine._verify import Difference, verify_read_models
from projections._engine._worker import catch_up
from tests._database import Database
from tests.projections._histories import a_life
from tests.projections._record import Pool, Record, following
from tests.projections.test_parked import BAD_BYTES, poison

DEVIATION = {"deviation_id": "00000000-0000-0002-0000-000000000000"}

TAMPERINGS: dict[str, tuple[str, dict[str, Any]]] = {
    "a changed row": (
        "update read_1.deviation set title = 'x', harm = 'low' where deviation_id::text like '%2-0000-%'",
        {"table": "deviation", "key": DEVIATION, "what": "different", "columns": ("harm", "title")},
    ),
    "a changed version": (
        "update read_1.deviation_history set open_measures = 9 where deviation_id::text like '%2-0000-%' and position = 12",
        {"table": "deviation_history", "key": DEVIATION, "position": 12, "what": "different", "columns": ("open_measures",)},
    ),
    "a row gone": (
        "delete from read_1.deviation where deviation_id::text like '%2-0000-%'",
        {"table": "deviation", "key": DEVIATION, "what": "missing"},
    ),
    "a version gone": (
        "delete from read_1.deviation_history where position = 11",
        {"table": "deviation_history", "position": 11, "what": "missing"},
    ),
    "a row too many": (
        (
            "insert into read_1.activity"
            " select practice, 99, time, subject, subject_id, kind, 1, type, actor from read_1.activity where position = 1"
        ),
        {"table": "activity", "key": {"position": 99}, "position": 99, "what": "unexpected"},
    ),
    "a row of nobody": (
        "update read_1.activity set practice = 'nobody' where position = 3",
        {"table": "activity", "practice": "nobody", "what": "unexpected"},
    ),
}


@pytest.fixture
def practice(read_models: Database, pool: Pool) -> str:
    """A practice with two deviations, folded."""
    record = Record(pool)
    record.append(a_life(1, events=10))
    record.append(a_life(2, events=10))
    catch_up(read_models.url)
    return record.practice


@pytest.mark.parametrize("name", TAMPERINGS)
def test_a_tampered_row_is_named(read_models: Database, practice: str, name: str) -> None:
    statement, expected = TAMPERINGS[name]
    with read_models.connect() as admin:
        admin.execute(statement)
    found = verify_read_models(read_models.url).differences
    assert found
    assert any(_is(one, {"practice": practice} | expected) for one in found), found


def _is(found: Difference, expected: dict[str, Any]) -> bool:
    shown = {name: getattr(found, name) for name in expected}
    if "columns" in shown:
        shown["columns"] = tuple(sorted(shown["columns"]))
    return shown == expected


def test_sound_ones_pass_while_they_are_written(read_models: Database, practice: str, pool: Pool) -> None:
    record = Record(pool)
    with following(read_models):
        for number in range(1, 6):
            record.append(a_life(number))
            assert verify_read_models(read_models.url).differences == []


def test_several_processes_find_the_same(read_models: Database, practice: str, pool: Pool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_processes, "WORTH_A_PROCESS", 0)
    for number in range(2):
        Record(pool).append(a_life(number + 1))
    catch_up(read_models.url)
    with read_models.connect() as admin:
        admin.execute("update read_1.deviation set title = 'x' where position > 12")
    here, there = (verify_read_models(read_models.url, processes=processes) for processes in (1, 2))
    assert here.differences == there.differences
    assert len(here.differences) == 1


def test_a_ledger_that_cannot_be_replayed_is_named(read_models: Database, practice: str) -> None:
    with read_models.connect() as admin:
        poison(admin, practice, *BAD_BYTES, 7)
    (found,) = verify_read_models(read_models.url).differences
    assert (found.practice, found.position, found.what) == (practice, 7, "unfoldable")
    assert "BadLine" in found.key["error"]


def test_nothing_of_a_verification_stays(read_models: Database, practice: str) -> None:
    verify_read_models(read_models.url)
    with read_models.connect() as admin:
        while _sessions(admin):  # a session's tables go with it, a moment after its connection
            pass
        left = admin.execute("select count(*) from pg_class where relname = 'deviation' and relpersistence = 't'").fetchone()
    assert left == (0,)


def _sessions(admin: Connection[Any]) -> list[Any]:
    query = "select from pg_stat_activity where application_name = 'sporbar_worker' and datname = current_database()"
    return admin.execute(query).fetchall()
