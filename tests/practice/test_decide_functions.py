"""Functions: assigned over spans of days, handed over, left vacant; and the practice's own ones."""

from datetime import date

import pytest

from events import practice as facts
from events._function import Function
from events._holding import HoldingKind
from tests._given import BY, KARI, OLA
from tests.practice._story import (
    A_MONDAY,
    ESTABLISHED,
    LISE,
    MANAGED,
    NOBODY,
    OWN,
    PER,
    START,
    TODAY,
    assigned,
    ended,
    new_id,
    practice,
    withdrawn,
)
from write_side.practice import commands, decider, holders

QUALITY = Function.QUALITY_LEAD
MANAGER = Function.GENERAL_MANAGER
APRIL = date(2026, 4, 1)
DISCONTINUED = facts.FunctionDiscontinued(function=OWN, last_day=date(2026, 3, 31))


def assign(*members: object, **fields: object) -> commands.AssignFunction:
    return commands.AssignFunction.model_validate({"function": QUALITY, "members": members, "from_day": APRIL, **fields})


def test_a_function_is_assigned() -> None:
    practice().when(assign(OLA, deputies=(LISE,))).then(
        assigned(QUALITY, OLA, from_day=APRIL, deputies=(LISE,), assignment_id=new_id(QUALITY, APRIL))
    )


def test_a_new_holder_follows_the_one_before() -> None:
    practice(assigned(QUALITY, OLA)).when(assign(LISE)).then(
        ended(1, QUALITY, date(2026, 3, 31)), assigned(QUALITY, LISE, from_day=APRIL, assignment_id=new_id(QUALITY, APRIL))
    )


def test_an_arrangement_takes_the_place_of_those_it_covers() -> None:
    planned = assigned(QUALITY, OLA, from_day=date(2026, 6, 1))
    practice(planned).when(assign(LISE)).then(
        withdrawn(1, QUALITY), assigned(QUALITY, LISE, from_day=APRIL, assignment_id=new_id(QUALITY, APRIL))
    )


def test_after_a_stand_in_the_former_arrangement_goes_on() -> None:
    may, june = date(2026, 5, 31), date(2026, 6, 1)
    practice(assigned(QUALITY, OLA)).when(assign(LISE, to_day=may)).then(
        ended(1, QUALITY, date(2026, 3, 31)),
        assigned(QUALITY, LISE, from_day=APRIL, to_day=may, assignment_id=new_id(QUALITY, APRIL)),
        assigned(QUALITY, OLA, from_day=june, assignment_id=new_id(QUALITY, june)),
    )


def test_after_a_stand_in_a_rotation_goes_on_in_step() -> None:
    rotation = assigned(QUALITY, KARI, OLA, LISE, kind=HoldingKind.ROTATING, from_day=A_MONDAY)
    goes_on = date(2026, 4, 13)
    practice(rotation).when(assign(PER, to_day=date(2026, 4, 12))).then(
        ended(1, QUALITY, date(2026, 3, 31)),
        assigned(QUALITY, PER, from_day=APRIL, to_day=date(2026, 4, 12), assignment_id=new_id(QUALITY, APRIL)),
        rotation.model_copy(update={"from_day": goes_on, "assignment_id": new_id(QUALITY, goes_on)}),
    )


def test_an_assignment_before_all_others_ends_where_they_begin() -> None:
    when = practice(assigned(QUALITY, OLA, from_day=date(2026, 6, 1))).when(assign(LISE, to_day=date(2026, 5, 31)))
    when.then(assigned(QUALITY, LISE, from_day=APRIL, to_day=date(2026, 5, 31), assignment_id=new_id(QUALITY, APRIL)))


def test_a_rotation_and_a_shared_function_are_assigned() -> None:
    practice().when(assign(KARI, OLA, kind="rotating", weeks=2)).then(
        assigned(QUALITY, KARI, OLA, kind=HoldingKind.ROTATING, weeks=2, from_day=APRIL, assignment_id=new_id(QUALITY, APRIL))
    )
    practice().when(assign(KARI, OLA, kind="simultaneous")).then(
        assigned(QUALITY, KARI, OLA, kind=HoldingKind.SIMULTANEOUS, from_day=APRIL, assignment_id=new_id(QUALITY, APRIL))
    )


