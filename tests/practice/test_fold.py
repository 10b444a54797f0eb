"""What the events come to: the rows of the practice, its members, own functions and assignments."""

from dataclasses import replace
from datetime import date

import pytest

from events import practice as facts
from events._base import DomainEvent
from events._function import Function
from events._holding import HoldingKind
from events._registry import event_types
from events.practice import Field, PracticeType, Profession
from projections import practice as folds
from read_side.practice import AssignmentRow, FunctionRow, MemberRow, PracticeRow
from tests._given import KARI, OLA
from tests.practice._folded import ACTOR, SUBJECT, at, rows
from tests.practice._story import ESTABLISHED, KARI_JOINED, LISE, OLA_JOINED, OWN, START, assigned, ended, withdrawn

CONFIRMED = facts.ResponsibilitiesConfirmed(confirmed_on=date(2026, 3, 1), held=(), note=None)
QUALITY = assigned(Function.QUALITY_LEAD, KARI, deputies=(LISE,))
LEAVING = facts.LeavingRecorded(member_id=KARI, last_day=date(2026, 5, 31), previous_last_day=None)

PRACTICE_ROW = PracticeRow(
    subject=SUBJECT,
    version=1,
    name="Fjordgata legekontor",
    practice_type=PracticeType.GP_OFFICE,
    fields=(Field.GENERAL_PRACTICE,),
    organisation_number="974760673",
    registered_at=at(1),
    responsibilities_changed_at=None,
    responsibilities_changed_position=None,
    responsibilities_confirmed_on=None,
    responsibilities_confirmed_at=None,
    responsibilities_confirmed_position=None,
    responsibilities_confirmed_by=None,
)
MEMBER_ROW = MemberRow(
    member_id=KARI,
    subject=SUBJECT,
    name="Kari Nordmann",
    email="kari@fjordgata.no",
    profession=Profession.MANAGER,
    employed_from=START,
    last_day=None,
    joined_at=at(2),
)
FUNCTION_ROW = FunctionRow(function=OWN, subject=SUBJECT, name="Smittevern", established_at=at(2), last_day=None)
ASSIGNMENT_ROW = AssignmentRow(
    assignment_id=QUALITY.assignment_id,
    subject=SUBJECT,
    function="QUALITY_LEAD",
    kind=HoldingKind.FIXED,
    members=(KARI,),
    deputies=(LISE,),
    from_day=START,
    to_day=None,
    turns_from=None,
    weeks=None,
    assigned_at=at(2),
)


def practice_row(*events: DomainEvent) -> PracticeRow:
    (row,) = rows(PracticeRow, *events)
    return row


def test_every_event_of_the_capability_is_folded() -> None:
    own = {event for name, event in event_types().items() if name.startswith("practice.")}
    assert {event for model in folds.READ_MODELS for event in model.steps} == own
    assert set(folds.practice.steps) == own


def test_a_registered_practice() -> None:
    assert practice_row() == PRACTICE_ROW


def test_a_changed_profile() -> None:
    changed = facts.ProfileChanged(name="Torggata", practice_type=PracticeType.OTHER, fields=(Field.OTHER,), organisation_number=None)
    assert practice_row(changed) == replace(
        PRACTICE_ROW, version=2, name="Torggata", practice_type=PracticeType.OTHER, fields=(Field.OTHER,), organisation_number=None
    )


@pytest.mark.parametrize("event", [OLA_JOINED, LEAVING, ESTABLISHED, QUALITY, withdrawn(1, OWN)], ids=lambda event: event.TYPE)
def test_a_change_of_staff_or_roles_is_dated(event: DomainEvent) -> None:
    row = practice_row(KARI_JOINED, event)
    assert (row.version, row.responsibilities_changed_at, row.responsibilities_changed_position) == (3, at(3), 3)


