"""What one may ask of a deviation."""

from collections.abc import Iterable, Mapping
from typing import ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from events._base import Value
from events._function import Function
from events.deviation import (
    AffectedParty,
    Category,
    CauseCategory,
    CauseMethod,
    Effect,
    Forum,
    HarmLevel,
    Kind,
    LinkKind,
    MeasureKind,
    MeasureStrength,
    Precision,
    RejectReason,
    ReporterKind,
)
from write_side._decider import By, Command
from write_side._text import Day, Instant, Note, Text, Title


def _agree(kind: Kind, harm: HarmLevel) -> None:
    if (harm is not HarmLevel.NONE) != (kind is Kind.HARM_EVENT):
        raise PydanticCustomError("deviation.harm_contradicts_kind", "a harm event has a harm level above none; other kinds have none")


class GivenMoment(Value):
    """A moment and how well it is known."""

    at: Instant | None = None
    precision: Precision = Precision.EXACT

    @model_validator(mode="after")
    def _moment_and_precision_agree(self) -> Self:
        if (self.at is None) != (self.precision is Precision.UNKNOWN):
            raise PydanticCustomError("moment.precision", "give a moment, or leave it out and set precision to unknown")
        return self


class GivenPotential(Value):
    """What could have happened, in steps of the practice's risk matrix (1 = least).

    Steps that the matrix does not have are recorded all the same, and have no band: no report is lost for them.
    """

    consequence: int = Field(ge=1, le=10)
    likelihood: int = Field(ge=1, le=10)


class GivenCause(Value):
    """A cause; `because_of` names the cause it is explained by."""

    id: str = Field(pattern=r"^[a-z0-9_-]{1,40}$")
    category: CauseCategory
    text: Note
    because_of: str | None = None


class ReportDeviation(Command):
    """Report something that did not go as required; anyone in the practice may."""

    NAME: ClassVar[str] = "deviation.report"
    title: Title
    description: Text
    kind: Kind
    harm: HarmLevel = HarmLevel.NONE
    category: Category
    affected: tuple[AffectedParty, ...] = Field(default=(), max_length=4)
    """Recorded once each."""
    affected_count: int = Field(default=0, ge=0, le=100_000)
    occurred: GivenMoment
    detected: GivenMoment | None = None
    """When it was noticed; when it occurred, if left out."""
    reporter: ReporterKind = ReporterKind.NAMED
    place: Title | None = None
    process_step: Title | None = None
    potential: GivenPotential | None = None
    immediate_measures: tuple[Note, ...] = Field(default=(), max_length=20)
    """What was done at once (strakstiltak)."""

    @model_validator(mode="after")
    def _harm_and_kind_agree(self) -> Self:
        _agree(self.kind, self.harm)
        return self

    def subject_id(self, by: By) -> str:
        return str(by.new_id())

    def recorded_actor(self, by: By) -> str:
        if self.reporter is ReporterKind.ANONYMOUS:
            return "anonymous"
        if self.reporter is ReporterKind.PSEUDONYMOUS and by.pseudonym:
            return by.pseudonym
        return by.actor


class DeviationCommand(Command):
    """A command to a deviation that was reported before."""

    deviation_id: UUID

    def subject_id(self, by: By) -> str:
        return str(self.deviation_id)


class TakeImmediateMeasure(DeviationCommand):
    """Record something that was done at once."""

    NAME: ClassVar[str] = "deviation.take_immediate_measure"
    description: Note


class ProposeRouting(DeviationCommand):
    """Propose another function to take the deviation."""

    NAME: ClassVar[str] = "deviation.propose_routing"
    function: Function
    reason: Note


class AcceptRouting(DeviationCommand):
    """Take the deviation for the function it is proposed to."""

    NAME: ClassVar[str] = "deviation.accept_routing"
    responsible: UUID
    """Member who is responsible from now on: one who holds that function today."""

    def reads(self, by: By) -> Mapping[str, str]:
        return {"practice": by.practice}

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.responsible)]


