"""Folds of risk assessments, scenarios, treatments and the risk matrix."""

from collections.abc import Iterable
from typing import Any

from events import risk_assessment as facts
from events._base import DomainEvent, Envelope
from events.risk_assessment import AssessmentStatus, LinkKind, takes_over
from projections._model import Key, ReadModel, by_field, replace
from read_side.risk_assessment import RiskAssessmentRow, RiskMatrixRow, RiskScenarioRow, RiskTreatmentRow

assessment: ReadModel[RiskAssessmentRow] = ReadModel(RiskAssessmentRow)
scenario: ReadModel[RiskScenarioRow] = ReadModel(RiskScenarioRow, by_field("scenario_id"))
treatment: ReadModel[RiskTreatmentRow] = ReadModel(RiskTreatmentRow, by_field("treatment_id"))
matrix: ReadModel[RiskMatrixRow] = ReadModel(RiskMatrixRow, by_field("version"))

_SCORE_FIELDS = {"likelihood", "consequence", "knowledge", "band", "acceptable", "matrix_version", "scored_on"}


def _step(row: RiskAssessmentRow, envelope: Envelope, **changes: Any) -> RiskAssessmentRow:
    """The row after one more event of its own."""
    return replace(row, version=envelope.version, **changes)


@assessment.on(facts.RiskAssessmentStarted)
def started(_row: None, event: facts.RiskAssessmentStarted, envelope: Envelope) -> RiskAssessmentRow:
    return RiskAssessmentRow(
        assessment_id=envelope.subject_id,
        subject=envelope.subject,
        version=envelope.version,
        number=envelope.position,
        area=event.area,
        title=event.title,
        scope=event.scope,
        trigger=event.trigger,
        reason=event.reason,
        responsible=event.responsible,
        started_at=envelope.time,
        started_by=envelope.actor,
        replaces=event.replaces,
        replaced_by=None,
        status=AssessmentStatus.IN_PROGRESS,
        conclusion=None,
        highest_band=None,
        completed_at=None,
        first_completed_at=None,
        reopened_count=0,
        last_reviewed_on=None,
        review_trigger=None,
        review_reason=None,
        scenarios=0,
        scored_scenarios=0,
        open_treatments=0,
        linked_deviations=(),
        linked_tasks=(),
    )


@assessment.on(facts.ScenarioDescribed)
def scenario_described(row: RiskAssessmentRow, _event: facts.ScenarioDescribed, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, scenarios=row.scenarios + 1)


@assessment.on(facts.RiskScored)
def risk_scored(row: RiskAssessmentRow, event: facts.RiskScored, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, scored_scenarios=row.scored_scenarios + (event.previous_band is None))


@assessment.on(facts.TreatmentPlanned)
def treatment_planned(row: RiskAssessmentRow, _event: facts.TreatmentPlanned, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, open_treatments=row.open_treatments + 1)


@assessment.on(facts.TreatmentDone, facts.TreatmentCancelled)
def treatment_ended(row: RiskAssessmentRow, _event: DomainEvent, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, open_treatments=row.open_treatments - 1)


@assessment.on(facts.ScenarioCorrected, facts.TreatmentRescheduled, facts.TreatmentLinked, facts.RiskAccepted, facts.AcceptanceRevoked)
def part_changed(row: RiskAssessmentRow, _event: DomainEvent, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope)


@assessment.on(facts.RiskAssessmentReviewed)
def reviewed(row: RiskAssessmentRow, event: facts.RiskAssessmentReviewed, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, last_reviewed_on=event.reviewed_on, review_trigger=event.trigger, review_reason=event.reason)


def _completed_and_replaced(event: facts.RiskAssessmentCompleted, envelope: Envelope) -> Iterable[Key]:
    return [(envelope.subject_id,), *([(event.replaces,)] if event.replaces else [])]


@assessment.on(facts.RiskAssessmentCompleted, keys=_completed_and_replaced)
def completed(row: RiskAssessmentRow, event: facts.RiskAssessmentCompleted, envelope: Envelope) -> RiskAssessmentRow:
    if row.assessment_id != envelope.subject_id:
        return replace(row, replaced_by=envelope.subject_id)
    return _step(
        row,
        envelope,
        status=AssessmentStatus.COMPLETED,
        conclusion=event.conclusion,
        highest_band=event.highest_band,
        completed_at=envelope.time,
        first_completed_at=row.first_completed_at or envelope.time,
    )


