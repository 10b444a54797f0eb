"""What the evaluators look at: small facts with the positions of the events that they rest on."""

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, TypeVar
from uuid import UUID

from psycopg import sql

from events._function import Function
from events._registry import meant_by
from events.deviation import HarmLevel, MeasureKind
from events.risk_assessment import Area
from events.task import Outcome
from read_side._as_of import View
from read_side.activity import ActivityRow
from read_side.deviation import DeviationRow, MeasureRow
from read_side.practice import AssignmentRow, MemberRow, PracticeRow
from read_side.risk_assessment import RiskAssessmentRow, RiskScenarioRow, RiskTreatmentRow
from read_side.task import TaskRow

T = TypeVar("T")

TASK_WINDOW = timedelta(days=400)
"""How far back tasks are read; no duty asks for longer."""


@dataclass(frozen=True, slots=True)
class Practice:
    """The practice and its responsibilities."""

    position: int
    staff: int
    """Members employed on the day."""
    changed_on: date | None
    """Day on which a change of staff or roles was last recorded."""
    changed_position: int | None
    confirmed_on: date | None
    confirmed_position: int | None


@dataclass(frozen=True, slots=True)
class Deviation:
    """A deviation, as far as duties ask."""

    reported_position: int
    harm: HarmLevel
    reported_on: date
    reporter: str | None
    """Who reported under their name; None for every other report."""
    pseudonym: str | None
    rejected: bool
    closed_position: int | None
    reviewed_on: date | None
    """Day of its first review or analysis of causes."""
    reviewed_position: int | None


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a deviation that was not cancelled."""

    position: int
    """Of the event that says how it stands: planned, moved, done or evaluated."""
    kind: MeasureKind
    due: date
    done_on: date | None
    evaluated: bool


@dataclass(frozen=True, slots=True)
class Assessment:
    """A risk assessment that was completed, also one that is taken up again, and not replaced; by its last completion."""

    area: Area
    completed_on: date
    position: int


@dataclass(frozen=True, slots=True)
class Risk:
    """A scenario that stands above the acceptance criterion."""

    position: int
    accepted: bool
    accepted_until: date | None
    next_review: date | None
    treatments_due: tuple[date, ...]
    """Due dates of its open treatments."""


@dataclass(frozen=True, slots=True)
class Task:
    """A task with a due date."""

    due: date
    outcome: Outcome | None
    position: int


@dataclass(frozen=True, slots=True)
class Facts:
    """What was known of a practice at the view's position."""

    practice: Practice | None
    assignments: Mapping[str, tuple[AssignmentRow, ...]]
    assignment_positions: Mapping[UUID, int]
    deviations: tuple[Deviation, ...]
    measures: tuple[Measure, ...]
    assessments: tuple[Assessment, ...]
    risks: tuple[Risk, ...]
    tasks: tuple[Task, ...]
    """In order of their due dates, from `TASK_WINDOW` before today on."""

    def holders_of(self, function: Function) -> tuple[AssignmentRow, ...]:
        """The assignments of a function."""
        return self.assignments.get(function, ())


async def load_facts(view: View, today: date) -> Facts:
    """Read what the evaluators need; one query a table, all in the view's transaction."""
    assignments: defaultdict[str, list[AssignmentRow]] = defaultdict(list)
    for assignment in await view.all(AssignmentRow):
        assignments[assignment.function].append(assignment)
    return Facts(
        practice=await _practice(view, today),
        assignments={function: tuple(rows) for function, rows in assignments.items()},
        assignment_positions={row["assignment_id"]: row["position"] for row in await view.fetch_dicts(_query(_ASSIGNMENTS, view), {})},
        deviations=_facts(Deviation, await view.fetch_dicts(_query(_DEVIATIONS, view), _TYPES)),
        measures=_facts(Measure, await view.fetch_dicts(_query(_MEASURES, view), {})),
        assessments=_facts(Assessment, await view.fetch_dicts(_query(_ASSESSMENTS, view), _TYPES)),
        risks=_facts(Risk, await view.fetch_dicts(_query(_RISKS, view), {})),
        tasks=_facts(Task, await view.fetch_dicts(_query(_TASKS, view), {"since": today - TASK_WINDOW})),
    )


