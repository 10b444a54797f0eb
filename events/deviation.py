"""Deviations (avvik): reported, routed, treated, measured, evaluated, closed."""

from datetime import date, datetime
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from events._base import DomainEvent, Value
from events._function import Function
from events._personal import MadeUpId, MemberId, Personal


class Kind(StrEnum):
    """What sort of happening it was: the first of two axes."""

    UNSAFE_CONDITION = "unsafe_condition"
    NEAR_MISS = "near_miss"
    NO_HARM_EVENT = "no_harm_event"
    HARM_EVENT = "harm_event"
    GOOD_PRACTICE = "good_practice"


class HarmLevel(StrEnum):
    """How much harm followed, for the party most affected: the second axis."""

    NONE = "none"
    LOW = "low"
    MODERATE = "moderate"
    SEVERE = "severe"
    FATAL = "fatal"


class Category(StrEnum):
    """What it concerns; decides which function the report is proposed to."""

    CLINICAL = "CLINICAL"
    ADMINISTRATIVE = "ADMINISTRATIVE"
    ICT = "ICT"
    HSE = "HSE"
    EQUIPMENT = "EQUIPMENT"
    COMPLAINT = "COMPLAINT"


class Status(StrEnum):
    """Where in its treatment a deviation stands."""

    REPORTED = "reported"
    ACKNOWLEDGED = "acknowledged"
    UNDER_TREATMENT = "under_treatment"
    MEASURES_OPEN = "measures_open"
    AWAITING_EFFECT_EVALUATION = "awaiting_effect_evaluation"
    CLOSED = "closed"
    REJECTED = "rejected"
    REOPENED = "reopened"


class Precision(StrEnum):
    """How well a moment is known."""

    EXACT = "exact"
    APPROXIMATE = "approximate"
    UNKNOWN = "unknown"


class AffectedParty(StrEnum):
    """Whom or what it touched."""

    PATIENT = "patient"
    EMPLOYEE = "employee"
    PRACTICE = "practice"
    DATA = "data"


class ReporterKind(StrEnum):
    """How much of the reporter the record keeps."""

    NAMED = "named"
    PSEUDONYMOUS = "pseudonymous"
    ANONYMOUS = "anonymous"


class MeasureKind(StrEnum):
    """What a measure is for."""

    CORRECTIVE = "corrective"
    PREVENTIVE = "preventive"
    IMPROVEMENT = "improvement"


class MeasureStrength(StrEnum):
    """How hard a measure is to get round: a forcing function is strong, a checklist medium, a reminder weak."""

    STRONG = "strong"
    MEDIUM = "medium"
    WEAK = "weak"


class Effect(StrEnum):
    """What the evaluation of a measure concluded (§ 8 c)."""

    EFFECTIVE = "effective"
    PARTLY = "partly"
    NOT_EFFECTIVE = "not_effective"
    NOT_EVALUABLE = "not_evaluable"


class CauseMethod(StrEnum):
    """How causes were looked for."""

    FIVE_WHYS = "five_whys"
    FISHBONE = "fishbone"
    TIMELINE = "timeline"
    BARRIER = "barrier"


class CauseCategory(StrEnum):
    """Where a cause lies (the bones of the fishbone)."""

    PEOPLE = "people"
    METHOD = "method"
    EQUIPMENT = "equipment"
    MATERIAL = "material"
    ENVIRONMENT = "environment"
    ORGANISATION = "organisation"


class Forum(StrEnum):
    """Where a deviation was reviewed."""

    PRACTICE_MEETING = "practice_meeting"
    RESPONSIBLE_FUNCTION = "responsible_function"


class RejectReason(StrEnum):
    """Why a report is not treated."""

    DUPLICATE = "duplicate"
    NOT_DEVIATION = "not_deviation"


class LinkKind(StrEnum):
    """What a deviation can be linked to."""

    RISK_ASSESSMENT = "risk_assessment"
    TASK = "task"


class Moment(Value):
    """A moment and how well it is known; `at` is absent exactly when the precision is unknown."""

    at: datetime | None
    precision: Precision


class Reporter(Value):
    """Who reported: a member, a pseudonym that only its bearer recognises, or nobody."""

    kind: ReporterKind
    member_id: MemberId | None = None
    pseudonym: str | None = None


class Potential(Value):
    """What could have happened: steps of the practice's risk matrix, 1 = least."""

    consequence: int
    likelihood: int


class Cause(Value):
    """A node of a cause analysis; `because_of` names the node that it explains."""

    id: MadeUpId
    category: CauseCategory
    text: Personal[str]
    because_of: MadeUpId | None = None