@assessment.on(facts.RiskAssessmentReopened)
def reopened(row: RiskAssessmentRow, _event: facts.RiskAssessmentReopened, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, status=AssessmentStatus.IN_PROGRESS, completed_at=None, reopened_count=row.reopened_count + 1)


@assessment.on(facts.RiskAssessmentLinked)
def linked(row: RiskAssessmentRow, event: facts.RiskAssessmentLinked, envelope: Envelope) -> RiskAssessmentRow:
    return _step(row, envelope, **_with_link(row, event))


def _with_link(
    row: RiskAssessmentRow | RiskScenarioRow | RiskTreatmentRow, event: facts.RiskAssessmentLinked | facts.TreatmentLinked
) -> dict[str, Any]:
    name = "linked_tasks" if event.kind is LinkKind.TASK else "linked_deviations"
    linked = getattr(row, name)
    return {name: linked if event.target in linked else (*linked, event.target)}


@scenario.on(facts.ScenarioDescribed)
def described(_row: None, event: facts.ScenarioDescribed, envelope: Envelope) -> RiskScenarioRow:
    return RiskScenarioRow(
        scenario_id=event.scenario_id,
        assessment_id=envelope.subject_id,
        subject=envelope.subject,
        number=event.number,
        area=event.area,
        title=event.title,
        description=event.description,
        existing_controls=event.existing_controls,
        owner=event.owner,
        described_at=envelope.time,
        inherent=None,
        current=None,
        residual=None,
        inherent_reason=None,
        current_reason=None,
        residual_reason=None,
        standing=None,
        likelihood=None,
        consequence=None,
        knowledge=None,
        band=None,
        acceptable=None,
        matrix_version=None,
        scored_on=None,
        scored_by=None,
        next_review=None,
        last_reviewed_on=None,
        review_reason=None,
        accepted_at=None,
        accepted_by=None,
        approver=None,
        accept_reason=None,
        accepted_until=None,
        accepted_band=None,
        revoked_at=None,
        revocation_cause=None,
        revocation_reason=None,
        open_treatments=0,
        done_treatments=0,
        linked_deviations=(),
        linked_tasks=(),
    )


@scenario.on(facts.ScenarioCorrected)
def corrected(row: RiskScenarioRow, event: facts.ScenarioCorrected, _envelope: Envelope) -> RiskScenarioRow:
    return replace(row, title=event.title, description=event.description, existing_controls=event.existing_controls, owner=event.owner)


@scenario.on(facts.RiskScored)
def scored(row: RiskScenarioRow, event: facts.RiskScored, envelope: Envelope) -> RiskScenarioRow:
    score = {**event.model_dump(mode="json", include=_SCORE_FIELDS), "scored_by": envelope.actor}
    changed = replace(row, next_review=event.next_review, **{event.stage.value: score, f"{event.stage}_reason": event.reason})
    if not takes_over(event.stage, row.standing):
        return changed
    return replace(
        changed,
        standing=event.stage,
        likelihood=event.likelihood,
        consequence=event.consequence,
        knowledge=event.knowledge,
        band=event.band,
        acceptable=event.acceptable,
        matrix_version=event.matrix_version,
        scored_on=event.scored_on,
        scored_by=envelope.actor,
    )


@scenario.on(facts.TreatmentPlanned)
def being_treated(row: RiskScenarioRow, _event: facts.TreatmentPlanned, _envelope: Envelope) -> RiskScenarioRow:
    return replace(row, open_treatments=row.open_treatments + 1)


@scenario.on(facts.TreatmentDone)
def treated(row: RiskScenarioRow, _event: facts.TreatmentDone, _envelope: Envelope) -> RiskScenarioRow:
    return replace(row, open_treatments=row.open_treatments - 1, done_treatments=row.done_treatments + 1)


@scenario.on(facts.TreatmentCancelled)
def left_untreated(row: RiskScenarioRow, _event: facts.TreatmentCancelled, _envelope: Envelope) -> RiskScenarioRow:
    return replace(row, open_treatments=row.open_treatments - 1)


