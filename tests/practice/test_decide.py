"""What may happen to a practice's profile, members and confirmations: it happens, it is refused, there is nothing to do."""

from dataclasses import replace
from datetime import UTC, date, datetime

from events import practice as facts
from events._function import Function
from events.practice import Field, Held, PracticeType, Profession
from tests._given import BY, KARI, OLA, given
from tests.practice._story import (
    ESTABLISHED,
    KARI_JOINED,
    LATER,
    NOBODY,
    OLA_JOINED,
    OWN,
    REGISTERED,
    START,
    TODAY,
    assigned,
    joined,
    new_id,
    practice,
)
from write_side.practice import commands, decider
from write_side.practice.commands import NewMember
from write_side.practice.state import has_member

REGISTER = commands.RegisterPractice(
    name="Fjordgata legekontor",
    practice_type=PracticeType.GP_OFFICE,
    fields=(Field.GENERAL_PRACTICE,),
    organisation_number="974 760 673",
    general_manager=NewMember(name="Kari Nordmann", email="kari@fjordgata.no", profession=Profession.MANAGER, employed_from=START),
)
JOIN = commands.JoinMember(name="Nils Berg", email="nils@fjordgata.no", profession=Profession.NURSE)
CORRECT = commands.CorrectMember(member_id=OLA, name="Ola Hansen", email="ola@fjordgata.no", employed_from=START)
LEFT = facts.LeavingRecorded(member_id=OLA, last_day=date(2026, 2, 28), previous_last_day=None)
LEAVING = facts.LeavingRecorded(member_id=OLA, last_day=date(2026, 5, 31), previous_last_day=None)
CONFIRM = commands.ConfirmResponsibilities(confirmed_on=TODAY, note="Gjennomgått i praksismøte")
HELD = tuple(Held(function=function, holders=(KARI,) if function is Function.GENERAL_MANAGER else ()) for function in Function)
CONFIRMED = facts.ResponsibilitiesConfirmed(confirmed_on=TODAY, held=HELD, note="Gjennomgått i praksismøte")


def test_a_practice_is_registered_with_its_general_manager() -> None:
    manager = BY.new_id("general_manager")
    given(decider).when(REGISTER).then(
        REGISTERED,
        KARI_JOINED.model_copy(update={"member_id": manager}),
        assigned(Function.GENERAL_MANAGER, manager, from_day=TODAY, assignment_id=new_id(Function.GENERAL_MANAGER, TODAY)),
    )


def test_a_general_manager_who_starts_later_cannot_answer_for_it_today() -> None:
    later = REGISTER.general_manager.model_copy(update={"employed_from": date(2026, 3, 4)})
    given(decider).when(REGISTER.model_copy(update={"general_manager": later})).then_refused("practice.member.not_employed")


def test_a_practice_is_registered_once() -> None:
    practice().when(REGISTER.model_copy(update={"name": "Torggata"})).then_refused("practice.registered_already")


def test_registering_the_same_again_does_nothing() -> None:
    practice().when(REGISTER).then_nothing()


def test_nothing_but_registering_happens_to_an_unknown_practice() -> None:
    for command in (
        CHANGE_PROFILE,
        JOIN,
        CORRECT,
        CONFIRM,
        commands.EstablishFunction(name="Smittevern"),
        commands.RenameFunction(function=OWN, name="Hygiene"),
        commands.DiscontinueFunction(function=OWN, last_day=TODAY),
        commands.AssignFunction(function=Function.QUALITY_LEAD, members=(OLA,), from_day=TODAY),
        commands.HandOverFunction(function=Function.QUALITY_LEAD, from_member=OLA, to_member=KARI, from_day=TODAY),
        commands.VacateFunction(function=Function.QUALITY_LEAD, from_day=TODAY),
    ):
        given(decider).when(command).then_refused("practice.not_found")


CHANGE_PROFILE = commands.ChangeProfile(
    name="Fjordgata legesenter",
    practice_type=PracticeType.GP_OFFICE,
    fields=(Field.GENERAL_PRACTICE, Field.LABORATORY),
    organisation_number="974760673",
)


def test_the_profile_changes() -> None:
    practice().when(CHANGE_PROFILE).then(facts.ProfileChanged(**CHANGE_PROFILE.model_dump()))


def test_the_same_profile_is_no_change() -> None:
    practice(facts.ProfileChanged(**CHANGE_PROFILE.model_dump())).when(CHANGE_PROFILE).then_nothing()


def test_a_member_joins_today_unless_a_day_is_given() -> None:
    nils = joined(BY.new_id(), "Nils Berg", Profession.NURSE, TODAY)
    practice().when(JOIN).then(nils)
    early = date(2026, 1, 1)
    practice().when(JOIN.model_copy(update={"employed_from": early})).then(nils.model_copy(update={"employed_from": early}))


def test_today_is_the_day_in_norway() -> None:
    late_evening = replace(BY, now=datetime(2026, 3, 31, 22, 30, tzinfo=UTC))
    practice().when(JOIN, by=late_evening).then(joined(BY.new_id(), "Nils Berg", Profession.NURSE, date(2026, 4, 1)))


def test_two_who_work_here_have_different_addresses() -> None:
    practice().when(JOIN.model_copy(update={"email": "Ola@Fjordgata.no"})).then_refused("practice.member.email_taken")


def test_the_address_of_somebody_who_left_is_free() -> None:
    same = JOIN.model_copy(update={"email": "ola@fjordgata.no"})
    practice(LEFT).when(same).then(joined(BY.new_id(), "Nils Berg", Profession.NURSE, TODAY).model_copy(update={"email": same.email}))


