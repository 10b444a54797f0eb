"""Risk assessments, their scenarios, treatments and matrices, as rows; and the questions about them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from psycopg import sql

from events._personal import Personal
from events.risk_assessment import Area, AssessmentStatus, Band, LinkKind, RevocationCause, RiskMatrix, Stage, Strategy, Trigger
from read_side._as_of import Query, View
from read_side._links import rows_linked_to
from read_side._page import By, Page, Window, page
from read_side._tables import table


@dataclass(frozen=True, slots=True)
class Score:
    """One of a scenario's three scores, by the matrix that was in force when it was given."""

    likelihood: int
    consequence: int
    knowledge: int
    """Strength of the knowledge behind it: 0 weak, 1 medium, 2 strong."""
    band: Band
    acceptable: bool
    matrix_version: int
    scored_on: date
    scored_by: Personal[str]
    reason: Personal[str | None]


@table("risk_assessment", key=("assessment_id",), subject_id="assessment_id", indexes=(("area",),))
@dataclass(frozen=True, slots=True)
class RiskAssessmentRow:
    """A risk assessment as it stands."""

    assessment_id: UUID
    subject: str
    version: int
    number: int
    area: Area
    title: Personal[str]
    scope: Personal[str]
    trigger: Trigger
    reason: Personal[str]
    responsible: Personal[UUID]
    started_at: datetime
    started_by: Personal[str]
    replaces: UUID | None
    replaced_by: UUID | None
    """The completed assessment of the same area that took its place; its risks no longer count as the practice's."""
    status: AssessmentStatus
    conclusion: Personal[str | None]
    highest_band: Band | None
    """The most serious band among its risks when it was last completed."""
    completed_at: datetime | None
    first_completed_at: datetime | None
    reopened_count: int
    last_reviewed_on: date | None
    review_trigger: Trigger | None
    review_reason: Personal[str | None]
    scenarios: int
    scored_scenarios: int
    open_treatments: int
    linked_deviations: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]


@table("risk_scenario", key=("scenario_id",), subject_id="assessment_id", indexes=(("next_review",),))
@dataclass(frozen=True, slots=True)
class RiskScenarioRow:
    """A scenario and how its risk stands; whether a review is overdue or an acceptance over is asked at an instant."""

    scenario_id: UUID
    assessment_id: UUID
    subject: str
    number: int
    """1, 2, 3 … within the assessment."""
    area: Area
    title: Personal[str]
    description: Personal[str]
    existing_controls: Personal[str | None]
    owner: Personal[UUID | None]
    described_at: datetime
    inherent: Personal[dict[str, Any] | None]
    """A `Score` as JSON, which names who gave it; so do the two below."""
    current: Personal[dict[str, Any] | None]
    residual: Personal[dict[str, Any] | None]
    inherent_reason: Personal[str | None]
    current_reason: Personal[str | None]
    residual_reason: Personal[str | None]
    standing: Stage | None
    """Which of the three scores says how the risk stands; the fields down to `scored_by` repeat that one."""
    likelihood: int | None
    consequence: int | None
    knowledge: int | None
    band: Band | None
    acceptable: bool | None
    """Whether the band meets the criterion of the matrix that it was scored by."""
    matrix_version: int | None
    scored_on: date | None
    scored_by: Personal[str | None]
    next_review: date | None
    last_reviewed_on: date | None
    review_reason: Personal[str | None]
    accepted_at: datetime | None
    accepted_by: Personal[str | None]
    approver: Personal[UUID | None]
    accept_reason: Personal[str | None]
    accepted_until: date | None
    """Last day of the acceptance; None while `accepted_at` is set means without end."""
    accepted_band: Band | None
    revoked_at: datetime | None
    """When the last acceptance was taken back; None while one stands or where there was none."""
    revocation_cause: RevocationCause | None
    revocation_reason: Personal[str | None]
    open_treatments: int
    done_treatments: int
    linked_deviations: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]

    def score(self, stage: Stage) -> Score | None:
        """The score of a stage, if there is one."""
        stored: dict[str, Any] | None = getattr(self, stage)
        if stored is None:
            return None
        typed = {"band": Band(stored["band"]), "scored_on": date.fromisoformat(stored["scored_on"])}
        return Score(**{**stored, **typed, "reason": getattr(self, f"{stage}_reason")})


