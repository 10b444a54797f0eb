"""What follows from a command to a deviation: pure functions (command, state, by) -> events."""

from collections.abc import Iterable
from typing import Protocol
from uuid import UUID

from events import deviation as facts
from events._base import DomainEvent
from events._function import Function
from events._holding import Holding, holders
from events.deviation import Category, Cause, Effect, HarmLevel, Moment, Potential, Reporter, ReporterKind, Status
from write_side._decider import By, Decider, not_in_future
from write_side._errors import Invalid, NotFound, Refused
from write_side.deviation import commands
from write_side.deviation.state import Deviation, Measure, evolve

decider: Decider[Deviation] = Decider("deviation", Deviation(), evolve)


class _Practice(Protocol):
    def timeline(self, function: Function) -> Iterable[Holding]: ...


ROUTES = {
    Category.HSE: Function.HSE_LEAD,
    Category.ICT: Function.DATA_CONTROLLER_LEAD,
    Category.EQUIPMENT: Function.EQUIPMENT_LEAD,
    Category.CLINICAL: Function.CLINICAL_LEAD,
    Category.ADMINISTRATIVE: Function.QUALITY_LEAD,
    Category.COMPLAINT: Function.QUALITY_LEAD,
}
"""Which function a report is proposed to, by category."""

NEEDS_CAUSES = frozenset({HarmLevel.SEVERE, HarmLevel.FATAL})
"""Harm levels that may not be closed without an analysis of causes (§ 8 e)."""


@decider.decides(commands.ReportDeviation)
def report(command: commands.ReportDeviation, state: Deviation, by: By) -> list[DomainEvent]:
    """Record the report and what was done at once, and propose the function that should take it."""
    if state.reported:
        return []
    detected = command.detected or command.occurred
    for moment in (command.occurred, detected):
        if moment.at:
            not_in_future("deviation.in_future", moment.at, by)
    if command.occurred.at and detected.at and detected.at < command.occurred.at:
        raise Invalid("deviation.detected_before_occurred")
    return [
        facts.DeviationReported(
            title=command.title,
            description=command.description,
            kind=command.kind,
            harm=command.harm,
            category=command.category,
            affected=tuple(dict.fromkeys(command.affected)),
            affected_count=command.affected_count,
            occurred=Moment(at=command.occurred.at, precision=command.occurred.precision),
            detected=Moment(at=detected.at, precision=detected.precision),
            reporter=_reporter(command.reporter, by),
            place=command.place,
            process_step=command.process_step,
            potential=Potential(**command.potential.model_dump()) if command.potential else None,
        ),
        *(facts.ImmediateMeasureTaken(description=measure) for measure in command.immediate_measures),
        facts.RoutingProposed(function=ROUTES[command.category], reason=None),
    ]


def _reporter(kind: ReporterKind, by: By) -> Reporter:
    if kind is ReporterKind.ANONYMOUS:
        return Reporter(kind=kind)
    if kind is ReporterKind.PSEUDONYMOUS:
        if not by.pseudonym:
            raise Invalid("deviation.pseudonym_missing")
        return Reporter(kind=kind, pseudonym=by.pseudonym)
    return Reporter(kind=kind, member_id=UUID(by.actor))


@decider.decides(commands.TakeImmediateMeasure)
def take_immediate_measure(command: commands.TakeImmediateMeasure, state: Deviation, _by: By) -> list[DomainEvent]:
    """Add a measure taken at once; the same words twice are one measure."""
    _open(state, command.deviation_id)
    if command.description in state.immediate_measures:
        return []
    return [facts.ImmediateMeasureTaken(description=command.description)]


@decider.decides(commands.ProposeRouting)
def propose_routing(command: commands.ProposeRouting, state: Deviation, _by: By) -> list[DomainEvent]:
    """Propose another function; an acceptance given before is taken back with it."""
    _open(state, command.deviation_id)
    if command.function is state.proposed_to:
        return []
    return [facts.RoutingProposed(function=command.function, reason=command.reason)]


@decider.decides(commands.AcceptRouting)
def accept_routing(command: commands.AcceptRouting, state: Deviation, by: By) -> list[DomainEvent]:
    """Take the deviation for the function it is proposed to; only who holds that function today can."""
    _open(state, command.deviation_id)
    if state.responsible == command.responsible:
        return []
    assert state.proposed_to is not None
    practice: _Practice = by.context["practice"]
    if command.responsible not in holders(practice.timeline(state.proposed_to), by.today):
        raise Refused("deviation.routing.not_holder", member=command.responsible, function=state.proposed_to)
    return [facts.RoutingAccepted(function=state.proposed_to, responsible=command.responsible)]


