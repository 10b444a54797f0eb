"""Leaving: whatever somebody holds beyond the last day is handed over, and the practice stays managed."""

from datetime import date
from typing import Any
from uuid import UUID

import pytest

from events import practice as facts
from events._base import DomainEvent
from events._function import Function
from events._holding import HoldingKind
from tests._given import BY, KARI, OLA
from tests.practice._story import (
    A_MONDAY,
    LISE,
    NOBODY,
    PER,
    START,
    assigned,
    assignment_id,
    ended,
    new_id,
    practice,
    withdrawn,
)
from write_side._errors import Refused
from write_side.practice import commands, decider
from write_side.practice.commands import Handover

LAST = date(2026, 3, 31)
FIRST = date(2026, 4, 1)
OLA_LEAVES = commands.RecordLeaving(member_id=OLA, last_day=LAST)
LEAVING = facts.LeavingRecorded(member_id=OLA, last_day=LAST, previous_last_day=None)
CLINICAL = assigned(Function.CLINICAL_LEAD, OLA)
QUALITY = Function.QUALITY_LEAD


def leaves(*handovers: Handover) -> commands.RecordLeaving:
    return OLA_LEAVES.model_copy(update={"handovers": handovers})


def taken_over(function: Function, *members: UUID, **fields: Any) -> facts.FunctionAssigned:
    """What the command arranges from the day after the last one."""
    return assigned(function, *members, from_day=FIRST, **{"assignment_id": new_id(function, FIRST), **fields})


def test_who_holds_nothing_leaves() -> None:
    practice().when(OLA_LEAVES).then(LEAVING)


def test_what_is_held_goes_to_the_successor_named() -> None:
    practice(CLINICAL).when(leaves(Handover(function=Function.CLINICAL_LEAD, to=LISE))).then(
        ended(1, Function.CLINICAL_LEAD, LAST), taken_over(Function.CLINICAL_LEAD, LISE), LEAVING
    )


def test_what_is_held_must_be_handed_over() -> None:
    practice(CLINICAL).when(OLA_LEAVES).then_refused("practice.leaving.functions_held")


def test_the_refusal_names_every_function_that_is_left() -> None:
    quality = assigned(QUALITY, OLA, number=2)
    state = practice(CLINICAL, quality).state
    with pytest.raises(Refused) as refusal:
        decider.decide(leaves(Handover(function=QUALITY, to=LISE)), state, BY)
    assert refusal.value.details == {"functions": ["CLINICAL_LEAD"]}


def test_a_function_that_somebody_has_only_until_then_is_no_hindrance() -> None:
    practice(assigned(QUALITY, OLA, to_day=LAST)).when(OLA_LEAVES).then(LEAVING)


def test_a_function_handed_over_before_is_no_hindrance() -> None:
    before = (CLINICAL, ended(1, Function.CLINICAL_LEAD, LAST), assigned(Function.CLINICAL_LEAD, LISE, from_day=FIRST, number=2))
    practice(*before).when(OLA_LEAVES).then(LEAVING)
    practice(*before).when(leaves(Handover(function=Function.CLINICAL_LEAD, to=LISE))).then(LEAVING)


def test_what_somebody_would_have_taken_later_is_handed_over_too() -> None:
    planned = assigned(QUALITY, OLA, from_day=date(2026, 8, 1))
    practice(planned).when(leaves(Handover(function=QUALITY, to=PER))).then(
        withdrawn(1, QUALITY),
        assigned(QUALITY, PER, from_day=date(2026, 8, 1), assignment_id=new_id(QUALITY, date(2026, 8, 1))),
        LEAVING,
    )


def test_one_of_several_holders_needs_no_successor() -> None:
    together = assigned(QUALITY, OLA, KARI, kind=HoldingKind.SIMULTANEOUS)
    practice(together).when(leaves(Handover(function=QUALITY))).then(
        ended(1, QUALITY, LAST), taken_over(QUALITY, KARI, kind=HoldingKind.SIMULTANEOUS), LEAVING
    )
    practice(together).when(OLA_LEAVES).then_refused("practice.leaving.functions_held")


def test_the_only_holder_needs_a_successor() -> None:
    practice(CLINICAL).when(leaves(Handover(function=Function.CLINICAL_LEAD))).then_refused("practice.leaving.only_holder")


def test_the_successor_takes_the_same_place_in_a_rotation() -> None:
    rotation = assigned(QUALITY, KARI, OLA, LISE, kind=HoldingKind.ROTATING, from_day=A_MONDAY)
    practice(rotation).when(leaves(Handover(function=QUALITY, to=PER))).then(
        ended(1, QUALITY, LAST),
        taken_over(QUALITY, KARI, PER, LISE, kind=HoldingKind.ROTATING, turns_from=A_MONDAY),
        LEAVING,
    )


def test_a_rotation_goes_on_without_the_leaver_from_the_turn_under_way() -> None:
    # 1 April is the third day of the fifth turn, Ola's second; the next in order takes the rest of it
    rotation = assigned(QUALITY, OLA, KARI, LISE, PER, kind=HoldingKind.ROTATING, from_day=A_MONDAY)
    practice(rotation).when(leaves(Handover(function=QUALITY))).then(
        ended(1, QUALITY, LAST),
        taken_over(QUALITY, KARI, LISE, PER, kind=HoldingKind.ROTATING, turns_from=date(2026, 3, 30)),
        LEAVING,
    )