def test_a_correction_is_no_change_of_staff_or_roles() -> None:
    corrected = facts.MemberCorrected(member_id=KARI, name="Kari", email=None, employed_from=START)
    renamed = facts.FunctionRenamed(function=OWN, name="Hygiene", previous="Smittevern")
    row = practice_row(KARI_JOINED, ESTABLISHED, corrected, renamed)
    assert (row.version, row.responsibilities_changed_position) == (5, 3)


def test_a_confirmation_stands_until_staff_or_roles_change() -> None:
    assert practice_row().responsibilities_open
    assert practice_row(KARI_JOINED).responsibilities_open
    confirmed = practice_row(KARI_JOINED, CONFIRMED)
    assert not confirmed.responsibilities_open
    assert confirmed == replace(
        PRACTICE_ROW,
        version=3,
        responsibilities_changed_at=at(2),
        responsibilities_changed_position=2,
        responsibilities_confirmed_on=date(2026, 3, 1),
        responsibilities_confirmed_at=at(3),
        responsibilities_confirmed_position=3,
        responsibilities_confirmed_by=ACTOR,
    )
    assert practice_row(KARI_JOINED, CONFIRMED, LEAVING).responsibilities_open


def test_members() -> None:
    corrected = facts.MemberCorrected(member_id=KARI, name="Kari Berg", email=None, employed_from=date(2024, 1, 1))
    role = facts.ProfessionChanged(member_id=KARI, profession=Profession.NURSE, previous=Profession.MANAGER)
    stays = facts.LeavingCancelled(member_id=KARI, last_day=LEAVING.last_day)
    assert rows(MemberRow, KARI_JOINED) == [MEMBER_ROW]
    assert rows(MemberRow, KARI_JOINED, corrected) == [replace(MEMBER_ROW, name="Kari Berg", email=None, employed_from=date(2024, 1, 1))]
    assert rows(MemberRow, KARI_JOINED, role) == [replace(MEMBER_ROW, profession=Profession.NURSE)]
    assert rows(MemberRow, KARI_JOINED, LEAVING) == [replace(MEMBER_ROW, last_day=date(2026, 5, 31))]
    assert rows(MemberRow, KARI_JOINED, LEAVING, stays) == [MEMBER_ROW]


def test_employment_includes_its_first_and_last_day() -> None:
    member = replace(MEMBER_ROW, last_day=date(2026, 5, 31))
    employed = {date(2025, 1, 5): False, START: True, date(2026, 5, 31): True, date(2026, 6, 1): False}
    assert {day: member.employed_on(day) for day in employed} == employed
    assert MEMBER_ROW.employed_on(date(2099, 1, 1))


def test_own_functions() -> None:
    renamed = facts.FunctionRenamed(function=OWN, name="Hygiene", previous="Smittevern")
    given_up = facts.FunctionDiscontinued(function=OWN, last_day=date(2026, 3, 31))
    assert rows(FunctionRow, ESTABLISHED) == [FUNCTION_ROW]
    assert rows(FunctionRow, ESTABLISHED, renamed) == [replace(FUNCTION_ROW, name="Hygiene")]
    assert rows(FunctionRow, ESTABLISHED, given_up) == [replace(FUNCTION_ROW, last_day=date(2026, 3, 31))]


def test_assignments() -> None:
    assert rows(AssignmentRow, QUALITY) == [ASSIGNMENT_ROW]
    assert rows(AssignmentRow, QUALITY, ended(1, Function.QUALITY_LEAD, date(2026, 3, 31))) == [
        replace(ASSIGNMENT_ROW, to_day=date(2026, 3, 31))
    ]
    assert rows(AssignmentRow, QUALITY, withdrawn(1, Function.QUALITY_LEAD)) == []


def test_an_assignment_of_an_own_function_names_its_id() -> None:
    rotation = assigned(OWN, KARI, OLA, kind=HoldingKind.ROTATING, weeks=2)
    (row,) = rows(AssignmentRow, rotation)
    assert (row.function, row.members, row.turns_from, row.weeks) == (str(OWN), (KARI, OLA), START, 2)
