"""Deviations and their measures on the dashboard."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from psycopg import sql

from events.deviation import Category
from read_side._as_of import View
from read_side.dashboard.figures import (
    AGE_LIMITS,
    WINDOW_DAYS,
    AgeBucket,
    AgeCount,
    CategoryCount,
    DeviationFigures,
    MedianDays,
    OpenGroup,
)
from read_side.deviation import DeviationRow, MeasureRow

_QUERY = sql.SQL("""
with d as materialized (
  select category, harm, closed_at is null as open, coalesce(reporter_id::text, pseudonym) as reporter,
         %(today)s - (reported_at at time zone 'Europe/Oslo')::date as age,
         (reported_at at time zone 'Europe/Oslo')::date as reported_on,
         (acknowledged_at at time zone 'Europe/Oslo')::date as triaged_on,
         (first_closed_at at time zone 'Europe/Oslo')::date as closed_on,
         extract(epoch from acknowledged_at - reported_at)::float8 / 86400 as days_to_triage,
         extract(epoch from first_closed_at - reported_at)::float8 / 86400 as days_to_close
  from {deviation}
), figures as (
  select count(*) filter (where open) as open,
         count(*) filter (where open and harm in ('severe', 'fatal')) as open_severe,
         count(*) filter (where reported_on >= %(since)s) as reported,
         count(distinct reporter) filter (where reported_on >= %(since)s) as reporters,
         count(*) filter (where triaged_on >= %(since)s) as triaged,
         percentile_cont(0.5) within group (order by days_to_triage) filter (where triaged_on >= %(since)s) as median_to_triage,
         count(*) filter (where closed_on >= %(since)s) as closed,
         percentile_cont(0.5) within group (order by days_to_close) filter (where closed_on >= %(since)s) as median_to_close
  from d
), measures as (
  select count(*) filter (where done_on is null and not cancelled) as measures_open,
         count(*) filter (where done_on is null and not cancelled and due < %(today)s) as measures_late,
         count(*) filter (where done_on is not null and effect is null) as awaiting_evaluation
  from {measure}
), groups as (
  select category, width_bucket(age, %(thresholds)s::int[]) as bucket, count(*) as count from d where open group by 1, 2
), reported as (
  select date_trunc('month', reported_on)::date as month, count(*) as count from d where reported_on >= %(first_month)s group by 1
), closed as (
  select date_trunc('month', closed_on)::date as month, count(*) as count,
         percentile_cont(0.5) within group (order by days_to_close) as days
  from d where closed_on >= %(first_month)s group by 1
)
select (select to_jsonb(figures) from figures) || (select to_jsonb(measures) from measures) as figures,
       (select jsonb_agg(groups) from groups) as groups,
       (select jsonb_agg(reported) from reported) as reported,
       (select jsonb_agg(closed) from closed) as closed
""")


@dataclass(frozen=True, slots=True)
class Deviations:
    """Figures and series of deviations; a month in which nothing happened is absent from the series."""

    figures: DeviationFigures
    reported: Mapping[date, int]
    closed: Mapping[date, MedianDays]


async def deviation_figures(view: View, months: Sequence[date]) -> Deviations:
    """How the deviations stand, and the series over `months`."""
    (found,) = await view.fetch_dicts(
        _QUERY.format(deviation=view.source(DeviationRow), measure=view.source(MeasureRow)),
        {
            "today": view.today,
            "since": view.today - timedelta(days=WINDOW_DAYS),
            "thresholds": [limit + 1 for limit in AGE_LIMITS],
            "first_month": months[0],
        },
    )
    return Deviations(
        figures=_figures(found["figures"], found["groups"] or []),
        reported={date.fromisoformat(month["month"]): month["count"] for month in found["reported"] or []},
        closed={date.fromisoformat(month["month"]): MedianDays(month["days"], month["count"]) for month in found["closed"] or []},
    )


def _figures(figures: Mapping[str, Any], groups: Sequence[Mapping[str, Any]]) -> DeviationFigures:
    counts = {(group["category"], group["bucket"]): group["count"] for group in groups}
    open_groups = tuple(
        OpenGroup(category, age, counts.get((category.value, bucket), 0)) for category in Category for bucket, age in enumerate(AgeBucket)
    )
    return DeviationFigures(
        open=figures["open"],
        open_severe=figures["open_severe"],
        open_groups=open_groups,
        open_by_category=tuple(
            CategoryCount(category, sum(group.count for group in open_groups if group.category is category)) for category in Category
        ),
        open_by_age=tuple(AgeCount(age, sum(group.count for group in open_groups if group.age is age)) for age in AgeBucket),
        reported=figures["reported"],
        reporters=figures["reporters"],
        to_triage=MedianDays(figures["median_to_triage"], figures["triaged"]),
        to_close=MedianDays(figures["median_to_close"], figures["closed"]),
        measures_open=figures["measures_open"],
        measures_late=figures["measures_late"],
        awaiting_evaluation=figures["awaiting_evaluation"],
    )
