"""No command to a practice is left untried: it happens, then there is nothing to do, and it is refused."""

from datetime import date

import pytest

from events import practice as facts
from events._function import Function
from tests._given import KARI, OLA
from tests._tried import Tried, untried
from tests.practice._story import ESTABLISHED, LISE, NOBODY, OWN, PRACTICE, TODAY, assigned
from tests.practice.test_decide import CHANGE_PROFILE, CONFIRM, CORRECT, JOIN, REGISTER
from write_side.practice import commands, decider

APRIL = date(2026, 4, 1)
LEAVING = facts.LeavingRecorded(member_id=OLA, last_day=date(2026, 3, 31), previous_last_day=None)
QUALITY = assigned(Function.QUALITY_LEAD, KARI)

TRIED = [
    Tried(REGISTER, (), "practice.registered_already", PRACTICE, {"name": "Torggata"}),
    Tried(CHANGE_PROFILE, PRACTICE, "practice.not_found"),
    Tried(JOIN, PRACTICE, "practice.member.email_taken", PRACTICE, {"email": "ola@fjordgata.no"}),
    Tried(CORRECT.model_copy(update={"name": "Ola Hansson"}), PRACTICE, "practice.member.not_found", PRACTICE, {"member_id": NOBODY}),
    Tried(
        commands.ChangeProfession(member_id=OLA, profession=facts.Profession.MANAGER),
        PRACTICE,
        "practice.member.not_found",
        PRACTICE,
        {"member_id": NOBODY},
    ),
    Tried(
        commands.RecordLeaving(member_id=OLA, last_day=date(2026, 3, 31)),
        PRACTICE,
        "practice.leaving.functions_held",
        (*PRACTICE, assigned(Function.CLINICAL_LEAD, OLA)),
    ),
    Tried(commands.CancelLeaving(member_id=OLA), (*PRACTICE, LEAVING), "practice.member.not_found", PRACTICE, {"member_id": NOBODY}),
    Tried(commands.EstablishFunction(name="Smittevern"), PRACTICE, "practice.function.name_taken", (*PRACTICE, ESTABLISHED)),
    Tried(commands.RenameFunction(function=OWN, name="Hygiene"), (*PRACTICE, ESTABLISHED), "practice.function.not_found", PRACTICE),
    Tried(commands.DiscontinueFunction(function=OWN, last_day=TODAY), (*PRACTICE, ESTABLISHED), "practice.function.not_found", PRACTICE),
    Tried(
        commands.AssignFunction(function=Function.QUALITY_LEAD, members=(OLA,), from_day=APRIL),
        PRACTICE,
        "practice.member.not_found",
        PRACTICE,
        {"members": (NOBODY,)},
    ),
    Tried(
        commands.HandOverFunction(function=Function.QUALITY_LEAD, from_member=KARI, to_member=LISE, from_day=APRIL),
        (*PRACTICE, QUALITY),
        "practice.function.not_held",
        PRACTICE,
    ),
    Tried(
        commands.VacateFunction(function=Function.QUALITY_LEAD, from_day=APRIL),
        (*PRACTICE, QUALITY),
        "practice.general_manager_required",
        PRACTICE,
        {"function": Function.GENERAL_MANAGER},
    ),
    Tried(CONFIRM, PRACTICE, "practice.in_future", PRACTICE, {"confirmed_on": date(2026, 3, 4)}),
]


@pytest.mark.parametrize("tried", TRIED, ids=lambda tried: tried.command.NAME)
def test_it_happens_once_and_is_refused(tried: Tried) -> None:
    tried.check(decider)


def test_every_command_is_tried() -> None:
    assert untried(decider, TRIED) == set()
