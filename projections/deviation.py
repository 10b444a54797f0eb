"""Folds of deviations and their measures."""

from typing import Any

from events import deviation as facts
from events._base import DomainEvent, Envelope
from events.deviation import LinkKind, RejectReason, Status, treatment_status
from projections._model import ReadModel, by_field, replace
from read_side.deviation import DeviationRow, MeasureRow

deviation: ReadModel[DeviationRow] = ReadModel(DeviationRow, version=2)
measure: ReadModel[MeasureRow] = ReadModel(MeasureRow, by_field("measure_id"), version=2)

_ENDED = (Status.CLOSED, Status.REJECTED)
_OF_ITS_END = ("conclusion", "lessons", "reject_reason", "reject_explanation", "duplicate_of", "closed_at")
"""Columns that say how a deviation ended; one that is reopened has none of them, its history has."""


def _step(row: DeviationRow, envelope: Envelope, **changes: Any) -> DeviationRow:
    """The row after one more event, its status as it follows from what has been done."""
    after = changes.get
    if after("status", row.status) not in _ENDED:
        changes["status"] = treatment_status(
            triaged=after("responsible", row.responsible) is not None,
            treated=after("cause_analysis", row.cause_analysis) is not None or after("reviewed_on", row.reviewed_on) is not None,
            open_measures=after("open_measures", row.open_measures),
            unevaluated_measures=after("unevaluated_measures", row.unevaluated_measures),
        )
    return replace(row, version=envelope.version, **changes)


@deviation.on(facts.DeviationReported)
def reported(_row: None, event: facts.DeviationReported, envelope: Envelope) -> DeviationRow:
    return DeviationRow(
        deviation_id=envelope.subject_id,
        subject=envelope.subject,
        version=envelope.version,
        number=envelope.position,
        title=event.title,
        description=event.description,
        kind=event.kind,
        harm=event.harm,
        category=event.category,
        status=Status.REPORTED,
        affected=event.affected,
        affected_count=event.affected_count,
        occurred_at=event.occurred.at,
        occurred_precision=event.occurred.precision,
        detected_at=event.detected.at,
        detected_precision=event.detected.precision,
        reported_at=envelope.time,
        reporter_kind=event.reporter.kind,
        reporter_id=event.reporter.member_id,
        pseudonym=event.reporter.pseudonym,
        place=event.place,
        process_step=event.process_step,
        potential_consequence=event.potential.consequence if event.potential else None,
        potential_likelihood=event.potential.likelihood if event.potential else None,
        immediate_measures=(),
        proposed_to=None,
        responsible=None,
        acknowledged_at=None,
        cause_analysis=None,
        reviews=[],
        reviewed_on=None,
        conclusion=None,
        lessons=None,
        reject_reason=None,
        reject_explanation=None,
        duplicate_of=None,
        first_closed_at=None,
        closed_at=None,
        reopened_count=0,
        reopen_reason=None,
        open_measures=0,
        unevaluated_measures=0,
        linked_risks=(),
        linked_tasks=(),
    )


@deviation.on(facts.ImmediateMeasureTaken)
def immediate_measure_taken(row: DeviationRow, event: facts.ImmediateMeasureTaken, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, immediate_measures=(*row.immediate_measures, event.description))


@deviation.on(facts.RoutingProposed)
def routing_proposed(row: DeviationRow, event: facts.RoutingProposed, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, proposed_to=event.function, responsible=None)


@deviation.on(facts.RoutingAccepted)
def routing_accepted(row: DeviationRow, event: facts.RoutingAccepted, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, responsible=event.responsible, acknowledged_at=row.acknowledged_at or envelope.time)


@deviation.on(facts.CategoryCorrected)
def category_corrected(row: DeviationRow, event: facts.CategoryCorrected, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, category=event.category)


@deviation.on(facts.HarmReassessed)
def harm_reassessed(row: DeviationRow, event: facts.HarmReassessed, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, kind=event.kind, harm=event.harm)


@deviation.on(facts.CausesAnalysed)
def causes_analysed(row: DeviationRow, event: facts.CausesAnalysed, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, cause_analysis=event.model_dump(mode="json"))


@deviation.on(facts.DeviationReviewed)
def reviewed(row: DeviationRow, event: facts.DeviationReviewed, envelope: Envelope) -> DeviationRow:
    review = {"on": event.reviewed_on.isoformat(), "forum": event.forum.value, "note": event.note}
    return _step(row, envelope, reviews=[*row.reviews, review], reviewed_on=row.reviewed_on or event.reviewed_on)