def test_employment_years_ahead_is_a_slip_of_the_pen() -> None:
    practice().when(JOIN.model_copy(update={"employed_from": date(2062, 3, 1)})).then_refused("practice.too_far_ahead")


def test_joining_by_the_same_command_again_does_nothing() -> None:
    practice(joined(BY.new_id(), "Nils Berg", Profession.NURSE)).when(JOIN).then_nothing()


def test_details_are_corrected() -> None:
    corrected = CORRECT.model_copy(update={"name": "Ola Hansson", "email": None, "employed_from": date(2024, 8, 1)})
    practice().when(corrected).then(facts.MemberCorrected(member_id=OLA, name="Ola Hansson", email=None, employed_from=date(2024, 8, 1)))


def test_a_correction_is_refused() -> None:
    practice().when(CORRECT.model_copy(update={"member_id": NOBODY})).then_refused("practice.member.not_found")
    practice().when(CORRECT.model_copy(update={"email": "lise@fjordgata.no"})).then_refused("practice.member.email_taken")
    practice().when(CORRECT.model_copy(update={"employed_from": date(2035, 1, 1)})).then_refused("practice.too_far_ahead")
    practice(LEFT).when(CORRECT.model_copy(update={"employed_from": TODAY})).then_refused("practice.member.ends_before_start")


def test_employment_cannot_begin_after_what_somebody_holds_or_deputises_for() -> None:
    later = CORRECT.model_copy(update={"employed_from": date(2025, 6, 1)})
    holds = assigned(Function.QUALITY_LEAD, OLA, from_day=date(2025, 3, 1))
    deputy = assigned(Function.QUALITY_LEAD, KARI, from_day=date(2025, 3, 1), deputies=(OLA,))
    practice(holds).when(later).then_refused("practice.member.holds_earlier")
    practice(deputy).when(later).then_refused("practice.member.holds_earlier")
    on_the_day = later.model_copy(update={"employed_from": date(2025, 3, 1)})
    practice(holds).when(on_the_day).then(facts.MemberCorrected(**on_the_day.model_dump()))


def test_correcting_nothing_does_nothing() -> None:
    practice().when(CORRECT).then_nothing()


def test_a_member_changes_profession() -> None:
    command = commands.ChangeProfession(member_id=OLA, profession=Profession.MANAGER)
    practice().when(command).then(
        facts.ProfessionChanged(member_id=OLA, profession=Profession.MANAGER, previous=Profession.GENERAL_PRACTITIONER)
    )


def test_who_has_left_does_not_change_profession() -> None:
    command = commands.ChangeProfession(member_id=OLA, profession=Profession.MANAGER)
    practice(LEFT).when(command).then_refused("practice.member.left")
    practice().when(command.model_copy(update={"member_id": NOBODY})).then_refused("practice.member.not_found")


def test_the_same_profession_is_no_change() -> None:
    practice().when(commands.ChangeProfession(member_id=OLA, profession=OLA_JOINED.profession)).then_nothing()


def test_responsibilities_are_confirmed_with_who_holds_what() -> None:
    practice().when(CONFIRM).then(CONFIRMED)


def test_a_confirmation_names_own_functions_in_use_and_the_holders_of_its_day() -> None:
    infection_control = assigned(OWN, OLA, from_day=date(2026, 3, 1))
    confirmed = practice(ESTABLISHED, infection_control)
    confirmed.when(CONFIRM).then(CONFIRMED.model_copy(update={"held": (*HELD, Held(function=OWN, holders=(OLA,)))}))
    earlier = date(2026, 2, 28)
    confirmed.when(CONFIRM.model_copy(update={"confirmed_on": earlier})).then(
        CONFIRMED.model_copy(update={"confirmed_on": earlier, "held": (*HELD, Held(function=OWN, holders=()))})
    )
    given_up = facts.FunctionDiscontinued(function=OWN, last_day=date(2026, 3, 2))
    practice(ESTABLISHED, given_up).when(CONFIRM).then(CONFIRMED)


def test_a_confirmation_of_a_day_ahead_or_before_the_last_one_is_refused() -> None:
    practice().when(CONFIRM.model_copy(update={"confirmed_on": date(2026, 3, 4)})).then_refused("practice.in_future")
    practice(CONFIRMED).when(CONFIRM.model_copy(update={"confirmed_on": date(2026, 3, 2)})).then_refused("practice.confirmed_later")


def test_confirming_twice_on_a_day_without_a_change_between_does_nothing() -> None:
    practice(CONFIRMED).when(CONFIRM).then_nothing()


def test_a_change_of_staff_or_roles_asks_for_a_new_confirmation() -> None:
    practice(CONFIRMED, LEAVING).when(CONFIRM).then(CONFIRMED)
    practice(CONFIRMED, facts.ProfileChanged(**CHANGE_PROFILE.model_dump())).when(CONFIRM).then_nothing()


def test_a_confirmation_is_given_again_on_a_later_day() -> None:
    later = CONFIRM.model_copy(update={"confirmed_on": LATER.today})
    practice(CONFIRMED).when(later, by=LATER).then(CONFIRMED.model_copy(update={"confirmed_on": LATER.today}))


def test_who_works_here_can_be_referred_to() -> None:
    present = practice(LEAVING).state
    assert has_member(present, KARI, TODAY)
    assert not has_member(present, NOBODY, TODAY)
    assert has_member(present, OLA, date(2026, 5, 31))
    assert not has_member(present, OLA, date(2026, 6, 1))
    assert not has_member(present, OLA, date(2025, 1, 5))
