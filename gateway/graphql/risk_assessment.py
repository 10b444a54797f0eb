"""Risk assessments, the risk register and the risk matrix in GraphQL."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from events.risk_assessment import Area, Band, Stage
from gateway.graphql._activity import Event, timeline_of
from gateway.graphql._inputs import filled, filter_type
from gateway.graphql._links import ADeviation, AMember, ATask, deviations_of, member, tasks_of
from gateway.graphql._pages import After, Before, Connection, First, Last, Window
from gateway.graphql._root import PracticeRoot
from gateway.graphql._rows import RowType, row_type
from gateway.graphql._types import field, graphql_enum
from read_side import risk_assessment as queries
from read_side.risk_assessment import (
    AreaState,
    AssessmentFilter,
    HeatMap,
    RiskAssessmentRow,
    RiskFilter,
    RiskMatrixRow,
    RiskScenarioRow,
    RiskTreatmentRow,
    Score,
)
from write_side.risk_assessment import deciders

for _enum in (Area, Band, Stage):
    graphql_enum(_enum)

COMMANDS = tuple(command for decider in deciders for command in decider.commands)

_RiskFilter = Annotated[Any, strawberry.argument(graphql_type=filter_type(RiskFilter))]
_AssessmentFilter = Annotated[Any, strawberry.argument(graphql_type=filter_type(AssessmentFilter, "RiskAssessmentFilter"))]


@strawberry.type(name="RiskScore", description="A score, by the matrix that was in force when it was given.")
class RiskScore:
    """See `read_side.risk_assessment.Score`."""

    likelihood: int
    consequence: int
    knowledge: int = strawberry.field(description="Strength of the knowledge behind it: 0 weak, 1 medium, 2 strong.")
    band: Band
    acceptable: bool
    matrix_version: int
    scored_on: date
    scored_by: str | None
    reason: str | None

    @classmethod
    def of(cls, score: Score, *, personal: bool) -> "RiskScore":
        """The score as a reader may see it."""
        return cls(
            likelihood=score.likelihood,
            consequence=score.consequence,
            knowledge=score.knowledge,
            band=score.band,
            acceptable=score.acceptable,
            matrix_version=score.matrix_version,
            scored_on=score.scored_on,
            scored_by=score.scored_by if personal else None,
            reason=score.reason if personal else None,
        )


@row_type(RiskTreatmentRow, name="RiskTreatment", identity="treatment_id", omit=["subject"])
class Treatment(RowType):
    """A treatment of a risk."""

    row: strawberry.Private[RiskTreatmentRow]

    @field("Whether it was due before the day asked about, and is neither done nor cancelled.")
    def late(self) -> bool:
        return self.row.done_on is None and not self.row.cancelled and self.row.due < self.reader.view.today

    @field("Who carries it out.")
    async def owner_member(self) -> AMember | None:
        return await member(self.reader, self.row.owner)


@row_type(
    RiskScenarioRow,
    name="RiskScenario",
    identity="scenario_id",
    omit=["subject", "inherent_reason", "current_reason", "residual_reason"],
)
class Scenario(RowType):
    """A scenario and how its risk stands."""

    row: strawberry.Private[RiskScenarioRow]

    @field("The score with no controls.")
    def inherent(self) -> RiskScore | None:
        return self._score(Stage.INHERENT)

    @field("The score with the controls that work now.")
    def current(self) -> RiskScore | None:
        return self._score(Stage.CURRENT)

    @field("The score with those that treatment added.")
    def residual(self) -> RiskScore | None:
        return self._score(Stage.RESIDUAL)

    def _score(self, stage: Stage) -> RiskScore | None:
        found = self.row.score(stage)
        return RiskScore.of(found, personal=self.reader.personal) if found else None

    @field("Whether its next review lies before the day asked about.")
    def review_overdue(self) -> bool:
        return self.row.next_review is not None and self.row.next_review < self.reader.view.today

    @field("Who owns the risk.")
    async def owner_member(self) -> AMember | None:
        return await member(self.reader, self.row.owner)

    @field("What is done about it, by due date.")
    async def treatments(self) -> list[Treatment]:
        rows = await self.reader.load(queries.treatments_of, self.row.scenario_id)
        return [Treatment.of(self.reader, row) for row in rows]


@row_type(RiskAssessmentRow, name="RiskAssessment", identity="assessment_id", omit=["scenarios"])
class Assessment(RowType):
    """A risk assessment as it stands."""

    row: strawberry.Private[RiskAssessmentRow]

    @field("Who answers for it.")
    async def responsible_member(self) -> AMember | None:
        return await member(self.reader, self.row.responsible)

    @field("Deviations that it is linked to, or that are linked to it; the latest first.")
    async def deviations(self) -> list[ADeviation]:
        return await deviations_of(self.reader, self.row)

    @field("Tasks that it is linked to, or that are linked to it; the latest first.")
    async def tasks(self) -> list[ATask]:
        return await tasks_of(self.reader, self.row)

    @field("What happened to it, in order.")
    async def timeline(self, first: First = None, after: After = None, last: Last = None, before: Before = None) -> Connection[Event]:
        return await timeline_of(self.reader, self.row.subject, Window(first, after, last, before))

    @field("What could happen, by number.")
    async def scenarios(self) -> list[Scenario]:
        rows = await self.reader.load(queries.scenarios_of, self.row.assessment_id)
        return [Scenario.of(self.reader, row) for row in rows]


@row_type(RiskMatrixRow, name="RiskMatrix", omit=["subject"])
class Matrix(RowType):
    """A version of the practice's risk matrix."""

    row: strawberry.Private[RiskMatrixRow]

    @field("Labels, bands and criterion, as the record keeps them.")
    def matrix(self) -> JSON:
        return JSON(self.row.matrix)