def test_an_own_function_is_assigned_while_it_is_in_use() -> None:
    command = assign(LISE, function=OWN)
    new = assigned(OWN, LISE, from_day=APRIL, assignment_id=new_id(OWN, APRIL))
    practice(ESTABLISHED).when(command).then(new)
    practice(ESTABLISHED, DISCONTINUED).when(command).then_refused("practice.function.discontinued")
    practice(ESTABLISHED, DISCONTINUED).when(assign(LISE, function=OWN, from_day=TODAY, to_day=date(2026, 4, 1))).then_refused(
        "practice.function.discontinued"
    )
    practice(ESTABLISHED, DISCONTINUED).when(assign(LISE, function=OWN, from_day=TODAY, to_day=date(2026, 3, 31))).then(
        new.model_copy(update={"from_day": TODAY, "to_day": date(2026, 3, 31), "assignment_id": new_id(OWN, TODAY)})
    )


def test_an_assignment_is_refused() -> None:
    practice().when(assign(NOBODY)).then_refused("practice.member.not_found")
    practice().when(assign(KARI, deputies=(NOBODY,))).then_refused("practice.member.not_found")
    practice().when(assign(PER, from_day=date(2026, 1, 31))).then_refused("practice.member.not_employed")
    practice().when(assign(KARI, deputies=(PER,), from_day=date(2026, 1, 31))).then_refused("practice.member.not_employed")
    practice().when(assign(KARI, function=OWN)).then_refused("practice.function.not_found")
    practice().when(assign(KARI, from_day=date(2062, 1, 1))).then_refused("practice.too_far_ahead")
    practice().when(assign(KARI, to_day=date(2062, 1, 1))).then_refused("practice.too_far_ahead")


def test_who_leaves_holds_nothing_beyond_the_last_day() -> None:
    leaving = facts.LeavingRecorded(member_id=OLA, last_day=date(2026, 5, 31), previous_last_day=None)
    practice(leaving).when(assign(OLA)).then_refused("practice.member.not_employed")
    practice(leaving).when(assign(OLA, to_day=date(2026, 6, 1))).then_refused("practice.member.not_employed")
    practice(leaving).when(assign(OLA, to_day=date(2026, 5, 31))).then(
        assigned(QUALITY, OLA, from_day=APRIL, to_day=date(2026, 5, 31), assignment_id=new_id(QUALITY, APRIL))
    )


def test_what_is_arranged_already_is_not_arranged_again() -> None:
    practice(assigned(QUALITY, OLA)).when(assign(OLA)).then_nothing()
    practice(assigned(QUALITY, OLA)).when(assign(OLA, to_day=date(2026, 5, 1))).then_nothing()
    shared = assigned(QUALITY, OLA, KARI, kind=HoldingKind.SIMULTANEOUS)
    practice(shared).when(assign(KARI, OLA, kind="simultaneous")).then_nothing()
    rotation = assigned(QUALITY, OLA, KARI, kind=HoldingKind.ROTATING, from_day=APRIL, to_day=date(2026, 5, 31))
    practice(rotation).when(assign(OLA, KARI, kind="rotating", weeks=1, to_day=date(2026, 5, 31))).then_nothing()


@pytest.mark.parametrize(
    "command",
    [
        assign(KARI, OLA, kind="rotating", weeks=1),
        assign(OLA, KARI, kind="rotating", weeks=2),
        assign(OLA, KARI, kind="rotating", weeks=1, from_day=date(2026, 4, 8)),
        assign(OLA, KARI, kind="rotating", weeks=1, deputies=(LISE,)),
        assign(OLA, KARI, kind="simultaneous"),
    ],
)
def test_anything_else_is_another_arrangement(command: commands.AssignFunction) -> None:
    rotation = assigned(QUALITY, OLA, KARI, kind=HoldingKind.ROTATING, from_day=APRIL)
    assert decider.decide(command, practice(rotation).state, BY)


