"""What may happen to a deviation: it happens, it is refused, there is nothing to do."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest
from pydantic import ValidationError

from events import deviation as facts
from events._base import DomainEvent
from events._function import Function
from events._holding import HoldingKind
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
    RejectReason,
    Reporter,
    ReporterKind,
)
from tests._given import BY, KARI, NOW, OLA, given
from tests.deviation._story import (
    ACCEPTED,
    ANALYSED,
    CANCELLED,
    CLOSED,
    CORRECTED,
    DONE,
    EVALUATED,
    ID,
    INEFFECTIVE,
    INEFFECTIVENESS_ACCEPTED,
    LINKED,
    MEASURE_ID,
    NEW,
    OCCURRED,
    OTHER,
    PLANNED,
    PROPOSED,
    REASSESSED,
    REJECTED,
    REOPENED,
    REPORTED,
    RESCHEDULED,
    REVIEWED,
    TAKEN_AT_ONCE,
    TODAY,
    TRIAGED,
)
from tests.practice._story import PRACTICE, assigned
from write_side import practice
from write_side._decider import Command
from write_side.deviation import commands, decider
from write_side.deviation.commands import GivenCause, GivenMoment


def leading(*held: DomainEvent) -> dict[str, Any]:
    """What a decision reads of the practice: who holds what."""
    return {"practice": practice.decider.fold([*PRACTICE, *held])}


OLA_LEADS = leading(assigned(Function.CLINICAL_LEAD, OLA))
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
    given(decider).when(command).then(REPORTED, TAKEN_AT_ONCE, PROPOSED)


def test_each_party_is_recorded_once() -> None:
    parties = (AffectedParty.DATA, AffectedParty.PATIENT, AffectedParty.DATA)
    reported = REPORTED.model_copy(update={"affected": (AffectedParty.DATA, AffectedParty.PATIENT)})
    given(decider).when(REPORT.model_copy(update={"affected": parties})).then(reported, PROPOSED)


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
        {"title": "to\nlinjer"},
        {"place": "Lab\u202e"},
        {"description": "x\0"},
        {"category": "clinical"},
        {"occurred": {"at": "1999-12-31T12:00:00Z"}},
        {"occurred": {"at": "2101-01-01T12:00:00Z"}},
        {"occurred": {"at": "2026-03-02T12:00:00"}},
        {"occurred": {"precision": "exact"}},
        {"unknown": 1},
    ],
)
def test_a_malformed_report_is_no_command(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        commands.ReportDeviation.model_validate({**REPORT.model_dump(mode="json"), **wrong})


HAPPENS: list[tuple[tuple[DomainEvent, ...], commands.DeviationCommand, tuple[DomainEvent, ...]]] = [
    (NEW, IMMEDIATE, (TAKEN_AT_ONCE,)),
    (TRIAGED, PROPOSE, (facts.RoutingProposed(function=Function.QUALITY_LEAD, reason="Gjelder rutinen"),)),
    (NEW, ACCEPT, (ACCEPTED,)),
    (
        NEW,
        CORRECT,
        (
            CORRECTED,
            facts.RoutingProposed(function=Function.DATA_CONTROLLER_LEAD, reason="Feil i journalsystemet"),
        ),
    ),
    (NEW, REASSESS, (REASSESSED,)),
    (TRIAGED, ANALYSE, (ANALYSED,)),
    (TRIAGED, REVIEW, (REVIEWED,)),
    (TRIAGED, PLAN, (PLANNED.model_copy(update={"measure_id": BY.new_id()}),)),
    (
        (*TRIAGED, PLANNED),
        RESCHEDULE,
        (RESCHEDULED,),
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
        (INEFFECTIVENESS_ACCEPTED,),
    ),
    (TRIAGED, CLOSE, (CLOSED,)),
    ((*TRIAGED, PLANNED, DONE, EVALUATED), CLOSE, (CLOSED,)),
    (NEW, REJECT, (REJECTED,)),
    ((*TRIAGED, CLOSED), REOPEN, (REOPENED,)),
    ((*NEW, REJECTED), REOPEN, (REOPENED,)),
    (NEW, LINK, (LINKED,)),
]


@pytest.mark.parametrize(("past", "command", "expected"), HAPPENS, ids=lambda value: type(value).__name__)
def test_it_happens(past: tuple[DomainEvent, ...], command: commands.DeviationCommand, expected: tuple[DomainEvent, ...]) -> None:
    given(decider, *past).when(command, context=OLA_LEADS).then(*expected)


NOTHING_TO_DO: list[tuple[tuple[DomainEvent, ...], Command]] = [
    (NEW, REPORT),
    ((*NEW, TAKEN_AT_ONCE), IMMEDIATE),
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
    ((*TRIAGED, CLOSED, REOPENED), REOPEN),
    ((*NEW, LINKED), LINK),
]


@pytest.mark.parametrize(("past", "command"), NOTHING_TO_DO, ids=lambda value: type(value).__name__)
def test_there_is_nothing_to_do(past: tuple[DomainEvent, ...], command: Command) -> None:
    given(decider, *past).when(command, context=OLA_LEADS).then_nothing()


REFUSED: list[tuple[tuple[DomainEvent, ...], Command, str]] = [
    ((), REPORT.model_copy(update={"occurred": GivenMoment(at=NOW + timedelta(hours=1))}), "deviation.in_future"),
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
    ((*TRIAGED, REASSESSED), CLOSE, "deviation.close.causes_not_analysed"),
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
def test_it_is_refused(past: tuple[DomainEvent, ...], command: Command, code: str) -> None:
    given(decider, *past).when(command, context=OLA_LEADS).then_refused(code)


@pytest.mark.parametrize(
    "held",
    [
        assigned(Function.CLINICAL_LEAD, KARI),
        assigned(Function.QUALITY_LEAD, OLA),
        assigned(Function.CLINICAL_LEAD, OLA, from_day=TODAY + timedelta(days=1)),
        assigned(Function.CLINICAL_LEAD, OLA, to_day=TODAY - timedelta(days=1)),
        assigned(Function.CLINICAL_LEAD, KARI, deputies=(OLA,)),
    ],
    ids=["by somebody else", "another function", "from tomorrow", "until yesterday", "as deputy"],
)
def test_only_who_holds_the_function_that_day_takes_it(held: DomainEvent) -> None:
    assert ACCEPT.reads(BY) == {"practice": "fjordgata"}
    given(decider, *NEW).when(ACCEPT, context=leading(held)).then_refused("deviation.routing.not_holder")


def test_each_of_several_holders_may_take_it() -> None:
    held = assigned(Function.CLINICAL_LEAD, KARI, OLA, kind=HoldingKind.SIMULTANEOUS)
    given(decider, *NEW).when(ACCEPT, context=leading(held)).then(ACCEPTED)


def test_a_new_measure_answers_one_that_did_not_work() -> None:
    second = PLANNED.model_copy(update={"measure_id": OTHER})
    done = DONE.model_copy(update={"measure_id": OTHER})
    evaluated = EVALUATED.model_copy(update={"measure_id": OTHER})
    given(decider, *TRIAGED, PLANNED, DONE, INEFFECTIVE, second, done, evaluated).when(CLOSE).then(CLOSED)


def test_a_severe_deviation_with_its_causes_analysed_closes() -> None:
    given(decider, *TRIAGED, REASSESSED, ANALYSED).when(CLOSE).then(CLOSED)


def test_the_same_command_id_plans_the_same_measure() -> None:
    assert BY.new_id() == uuid5(BY.command_id, "")


@pytest.mark.parametrize(
    ("reason", "duplicate_of"), [(RejectReason.DUPLICATE, None), (RejectReason.DUPLICATE, ID), (RejectReason.NOT_DEVIATION, OTHER)]
)
def test_a_duplicate_names_another_deviation(reason: RejectReason, duplicate_of: UUID | None) -> None:
    with pytest.raises(ValidationError):
        commands.RejectDeviation(deviation_id=ID, reason=reason, duplicate_of=duplicate_of, explanation="x")


def test_every_command_is_tried() -> None:
    tables: dict[str, set[type[Command]]] = {
        "happens": {type(command) for _, command, _ in HAPPENS} | {type(REPORT)},
        "nothing": {type(command) for _, command in NOTHING_TO_DO},
        "refused": {type(command) for _, command, _ in REFUSED},
    }
    assert {name: set(decider.commands) - tried for name, tried in tables.items()} == {"happens": set(), "nothing": set(), "refused": set()}
