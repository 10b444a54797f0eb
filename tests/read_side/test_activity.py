"""Timelines and audit trails: who, what, when, before and after."""

from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest

from events import deviation as facts
from events._codec import encode_data
from projections._engine._worker import catch_up
from read_side._as_of import AsOf, open_view
from read_side._page import Window
from read_side.activity import audit_trail, timeline
from tests._database import Database
from tests.projections._histories import a_life
from tests.projections._record import Record

pytestmark = pytest.mark.anyio

NOW = datetime(2026, 6, 1, tzinfo=UTC)
SUBJECT = a_life()[0][0]
MEASURE = UUID(int=(1 << 64) + 1)


@pytest.fixture
def two_lives(read_models: Database, record: Record) -> Record:
    """Six events of one deviation and four of another, in turns."""
    for own, other in zip(a_life(1, events=6), [*a_life(2, events=4), None, None], strict=True):
        record.append([own, *([other] if other else [])], datetime(2026, 1, 2, tzinfo=UTC))
    catch_up(read_models.url)
    return record


async def test_a_timeline_has_the_events_of_a_subject(read_models: Database, two_lives: Record) -> None:
    async with read_models.async_pool() as pool, open_view(pool, two_lives.practice, now=NOW) as view:
        own = await timeline(view, SUBJECT)
        assert [row.position for row in own.items] == [1, 3, 5, 7, 9, 10]
        assert [row.type for row in own.items] == [event.TYPE for _, event in a_life(events=6)]
        everything = await timeline(view, newest_first=True, window=Window(first=3))
        assert ([row.position for row in everything.items], everything.total) == ([10, 9, 8], 10)
        assert (await timeline(view, kinds=["task"])).items == []
        assert len((await timeline(view, kinds=["task", "deviation"])).items) == 10
        assert (await timeline(view, "deviation/nobody")).items == []


async def test_as_of_a_position_a_timeline_ends_there(read_models: Database, two_lives: Record) -> None:
    async with read_models.async_pool() as pool, open_view(pool, two_lives.practice, now=NOW, as_of=AsOf(5)) as view:
        assert [row.position for row in (await timeline(view, SUBJECT)).items] == [1, 3, 5]
        assert [entry.event.position for entry in (await audit_trail(view, SUBJECT)).items] == [1, 3, 5]


async def test_an_audit_trail_tells_before_and_after(read_models: Database, two_lives: Record) -> None:
    async with read_models.async_pool() as pool, open_view(pool, two_lives.practice, now=NOW) as view:
        entries = (await audit_trail(view, SUBJECT)).items
    told: list[dict[tuple[str, str], Any]] = [
        {(change.table, change.column): (change.before, change.after) for change in entry.changes} for entry in entries
    ]
    assert told[0]["deviation", "title"] == (None, "Feil dose")
    assert ("deviation", "subject") not in told[0]
    assert told[1] == {
        ("deviation", "open_measures"): (0, 1),
        ("deviation", "status"): (facts.Status.REPORTED, facts.Status.MEASURES_OPEN),
        ("measure", "kind"): (None, facts.MeasureKind.CORRECTIVE),
        ("measure", "strength"): (None, facts.MeasureStrength.STRONG),
        ("measure", "description"): (None, "Ny rutine"),
        ("measure", "owner"): (None, UUID(int=8)),
        ("measure", "due"): (None, date(2026, 1, 2)),
        ("measure", "first_due"): (None, date(2026, 1, 2)),
        ("measure", "planned_at"): (None, datetime(2026, 1, 2, tzinfo=UTC)),
        ("measure", "moves"): (None, 0),
        ("measure", "cancelled"): (None, False),
        ("measure", "deviation_id"): (None, UUID(int=1 << 64)),
    }
    assert told[2]["measure", "done_on"] == (None, date(2026, 1, 2))
    assert told[4]["deviation", "status"] == (facts.Status.REPORTED, facts.Status.CLOSED)
    assert told[5]["deviation", "closed_at"] == (datetime(2026, 1, 2, tzinfo=UTC), None)
    assert {change.key for entry in entries for change in entry.changes if change.table == "measure"} == {(MEASURE,)}


@pytest.mark.parametrize("size", [1, 2, 3])
async def test_pages_of_an_audit_trail_add_up(read_models: Database, two_lives: Record, size: int) -> None:
    async with read_models.async_pool() as pool, open_view(pool, two_lives.practice, now=NOW) as view:
        whole = (await audit_trail(view, SUBJECT)).items
        parts, after = [], None
        while True:
            found = await audit_trail(view, SUBJECT, Window(first=size, after=after))
            parts += found.items
            if not found.has_next:
                break
            after = found.cursors[-1]
    assert parts == whole


async def test_personal_fields_can_be_left_out(read_models: Database, record: Record) -> None:
    secret = "Kari Nordmann"
    (subject, reported), *_ = a_life()
    cause = facts.Cause(id="a", category=facts.CauseCategory.PEOPLE, text=secret)
    caused = facts.CausesAnalysed(method=facts.CauseMethod.FIVE_WHYS, causes=(cause,), root_causes=("a",))
    happened = [reported.model_copy(update={"title": secret, "description": secret}), caused, facts.DeviationReopened(reason=secret)]
    assert all(secret.encode() in encode_data(event) for event in happened)
    record.append([(subject, event) for event in happened], datetime(2026, 1, 2, tzinfo=UTC))
    catch_up(read_models.url)
    async with read_models.async_pool() as pool, open_view(pool, record.practice, now=NOW) as view:
        for personal in (True, False):
            told = [await timeline(view, personal=personal), await audit_trail(view, subject, personal=personal)]
            assert [secret in str(page) for page in told] == [personal, personal]
        first = (await audit_trail(view, subject, personal=False)).items[0]
    assert first.event.data["title"] is None
    assert first.event.actor == ""
    assert first.event.data["harm"] == "none"
    hidden = {change.column for change in first.changes if change.hidden}
    assert {"title", "description", "reporter_id"} <= hidden
    assert "harm" not in hidden
