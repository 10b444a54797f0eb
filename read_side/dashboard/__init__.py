"""A practice at a glance: key figures, monthly series, and what needs attention, at the instant of a view."""

from psycopg import sql

from read_side._as_of import View
from read_side.activity import ActivityRow
from read_side.dashboard._attention import attention
from read_side.dashboard._deviations import deviation_figures
from read_side.dashboard._months import months_until
from read_side.dashboard._risks import risk_figures
from read_side.dashboard._tasks import task_figures
from read_side.dashboard.figures import Dashboard, MonthFigures

_FIRST = sql.SQL("select (time at time zone 'Europe/Oslo')::date as day from {} where position = 1")

__all__ = ["attention", "dashboard"]


async def dashboard(view: View) -> Dashboard:
    """The practice's dashboard; four statements, whatever the size of the record."""
    months = months_until(view.today)
    deviations = await deviation_figures(view, months)
    tasks = await task_figures(view, months)
    risks = await risk_figures(view)
    first = await view.fetch_dicts(_FIRST.format(view.source(ActivityRow)))
    return Dashboard(
        deviations=deviations.figures,
        risks=risks,
        tasks=tasks.figures,
        months=tuple(
            MonthFigures(
                first_day=month,
                reported=deviations.reported.get(month, 0),
                closed=deviations.closed[month].count if month in deviations.closed else 0,
                median_days_to_close=deviations.closed[month].days if month in deviations.closed else None,
                tasks_due=tasks.due.get(month, 0),
                tasks_on_time=tasks.on_time.get(month, 0),
            )
            for month in months
        ),
        first_recorded_on=first[0]["day"] if first else None,
    )
