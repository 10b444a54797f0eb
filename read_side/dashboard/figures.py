"""What the dashboard says, as values. Every figure holds on the day of `View.time`, and depends on nothing but position and day.

Days are Norwegian ones; "the last 365 days" are those days and the day itself.
"""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from events.deviation import Category, HarmLevel, Status
from events.risk_assessment import Band, RiskMatrix


class AgeBucket(StrEnum):
    """Days since a deviation was reported, in whole days."""

    UP_TO_14 = "up_to_14"
    UP_TO_30 = "up_to_30"
    UP_TO_60 = "up_to_60"
    UP_TO_90 = "up_to_90"
    OVER_90 = "over_90"


AGE_LIMITS = (14, 30, 60, 90)
"""Last day of each bucket but the last. Sixty days is when a deviation should have been gone through (§ 8 e)."""

WINDOW_DAYS = 365
"""How far back medians and rates look."""

SOON_DAYS = 30
"""How long before its end an acceptance counts as expiring."""

MONTHS = 24
"""Length of the monthly series, the month of the instant included."""


@dataclass(frozen=True, slots=True)
class OpenGroup:
    """Open deviations of one category and age."""

    category: Category
    age: AgeBucket
    count: int


@dataclass(frozen=True, slots=True)
class CategoryCount:
    """Open deviations of one category."""

    category: Category
    count: int


@dataclass(frozen=True, slots=True)
class AgeCount:
    """Open deviations of one age."""

    age: AgeBucket
    count: int


@dataclass(frozen=True, slots=True)
class MedianDays:
    """A median of durations in days over the last 365 days; absent when there were none."""

    days: float | None
    count: int
    """How many durations it is the median of."""


@dataclass(frozen=True, slots=True)
class DeviationFigures:
    """How the practice's deviations stand. Many reports are a good sign: a fall may mean that fewer are caught."""

    open: int
    open_severe: int
    """Open with severe or fatal harm."""
    open_groups: tuple[OpenGroup, ...]
    """Every category with every age, zeros kept."""
    open_by_category: tuple[CategoryCount, ...]
    open_by_age: tuple[AgeCount, ...]
    reported: int
    """Reported in the last 365 days."""
    reporters: int
    """Different people who gave those reports, as far as the record knows them; anonymous reports count for none."""
    to_triage: MedianDays
    """From report to acknowledgement, of those acknowledged in the last 365 days."""
    to_close: MedianDays
    """From report to first closure, of those first closed in the last 365 days."""
    measures_open: int
    measures_late: int
    """Open with a due date that has passed."""
    awaiting_evaluation: int
    """Measures that are done and whose effect is not evaluated yet (§ 8 c)."""


@dataclass(frozen=True, slots=True)
class RiskCell:
    """A cell of the matrix in force, with the risks that stand in it."""

    likelihood: int
    """Step of the matrix, 1 = least likely."""
    consequence: int
    """Step of the matrix, 1 = least serious."""
    band: Band
    count: int


@dataclass(frozen=True, slots=True)
class RiskFigures:
    """How the practice's risks stand, by the score that holds now. None of them is scored again by a newer matrix."""

    matrix: RiskMatrix | None
    """The matrix in force; None before one is adopted."""
    matrix_version: int | None
    cells: tuple[RiskCell, ...]
    """Every cell of the matrix in force, with the risks that were scored by it; zeros kept."""
    scored_by_earlier_matrix: int
    """Risks whose score was given by an earlier matrix; they stand in no cell of this one."""
    scored: int
    above_criterion: int
    """Risks above the acceptance criterion of the matrix that they were scored by."""
    acceptances_expiring: int
    """Acceptances that end within 30 days."""
    acceptances_expired: int
    """Acceptances that have ended while the risk still stands."""
    reviews_overdue: int


@dataclass(frozen=True, slots=True)
class TaskFigures:
    """Tasks. Rates concern those due in the last 365 days, and are shares of `due`; cancelled tasks are left out."""

    open: int
    overdue: int
    """Open with a due date that has passed, however long ago."""
    due: int
    on_time: int
    late: int
    """Completed after their due date."""
    skipped: int
    """Left out, for a reason that stands in the record."""
    unfinished: int
    """Due in the last 365 days and still open."""
    on_time_rate: float | None
    """Of those due, between 0 and 1; absent when none were due. So are the other rates."""
    late_rate: float | None
    skipped_rate: float | None
    unfinished_rate: float | None


@dataclass(frozen=True, slots=True)
class MonthFigures:
    """One month of the series; a month without anything has zeros."""

    first_day: date
    reported: int
    closed: int
    """First closures."""
    median_days_to_close: float | None
    """From report to first closure, of those first closed in the month; absent when there were none."""
    tasks_due: int
    tasks_on_time: int


@dataclass(frozen=True, slots=True)
class Dashboard:
    """A practice at a glance."""

    deviations: DeviationFigures
    risks: RiskFigures
    tasks: TaskFigures
    months: tuple[MonthFigures, ...]
    """The last 24 months, oldest first; the last one is not over yet, unless the instant is its last."""
    first_recorded_on: date | None
    """Day of the first event of the record; the zeros of earlier months say nothing. Absent where nothing is recorded."""


@dataclass(frozen=True, slots=True)
class SevereDeviation:
    """An open deviation with severe or fatal harm."""

    deviation_id: UUID
    number: int
    title: str
    category: Category
    harm: HarmLevel
    status: Status
    days_open: int
    responsible: UUID | None


@dataclass(frozen=True, slots=True)
class LateMeasure:
    """A measure that should have been done."""

    measure_id: UUID
    deviation_id: UUID
    deviation_number: int
    description: str
    owner: UUID
    due: date
    days_late: int


@dataclass(frozen=True, slots=True)
class OverdueTask:
    """A task that should have been done."""

    task_id: UUID
    title: str
    function: str | None
    """The function that it is assigned to; None where it is assigned to members."""
    members: tuple[UUID, ...]
    due: date
    days_late: int


@dataclass(frozen=True, slots=True)
class HighRisk:
    """A risk above the acceptance criterion."""

    assessment_id: UUID
    scenario_id: UUID
    title: str
    band: Band
    owner: UUID | None
    accepted: bool
    accepted_until: date | None
    """Last day of the acceptance; None without one, and for one without end."""
    next_review: date | None


@dataclass(frozen=True, slots=True)
class Attention:
    """What somebody should look at first: the worst few of each kind."""

    severe_deviations: tuple[SevereDeviation, ...]
    late_measures: tuple[LateMeasure, ...]
    overdue_tasks: tuple[OverdueTask, ...]
    high_risks: tuple[HighRisk, ...]