class CorrectCategory(DeviationCommand):
    """Correct a wrong category; the proposal of who takes it follows."""

    NAME: ClassVar[str] = "deviation.correct_category"
    category: Category
    reason: Note


class ReassessHarm(DeviationCommand):
    """Record what is now known of kind and harm."""

    NAME: ClassVar[str] = "deviation.reassess_harm"
    kind: Kind
    harm: HarmLevel
    reason: Note

    @model_validator(mode="after")
    def _harm_and_kind_agree(self) -> Self:
        _agree(self.kind, self.harm)
        return self


class AnalyseCauses(DeviationCommand):
    """Record the causes as now understood."""

    NAME: ClassVar[str] = "deviation.analyse_causes"
    method: CauseMethod
    causes: tuple[GivenCause, ...] = Field(min_length=1, max_length=50)
    root_causes: tuple[str, ...] = Field(min_length=1, max_length=50)


class ReviewDeviation(DeviationCommand):
    """Record that it was gone through, in a meeting or by the responsible function (§ 8 e)."""

    NAME: ClassVar[str] = "deviation.review"
    reviewed_on: Day
    forum: Forum
    note: Note


class PlanMeasure(DeviationCommand):
    """Plan a measure with an owner and a due date."""

    NAME: ClassVar[str] = "deviation.plan_measure"
    kind: MeasureKind
    strength: MeasureStrength = MeasureStrength.MEDIUM
    description: Note
    owner: UUID
    """Member who carries it out."""
    due: Day

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.owner)]


class MeasureCommand(DeviationCommand):
    """A command to a measure of a deviation."""

    measure_id: UUID


class RescheduleMeasure(MeasureCommand):
    """Move a measure's due date; the first one stays in the record."""

    NAME: ClassVar[str] = "deviation.reschedule_measure"
    due: Day
    reason: Note


class CompleteMeasure(MeasureCommand):
    """Record that a measure is done."""

    NAME: ClassVar[str] = "deviation.complete_measure"
    done_on: Day
    note: Note | None = None


class CancelMeasure(MeasureCommand):
    """Give up a measure that is not done."""

    NAME: ClassVar[str] = "deviation.cancel_measure"
    reason: Note


class EvaluateMeasure(MeasureCommand):
    """Conclude whether a finished measure works as intended (§ 8 c)."""

    NAME: ClassVar[str] = "deviation.evaluate_measure"
    effect: Effect
    evaluated_on: Day
    note: Note


class AcceptIneffectiveness(MeasureCommand):
    """Leave a measure that did not work without a successor, for a reason."""

    NAME: ClassVar[str] = "deviation.accept_ineffectiveness"
    reason: Note


class CloseDeviation(DeviationCommand):
    """Close a deviation that is treated."""

    NAME: ClassVar[str] = "deviation.close"
    conclusion: Note
    lessons: Note | None = None


class RejectDeviation(DeviationCommand):
    """Leave a report untreated: a duplicate, or not a deviation."""

    NAME: ClassVar[str] = "deviation.reject"
    reason: RejectReason
    duplicate_of: UUID | None = None
    explanation: Note

    @model_validator(mode="after")
    def _duplicate_names_the_other(self) -> Self:
        if (self.duplicate_of is None) == (self.reason is RejectReason.DUPLICATE) or self.duplicate_of == self.deviation_id:
            raise PydanticCustomError("deviation.duplicate_of", "name the other deviation for a duplicate, and only for a duplicate")
        return self

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("deviation", self.duplicate_of)] if self.duplicate_of else []


class ReopenDeviation(DeviationCommand):
    """Take up a closed or rejected deviation again."""

    NAME: ClassVar[str] = "deviation.reopen"
    reason: Note


class LinkDeviation(DeviationCommand):
    """Link it to a risk assessment or a task."""

    NAME: ClassVar[str] = "deviation.link"
    kind: LinkKind
    target: UUID

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [(self.kind, self.target)]
