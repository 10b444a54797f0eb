"""What one may ask of a risk assessment and of the practice's risk matrix."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from events._base import Value
from events.risk_assessment import Area, Band, LinkKind, Stage, Strategy, Trigger
from write_side._decider import By, Command
from write_side._text import Day, Note, Text, Title
from write_side.risk_assessment.matrices import Template


class GivenLabel(Value):
    """A text in Norwegian (bokmål) and English."""

    no: Title
    en: Title


class GivenBandRule(Value):
    """What a band asks for, and how many days may pass between two reviews of a risk in it."""

    band: Band
    meaning: GivenLabel
    review_days: int = Field(ge=1, le=1_830)


class GivenMatrix(Value):
    """A matrix, cell by cell: one row a step of likelihood, in it one band a step of consequence, least first."""

    likelihood: tuple[GivenLabel, ...] = Field(min_length=2, max_length=10)
    consequence: tuple[GivenLabel, ...] = Field(min_length=2, max_length=10)
    cells: tuple[tuple[Band, ...], ...] = Field(min_length=2, max_length=10)
    bands: tuple[GivenBandRule, ...] = Field(min_length=1, max_length=5)
    acceptable_up_to: Band


class AdoptMatrix(Command):
    """Put a risk matrix in force, a template or one's own; scores given before are left as they are."""

    NAME: ClassVar[str] = "risk_matrix.adopt"
    template: Template | None = None
    matrix: GivenMatrix | None = None
    reason: Note

    @model_validator(mode="after")
    def _template_or_matrix(self) -> Self:
        if (self.template is None) == (self.matrix is None):
            raise PydanticCustomError("risk_matrix.template_or_matrix", "name a template, or give a matrix of your own")
        return self

    def subject_id(self, by: By) -> str:
        return by.practice


class StartAssessment(Command):
    """Start to assess an area of the practice."""

    NAME: ClassVar[str] = "risk_assessment.start"
    area: Area
    title: Title
    scope: Text
    """What is assessed, and what is left out."""
    trigger: Trigger = Trigger.SCHEDULED
    reason: Note
    responsible: UUID
    """Member who leads it."""
    replaces: UUID | None = None
    """The assessment of the same area that this one will follow."""

    def subject_id(self, by: By) -> str:
        return str(by.new_id())

    def references(self) -> Iterable[tuple[str, UUID]]:
        earlier = [("risk_assessment", self.replaces)] if self.replaces else []
        return [("member", self.responsible), *earlier]

    def reads(self, by: By) -> Mapping[str, str]:
        return {"risk_assessment": str(self.replaces)} if self.replaces else {}


class AssessmentCommand(Command):
    """A command to an assessment that was started before."""

    assessment_id: UUID

    def subject_id(self, by: By) -> str:
        return str(self.assessment_id)


class DescribeScenario(AssessmentCommand):
    """Describe something that could happen."""

    NAME: ClassVar[str] = "risk_assessment.describe_scenario"
    title: Title
    description: Text
    existing_controls: Text | None = None
    """What keeps it from happening, or from harming, today."""
    owner: UUID | None = None
    """Member who owns the risk."""

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.owner)] if self.owner else []


class ScenarioCommand(AssessmentCommand):
    """A command to a scenario of an assessment."""

    scenario_id: UUID


class CorrectScenario(ScenarioCommand):
    """Say better what a scenario is; the first words stay in the record."""

    NAME: ClassVar[str] = "risk_assessment.correct_scenario"
    title: Title
    description: Text
    existing_controls: Text | None = None
    owner: UUID | None = None
    reason: Note

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.owner)] if self.owner else []


class ScoreRisk(ScenarioCommand):
    """Score a scenario by the matrix in force."""

    NAME: ClassVar[str] = "risk_assessment.score"
    stage: Stage
    likelihood: int = Field(ge=1, le=10)
    """Step of the matrix, 1 = least likely."""
    consequence: int = Field(ge=1, le=10)
    """Step of the matrix, 1 = least serious."""
    knowledge: int = Field(ge=0, le=2)
    """Strength of the knowledge behind the score: 0 weak, 1 medium, 2 strong."""
    matrix_version: int | None = Field(default=None, ge=1)
    """Version of the matrix that was looked at; refused if another one is in force by now."""
    scored_on: Day
    reason: Note

    def reads(self, by: By) -> Mapping[str, str]:
        return {"risk_matrix": by.practice}


class PlanTreatment(ScenarioCommand):
    """Plan what to do about a risk, with an owner and a due date (§ 6 e)."""

    NAME: ClassVar[str] = "risk_assessment.plan_treatment"
    strategy: Strategy
    description: Note
    owner: UUID
    """Member who carries it out."""
    due: Day

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.owner)]


class TreatmentCommand(AssessmentCommand):
    """A command to a treatment of a risk."""

    treatment_id: UUID


class RescheduleTreatment(TreatmentCommand):
    """Move a treatment's due date; the first one stays in the record."""

    NAME: ClassVar[str] = "risk_assessment.reschedule_treatment"
    due: Day
    reason: Note


class CompleteTreatment(TreatmentCommand):
    """Record that a treatment is done."""

    NAME: ClassVar[str] = "risk_assessment.complete_treatment"
    done_on: Day
    note: Note | None = None


class CancelTreatment(TreatmentCommand):
    """Give up a treatment that is not done."""

    NAME: ClassVar[str] = "risk_assessment.cancel_treatment"
    reason: Note


class LinkTreatment(TreatmentCommand):
    """Link a treatment to the task that carries it out, or to a deviation."""

    NAME: ClassVar[str] = "risk_assessment.link_treatment"
    kind: LinkKind
    target: UUID

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [(self.kind, self.target)]


class AcceptRisk(ScenarioCommand):
    """Accept a risk as it stands; above the criterion with a named approver and a last day."""

    NAME: ClassVar[str] = "risk_assessment.accept_risk"
    reason: Note
    approver: UUID | None = None
    """Member who approves it."""
    until: Day | None = None
    """Last day on which the acceptance holds."""

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.approver)] if self.approver else []


class RevokeAcceptance(ScenarioCommand):
    """Take an acceptance back."""

    NAME: ClassVar[str] = "risk_assessment.revoke_acceptance"
    reason: Note


class ReviewAssessment(AssessmentCommand):
    """Record that risks were gone through again, and why; their next review dates count from that day."""

    NAME: ClassVar[str] = "risk_assessment.review"
    scenario_ids: tuple[UUID, ...] = Field(default=(), max_length=500)
    """The scenarios that were reviewed; every scored one if left out."""
    reviewed_on: Day
    trigger: Trigger = Trigger.SCHEDULED
    reason: Note

    def reads(self, by: By) -> Mapping[str, str]:
        return {"risk_matrix": by.practice}


class CompleteAssessment(AssessmentCommand):
    """Complete an assessment whose risks are scored, and treated or accepted where they need it."""

    NAME: ClassVar[str] = "risk_assessment.complete"
    conclusion: Note


class ReopenAssessment(AssessmentCommand):
    """Take up a completed assessment again."""

    NAME: ClassVar[str] = "risk_assessment.reopen"
    reason: Note


class LinkAssessment(AssessmentCommand):
    """Link an assessment, or one of its scenarios, to a deviation or a task."""

    NAME: ClassVar[str] = "risk_assessment.link"
    kind: LinkKind
    target: UUID
    scenario_id: UUID | None = None

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [(self.kind, self.target)]