@deviation.on(facts.MeasurePlanned)
def measure_planned(row: DeviationRow, _event: facts.MeasurePlanned, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, open_measures=row.open_measures + 1)


@deviation.on(facts.MeasureDone)
def measure_done(row: DeviationRow, _event: facts.MeasureDone, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, open_measures=row.open_measures - 1, unevaluated_measures=row.unevaluated_measures + 1)


@deviation.on(facts.MeasureCancelled)
def measure_cancelled(row: DeviationRow, _event: facts.MeasureCancelled, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, open_measures=row.open_measures - 1)


@deviation.on(facts.MeasureEvaluated)
def measure_evaluated(row: DeviationRow, event: facts.MeasureEvaluated, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope, unevaluated_measures=row.unevaluated_measures - (event.previous is None))


@deviation.on(facts.MeasureRescheduled, facts.IneffectivenessAccepted)
def measure_changed(row: DeviationRow, _event: DomainEvent, envelope: Envelope) -> DeviationRow:
    return _step(row, envelope)


@deviation.on(facts.DeviationClosed)
def closed(row: DeviationRow, event: facts.DeviationClosed, envelope: Envelope) -> DeviationRow:
    return _step(
        row,
        envelope,
        status=Status.CLOSED,
        conclusion=event.conclusion,
        lessons=event.lessons,
        closed_at=envelope.time,
        first_closed_at=row.first_closed_at or envelope.time,
    )


@deviation.on(facts.DeviationRejected)
def rejected(row: DeviationRow, event: facts.DeviationRejected, envelope: Envelope) -> DeviationRow:
    return _step(
        row,
        envelope,
        status=Status.REJECTED,
        reject_reason=event.reason,
        reject_explanation=event.explanation,
        duplicate_of=event.duplicate_of if event.reason is RejectReason.DUPLICATE else None,
        closed_at=envelope.time,
    )


@deviation.on(facts.DeviationReopened)
def reopened(row: DeviationRow, event: facts.DeviationReopened, envelope: Envelope) -> DeviationRow:
    return replace(
        row,
        version=envelope.version,
        status=Status.REOPENED,
        **dict.fromkeys(_OF_ITS_END),
        reopened_count=row.reopened_count + 1,
        reopen_reason=event.reason,
    )


@deviation.on(facts.DeviationLinked)
def linked(row: DeviationRow, event: facts.DeviationLinked, envelope: Envelope) -> DeviationRow:
    if event.kind is LinkKind.TASK:
        return _step(row, envelope, linked_tasks=(*row.linked_tasks, event.target))
    return _step(row, envelope, linked_risks=(*row.linked_risks, event.target))


@measure.on(facts.MeasurePlanned)
def planned(_row: None, event: facts.MeasurePlanned, envelope: Envelope) -> MeasureRow:
    return MeasureRow(
        measure_id=event.measure_id,
        deviation_id=envelope.subject_id,
        subject=envelope.subject,
        kind=event.kind,
        strength=event.strength,
        description=event.description,
        owner=event.owner,
        due=event.due,
        first_due=event.due,
        moves=0,
        reschedule_reason=None,
        planned_at=envelope.time,
        done_on=None,
        done_note=None,
        cancelled=False,
        cancel_reason=None,
        effect=None,
        evaluated_on=None,
        evaluation_note=None,
        ineffectiveness_accepted=None,
    )


@measure.on(facts.MeasureRescheduled)
def rescheduled(row: MeasureRow, event: facts.MeasureRescheduled, _envelope: Envelope) -> MeasureRow:
    return replace(row, due=event.due, moves=row.moves + 1, reschedule_reason=event.reason)


@measure.on(facts.MeasureDone)
def done(row: MeasureRow, event: facts.MeasureDone, _envelope: Envelope) -> MeasureRow:
    return replace(row, done_on=event.done_on, done_note=event.note)


@measure.on(facts.MeasureCancelled)
def cancelled(row: MeasureRow, event: facts.MeasureCancelled, _envelope: Envelope) -> MeasureRow:
    return replace(row, cancelled=True, cancel_reason=event.reason)


@measure.on(facts.MeasureEvaluated)
def evaluated(row: MeasureRow, event: facts.MeasureEvaluated, _envelope: Envelope) -> MeasureRow:
    return replace(row, effect=event.effect, evaluated_on=event.evaluated_on, evaluation_note=event.note)


@measure.on(facts.IneffectivenessAccepted)
def ineffectiveness_accepted(row: MeasureRow, event: facts.IneffectivenessAccepted, _envelope: Envelope) -> MeasureRow:
    return replace(row, ineffectiveness_accepted=event.reason)


READ_MODELS = (deviation, measure)