async def _practice(view: View, today: date) -> Practice | None:
    rows = _facts(Practice, await view.fetch_dicts(_query(_PRACTICE, view), {"today": today}))
    return rows[0] if rows else None


def _query(text: sql.SQL, view: View) -> sql.Composed:
    sources = {row.__name__: view.source(row) for row in _ROWS}
    return text.format(**{name: source for name, source in sources.items() if f"{{{name}}}" in text.as_string()})


def _facts(fact: type[T], rows: Sequence[dict[str, Any]]) -> tuple[T, ...]:
    for name, load in _LOADS.items():
        if rows and name in rows[0]:
            for row in rows:
                row[name] = None if row[name] is None else load(row[name])
    return tuple(fact(**row) for row in rows)


_LOADS: Mapping[str, Callable[[Any], Any]] = {
    "harm": HarmLevel,
    "kind": MeasureKind,
    "area": Area,
    "outcome": Outcome,
    "treatments_due": tuple,
}
_TYPES = {
    "closed": list(meant_by("deviation.closed")),
    "reviewed": list(meant_by("deviation.reviewed")),
    "looked": [*meant_by("deviation.reviewed"), *meant_by("deviation.causes_analysed")],
    "completed": list(meant_by("risk_assessment.completed")),
}
"""Stored names of events, in every version that there was."""
_ROWS = (
    ActivityRow,
    AssignmentRow,
    DeviationRow,
    MeasureRow,
    MemberRow,
    PracticeRow,
    RiskAssessmentRow,
    RiskScenarioRow,
    RiskTreatmentRow,
    TaskRow,
)

_PRACTICE = sql.SQL("""
    select position,
           (select count(*) from {MemberRow}
            where employed_from <= %(today)s and (last_day is null or last_day >= %(today)s))::int as staff,
           (responsibilities_changed_at at time zone 'Europe/Oslo')::date as changed_on,
           responsibilities_changed_position as changed_position,
           responsibilities_confirmed_on as confirmed_on,
           responsibilities_confirmed_position as confirmed_position
    from {PracticeRow}""")

_ASSIGNMENTS = sql.SQL("select assignment_id, position from {AssignmentRow}")

_DEVIATIONS = sql.SQL("""
    select number as reported_position, harm,
           (reported_at at time zone 'Europe/Oslo')::date as reported_on,
           reporter_id::text as reporter, pseudonym,
           status = 'rejected' as rejected,
           case when status = 'closed' then (
               select max(position) from {ActivityRow}
               where activity.subject_id = deviation_id and type = any(%(closed)s)
           ) end as closed_position,
           case when first_look.type = any(%(reviewed)s) then reviewed_on
                else (first_look.time at time zone 'Europe/Oslo')::date end as reviewed_on,
           first_look.position as reviewed_position
    from {DeviationRow}
    left join lateral (
        select position, type, time from {ActivityRow}
        where activity.subject_id = deviation_id and type = any(%(looked)s)
        order by position limit 1
    ) as first_look on true
    order by number""")

_MEASURES = sql.SQL("""
    select position, kind, due, done_on, effect is not null as evaluated
    from {MeasureRow} where not cancelled order by position""")

_ASSESSMENTS = sql.SQL("""
    select area, (last.time at time zone 'Europe/Oslo')::date as completed_on, last.position
    from {RiskAssessmentRow}
    cross join lateral (
        select position, time from {ActivityRow}
        where activity.subject_id = assessment_id and type = any(%(completed)s)
        order by position desc limit 1
    ) as last
    where replaced_by is null
    order by last.position""")

_RISKS = sql.SQL("""
    select risk_scenario.position, accepted_at is not null as accepted, accepted_until, next_review,
           array(select due from {RiskTreatmentRow}
                 where risk_treatment.scenario_id = risk_scenario.scenario_id and done_on is null and not cancelled
                 order by due) as treatments_due
    from {RiskScenarioRow}
    join {RiskAssessmentRow} using (assessment_id)
    where not acceptable and replaced_by is null
    order by risk_scenario.position""")

_TASKS = sql.SQL("""
    select due, outcome, position
    from {TaskRow}
    where due >= %(since)s and outcome is distinct from 'cancelled'
    order by due, position""")
