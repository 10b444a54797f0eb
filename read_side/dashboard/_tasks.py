"""Tasks on the dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg import sql

from read_side._as_of import View
from read_side.dashboard.figures import WINDOW_DAYS, TaskFigures
from read_side.task import TaskRow

_QUERY = sql.SQL("""
with t as materialized (
  select due, outcome, outcome is null as open,
         due < %(today)s and outcome is distinct from 'cancelled' as counts,
         outcome = 'completed' and done_on <= due as on_time,
         outcome = 'completed' and done_on > due as late
  from {task}
  where outcome is null or due >= %(first_month)s
), figures as (
  select count(*) filter (where open) as open,
         count(*) filter (where open and due < %(today)s) as overdue,
         count(*) filter (where counts and due >= %(since)s) as due,
         count(*) filter (where counts and due >= %(since)s and on_time) as on_time,
         count(*) filter (where counts and due >= %(since)s and late) as late,
         count(*) filter (where counts and due >= %(since)s and outcome = 'skipped') as skipped,
         count(*) filter (where counts and due >= %(since)s and open) as unfinished
  from t
), months as (
  select date_trunc('month', due)::date as month, count(*) as due, count(*) filter (where on_time) as on_time
  from t where counts and due >= %(first_month)s group by 1
)
select to_jsonb(figures) as figures, (select jsonb_agg(months) from months) as months from figures
""")


@dataclass(frozen=True, slots=True)
class Tasks:
    """Figures and series of tasks; a month in which none was due is absent from the series."""

    figures: TaskFigures
    due: Mapping[date, int]
    on_time: Mapping[date, int]


async def task_figures(view: View, months: Sequence[date]) -> Tasks:
    """How the tasks stand, and the series over `months`. A task counts as due once its due date has passed."""
    (found,) = await view.fetch_dicts(
        _QUERY.format(task=view.source(TaskRow)),
        {"today": view.today, "since": view.today - timedelta(days=WINDOW_DAYS), "first_month": months[0]},
    )
    counted = found["months"] or []
    return Tasks(
        figures=_figures(found["figures"]),
        due={date.fromisoformat(month["month"]): month["due"] for month in counted},
        on_time={date.fromisoformat(month["month"]): month["on_time"] for month in counted},
    )


def _figures(found: Mapping[str, int]) -> TaskFigures:
    due = found["due"]
    return TaskFigures(
        **found,
        on_time_rate=_share(found["on_time"], due),
        late_rate=_share(found["late"], due),
        skipped_rate=_share(found["skipped"], due),
        unfinished_rate=_share(found["unfinished"], due),
    )


def _share(count: int, due: int) -> float | None:
    return count / due if due else None
