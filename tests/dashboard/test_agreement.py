"""The figures that SQL gives are those that one counts by hand from the rows, now and as of earlier days."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from statistics import median

import pytest

from events._base import OSLO
from events.deviation import Category, HarmLevel
from events.task import Outcome
from read_side._as_of import View
from read_side.dashboard import dashboard
from read_side.dashboard.figures import AgeBucket, Dashboard
from read_side.deviation import DeviationRow, MeasureRow
from read_side.task import TaskRow
from tests._database import Database
from tests.dashboard._history import History
from tests.dashboard._living import Living

pytestmark = pytest.mark.anyio

MOMENTS = (None, "2024-02-15T12:00:00+01:00", "2024-06-30T23:59:59+02:00", "2024-11-01T00:00:00+01:00", "2023-12-24T18:00:00+01:00")


@pytest.mark.parametrize("seed", [7, 11])
async def test_sql_counts_as_one_counts_by_hand(database: Database, seed: int) -> None:
    living = Living(database)
    History(living, seed=seed, days=400, deviations=45, tasks=70).live()
    living.fold()
    for moment in MOMENTS:
        async with living.view(moment) as view:
            found = await dashboard(view)
            _check_deviations(found, await view.all(DeviationRow), await view.all(MeasureRow), view)
            _check_tasks(found, await view.all(TaskRow), view)


def _check_deviations(found: Dashboard, rows: list[DeviationRow], measures: list[MeasureRow], view: View) -> None:
    stood, since = found.deviations, view.today - timedelta(days=365)
    open_ = [row for row in rows if row.closed_at is None]
    assert stood.open == len(open_)
    assert stood.open_severe == sum(row.harm in (HarmLevel.SEVERE, HarmLevel.FATAL) for row in open_)
    counts = {(group.category, group.age): group.count for group in stood.open_groups}
    for category in Category:
        for age in AgeBucket:
            assert counts[category, age] == sum(row.category is category and _age(row, view) is age for row in open_)
    triaged = [row for row in rows if row.acknowledged_at and _day(row.acknowledged_at) >= since]
    closed = [row for row in rows if row.first_closed_at and _day(row.first_closed_at) >= since]
    assert (stood.to_triage.count, stood.to_triage.days) == (len(triaged), _median(_days_to_triage(row) for row in triaged))
    assert (stood.to_close.count, stood.to_close.days) == (len(closed), _median(_days_to_close(row) for row in closed))
    assert stood.measures_late == sum(row.done_on is None and not row.cancelled and row.due < view.today for row in measures)
    assert stood.awaiting_evaluation == sum(row.done_on is not None and row.effect is None for row in measures)
    for month in found.months:
        in_month = [row for row in rows if row.first_closed_at and _month(row.first_closed_at) == month.first_day]
        assert month.reported == sum(_month(row.reported_at) == month.first_day for row in rows)
        assert month.closed == len(in_month)
        assert month.median_days_to_close == _median(_days_to_close(row) for row in in_month)


def _check_tasks(found: Dashboard, rows: list[TaskRow], view: View) -> None:
    due = [row for row in rows if row.due and row.due < view.today and row.outcome is not Outcome.CANCELLED]
    recent = [row for row in due if row.due and row.due >= view.today - timedelta(days=365)]
    assert found.tasks.overdue == sum(row.outcome is None for row in due)
    assert found.tasks.due == len(recent)
    assert found.tasks.on_time == sum(_on_time(row) for row in recent)
    assert found.tasks.due == found.tasks.on_time + found.tasks.late + found.tasks.skipped + found.tasks.unfinished
    for month in found.months:
        in_month = [row for row in due if row.due and row.due.replace(day=1) == month.first_day]
        assert (month.tasks_due, month.tasks_on_time) == (len(in_month), sum(_on_time(row) for row in in_month))


def _on_time(row: TaskRow) -> bool:
    return row.outcome is Outcome.COMPLETED and row.done_on is not None and row.due is not None and row.done_on <= row.due


def _age(row: DeviationRow, view: View) -> AgeBucket:
    days = (view.today - _day(row.reported_at)).days
    limits = {AgeBucket.UP_TO_14: 14, AgeBucket.UP_TO_30: 30, AgeBucket.UP_TO_60: 60, AgeBucket.UP_TO_90: 90}
    return next((age for age, limit in limits.items() if days <= limit), AgeBucket.OVER_90)


def _days_to_triage(row: DeviationRow) -> float:
    assert row.acknowledged_at is not None
    return (row.acknowledged_at - row.reported_at) / timedelta(days=1)


def _days_to_close(row: DeviationRow) -> float:
    assert row.first_closed_at is not None
    return (row.first_closed_at - row.reported_at) / timedelta(days=1)


def _median(durations: Iterable[float]) -> object:
    days = list(durations)
    return pytest.approx(median(days)) if days else None


def _day(moment: datetime) -> date:
    return moment.astimezone(OSLO).date()


def _month(moment: datetime) -> date:
    return _day(moment).replace(day=1)
