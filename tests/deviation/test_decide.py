"""What may happen to a deviation: it happens, it is refused, there is nothing to do."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError

from events import deviation as facts
from events._base import DomainEvent
from events._function import Function
from events.deviation import (
    AffectedParty,
    Category,
    Cause,
    CauseCategory,
    CauseMethod,
    Effect,
    Forum,
    HarmLevel,
    Kind,
    LinkKind,
    MeasureKind,
    MeasureStrength,
    Moment,
    Precision,
    RejectReason,
    Reporter,
    ReporterKind,
)
from tests._given import BY, KARI, NOW, OLA, given
from write_side.deviation import commands, decider
from write_side.deviation.commands import GivenCause, GivenMoment

ID = UUID("00000000-0000-4000-8000-0000000000d1")
OTHER = UUID("00000000-0000-4000-8000-0000000000d2")
MEASURE_ID = UUID("00000000-0000-4000-8000-0000000000e1")
TODAY = date(2026, 3, 3)
OCCURRED = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)

REPORTED = facts.DeviationReported(
    title="Feil dose",
    description="Dobbel dose ble skrevet ut.",
    kind=Kind.NEAR_MISS,
    harm=HarmLevel.NONE,
    category=Category.CLINICAL,
    affected=(AffectedParty.PATIENT,),
    affected_count=1,
    occurred=Moment(at=OCCURRED, precision=Precision.EXACT),
    detected=Moment(at=OCCURRED, precision=Precision.EXACT),
    reporter=Reporter(kind=ReporterKind.NAMED, member_id=KARI),
    place=None,
    process_step=None,
    potential=None,
)
PROPOSED = facts.RoutingProposed(function=Function.CLINICAL_LEAD, reason=None)
ACCEPTED = facts.RoutingAccepted(function=Function.CLINICAL_LEAD, responsible=OLA)
PLANNED = facts.MeasurePlanned(
    measure_id=MEASURE_ID,
    kind=MeasureKind.CORRECTIVE,
    strength=MeasureStrength.MEDIUM,
    description="Sjekkliste",
    owner=OLA,
    due=date(2026, 4, 1),
)
DONE = facts.MeasureDone(measure_id=MEASURE_ID, done_on=TODAY, note=None)
CANCELLED = facts.MeasureCancelled(measure_id=MEASURE_ID, reason="Ikke aktuelt")
EVALUATED = facts.MeasureEvaluated(measure_id=MEASURE_ID, effect=Effect.EFFECTIVE, previous=None, evaluated_on=TODAY, note="Virker")
INEFFECTIVE = EVALUATED.model_copy(update={"effect": Effect.NOT_EFFECTIVE})
CLOSED = facts.DeviationClosed(conclusion="Rutinen er endret", lessons=None)
REJECTED = facts.DeviationRejected(reason=RejectReason.NOT_DEVIATION, duplicate_of=None, explanation="Forventet")
ANALYSED = facts.CausesAnalysed(
    method=CauseMethod.FIVE_WHYS,
    causes=(
        Cause(id="a", category=CauseCategory.METHOD, text="Ingen kontroll", because_of=None),
        Cause(id="b", category=CauseCategory.PEOPLE, text="Travelt", because_of="a"),
    ),
    root_causes=("a",),
)
REVIEWED = facts.DeviationReviewed(reviewed_on=TODAY, forum=Forum.PRACTICE_MEETING, note="Gjennomgått")

NEW = (REPORTED, PROPOSED)
TRIAGED = (*NEW, ACCEPTED)

REPORT = commands.ReportDeviation(
    title="Feil dose",
    description="Dobbel dose ble skrevet ut.",
    kind=Kind.NEAR_MISS,
    category=Category.CLINICAL,
    affected=(AffectedParty.PATIENT,),
    affected_count=1,
    occurred=GivenMoment(at=OCCURRED),
)
IMMEDIATE = commands.TakeImmediateMeasure(deviation_id=ID, description="Ringte pasienten")
PROPOSE = commands.ProposeRouting(deviation_id=ID, function=Function.QUALITY_LEAD, reason="Gjelder rutinen")
ACCEPT = commands.AcceptRouting(deviation_id=ID, responsible=OLA)
CORRECT = commands.CorrectCategory(deviation_id=ID, category=Category.ICT, reason="Feil i journalsystemet")
REASSESS = commands.ReassessHarm(deviation_id=ID, kind=Kind.HARM_EVENT, harm=HarmLevel.SEVERE, reason="Innlagt")
ANALYSE = commands.AnalyseCauses(
    deviation_id=ID,
    method=CauseMethod.FIVE_WHYS,
    causes=(
        GivenCause(id="a", category=CauseCategory.METHOD, text="Ingen kontroll"),
        GivenCause(id="b", category=CauseCategory.PEOPLE, text="Travelt", because_of="a"),
    ),
    root_causes=("a",),
)
REVIEW = commands.ReviewDeviation(deviation_id=ID, reviewed_on=TODAY, forum=Forum.PRACTICE_MEETING, note="Gjennomgått")
PLAN = commands.PlanMeasure(deviation_id=ID, kind=MeasureKind.CORRECTIVE, description="Sjekkliste", owner=OLA, due=date(2026, 4, 1))
RESCHEDULE = commands.RescheduleMeasure(deviation_id=ID, measure_id=MEASURE_ID, due=date(2026, 5, 1), reason="Ferie")
COMPLETE = commands.CompleteMeasure(deviation_id=ID, measure_id=MEASURE_ID, done_on=TODAY)
CANCEL = commands.CancelMeasure(deviation_id=ID, measure_id=MEASURE_ID, reason="Ikke aktuelt")
EVALUATE = commands.EvaluateMeasure(deviation_id=ID, measure_id=MEASURE_ID, effect=Effect.EFFECTIVE, evaluated_on=TODAY, note="Virker")
ACCEPT_INEFFECTIVE = commands.AcceptIneffectiveness(deviation_id=ID, measure_id=MEASURE_ID, reason="Ingen bedre vei")
CLOSE = commands.CloseDeviation(deviation_id=ID, conclusion="Rutinen er endret")
REJECT = commands.RejectDeviation(deviation_id=ID, reason=RejectReason.NOT_DEVIATION, explanation="Forventet")
REOPEN = commands.ReopenDeviation(deviation_id=ID, reason="Skjedde igjen")
LINK = commands.LinkDeviation(deviation_id=ID, kind=LinkKind.TASK, target=OTHER)


def test_a_report_is_recorded_and_proposed_to_the_function_of_its_category() -> None:
    given(decider).when(REPORT).then(REPORTED, PROPOSED)


@pytest.mark.parametrize(
    ("category", "function"),
    [
        (Category.HSE, Function.HSE_LEAD),
        (Category.ICT, Function.DATA_CONTROLLER_LEAD),
        (Category.EQUIPMENT, Function.EQUIPMENT_LEAD),
        (Category.CLINICAL, Function.CLINICAL_LEAD),
        (Category.ADMINISTRATIVE, Function.QUALITY_LEAD),
        (Category.COMPLAINT, Function.QUALITY_LEAD),
    ],
)
def test_each_category_is_routed(category: Category, function: Function) -> None:
    command = REPORT.model_copy(update={"category": category})
    given(decider).when(command).then(
        REPORTED.model_copy(update={"category": category}), facts.RoutingProposed(function=function, reason=None)
    )


def test_immediate_measures_come_with_the_report() -> None:
    command = REPORT.model_copy(update={"immediate_measures": ("Ringte pasienten",)})
    given(decider).when(command).then(REPORTED, facts.ImmediateMeasureTaken(description="Ringte pasienten"), PROPOSED)


def test_an_anonymous_report_names_nobody() -> None:
    command = REPORT.model_copy(update={"reporter": ReporterKind.ANONYMOUS})
    given(decider).when(command).then(REPORTED.model_copy(update={"reporter": Reporter(kind=ReporterKind.ANONYMOUS)}), PROPOSED)
    assert command.recorded_actor(BY) == "anonymous"


def test_a_pseudonymous_report_keeps_the_pseudonym_only() -> None:
    command = REPORT.model_copy(update={"reporter": ReporterKind.PSEUDONYMOUS})
    reporter = Reporter(kind=ReporterKind.PSEUDONYMOUS, pseudonym="p-7f3a")
    given(decider).when(command).then(REPORTED.model_copy(update={"reporter": reporter}), PROPOSED)
    assert command.recorded_actor(BY) == "p-7f3a"
    given(decider).when(command, by=replace(BY, pseudonym=None)).then_refused("deviation.pseudonym_missing")


def test_a_report_from_the_future_or_detected_too_early_is_refused() -> None:
    ahead = GivenMoment(at=NOW + timedelta(hours=1))
    given(decider).when(REPORT.model_copy(update={"occurred": ahead})).then_refused("deviation.in_future")
    early = GivenMoment(at=OCCURRED - timedelta(hours=1))
    given(decider).when(REPORT.model_copy(update={"detected": early})).then_refused("deviation.detected_before_occurred")


@pytest.mark.parametrize(
    "wrong",
    [
        {"kind": "harm_event", "harm": "none"},
        {"kind": "near_miss", "harm": "low"},
        {"title": " "},
        {"title": "x" * 201},
        {"description": "x\0"},
        {"category": "clinical"},
        {"occurred": {"at": "1999-12-31T12:00:00Z"}},
        {"occurred": {"at": "2026-03-02T12:00:00"}},
        {"occurred": {"precision": "exact"}},
        {"unknown": 1},
    ],
)
def test_a_malformed_report_is_no_command(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        commands.ReportDeviation.model_validate({**REPORT.model_dump(mode="json"), **wrong})


HAPPENS: list[tuple[tuple[DomainEvent, ...], commands.DeviationCommand, tuple[DomainEvent, ...]]] = [
    (NEW, IMMEDIATE, (facts.ImmediateMeasureTaken(description="Ringte pasienten"),)),
    (TRIAGED, PROPOSE, (facts.RoutingProposed(function=Function.QUALITY_LEAD, reason="Gjelder rutinen"),)),
    (NEW, ACCEPT, (ACCEPTED,)),
    (
        NEW,
        CORRECT,
        (
            facts.CategoryCorrected(category=Category.ICT, previous=Category.CLINICAL, reason="Feil i journalsystemet"),
            facts.RoutingProposed(function=Function.DATA_CONTROLLER_LEAD, reason="Feil i journalsystemet"),
        ),
    ),
    (NEW, REASSESS, (facts.HarmReassessed(kind=Kind.HARM_EVENT, harm=HarmLevel.SEVERE, reason="Innlagt"),)),
    (TRIAGED, ANALYSE, (ANALYSED,)),
    (TRIAGED, REVIEW, (REVIEWED,)),
    (TRIAGED, PLAN, (PLANNED.model_copy(update={"measure_id": BY.new_id()}),)),
    (
        (*TRIAGED, PLANNED),
        RESCHEDULE,
        (facts.MeasureRescheduled(measure_id=MEASURE_ID, due=date(2026, 5, 1), previous_due=date(2026, 4, 1), reason="Ferie"),),
    ),
    ((*TRIAGED, PLANNED), COMPLETE, (DONE,)),
    ((*TRIAGED, PLANNED), CANCEL, (CANCELLED,)),
    ((*TRIAGED, PLANNED, DONE), EVALUATE, (EVALUATED,)),
    (
        (*TRIAGED, PLANNED, DONE, INEFFECTIVE),
        EVALUATE,
        (EVALUATED.model_copy(update={"previous": Effect.NOT_EFFECTIVE}),),
    ),
    (
        (*TRIAGED, PLANNED, DONE, INEFFECTIVE),
        ACCEPT_INEFFECTIVE,
        (facts.IneffectivenessAccepted(measure_id=MEASURE_ID, reason="Ingen bedre vei"),),
    ),
    (TRIAGED, CLOSE, (CLOSED,)),
    ((*TRIAGED, PLANNED, DONE, EVALUATED), CLOSE, (CLOSED,)),
    (NEW, REJECT, (REJECTED,)),
    ((*TRIAGED, CLOSED), REOPEN, (facts.DeviationReopened(reason="Skjedde igjen"),)),
    ((*NEW, REJECTED), REOPEN, (facts.DeviationReopened(reason="Skjedde igjen"),)),
    (NEW, LINK, (facts.DeviationLinked(kind=LinkKind.TASK, target=OTHER),)),
]


@pytest.mark.parametrize(("past", "command", "expected"), HAPPENS, ids=lambda value: type(value).__name__)
def test_it_happens(past: tuple[DomainEvent, ...], command: commands.DeviationCommand, expected: tuple[DomainEvent, ...]) -> None:
    given(decider, *past).when(command).then(*expected)


NOTHING_TO_DO: list[tuple[tuple[DomainEvent, ...], commands.DeviationCommand]] = [
    ((*NEW, facts.ImmediateMeasureTaken(description="Ringte pasienten")), IMMEDIATE),
    ((*NEW, facts.RoutingProposed(function=Function.QUALITY_LEAD, reason=None)), PROPOSE),
    (TRIAGED, ACCEPT),
    ((REPORTED.model_copy(update={"category": Category.ICT}), PROPOSED), CORRECT),
    ((*NEW, facts.HarmReassessed(kind=Kind.HARM_EVENT, harm=HarmLevel.SEVERE, reason="x")), REASSESS),
    ((*TRIAGED, ANALYSED), ANALYSE),
    ((*TRIAGED, REVIEWED), REVIEW),
    ((*TRIAGED, PLANNED.model_copy(update={"measure_id": BY.new_id()})), PLAN),
    ((*TRIAGED, PLANNED.model_copy(update={"due": date(2026, 5, 1)})), RESCHEDULE),
    ((*TRIAGED, PLANNED, DONE), COMPLETE),
    ((*TRIAGED, PLANNED, CANCELLED), CANCEL),
    ((*TRIAGED, PLANNED, DONE, EVALUATED), EVALUATE),
    ((*TRIAGED, PLANNED, DONE, INEFFECTIVE, facts.IneffectivenessAccepted(measure_id=MEASURE_ID, reason="x")), ACCEPT_INEFFECTIVE),
    ((*TRIAGED, CLOSED), CLOSE),
    ((*NEW, REJECTED), REJECT),
    ((*TRIAGED, CLOSED, facts.DeviationReopened(reason="x")), REOPEN),
    ((*NEW, facts.DeviationLinked(kind=LinkKind.TASK, target=OTHER)), LINK),
]


@pytest.mark.parametrize(("past", "command"), NOTHING_TO_DO, ids=lambda value: type(value).__name__)
def test_there_is_nothing_to_do(past: tuple[DomainEvent, ...], command: commands.DeviationCommand) -> None:
    given(decider, *past).when(command).then_nothing()


SEVERE = facts.HarmReassessed(kind=Kind.HARM_EVENT, harm=HarmLevel.SEVERE, reason="Innlagt")
REFUSED: list[tuple[tuple[DomainEvent, ...], commands.DeviationCommand, str]] = [
    *[((), command, "deviation.not_found") for command in (IMMEDIATE, PROPOSE, ACCEPT, CORRECT, REASSESS, CLOSE, REJECT, REOPEN, LINK)],
    *[
        ((*TRIAGED, CLOSED), command, "deviation.ended")
        for command in (IMMEDIATE, PROPOSE, ACCEPT, CORRECT, REASSESS, ANALYSE, REVIEW, PLAN, COMPLETE, REJECT)
    ],
    ((*NEW, REJECTED), CLOSE, "deviation.ended"),
    *[(NEW, command, "deviation.not_acknowledged") for command in (ANALYSE, REVIEW, PLAN, CLOSE)],
    *[(TRIAGED, command, "deviation.measure.not_found") for command in (RESCHEDULE, COMPLETE, CANCEL, EVALUATE, ACCEPT_INEFFECTIVE)],
    ((*TRIAGED, PLANNED, DONE), RESCHEDULE, "deviation.measure.done"),
    ((*TRIAGED, PLANNED, CANCELLED), RESCHEDULE, "deviation.measure.cancelled"),
    ((*TRIAGED, PLANNED, CANCELLED), COMPLETE, "deviation.measure.cancelled"),
    ((*TRIAGED, PLANNED, DONE), CANCEL, "deviation.measure.done"),
    ((*TRIAGED, PLANNED), EVALUATE, "deviation.measure.not_done"),
    ((*TRIAGED, PLANNED, DONE, EVALUATED), ACCEPT_INEFFECTIVE, "deviation.measure.not_ineffective"),
    ((*TRIAGED, PLANNED), CLOSE, "deviation.close.measures_open"),
    ((*TRIAGED, PLANNED, DONE), CLOSE, "deviation.close.measures_not_evaluated"),
    ((*TRIAGED, PLANNED, DONE, INEFFECTIVE), CLOSE, "deviation.close.measures_not_effective"),
    ((*TRIAGED, SEVERE), CLOSE, "deviation.close.causes_not_analysed"),
    ((*TRIAGED, PLANNED), REJECT, "deviation.reject.has_measures"),
    (TRIAGED, REOPEN, "deviation.reopen.not_ended"),
    (TRIAGED, PLAN.model_copy(update={"due": date(2026, 3, 2)}), "deviation.measure.due_in_past"),
    ((*TRIAGED, PLANNED), RESCHEDULE.model_copy(update={"due": date(2026, 3, 2)}), "deviation.measure.due_in_past"),
    ((*TRIAGED, PLANNED), COMPLETE.model_copy(update={"done_on": date(2026, 3, 4)}), "deviation.in_future"),
    ((*TRIAGED, PLANNED, DONE), EVALUATE.model_copy(update={"evaluated_on": date(2026, 3, 4)}), "deviation.in_future"),
    (TRIAGED, REVIEW.model_copy(update={"reviewed_on": date(2026, 3, 4)}), "deviation.in_future"),
    (TRIAGED, ANALYSE.model_copy(update={"root_causes": ("z",)}), "deviation.causes.unknown_id"),
    (TRIAGED, ANALYSE.model_copy(update={"causes": (ANALYSE.causes[0], ANALYSE.causes[0])}), "deviation.causes.id_twice"),
    (
        TRIAGED,
        ANALYSE.model_copy(update={"causes": (ANALYSE.causes[0].model_copy(update={"because_of": "b"}), ANALYSE.causes[1])}),
        "deviation.causes.circular",
    ),
]


@pytest.mark.parametrize(("past", "command", "code"), REFUSED, ids=lambda value: value if isinstance(value, str) else type(value).__name__)
def test_it_is_refused(past: tuple[DomainEvent, ...], command: commands.DeviationCommand, code: str) -> None:
    given(decider, *past).when(command).then_refused(code)


def test_a_new_measure_answers_one_that_did_not_work() -> None:
    second = PLANNED.model_copy(update={"measure_id": OTHER})
    done = DONE.model_copy(update={"measure_id": OTHER})
    evaluated = EVALUATED.model_copy(update={"measure_id": OTHER})
    given(decider, *TRIAGED, PLANNED, DONE, INEFFECTIVE, second, done, evaluated).when(CLOSE).then(CLOSED)


def test_a_severe_deviation_with_its_causes_analysed_closes() -> None:
    given(decider, *TRIAGED, SEVERE, ANALYSED).when(CLOSE).then(CLOSED)


def test_the_same_command_id_plans_the_same_measure() -> None:
    assert BY.new_id() == uuid5(BY.command_id, "")


@pytest.mark.parametrize(
    ("reason", "duplicate_of"), [(RejectReason.DUPLICATE, None), (RejectReason.DUPLICATE, ID), (RejectReason.NOT_DEVIATION, OTHER)]
)
def test_a_duplicate_names_another_deviation(reason: RejectReason, duplicate_of: UUID | None) -> None:
    with pytest.raises(ValidationError):
        commands.RejectDeviation(deviation_id=ID, reason=reason, duplicate_of=duplicate_of, explanation="x")


def test_every_command_is_tried() -> None:
    tried = {type(command) for _, command, _ in HAPPENS} | {commands.ReportDeviation}
    assert tried == set(decider.commands)
    assert {type(command) for _, command in NOTHING_TO_DO} == set(decider.commands) - {commands.ReportDeviation}
