"""A failing event parks its practice: loudly, with nothing skipped, and nobody else held up."""

from typing import Any

import pytest
from psycopg import Connection
from structlog.testing import capture_logs

from events.ledger.follower import Claim, enrol, park, parked
from projections._engine._generation import ensure_generation
from projections._engine._parked import list_parked, publish_again, retry
from projections._engine._store import connect
from projections._engine._worker import catch_up
from projections.deviation import READ_MODELS as DEVIATIONS
from read_side._errors import NotYet
from tests._database import Database
from tests.ledger._support import LEDGER, append, fact, recorder
from tests.projections._histories import a_life
from tests.projections._record import MOMENT, Pool, Record, all_rows, asking, folded, following, wait_until_shown

SECRET = "Kari Nordmann"


def poison(conn: Connection[Any], practice: str, old: str, new: str, position: int) -> None:
    """Change a line, as only a superuser can."""
    conn.execute("alter table ledger.entry disable trigger recorded")
    conn.execute("update ledger.entry set line = replace(line, %s, %s) where ledger = %s and position = %s", (old, new, practice, position))
    conn.execute("alter table ledger.entry enable always trigger recorded")


POISONS: dict[str, tuple[str, str, str]] = {
    "unknown type": ('"type":"deviation.measure_done.v1"', '"type":"deviation.forgotten.v7"', "UnknownEventType"),
    "bad bytes": ('"specversion"', 'not JSON "', "BadLine"),
    "wrong data": ('"note":null', f'"note":["{SECRET}"]', "note: Input should be a valid string"),
    "a row that is not there": ('"measure_id":"', '"measure_id":"ffffffff-', "measure_id"),
}


BAD_BYTES = POISONS["bad bytes"][:2]


@pytest.mark.parametrize("name", POISONS)
def test_a_failing_event_parks_its_practice_only(read_models: Database, pool: Pool, name: str) -> None:
    old, new, error = POISONS[name]
    sick, well = Record(pool, simulated=True), Record(pool, simulated=True)
    for record in (sick, well):
        record.append(a_life(events=8), MOMENT)
    with read_models.connect() as admin:
        poison(admin, sick.practice, old, new, 3)
        with capture_logs() as logs:
            catch_up(read_models.url)
        (parked,) = list_parked(read_models.url)
        assert (parked.ledger, parked.position) == (sick.practice, 3)
        assert error in parked.error
        assert [(log["event"], log["practice"], log["position"]) for log in logs if log["log_level"] == "error"] == [
            ("practice parked", sick.practice, 3)
        ]
        assert SECRET not in parked.error + str(logs)
        assert asking(read_models, sick.practice, lambda view: all_rows(view, DEVIATIONS)) == folded(a_life(), DEVIATIONS, 2)
        assert asking(read_models, well.practice, lambda view: all_rows(view, DEVIATIONS)) == folded(a_life(), DEVIATIONS, 8)

        assert catch_up(read_models.url) == 0
        (again,) = retry(read_models.url).values()
        assert again.parked
        assert len(list_parked(read_models.url)) == 1

        poison(admin, sick.practice, new, old, 3)
        assert retry(read_models.url, well.practice) == {}
        assert retry(read_models.url, sick.practice)[sick.practice].position == 8
    assert list_parked(read_models.url) == []
    assert asking(read_models, sick.practice, lambda view: all_rows(view, DEVIATIONS)) == folded(a_life(), DEVIATIONS, 8)


def test_a_row_that_the_database_refuses_parks_at_its_event(read_models: Database, pool: Pool) -> None:
    """NUL is a character of JSON and of no text in PostgreSQL."""
    record = Record(pool, simulated=True)
    record.append(a_life(events=40), MOMENT)
    with read_models.connect() as admin:
        poison(admin, record.practice, '"lessons":null', '"lessons":"\\u0000"', 35)
        catch_up(read_models.url)
        (parked,) = list_parked(read_models.url)
        assert parked.position == 35
        assert asking(read_models, record.practice, lambda view: all_rows(view, DEVIATIONS)) == folded(a_life(events=40), DEVIATIONS, 34)
        poison(admin, record.practice, '"lessons":"\\u0000"', '"lessons":null', 35)
        retry(read_models.url)
    assert asking(read_models, record.practice, lambda view: all_rows(view, DEVIATIONS)) == folded(a_life(events=40), DEVIATIONS)


def test_a_large_event_is_folded_like_any_other(read_models: Database, pool: Pool) -> None:
    record = Record(pool, simulated=True)
    record.append(a_life(events=8), MOMENT)
    with read_models.connect() as admin:
        poison(admin, record.practice, '"note":null', f'"note":"{"x" * 1_000_000}"', 3)
    assert catch_up(read_models.url) == 8
    assert list_parked(read_models.url) == []


def test_who_waits_for_a_parked_practice_hears_of_it(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life(events=8))
    with read_models.connect() as admin:
        poison(admin, record.practice, *BAD_BYTES, 3)
    catch_up(read_models.url)
    with pytest.raises(NotYet) as late:
        wait_until_shown(read_models, record.practice, 8, patience=0)
    assert late.value.details == {"position": 2, "at_least": 8, "parked_at": 3}


def test_a_running_worker_passes_the_parked_practice_over(read_models: Database, pool: Pool) -> None:
    sick, well = Record(pool), Record(pool)
    sick.append(a_life(events=8))
    with read_models.connect() as admin:
        poison(admin, sick.practice, *BAD_BYTES, 1)
    with following(read_models):
        for number in range(1, 4):
            sick.append(a_life(number + 1))
            wait_until_shown(read_models, well.practice, well.append(a_life(number)))
    (parked,) = list_parked(read_models.url)
    assert parked.ledger == sick.practice


def test_what_the_publisher_parked_is_sent_again_when_asked(database: Database) -> None:
    append(recorder(database.sync_pool()), fact())
    ensure_generation(database.url)
    with connect(database.url) as conn:
        enrol(conn, "kafka:events")
        assert park(conn, Claim("kafka:events", LEDGER, 0, 1), 1, "the topic holds another line")
        assert (publish_again(database.url, "elsewhere"), publish_again(database.url)) == ([], [LEDGER])
        assert not parked(conn)