@strawberry.type(name="RiskCell", description="A cell of a matrix, with how many risks stand in it.")
class Cell:
    """See `read_side.risk_assessment.Cell`."""

    likelihood: int
    consequence: int
    band: Band
    count: int


@strawberry.type(name="RiskHeatMap", description="A version of the matrix, with the practice's risks that were scored by it.")
class HeatMapType:
    """See `read_side.risk_assessment.HeatMap`."""

    matrix: Matrix
    cells: list[Cell]
    by_other_versions: int = strawberry.field(description="Risks scored by another version; they stand in no cell of this one.")
    not_scored: int


@strawberry.type(name="RiskArea", description="How far the assessment of an area has come.")
class AreaType:
    """See `read_side.risk_assessment.AreaState`."""

    area: Area
    completed: Assessment | None = strawberry.field(description="The latest completed one that is not replaced.")
    in_progress: Assessment | None = strawberry.field(description="The latest that is not completed.")


@strawberry.type
class PracticeRisks(PracticeRoot):
    """The risks of a practice."""

    @field("The risk register: the most serious risks first, then those whose review comes first.")
    async def risk_register(
        self,
        filter: _RiskFilter = None,  # noqa: A002 -- the argument's name in the schema
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Scenario]:
        view = self.reader.require("read.risks")
        wanted = filled(RiskFilter, filter)
        self.reader.require_to_name(wanted.owner)
        page = await queries.register(view, wanted, Window(first, after, last, before))
        return Connection[Scenario].of(page, lambda row: Scenario.of(self.reader, row))

    @field("Assessments, the latest started first.")
    async def risk_assessments(
        self,
        filter: _AssessmentFilter = None,  # noqa: A002 -- the argument's name in the schema
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Assessment]:
        view = self.reader.require("read.risks")
        page = await queries.assessments(view, filled(AssessmentFilter, filter), Window(first, after, last, before))
        return Connection[Assessment].of(page, lambda row: Assessment.of(self.reader, row))

    @field("One assessment, or null where the practice has none of this id.")
    async def risk_assessment(self, id: UUID) -> Assessment | None:  # noqa: A002 -- the argument's name in the schema
        row = await self.reader.require("read.risks").one(RiskAssessmentRow, assessment_id=id)
        return Assessment.of(self.reader, row) if row else None

    @field("Every area, the mandatory ones first, with its latest assessments.")
    async def risk_areas(self) -> list[AreaType]:
        return [self._area(state) for state in await queries.areas(self.reader.require("read.risks"))]

    @field("Every version of the risk matrix, the one in force last.")
    async def risk_matrices(self) -> list[Matrix]:
        return [Matrix.of(self.reader, row) for row in await queries.matrices(self.reader.require("read.risks"))]

    @field("The risks in the cells of a matrix, the one in force if no version is named; as they stand if no stage is.")
    async def risk_heat_map(self, version: int | None = None, stage: Stage | None = None) -> HeatMapType | None:
        found = await queries.heat_map(self.reader.require("read.risks"), version, stage)
        return self._heat_map(found) if found else None

    @field("Treatments that are open after their due date, the longest overdue first.")
    async def late_treatments(self) -> list[Treatment]:
        rows = await queries.late_treatments(self.reader.require("read.risks"))
        return [Treatment.of(self.reader, row) for row in rows]

    def _area(self, state: AreaState) -> AreaType:
        return AreaType(
            area=state.area,
            completed=Assessment.of(self.reader, state.completed) if state.completed else None,
            in_progress=Assessment.of(self.reader, state.in_progress) if state.in_progress else None,
        )

    def _heat_map(self, found: HeatMap) -> HeatMapType:
        cells = [Cell(likelihood=c.likelihood, consequence=c.consequence, band=c.band, count=c.count) for c in found.cells]
        return HeatMapType(
            matrix=Matrix.of(self.reader, found.matrix),
            cells=cells,
            by_other_versions=found.by_other_versions,
            not_scored=found.not_scored,
        )
