"""The worst few of each kind: what somebody should look at first."""

from psycopg import sql

from events.deviation import Category, HarmLevel, Status
from events.risk_assessment import Band
from read_side._as_of import View
from read_side.dashboard.figures import Attention, HighRisk, LateMeasure, OverdueTask, SevereDeviation
from read_side.deviation import DeviationRow, MeasureRow
from read_side.risk_assessment import RiskAssessmentRow, RiskScenarioRow
from read_side.task import TaskRow

_SEVERE = sql.SQL("""
select deviation_id, number, title, category, harm, status, responsible,
       %(today)s - (reported_at at time zone 'Europe/Oslo')::date as days_open
from {deviation}
where closed_at is null and harm in ('severe', 'fatal')
order by harm = 'fatal' desc, reported_at, deviation_id limit %(limit)s
""")

_LATE_MEASURES = sql.SQL("""
select measure_id, deviation_id, number as deviation_number, measure.description, owner, due, %(today)s - due as days_late
from {measure} join {deviation} using (deviation_id)
where done_on is null and not cancelled and due < %(today)s
order by due, measure_id limit %(limit)s
""")

_OVERDUE_TASKS = sql.SQL("""
select task_id, title, function, members, due, %(today)s - due as days_late
from {task}
where outcome is null and due < %(today)s
order by due, task_id limit %(limit)s
""")

_HIGH_RISKS = sql.SQL("""
select assessment_id, scenario_id, risk_scenario.title, band, owner, accepted_at is not null as accepted, accepted_until, next_review
from {scenario} join {assessment} using (assessment_id)
where not acceptable and replaced_by is null
order by case when accepted_until < %(today)s then 0 when accepted_at is null then 1 else 2 end, accepted_until,
         array_position(%(bands)s::text[], band) desc, next_review, scenario_id limit %(limit)s
""")


async def attention(view: View, limit: int = 5) -> Attention:
    """At most `limit` of each kind, the worst or oldest first; `Dashboard` counts them all.

    Risks: those whose acceptance has expired, those that nobody has accepted, then by the end of their acceptance.
    """
    params = {"today": view.today, "limit": limit, "bands": [band.value for band in Band]}
    deviation, scenario = view.source(DeviationRow), view.source(RiskScenarioRow)
    severe = await view.fetch_dicts(_SEVERE.format(deviation=deviation), params)
    late = await view.fetch_dicts(_LATE_MEASURES.format(measure=view.source(MeasureRow), deviation=deviation), params)
    overdue = await view.fetch_dicts(_OVERDUE_TASKS.format(task=view.source(TaskRow)), params)
    high = await view.fetch_dicts(_HIGH_RISKS.format(scenario=scenario, assessment=view.source(RiskAssessmentRow)), params)
    return Attention(
        severe_deviations=tuple(
            SevereDeviation(
                **{
                    **found,
                    "category": Category(found["category"]),
                    "harm": HarmLevel(found["harm"]),
                    "status": Status(found["status"]),
                }
            )
            for found in severe
        ),
        late_measures=tuple(LateMeasure(**found) for found in late),
        overdue_tasks=tuple(OverdueTask(**{**found, "members": tuple(found["members"])}) for found in overdue),
        high_risks=tuple(HighRisk(**{**found, "band": Band(found["band"])}) for found in high),
    )