@decider.decides(commands.CorrectCategory)
def correct_category(command: commands.CorrectCategory, state: Deviation, _by: By) -> list[DomainEvent]:
    """Correct the category; where another function takes that category, propose it."""
    _open(state, command.deviation_id)
    if command.category is state.category:
        return []
    corrected: list[DomainEvent] = [facts.CategoryCorrected(category=command.category, previous=state.category, reason=command.reason)]
    if ROUTES[command.category] is not state.proposed_to:
        corrected.append(facts.RoutingProposed(function=ROUTES[command.category], reason=command.reason))
    return corrected


@decider.decides(commands.ReassessHarm)
def reassess_harm(command: commands.ReassessHarm, state: Deviation, _by: By) -> list[DomainEvent]:
    """Record kind and harm as now known."""
    _open(state, command.deviation_id)
    if (command.kind, command.harm) == (state.kind, state.harm):
        return []
    return [facts.HarmReassessed(kind=command.kind, harm=command.harm, reason=command.reason)]


@decider.decides(commands.AnalyseCauses)
def analyse_causes(command: commands.AnalyseCauses, state: Deviation, _by: By) -> list[DomainEvent]:
    """Record the causes, a forest in which each cause may be explained by another."""
    _triaged(state, command.deviation_id)
    causes = tuple(Cause(**cause.model_dump()) for cause in command.causes)
    _is_forest(causes, command.root_causes)
    if (command.method, causes, command.root_causes) == (state.method, state.causes, state.root_causes):
        return []
    return [facts.CausesAnalysed(method=command.method, causes=causes, root_causes=command.root_causes)]


def _is_forest(causes: tuple[Cause, ...], root_causes: tuple[str, ...]) -> None:
    parents = {cause.id: cause.because_of for cause in causes}
    if len(parents) < len(causes):
        raise Invalid("deviation.causes.id_twice")
    for named in (*root_causes, *(parent for parent in parents.values() if parent is not None)):
        if named not in parents:
            raise Invalid("deviation.causes.unknown_id", id=named)
    for start in parents:
        seen, step = {start}, parents[start]
        while step is not None:
            if step in seen:
                raise Invalid("deviation.causes.circular", id=start)
            seen.add(step)
            step = parents[step]


@decider.decides(commands.ReviewDeviation)
def review(command: commands.ReviewDeviation, state: Deviation, by: By) -> list[DomainEvent]:
    """Record a review (§ 8 e)."""
    _triaged(state, command.deviation_id)
    not_in_future("deviation.in_future", command.reviewed_on, by)
    reviewed = facts.DeviationReviewed(reviewed_on=command.reviewed_on, forum=command.forum, note=command.note)
    return [] if reviewed in state.reviews else [reviewed]


@decider.decides(commands.PlanMeasure)
def plan_measure(command: commands.PlanMeasure, state: Deviation, by: By) -> list[DomainEvent]:
    """Plan a measure; it also answers earlier measures that did not work."""
    _triaged(state, command.deviation_id)
    if by.new_id() in state.measures:
        return []
    if command.due < by.today:
        raise Invalid("deviation.measure.due_in_past", given=command.due.isoformat())
    return [
        facts.MeasurePlanned(
            measure_id=by.new_id(),
            kind=command.kind,
            strength=command.strength,
            description=command.description,
            owner=command.owner,
            due=command.due,
        )
    ]


@decider.decides(commands.RescheduleMeasure)
def reschedule_measure(command: commands.RescheduleMeasure, state: Deviation, by: By) -> list[DomainEvent]:
    """Move the due date of a measure that is still open."""
    measure = _open_measure(state, command)
    if command.due == measure.due:
        return []
    if command.due < by.today:
        raise Invalid("deviation.measure.due_in_past", given=command.due.isoformat())
    return [facts.MeasureRescheduled(measure_id=command.measure_id, due=command.due, previous_due=measure.due, reason=command.reason)]


@decider.decides(commands.CompleteMeasure)
def complete_measure(command: commands.CompleteMeasure, state: Deviation, by: By) -> list[DomainEvent]:
    """Record that a measure is done; its effect is to be evaluated next."""
    measure = _measure(state, command)
    if measure.done:
        return []
    if measure.cancelled:
        raise Refused("deviation.measure.cancelled", measure=command.measure_id)
    not_in_future("deviation.in_future", command.done_on, by)
    return [facts.MeasureDone(measure_id=command.measure_id, done_on=command.done_on, note=command.note)]


@decider.decides(commands.CancelMeasure)
def cancel_measure(command: commands.CancelMeasure, state: Deviation, _by: By) -> list[DomainEvent]:
    """Give up a measure; one that is done stays done."""
    measure = _measure(state, command)
    if measure.cancelled:
        return []
    if measure.done:
        raise Refused("deviation.measure.done", measure=command.measure_id)
    return [facts.MeasureCancelled(measure_id=command.measure_id, reason=command.reason)]