@scenario.on(facts.RiskAccepted)
def accepted(row: RiskScenarioRow, event: facts.RiskAccepted, envelope: Envelope) -> RiskScenarioRow:
    return replace(
        row,
        accepted_at=envelope.time,
        accepted_by=envelope.actor,
        approver=event.approver,
        accept_reason=event.reason,
        accepted_until=event.until,
        accepted_band=event.band,
        revoked_at=None,
        revocation_cause=None,
        revocation_reason=None,
    )


@scenario.on(facts.AcceptanceRevoked)
def acceptance_revoked(row: RiskScenarioRow, event: facts.AcceptanceRevoked, envelope: Envelope) -> RiskScenarioRow:
    return replace(
        row,
        accepted_at=None,
        accepted_by=None,
        approver=None,
        accept_reason=None,
        accepted_until=None,
        accepted_band=None,
        revoked_at=envelope.time,
        revocation_cause=event.cause,
        revocation_reason=event.reason,
    )


def _renewed(event: facts.RiskAssessmentReviewed, _envelope: Envelope) -> Iterable[Key]:
    return [(renewal.scenario_id,) for renewal in event.renewed]


@scenario.on(facts.RiskAssessmentReviewed, keys=_renewed)
def renewed(row: RiskScenarioRow, event: facts.RiskAssessmentReviewed, _envelope: Envelope) -> RiskScenarioRow:
    (next_review,) = [renewal.next_review for renewal in event.renewed if renewal.scenario_id == row.scenario_id]
    return replace(row, next_review=next_review, last_reviewed_on=event.reviewed_on, review_reason=event.reason)


def _concerned(event: facts.RiskAssessmentLinked, _envelope: Envelope) -> Iterable[Key]:
    return [(event.scenario_id,)] if event.scenario_id else []


@scenario.on(facts.RiskAssessmentLinked, keys=_concerned)
def scenario_linked(row: RiskScenarioRow, event: facts.RiskAssessmentLinked, _envelope: Envelope) -> RiskScenarioRow:
    return replace(row, **_with_link(row, event))


@treatment.on(facts.TreatmentPlanned)
def planned(_row: None, event: facts.TreatmentPlanned, envelope: Envelope) -> RiskTreatmentRow:
    return RiskTreatmentRow(
        treatment_id=event.treatment_id,
        scenario_id=event.scenario_id,
        assessment_id=envelope.subject_id,
        subject=envelope.subject,
        strategy=event.strategy,
        description=event.description,
        owner=event.owner,
        due=event.due,
        first_due=event.due,
        planned_at=envelope.time,
        done_on=None,
        done_note=None,
        cancelled=False,
        cancel_reason=None,
        linked_deviations=(),
        linked_tasks=(),
    )


@treatment.on(facts.TreatmentRescheduled)
def rescheduled(row: RiskTreatmentRow, event: facts.TreatmentRescheduled, _envelope: Envelope) -> RiskTreatmentRow:
    return replace(row, due=event.due)


@treatment.on(facts.TreatmentDone)
def done(row: RiskTreatmentRow, event: facts.TreatmentDone, _envelope: Envelope) -> RiskTreatmentRow:
    return replace(row, done_on=event.done_on, done_note=event.note)


@treatment.on(facts.TreatmentCancelled)
def cancelled(row: RiskTreatmentRow, event: facts.TreatmentCancelled, _envelope: Envelope) -> RiskTreatmentRow:
    return replace(row, cancelled=True, cancel_reason=event.reason)


@treatment.on(facts.TreatmentLinked)
def treatment_linked(row: RiskTreatmentRow, event: facts.TreatmentLinked, _envelope: Envelope) -> RiskTreatmentRow:
    return replace(row, **_with_link(row, event))


@matrix.on(facts.RiskMatrixAdopted)
def adopted(_row: None, event: facts.RiskMatrixAdopted, envelope: Envelope) -> RiskMatrixRow:
    return RiskMatrixRow(
        version=event.version,
        subject=envelope.subject,
        matrix=event.matrix.model_dump(mode="json"),
        reason=event.reason,
        adopted_at=envelope.time,
        adopted_by=envelope.actor,
    )


READ_MODELS = (assessment, scenario, treatment, matrix)
