"""Risk assessments (risikovurderinger): scenarios scored by the practice's matrix, treated, accepted, reviewed."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from events._base import DomainEvent, Value
from events._personal import MemberId, Personal


class Area(StrEnum):
    """What is assessed. Two areas are mandatory; the others are assessed when something calls for it."""

    INFORMATION_SECURITY = "INFORMATION_SECURITY"
    ELECTRO_MEDICAL_EQUIPMENT = "ELECTRO_MEDICAL_EQUIPMENT"
    CLINICAL_CARE = "CLINICAL_CARE"
    MEDICATION = "MEDICATION"
    INFECTION_CONTROL = "INFECTION_CONTROL"
    HANDOVER = "HANDOVER"
    """Interaction inside the practice and with others (§ 6 e)."""
    HSE = "HSE"
    STAFFING = "STAFFING"
    OTHER = "OTHER"

    @property
    def mandatory(self) -> bool:
        """Must be assessed in every practice, year by year."""
        return self in (Area.INFORMATION_SECURITY, Area.ELECTRO_MEDICAL_EQUIPMENT)


class Trigger(StrEnum):
    """What called for an assessment or a review."""

    SCHEDULED = "scheduled"
    NEW_SYSTEM = "new_system"
    STAFF_CHANGE = "staff_change"
    SEVERE_DEVIATION = "severe_deviation"
    NEW_LAW = "new_law"
    SUPERVISION_FINDING = "supervision_finding"
    OTHER = "other"


class AssessmentStatus(StrEnum):
    """Where an assessment stands."""

    IN_PROGRESS = "in_progress"
    COMPLETED = "completed"


class Band(StrEnum):
    """How serious a risk is, from least to most; a matrix uses some or all of them."""

    INSIGNIFICANT = "insignificant"
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    VERY_HIGH = "very_high"

    @property
    def rank(self) -> int:
        """0 for the least serious."""
        return list(Band).index(self)


class Stage(StrEnum):
    """With which controls a risk is scored: none, those that work now, those that treatment added."""

    INHERENT = "inherent"
    CURRENT = "current"
    RESIDUAL = "residual"


class Strategy(StrEnum):
    """What a treatment does about a risk (ISO 31000)."""

    AVOID = "avoid"
    REDUCE_LIKELIHOOD = "reduce_likelihood"
    REDUCE_CONSEQUENCE = "reduce_consequence"
    SHARE = "share"
    RETAIN = "retain"


class RevocationCause(StrEnum):
    """Why an acceptance ended before its time."""

    DECIDED = "decided"
    RISK_ROSE = "risk_rose"
    """The risk was scored higher than what was accepted."""


class LinkKind(StrEnum):
    """What an assessment, a scenario or a treatment can be linked to."""

    DEVIATION = "deviation"
    TASK = "task"


class Label(Value):
    """A text in both languages of the product."""

    no: str
    en: str


class BandRule(Value):
    """What a matrix says of one band."""

    band: Band
    meaning: Label
    """What a risk in this band asks for."""
    review_days: int
    """Days from one look at such a risk to the next."""


class RiskMatrix(Value):
    """A practice's matrix: steps, the band of every cell, and what the bands ask for.

    The band of a cell is looked up, never multiplied: a rare death and a frequent scratch are different risks.
    """

    likelihood: tuple[Label, ...]
    """Steps of likelihood, step 1 (least likely) first."""
    consequence: tuple[Label, ...]
    """Steps of consequence, step 1 (least serious) first."""
    cells: tuple[tuple[Band, ...], ...]
    """One row a step of likelihood, in it one band a step of consequence."""
    bands: tuple[BandRule, ...]
    acceptable_up_to: Band
    """The acceptance criterion: the most serious band that may be retained without a named approver."""

    def band(self, likelihood: int, consequence: int) -> Band:
        """The band of a cell, steps counted from 1; IndexError outside the matrix."""
        return self.cells[likelihood - 1][consequence - 1]

    def acceptable(self, band: Band) -> bool:
        """Whether a risk of this band meets the acceptance criterion."""
        return band.rank <= self.acceptable_up_to.rank

    def review_days(self, band: Band) -> int:
        """Days to the next review of a risk in `band`.

        A band that this matrix does not use, left from an earlier one, is taken as the next more serious that it does.
        """
        rules = sorted(self.bands, key=lambda rule: rule.band.rank)
        return next((rule for rule in rules if rule.band.rank >= band.rank), rules[-1]).review_days


class Renewal(Value):
    """A scenario's next review date after a review."""

    scenario_id: UUID
    next_review: date