def test_a_function_is_handed_over() -> None:
    command = commands.HandOverFunction(function=QUALITY, from_member=OLA, to_member=LISE, from_day=APRIL)
    practice(assigned(QUALITY, OLA, deputies=(LISE, KARI))).when(command).then(
        ended(1, QUALITY, date(2026, 3, 31)),
        assigned(QUALITY, LISE, from_day=APRIL, deputies=(KARI,), assignment_id=new_id(QUALITY, APRIL)),
    )


def test_a_function_is_handed_over_from_its_first_day() -> None:
    command = commands.HandOverFunction(function=QUALITY, from_member=OLA, to_member=LISE, from_day=START)
    practice(assigned(QUALITY, OLA)).when(command).then(
        withdrawn(1, QUALITY), assigned(QUALITY, LISE, assignment_id=new_id(QUALITY, START))
    )


def test_one_of_several_hands_over_to_another_of_them() -> None:
    command = commands.HandOverFunction(function=QUALITY, from_member=OLA, to_member=LISE, from_day=APRIL)
    practice(assigned(QUALITY, OLA, LISE, kind=HoldingKind.SIMULTANEOUS)).when(command).then(
        ended(1, QUALITY, date(2026, 3, 31)),
        assigned(QUALITY, LISE, kind=HoldingKind.SIMULTANEOUS, from_day=APRIL, assignment_id=new_id(QUALITY, APRIL)),
    )


def test_a_handover_is_refused() -> None:
    def hand_over(**fields: object) -> commands.HandOverFunction:
        given = {"function": QUALITY, "from_member": OLA, "to_member": LISE, "from_day": APRIL}
        return commands.HandOverFunction.model_validate({**given, **fields})

    held = practice(assigned(QUALITY, OLA))
    held.when(hand_over(from_member=KARI)).then_refused("practice.function.not_held")
    held.when(hand_over(from_member=NOBODY)).then_refused("practice.member.not_found")
    held.when(hand_over(to_member=NOBODY)).then_refused("practice.member.not_found")
    held.when(hand_over(to_member=PER, from_day=date(2026, 1, 1))).then_refused("practice.member.not_employed")
    held.when(hand_over(function=OWN)).then_refused("practice.function.not_found")
    held.when(hand_over(from_day=date(2062, 1, 1))).then_refused("practice.too_far_ahead")
    ending = practice(assigned(QUALITY, OLA, to_day=date(2026, 3, 31)))
    ending.when(hand_over()).then_refused("practice.function.not_held")


def test_what_is_handed_over_already_is_not_handed_over_again() -> None:
    command = commands.HandOverFunction(function=QUALITY, from_member=OLA, to_member=LISE, from_day=APRIL)
    practice(assigned(QUALITY, LISE)).when(command).then_nothing()
    practice(assigned(QUALITY, LISE, from_day=date(2026, 8, 1))).when(command).then_nothing()


def test_a_function_is_left_vacant() -> None:
    planned = assigned(QUALITY, LISE, from_day=date(2026, 7, 1), number=2)
    vacate = commands.VacateFunction(function=QUALITY, from_day=APRIL)
    practice(assigned(QUALITY, OLA, to_day=date(2026, 6, 30)), planned).when(vacate).then(
        ended(1, QUALITY, date(2026, 3, 31), previous=date(2026, 6, 30)), withdrawn(2, QUALITY)
    )


def test_a_practice_is_never_without_a_general_manager() -> None:
    practice().when(commands.VacateFunction(function=MANAGER, from_day=APRIL)).then_refused("practice.general_manager_required")
    practice().when(commands.VacateFunction(function=MANAGER, from_day=START)).then_refused("practice.general_manager_required")
    acting = assigned(MANAGER, OLA, from_day=APRIL, to_day=date(2026, 6, 30), number=8)
    before = (
        facts.AssignmentEnded(assignment_id=MANAGED.assignment_id, function=MANAGER, last_day=date(2026, 3, 31), previous_last_day=None),
    )
    after = assigned(MANAGER, KARI, from_day=date(2026, 7, 1), number=7)
    practice(*before, acting, after).when(assign(LISE, function=MANAGER, from_day=date(2026, 5, 1), to_day=date(2026, 5, 31))).then(
        ended(8, MANAGER, date(2026, 4, 30), previous=date(2026, 6, 30)),
        assigned(MANAGER, LISE, from_day=date(2026, 5, 1), to_day=date(2026, 5, 31), assignment_id=new_id(MANAGER, date(2026, 5, 1))),
        assigned(MANAGER, OLA, from_day=date(2026, 6, 1), to_day=date(2026, 6, 30), assignment_id=new_id(MANAGER, date(2026, 6, 1))),
    )