def test_a_turn_under_way_of_somebody_who_stays_is_not_cut_short() -> None:
    # 1 April falls in Kari's turn
    rotation = assigned(QUALITY, KARI, OLA, LISE, PER, kind=HoldingKind.ROTATING, from_day=A_MONDAY)
    practice(rotation).when(leaves(Handover(function=QUALITY))).then(
        ended(1, QUALITY, LAST),
        taken_over(QUALITY, KARI, LISE, PER, kind=HoldingKind.ROTATING, turns_from=date(2026, 3, 30)),
        LEAVING,
    )


def test_what_somebody_deputises_for_ends_by_itself() -> None:
    deputy = assigned(QUALITY, KARI, deputies=(OLA, LISE))
    practice(deputy).when(OLA_LEAVES).then(ended(1, QUALITY, LAST), taken_over(QUALITY, KARI, deputies=(LISE,)), LEAVING)


def test_a_deputy_who_becomes_the_holder_is_no_longer_deputy() -> None:
    practice(assigned(QUALITY, OLA, deputies=(LISE, KARI))).when(leaves(Handover(function=QUALITY, to=LISE))).then(
        ended(1, QUALITY, LAST), taken_over(QUALITY, LISE, deputies=(KARI,)), LEAVING
    )


@pytest.mark.parametrize("handovers", [(), (Handover(function=Function.GENERAL_MANAGER),)])
def test_the_last_general_manager_cannot_leave_unreplaced(handovers: tuple[Handover, ...]) -> None:
    kari = commands.RecordLeaving(member_id=KARI, last_day=LAST, handovers=handovers)
    practice().when(kari).then_refused("practice.general_manager_required")


def test_a_general_manager_leaves_to_a_successor() -> None:
    kari = commands.RecordLeaving(member_id=KARI, last_day=LAST, handovers=(Handover(function=Function.GENERAL_MANAGER, to=OLA),))
    practice().when(kari).then(
        ended(9, Function.GENERAL_MANAGER, LAST), taken_over(Function.GENERAL_MANAGER, OLA), LEAVING.model_copy(update={"member_id": KARI})
    )


def test_a_successor_is_employed_and_not_leaving() -> None:
    to_ola = commands.RecordLeaving(member_id=KARI, last_day=LAST, handovers=(Handover(function=Function.GENERAL_MANAGER, to=OLA),))
    practice(LEAVING).when(to_ola).then_refused("practice.member.not_employed")
    practice(CLINICAL).when(leaves(Handover(function=Function.CLINICAL_LEAD, to=NOBODY))).then_refused("practice.member.not_found")


def test_a_handover_of_something_not_held_is_refused() -> None:
    practice().when(leaves(Handover(function=QUALITY, to=LISE))).then_refused("practice.function.not_held")
    practice().when(leaves(Handover(function=NOBODY, to=LISE))).then_refused("practice.function.not_found")


def test_leaving_is_refused() -> None:
    practice().when(OLA_LEAVES.model_copy(update={"member_id": NOBODY})).then_refused("practice.member.not_found")
    practice().when(OLA_LEAVES.model_copy(update={"last_day": date(2025, 1, 5)})).then_refused("practice.member.ends_before_start")
    practice().when(OLA_LEAVES.model_copy(update={"last_day": date(2062, 1, 5)})).then_refused("practice.too_far_ahead")


def test_a_last_day_can_be_corrected() -> None:
    earlier = OLA_LEAVES.model_copy(update={"last_day": date(2026, 3, 15)})
    practice(LEAVING).when(earlier).then(LEAVING.model_copy(update={"last_day": date(2026, 3, 15), "previous_last_day": LAST}))
    holds = assigned(QUALITY, OLA, to_day=LAST)
    practice(holds, LEAVING).when(earlier).then_refused("practice.leaving.functions_held")


def test_leaving_on_the_day_recorded_does_nothing() -> None:
    practice(LEAVING).when(OLA_LEAVES).then_nothing()


def test_who_has_not_left_yet_may_stay() -> None:
    practice(LEAVING).when(commands.CancelLeaving(member_id=OLA)).then(facts.LeavingCancelled(member_id=OLA, last_day=LAST))


def test_who_has_left_joins_anew() -> None:
    left = LEAVING.model_copy(update={"last_day": date(2026, 3, 2)})
    practice(left).when(commands.CancelLeaving(member_id=OLA)).then_refused("practice.member.left")
    practice().when(commands.CancelLeaving(member_id=NOBODY)).then_refused("practice.member.not_found")


def test_who_is_not_leaving_has_nothing_to_cancel() -> None:
    stays: DomainEvent = facts.LeavingCancelled(member_id=OLA, last_day=LAST)
    practice().when(commands.CancelLeaving(member_id=OLA)).then_nothing()
    practice(LEAVING, stays).when(commands.CancelLeaving(member_id=OLA)).then_nothing()


def test_new_ids_are_told_apart_from_old_ones() -> None:
    assert new_id(QUALITY, START) == BY.new_id(f"QUALITY_LEAD/{START}") != assignment_id(1)