@table("risk_treatment", key=("treatment_id",), subject_id="assessment_id", indexes=(("scenario_id",), ("due",)))
@dataclass(frozen=True, slots=True)
class RiskTreatmentRow:
    """A treatment of a risk; whether it is late is asked at an instant, not stored."""

    treatment_id: UUID
    scenario_id: UUID
    assessment_id: UUID
    subject: str
    strategy: Strategy
    description: Personal[str]
    owner: Personal[UUID]
    due: date
    first_due: date
    planned_at: datetime
    done_on: date | None
    done_note: Personal[str | None]
    cancelled: bool
    cancel_reason: Personal[str | None]
    linked_deviations: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]


@table("risk_matrix", key=("version",), history=False)
@dataclass(frozen=True, slots=True)
class RiskMatrixRow:
    """A version of the practice's matrix; the highest version is in force, the others explain earlier scores."""

    version: int
    subject: str
    matrix: dict[str, Any]
    """A `RiskMatrix` as JSON."""
    reason: Personal[str]
    adopted_at: datetime
    adopted_by: Personal[str]

    @property
    def content(self) -> RiskMatrix:
        """The matrix itself."""
        return RiskMatrix.model_validate(self.matrix)


@dataclass(frozen=True, slots=True)
class RiskFilter:
    """Which risks of the register are wanted; a field left out does not narrow it."""

    areas: tuple[Area, ...] = ()
    bands: tuple[Band, ...] = ()
    above_criterion: bool | None = None
    """By the criterion of the matrix that the risk was scored by."""
    review_overdue: bool | None = None
    """The next review lies before the day asked about."""
    acceptance_ends_within: int | None = None
    """Days from the day asked about; acceptances that have ended already are among them."""
    assessment_id: UUID | None = None
    owner: UUID | None = None
    replaced: bool = False
    """Also the risks of assessments that a later one has replaced."""


@dataclass(frozen=True, slots=True)
class AssessmentFilter:
    """Which assessments are wanted; a field left out does not narrow it."""

    areas: tuple[Area, ...] = ()
    status: AssessmentStatus | None = None
    replaced: bool = True
    """Also those that a later one has replaced."""


@dataclass(frozen=True, slots=True)
class WholeAssessment:
    """An assessment with all that belongs to it."""

    assessment: RiskAssessmentRow
    scenarios: list[RiskScenarioRow]
    treatments: list[RiskTreatmentRow]

    @property
    def next_review(self) -> date | None:
        """The earliest next review among its risks."""
        return min((row.next_review for row in self.scenarios if row.next_review), default=None)


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a matrix, with how many risks stand in it."""

    likelihood: int
    consequence: int
    band: Band
    count: int


@dataclass(frozen=True, slots=True)
class HeatMap:
    """A version of the matrix, with the practice's risks that were scored by it."""

    matrix: RiskMatrixRow
    cells: list[Cell]
    """Every cell, by likelihood and then consequence."""
    by_other_versions: int
    """Risks scored by another version; they stand in no cell of this one and are not scored again."""
    not_scored: int


@dataclass(frozen=True, slots=True)
class AreaState:
    """How far the assessment of an area has come."""

    area: Area
    completed: RiskAssessmentRow | None
    """The latest completed one that is not replaced."""
    in_progress: RiskAssessmentRow | None
    """The latest that is not completed."""


_SERIOUSNESS = sql.SQL("array_position({}::text[], band)").format(sql.Literal([band.value for band in Band]))