def test_vacating_is_refused_or_does_nothing() -> None:
    practice().when(commands.VacateFunction(function=OWN, from_day=APRIL)).then_refused("practice.function.not_found")
    practice().when(commands.VacateFunction(function=QUALITY, from_day=date(2062, 1, 1))).then_refused("practice.too_far_ahead")
    practice().when(commands.VacateFunction(function=QUALITY, from_day=APRIL)).then_nothing()


def test_an_own_function_is_established() -> None:
    practice().when(commands.EstablishFunction(name="Smittevern")).then(facts.FunctionEstablished(function=BY.new_id(), name="Smittevern"))


def test_two_functions_in_use_have_different_names() -> None:
    command = commands.EstablishFunction(name="SMITTEVERN")
    practice(ESTABLISHED).when(command).then_refused("practice.function.name_taken")
    practice(ESTABLISHED, DISCONTINUED).when(command).then(facts.FunctionEstablished(function=BY.new_id(), name="SMITTEVERN"))


def test_establishing_by_the_same_command_again_does_nothing() -> None:
    again = facts.FunctionEstablished(function=BY.new_id(), name="Smittevern")
    practice(again).when(commands.EstablishFunction(name="Smittevern")).then_nothing()


def test_an_own_function_is_renamed() -> None:
    practice(ESTABLISHED).when(commands.RenameFunction(function=OWN, name="Hygiene")).then(
        facts.FunctionRenamed(function=OWN, name="Hygiene", previous="Smittevern")
    )
    practice(ESTABLISHED).when(commands.RenameFunction(function=OWN, name="smittevern")).then(
        facts.FunctionRenamed(function=OWN, name="smittevern", previous="Smittevern")
    )


def test_renaming_is_refused() -> None:
    other = facts.FunctionEstablished(function=NOBODY, name="Hygiene")
    command = commands.RenameFunction(function=OWN, name="Hygiene")
    practice().when(command).then_refused("practice.function.not_found")
    practice(ESTABLISHED, other).when(command).then_refused("practice.function.name_taken")
    practice(ESTABLISHED, DISCONTINUED).when(command).then_refused("practice.function.discontinued")


def test_the_same_name_is_no_change() -> None:
    practice(ESTABLISHED).when(commands.RenameFunction(function=OWN, name="Smittevern")).then_nothing()


def test_an_own_function_is_given_up_with_its_assignments() -> None:
    command = commands.DiscontinueFunction(function=OWN, last_day=date(2026, 3, 31))
    practice(ESTABLISHED).when(command).then(DISCONTINUED)
    practice(ESTABLISHED, assigned(OWN, LISE)).when(command).then(ended(1, OWN, date(2026, 3, 31)), DISCONTINUED)


def test_giving_up_is_refused() -> None:
    command = commands.DiscontinueFunction(function=OWN, last_day=TODAY)
    practice().when(command).then_refused("practice.function.not_found")
    practice(ESTABLISHED, DISCONTINUED).when(command).then_refused("practice.function.discontinued")
    practice(ESTABLISHED).when(command.model_copy(update={"last_day": date(2062, 1, 1)})).then_refused("practice.too_far_ahead")


def test_giving_up_what_is_given_up_does_nothing() -> None:
    practice(ESTABLISHED, DISCONTINUED).when(commands.DiscontinueFunction(function=OWN, last_day=DISCONTINUED.last_day)).then_nothing()


def test_a_state_answers_who_holds_what() -> None:
    state = practice(ESTABLISHED, assigned(OWN, LISE, from_day=APRIL), assigned(QUALITY, OLA, number=2)).state
    assert holders(state, OWN, date(2026, 3, 31)) == ()
    assert holders(state, OWN, APRIL) == (LISE,)
    assert holders(state, QUALITY, APRIL) == (OLA,)
    assert holders(state, Function.HSE_LEAD, APRIL) == ()