class DeviationReported(DomainEvent):
    TYPE: ClassVar[str] = "deviation.reported.v1"
    title: Personal[str]
    description: Personal[str]
    kind: Kind
    harm: HarmLevel
    category: Category
    affected: tuple[AffectedParty, ...]
    affected_count: int
    occurred: Moment
    detected: Moment
    reporter: Reporter
    place: Personal[str] | None
    process_step: Personal[str] | None
    potential: Potential | None


class ImmediateMeasureTaken(DomainEvent):
    TYPE: ClassVar[str] = "deviation.immediate_measure_taken.v1"
    description: Personal[str]


class RoutingProposed(DomainEvent):
    """The report is proposed to a function; it is theirs when they accept."""

    TYPE: ClassVar[str] = "deviation.routing_proposed.v1"
    function: Function
    reason: Personal[str] | None


class RoutingAccepted(DomainEvent):
    """The function's holder takes the deviation; from here it counts as triaged."""

    TYPE: ClassVar[str] = "deviation.routing_accepted.v1"
    function: Function
    responsible: MemberId


class CategoryCorrected(DomainEvent):
    TYPE: ClassVar[str] = "deviation.category_corrected.v1"
    category: Category
    previous: Category
    reason: Personal[str]


class HarmReassessed(DomainEvent):
    TYPE: ClassVar[str] = "deviation.harm_reassessed.v1"
    kind: Kind
    harm: HarmLevel
    reason: Personal[str]


class CausesAnalysed(DomainEvent):
    """The causes as now understood; a later analysis replaces the picture, not the record."""

    TYPE: ClassVar[str] = "deviation.causes_analysed.v1"
    method: CauseMethod
    causes: tuple[Cause, ...]
    root_causes: tuple[MadeUpId, ...]


class DeviationReviewed(DomainEvent):
    """Gone through so that similar ones are prevented (§ 8 e)."""

    TYPE: ClassVar[str] = "deviation.reviewed.v1"
    reviewed_on: date
    forum: Forum
    note: Personal[str]


class MeasurePlanned(DomainEvent):
    TYPE: ClassVar[str] = "deviation.measure_planned.v1"
    measure_id: UUID
    kind: MeasureKind
    strength: MeasureStrength
    description: Personal[str]
    owner: MemberId
    due: date


class MeasureRescheduled(DomainEvent):
    TYPE: ClassVar[str] = "deviation.measure_rescheduled.v1"
    measure_id: UUID
    due: date
    previous_due: date
    reason: Personal[str]


class MeasureDone(DomainEvent):
    TYPE: ClassVar[str] = "deviation.measure_done.v1"
    measure_id: UUID
    done_on: date
    note: Personal[str] | None


class MeasureCancelled(DomainEvent):
    TYPE: ClassVar[str] = "deviation.measure_cancelled.v1"
    measure_id: UUID
    reason: Personal[str]


class MeasureEvaluated(DomainEvent):
    """Did the measure work as intended (§ 8 c)?"""

    TYPE: ClassVar[str] = "deviation.measure_evaluated.v1"
    measure_id: UUID
    effect: Effect
    previous: Effect | None
    """The conclusion that this one follows, if there was one."""
    evaluated_on: date
    note: Personal[str]


class IneffectivenessAccepted(DomainEvent):
    """A measure that did not work is left without a successor, for a reason."""

    TYPE: ClassVar[str] = "deviation.ineffectiveness_accepted.v1"
    measure_id: UUID
    reason: Personal[str]


class DeviationClosed(DomainEvent):
    TYPE: ClassVar[str] = "deviation.closed.v1"
    conclusion: Personal[str]
    lessons: Personal[str] | None


class DeviationRejected(DomainEvent):
    TYPE: ClassVar[str] = "deviation.rejected.v1"
    reason: RejectReason
    duplicate_of: UUID | None
    explanation: Personal[str]


class DeviationReopened(DomainEvent):
    TYPE: ClassVar[str] = "deviation.reopened.v1"
    reason: Personal[str]


class DeviationLinked(DomainEvent):
    TYPE: ClassVar[str] = "deviation.linked.v1"
    kind: LinkKind
    target: UUID


def treatment_status(*, triaged: bool, treated: bool, open_measures: int, unevaluated_measures: int) -> Status:
    """Where an open deviation stands, from what has been done about it.

    The write side and the folds both ask here, so that they cannot disagree.
    """
    if open_measures:
        return Status.MEASURES_OPEN
    if unevaluated_measures:
        return Status.AWAITING_EFFECT_EVALUATION
    if treated:
        return Status.UNDER_TREATMENT
    return Status.ACKNOWLEDGED if triaged else Status.REPORTED