@decider.decides(commands.EvaluateMeasure)
def evaluate_measure(command: commands.EvaluateMeasure, state: Deviation, by: By) -> list[DomainEvent]:
    """Conclude on the effect of a finished measure; a later conclusion stands beside the first."""
    measure = _measure(state, command)
    if not measure.done:
        raise Refused("deviation.measure.not_done", measure=command.measure_id)
    if (command.effect, command.evaluated_on) == (measure.effect, measure.evaluated_on):
        return []
    not_in_future("deviation.in_future", command.evaluated_on, by)
    return [
        facts.MeasureEvaluated(
            measure_id=command.measure_id,
            effect=command.effect,
            previous=measure.effect,
            evaluated_on=command.evaluated_on,
            note=command.note,
        )
    ]


@decider.decides(commands.AcceptIneffectiveness)
def accept_ineffectiveness(command: commands.AcceptIneffectiveness, state: Deviation, _by: By) -> list[DomainEvent]:
    """Accept that nothing follows a measure that did not work."""
    measure = _measure(state, command)
    if measure.effect is not Effect.NOT_EFFECTIVE:
        raise Refused("deviation.measure.not_ineffective", measure=command.measure_id)
    if measure.answered:
        return []
    return [facts.IneffectivenessAccepted(measure_id=command.measure_id, reason=command.reason)]


@decider.decides(commands.CloseDeviation)
def close(command: commands.CloseDeviation, state: Deviation, _by: By) -> list[DomainEvent]:
    """Close a deviation whose measures are done and evaluated (§§ 8 c, 9 a); closing twice does nothing."""
    if state.ended is Status.CLOSED:
        return []
    _triaged(state, command.deviation_id)
    if state.open_measures:
        raise Refused("deviation.close.measures_open", measures=state.open_measures)
    if state.unevaluated_measures:
        raise Refused("deviation.close.measures_not_evaluated", measures=state.unevaluated_measures)
    if state.unanswered_measures:
        raise Refused("deviation.close.measures_not_effective", measures=state.unanswered_measures)
    if state.harm in NEEDS_CAUSES and not state.causes:
        raise Refused("deviation.close.causes_not_analysed")
    return [facts.DeviationClosed(conclusion=command.conclusion, lessons=command.lessons)]


@decider.decides(commands.RejectDeviation)
def reject(command: commands.RejectDeviation, state: Deviation, _by: By) -> list[DomainEvent]:
    """Leave a report untreated; one with measures is treated already."""
    if state.ended is Status.REJECTED:
        return []
    _open(state, command.deviation_id)
    if state.measures:
        raise Refused("deviation.reject.has_measures")
    return [facts.DeviationRejected(reason=command.reason, duplicate_of=command.duplicate_of, explanation=command.explanation)]


@decider.decides(commands.ReopenDeviation)
def reopen(command: commands.ReopenDeviation, state: Deviation, _by: By) -> list[DomainEvent]:
    """Take up an ended deviation again; when it was first closed stays in the record."""
    _reported(state, command.deviation_id)
    if state.just_reopened:
        return []
    if state.ended is None:
        raise Refused("deviation.reopen.not_ended")
    return [facts.DeviationReopened(reason=command.reason)]


@decider.decides(commands.LinkDeviation)
def link(command: commands.LinkDeviation, state: Deviation, _by: By) -> list[DomainEvent]:
    """Link it to a risk assessment or a task; also after it is closed."""
    _reported(state, command.deviation_id)
    if (command.kind, command.target) in state.links:
        return []
    return [facts.DeviationLinked(kind=command.kind, target=command.target)]


def _reported(state: Deviation, deviation_id: UUID) -> None:
    if not state.reported:
        raise NotFound("deviation.not_found", deviation=deviation_id)


def _open(state: Deviation, deviation_id: UUID) -> None:
    _reported(state, deviation_id)
    if state.ended is not None:
        raise Refused("deviation.ended", status=state.ended)


def _triaged(state: Deviation, deviation_id: UUID) -> None:
    _open(state, deviation_id)
    if state.responsible is None:
        raise Refused("deviation.not_acknowledged", function=state.proposed_to)


def _measure(state: Deviation, command: commands.MeasureCommand) -> Measure:
    _open(state, command.deviation_id)
    if command.measure_id not in state.measures:
        raise NotFound("deviation.measure.not_found", measure=command.measure_id)
    return state.measures[command.measure_id]


def _open_measure(state: Deviation, command: commands.MeasureCommand) -> Measure:
    measure = _measure(state, command)
    if measure.done:
        raise Refused("deviation.measure.done", measure=command.measure_id)
    if measure.cancelled:
        raise Refused("deviation.measure.cancelled", measure=command.measure_id)
    return measure