class RiskMatrixAdopted(DomainEvent):
    """The matrix in force from here on; scores given before keep the matrix that they were given with."""

    TYPE: ClassVar[str] = "risk_matrix.adopted.v1"
    version: int
    """1 for the practice's first matrix."""
    matrix: RiskMatrix
    reason: Personal[str]


class RiskAssessmentStarted(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.started.v1"
    area: Area
    title: Personal[str]
    scope: Personal[str]
    trigger: Trigger
    reason: Personal[str]
    responsible: MemberId
    replaces: UUID | None
    """The assessment of the same area that this one follows, once it is completed."""


class ScenarioDescribed(DomainEvent):
    """Something that could happen."""

    TYPE: ClassVar[str] = "risk_assessment.scenario_described.v1"
    scenario_id: UUID
    number: int
    """1, 2, 3 … within the assessment."""
    area: Area
    title: Personal[str]
    description: Personal[str]
    existing_controls: Personal[str] | None
    owner: MemberId | None


class ScenarioCorrected(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.scenario_corrected.v1"
    scenario_id: UUID
    title: Personal[str]
    description: Personal[str]
    existing_controls: Personal[str] | None
    owner: MemberId | None
    reason: Personal[str]


class RiskScored(DomainEvent):
    """A scenario's risk, by the matrix in force when it was scored; never scored again by a later one."""

    TYPE: ClassVar[str] = "risk_assessment.scored.v1"
    scenario_id: UUID
    stage: Stage
    likelihood: int
    consequence: int
    knowledge: int
    """Strength of the knowledge behind it: 0 weak, 1 medium, 2 strong."""
    matrix_version: int
    band: Band
    acceptable: bool
    """Whether the band meets that matrix's acceptance criterion."""
    previous_band: Band | None
    """The band in which the risk stood before; None for the scenario's first score."""
    scored_on: date
    next_review: date
    reason: Personal[str]


class TreatmentPlanned(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.treatment_planned.v1"
    treatment_id: UUID
    scenario_id: UUID
    strategy: Strategy
    description: Personal[str]
    owner: MemberId
    due: date


class TreatmentRescheduled(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.treatment_rescheduled.v1"
    treatment_id: UUID
    scenario_id: UUID
    due: date
    previous_due: date
    reason: Personal[str]


class TreatmentDone(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.treatment_done.v1"
    treatment_id: UUID
    scenario_id: UUID
    done_on: date
    note: Personal[str] | None


class TreatmentCancelled(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.treatment_cancelled.v1"
    treatment_id: UUID
    scenario_id: UUID
    reason: Personal[str]


class TreatmentLinked(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.treatment_linked.v1"
    treatment_id: UUID
    scenario_id: UUID
    kind: LinkKind
    target: UUID


class RiskAccepted(DomainEvent):
    """The risk is taken as it stands: who gave the command, who approved it, why, and until when."""

    TYPE: ClassVar[str] = "risk_assessment.risk_accepted.v1"
    scenario_id: UUID
    band: Band
    above_criterion: bool
    approver: MemberId | None
    reason: Personal[str]
    until: date | None
    """Last day on which the acceptance holds."""


class AcceptanceRevoked(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.acceptance_revoked.v1"
    scenario_id: UUID
    cause: RevocationCause
    reason: Personal[str]


class RiskAssessmentReviewed(DomainEvent):
    """Risks gone through again; their next review dates count from here."""

    TYPE: ClassVar[str] = "risk_assessment.reviewed.v1"
    reviewed_on: date
    trigger: Trigger
    reason: Personal[str]
    renewed: tuple[Renewal, ...]


class RiskAssessmentCompleted(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.completed.v1"
    conclusion: Personal[str]
    highest_band: Band
    replaces: UUID | None


class RiskAssessmentReopened(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.reopened.v1"
    reason: Personal[str]


class RiskAssessmentLinked(DomainEvent):
    TYPE: ClassVar[str] = "risk_assessment.linked.v1"
    kind: LinkKind
    target: UUID
    scenario_id: UUID | None
    """The scenario that it concerns; None for the assessment as a whole."""


def takes_over(stage: Stage, standing: Stage | None) -> bool:
    """Whether a new score of `stage` says how the risk stands, where the score of `standing` said so before.

    The latest current or residual score does; an inherent one only until there is one of these. The write side and
    the folds both ask here, so that they cannot disagree.
    """
    return stage is not Stage.INHERENT or standing in (None, Stage.INHERENT)