async def register(view: View, wanted: RiskFilter | None = None, window: Window | None = None) -> Page[RiskScenarioRow]:
    """The risk register: the most serious risks first, then those whose review comes first. Raises InvalidPage."""
    where, params = _risks_where(view, wanted or RiskFilter())
    order = [By("seriousness", descending=True, expression=_SERIOUSNESS, type="bigint"), By("next_review")]
    return await page(view, RiskScenarioRow, window or Window(), by=order, where=where, params=params)


def _risks_where(view: View, wanted: RiskFilter) -> tuple[Query, dict[str, Any]]:
    conditions: list[tuple[object, Query]] = [
        (wanted.areas, sql.SQL("area = any(%(areas)s)")),
        (wanted.bands, sql.SQL("band = any(%(bands)s)")),
        (wanted.above_criterion is not None, sql.SQL("acceptable <> %(above)s")),
        (wanted.review_overdue is not None, sql.SQL("(next_review < %(today)s) = %(overdue)s")),
        (wanted.acceptance_ends_within is not None, sql.SQL("accepted_until <= %(ends_by)s")),
        (wanted.assessment_id, sql.SQL("assessment_id = %(assessment_id)s")),
        (wanted.owner, sql.SQL("owner = %(owner)s")),
        (not wanted.replaced, _of_standing_assessments(view)),
    ]
    return _all_of(conditions), {
        "areas": list(wanted.areas),
        "bands": list(wanted.bands),
        "above": wanted.above_criterion,
        "overdue": wanted.review_overdue,
        "ends_by": view.today + timedelta(days=max(-_FARTHEST_DAYS, min(wanted.acceptance_ends_within or 0, _FARTHEST_DAYS))),
        "assessment_id": wanted.assessment_id,
        "owner": wanted.owner,
        "today": view.today,
    }


_FARTHEST_DAYS = 36_525


def _of_standing_assessments(view: View) -> Query:
    return sql.SQL("assessment_id in (select assessment_id from {} where replaced_by is null)").format(view.source(RiskAssessmentRow))


def _all_of(conditions: list[tuple[object, Query]]) -> Query:
    """Those that were asked for, joined by AND."""
    return sql.SQL(" and ").join([sql.SQL("true"), *(condition for asked, condition in conditions if asked)])


async def assessments(view: View, wanted: AssessmentFilter | None = None, window: Window | None = None) -> Page[RiskAssessmentRow]:
    """Assessments, the latest started first. Raises InvalidPage."""
    wanted = wanted or AssessmentFilter()
    where = _all_of(
        [
            (wanted.areas, sql.SQL("area = any(%(areas)s)")),
            (wanted.status, sql.SQL("status = %(status)s")),
            (not wanted.replaced, sql.SQL("replaced_by is null")),
        ]
    )
    params = {"areas": list(wanted.areas), "status": wanted.status}
    return await page(view, RiskAssessmentRow, window or Window(), by=[By("number", descending=True)], where=where, params=params)


async def assessment(view: View, assessment_id: UUID) -> WholeAssessment | None:
    """One assessment with its scenarios by number and its treatments by due date."""
    found = await view.one(RiskAssessmentRow, assessment_id=assessment_id)
    if found is None:
        return None
    belongs = sql.SQL("select * from {} where assessment_id = %(assessment_id)s order by {}")
    key = {"assessment_id": assessment_id}
    scenarios = belongs.format(view.source(RiskScenarioRow), sql.Identifier("number"))
    treatments = belongs.format(view.source(RiskTreatmentRow), sql.SQL("due, treatment_id"))
    return WholeAssessment(found, await view.fetch(RiskScenarioRow, scenarios, key), await view.fetch(RiskTreatmentRow, treatments, key))


async def scenarios_of(view: View, assessment_ids: Sequence[UUID]) -> list[list[RiskScenarioRow]]:
    """The scenarios of each assessment by number, in the order of the ids."""
    query = sql.SQL("select * from {} where assessment_id = any(%(ids)s) order by number").format(view.source(RiskScenarioRow))
    rows = await view.fetch(RiskScenarioRow, query, {"ids": list(assessment_ids)})
    return [[row for row in rows if row.assessment_id == id_] for id_ in assessment_ids]


