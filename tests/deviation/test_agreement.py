"""Whatever is commanded: the state that the rules see and the rows that people see say the same."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from events._base import DomainEvent
from events._function import Function
from events._holding import HoldingKind
from events.deviation import (
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
    Status,
    treatment_status,
)
from read_side.deviation import DeviationRow, MeasureRow
from tests._given import BY, KARI, OLA
from tests.deviation._folded import Folded
from tests.deviation._story import ID, MEASURE_ID, OTHER, PLANNED, TODAY, TRIAGED
from tests.practice._story import PRACTICE, assigned
from write_side import practice
from write_side._decider import By, Command
from write_side._errors import CommandError
from write_side.deviation import commands, decider
from write_side.deviation.commands import GivenCause
from write_side.deviation.rules import ROUTES
from write_side.deviation.state import Deviation

PLANS = [11, 12, 13]
MEASURES = [MEASURE_ID, *(replace(BY, command_id=UUID(int=number)).new_id() for number in PLANS)]

a_day = st.integers(0, 5).map(lambda days: TODAY - timedelta(days=days))
a_due_day = st.integers(0, 40).map(lambda days: TODAY + timedelta(days=days))
a_member = st.sampled_from([KARI, OLA])
a_note = st.sampled_from(["Fordi", "Derfor"])
a_measure = st.sampled_from(MEASURES)
kinds_and_harms = st.sampled_from([(Kind.NEAR_MISS, HarmLevel.NONE), (Kind.HARM_EVENT, HarmLevel.LOW), (Kind.HARM_EVENT, HarmLevel.FATAL)])
LEADERS = [assigned(function, KARI, OLA, kind=HoldingKind.SIMULTANEOUS) for function in set(ROUTES.values())]
LED = {"practice": practice.decider.fold([*PRACTICE, *LEADERS])}
CAUSES = (GivenCause(id="a", category=CauseCategory.METHOD, text="Ingen kontroll"),)


def commanding(command_class: type[Command], /, *, under: list[int] | None = None, **fields: Any) -> st.SearchStrategy[tuple[Command, By]]:
    """A command, and who gives it: ids of their own make what it begins one of a few."""
    command = st.builds(command_class, deviation_id=st.just(ID), **fields)
    return st.tuples(command, st.sampled_from(under or [9]).map(lambda number: replace(BY, command_id=UUID(int=number))))


REASSESSING = kinds_and_harms.flatmap(
    lambda found: commanding(commands.ReassessHarm, kind=st.just(found[0]), harm=st.just(found[1]), reason=a_note)
)
REJECTING = st.sampled_from([(RejectReason.DUPLICATE, OTHER), (RejectReason.NOT_DEVIATION, None)]).flatmap(
    lambda why: commanding(commands.RejectDeviation, reason=st.just(why[0]), duplicate_of=st.just(why[1]), explanation=a_note)
)
STEPS = st.one_of(
    commanding(commands.TakeImmediateMeasure, description=a_note),
    commanding(commands.ProposeRouting, function=st.sampled_from([Function.CLINICAL_LEAD, Function.QUALITY_LEAD]), reason=a_note),
    commanding(commands.AcceptRouting, responsible=a_member),
    commanding(commands.CorrectCategory, category=st.sampled_from(Category), reason=a_note),
    REASSESSING,
    commanding(commands.AnalyseCauses, method=st.sampled_from(CauseMethod), causes=st.just(CAUSES), root_causes=st.just(("a",))),
    commanding(commands.ReviewDeviation, reviewed_on=a_day, forum=st.sampled_from(Forum), note=a_note),
    commanding(commands.PlanMeasure, under=PLANS, kind=st.sampled_from(MeasureKind), description=a_note, owner=a_member, due=a_due_day),
    commanding(commands.RescheduleMeasure, measure_id=a_measure, due=a_due_day, reason=a_note),
    commanding(commands.CompleteMeasure, measure_id=a_measure, done_on=a_day, note=st.none() | a_note),
    commanding(commands.CancelMeasure, measure_id=a_measure, reason=a_note),
    commanding(commands.EvaluateMeasure, measure_id=a_measure, effect=st.sampled_from(Effect), evaluated_on=a_day, note=a_note),
    commanding(commands.AcceptIneffectiveness, measure_id=a_measure, reason=a_note),
    commanding(commands.CloseDeviation, conclusion=a_note, lessons=st.none() | a_note),
    REJECTING,
    commanding(commands.ReopenDeviation, reason=a_note),
    commanding(commands.LinkDeviation, kind=st.sampled_from(LinkKind), target=st.sampled_from([OTHER, MEASURE_ID])),
)


@given_any(steps=st.lists(STEPS, min_size=5, max_size=40), begun=st.sampled_from([TRIAGED, (*TRIAGED, PLANNED)]))
@settings(max_examples=60, deadline=None)
def test_the_rules_and_the_rows_agree(steps: list[tuple[Command, By]], begun: tuple[DomainEvent, ...]) -> None:
    events: list[DomainEvent] = [*begun]
    state = decider.fold(events)
    for command, by in steps:
        try:
            decided = decider.decide(command, state, replace(by, context=LED))
        except CommandError:
            continue
        state = decider.fold(decided, state)
        events += decided
        agree(state, Folded(*events))


def agree(state: Deviation, rows: Folded) -> None:
    row = rows.deviation
    assert row.status is expected_status(state)
    assert (row.kind, row.harm, row.category, row.proposed_to) == (state.kind, state.harm, state.category, state.proposed_to)
    assert (row.responsible, row.immediate_measures) == (state.responsible, state.immediate_measures)
    assert (row.open_measures, row.unevaluated_measures) == (len(state.open_measures), len(state.unevaluated_measures))
    assert [(date.fromisoformat(review["on"]), review["note"]) for review in row.reviews] == [
        (review.reviewed_on, review.note) for review in state.reviews
    ]
    assert (row.cause_analysis is not None) == bool(state.causes)
    assert {*row.linked_tasks, *row.linked_risks} == {target for _, target in state.links}
    assert len(row.linked_tasks) + len(row.linked_risks) == len(state.links)
    agree_on_its_end(state, row)
    agree_on_measures(state, {measure.measure_id: measure for measure in rows.all(MeasureRow)})


def expected_status(state: Deviation) -> Status:
    if state.just_reopened:
        return Status.REOPENED
    return state.ended or treatment_status(
        triaged=state.responsible is not None,
        treated=bool(state.causes or state.reviews),
        open_measures=len(state.open_measures),
        unevaluated_measures=len(state.unevaluated_measures),
    )


def agree_on_its_end(state: Deviation, row: DeviationRow) -> None:
    assert (row.closed_at is not None) == (state.ended is not None)
    assert (row.conclusion is not None) == (state.ended is Status.CLOSED)
    assert (row.reject_reason is not None, row.reject_explanation is not None) == ((state.ended is Status.REJECTED,) * 2)
    assert row.duplicate_of is None or row.reject_reason == RejectReason.DUPLICATE


def agree_on_measures(state: Deviation, rows: dict[UUID, MeasureRow]) -> None:
    assert set(rows) == set(state.measures)
    for id_, measure in state.measures.items():
        row = rows[id_]
        assert (row.owner, row.due, row.cancelled, row.effect) == (measure.owner, measure.due, measure.cancelled, measure.effect)
        assert (row.done_on is not None, row.evaluated_on) == (measure.done, measure.evaluated_on)
        assert (row.moves > 0) == (row.reschedule_reason is not None)
        assert row.moves > 0 or row.due == row.first_due