async def treatments_of(view: View, scenario_ids: Sequence[UUID]) -> list[list[RiskTreatmentRow]]:
    """The treatments of each scenario by due date, in the order of the ids."""
    query = sql.SQL("select * from {} where scenario_id = any(%(ids)s) order by due, treatment_id").format(view.source(RiskTreatmentRow))
    rows = await view.fetch(RiskTreatmentRow, query, {"ids": list(scenario_ids)})
    return [[row for row in rows if row.scenario_id == id_] for id_ in scenario_ids]


async def linked_to(view: View, kind: LinkKind, targets: Sequence[UUID]) -> list[list[RiskAssessmentRow]]:
    """The assessments linked to each deviation, or to each task, as a whole or by a scenario; the latest first."""
    return await rows_linked_to(view, RiskAssessmentRow, "linked_tasks" if kind is LinkKind.TASK else "linked_deviations", targets)


async def areas(view: View) -> list[AreaState]:
    """Every area, the mandatory ones first, with its latest assessments."""
    query = sql.SQL("select * from {} where replaced_by is null order by coalesce(completed_at, started_at), number")
    rows = await view.fetch(RiskAssessmentRow, query.format(view.source(RiskAssessmentRow)))
    completed = {row.area: row for row in rows if row.completed_at}
    in_progress = {row.area: row for row in rows if not row.completed_at}
    return [AreaState(area, completed.get(area), in_progress.get(area)) for area in Area]


async def matrices(view: View) -> list[RiskMatrixRow]:
    """Every version of the matrix, the one in force last."""
    return await view.all(RiskMatrixRow)


async def heat_map(view: View, version: int | None = None, stage: Stage | None = None) -> HeatMap | None:
    """The practice's risks in the cells of a matrix, the one in force if no version is named; None where there is none.

    Without a stage each risk is shown as it stands; with one, those that have a score of that stage.
    """
    found = [row for row in await matrices(view) if version in (None, row.version)]
    if not found:
        return None
    matrix = found[-1]
    counts: Counter[tuple[int | None, int | None, int | None]] = Counter()
    for row in await view.fetch_dicts(_cell_counts(view, stage)):
        counts[row["matrix_version"], row["likelihood"], row["consequence"]] = row["count"]
    cells = [
        Cell(x, y, band, counts[matrix.version, x, y])
        for x, bands in enumerate(matrix.content.cells, start=1)
        for y, band in enumerate(bands, start=1)
    ]
    not_scored = counts[None, None, None]
    return HeatMap(matrix, cells, counts.total() - not_scored - sum(cell.count for cell in cells), not_scored)


def _cell_counts(view: View, stage: Stage | None) -> Query:
    counted = sql.SQL("select {}, {}, {}, count(*) as count from {} where {} group by 1, 2, 3")
    columns = [_step_of(stage, name) for name in ("matrix_version", "likelihood", "consequence")]
    return counted.format(*columns, view.source(RiskScenarioRow), _of_standing_assessments(view))


def _step_of(stage: Stage | None, name: str) -> Query:
    column = sql.Identifier(name)
    if stage is None:
        return sql.SQL("{}").format(column)
    return sql.SQL("({} ->> {})::bigint as {}").format(sql.Identifier(stage), sql.Literal(name), column)


async def late_treatments(view: View) -> list[RiskTreatmentRow]:
    """Treatments that are open with a due date before the day asked about, the longest overdue first.

    Also those of assessments that were replaced since: what was promised is owed until it is done or cancelled.
    """
    query = sql.SQL("select * from {} where done_on is null and not cancelled and due < %(today)s order by due, treatment_id")
    return await view.fetch(RiskTreatmentRow, query.format(view.source(RiskTreatmentRow)), {"today": view.today})
