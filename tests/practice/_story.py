"""A small practice that the tests tell of: Kari manages it, Ola is a doctor, Lise a nurse, Per came later."""

from dataclasses import replace
from datetime import date
from typing import Any
from uuid import UUID, uuid5

from events import practice as facts
from events._base import DomainEvent
from events._function import Function, FunctionKey
from events._holding import HoldingKind
from events.practice import Field, PracticeType, Profession
from tests._given import BY, KARI, OLA, Given, given
from write_side.practice import decider
from write_side.practice.state import Practice

LISE = UUID("00000000-0000-4000-8000-00000000000c")
PER = UUID("00000000-0000-4000-8000-00000000000d")
NOBODY = UUID("00000000-0000-4000-8000-0000000000ff")
OWN = UUID("00000000-0000-4000-8000-0000000000f1")

START = date(2025, 1, 6)
TODAY = date(2026, 3, 3)
A_MONDAY = date(2026, 3, 2)

REGISTERED = facts.PracticeRegistered(
    name="Fjordgata legekontor",
    practice_type=PracticeType.GP_OFFICE,
    fields=(Field.GENERAL_PRACTICE,),
    organisation_number="974760673",
)


def joined(member_id: UUID, name: str, profession: Profession, employed_from: date = START) -> facts.MemberJoined:
    """Somebody who joins, with an address at the practice."""
    return facts.MemberJoined(
        member_id=member_id,
        name=name,
        email=f"{name.split(maxsplit=1)[0].lower()}@fjordgata.no",
        profession=profession,
        employed_from=employed_from,
    )


KARI_JOINED = joined(KARI, "Kari Nordmann", Profession.MANAGER)
OLA_JOINED = joined(OLA, "Ola Hansen", Profession.GENERAL_PRACTITIONER)
LISE_JOINED = joined(LISE, "Lise Åsen", Profession.NURSE)
PER_JOINED = joined(PER, "Per Østby", Profession.MEDICAL_SECRETARY, date(2026, 2, 1))


def assignment_id(number: int) -> UUID:
    """Id of an assignment that a story begins with."""
    return UUID(int=0xA0000000_0000_4000_8000_000000000000 + number)


def assigned(
    function: FunctionKey, *members: UUID, from_day: date = START, number: int = 1, kind: HoldingKind = HoldingKind.FIXED, **fields: Any
) -> facts.FunctionAssigned:
    """An assignment of the story."""
    return facts.FunctionAssigned(
        **{
            "assignment_id": assignment_id(number),
            "function": function,
            "kind": kind,
            "members": members,
            "deputies": (),
            "from_day": from_day,
            "to_day": None,
            "turns_from": from_day if kind is HoldingKind.ROTATING else None,
            "weeks": 1 if kind is HoldingKind.ROTATING else None,
            **fields,
        }
    )


def new_id(function: FunctionKey, day: date) -> UUID:
    """Id of an assignment that the command under test makes."""
    return uuid5(BY.command_id, f"{function}/{day}")


def ended(number: int, function: FunctionKey, last_day: date, previous: date | None = None) -> facts.AssignmentEnded:
    """The end of an assignment of the story."""
    return facts.AssignmentEnded(assignment_id=assignment_id(number), function=function, last_day=last_day, previous_last_day=previous)


def withdrawn(number: int, function: FunctionKey) -> facts.AssignmentWithdrawn:
    """The withdrawal of an assignment of the story."""
    return facts.AssignmentWithdrawn(assignment_id=assignment_id(number), function=function)


MANAGED = assigned(Function.GENERAL_MANAGER, KARI, number=9)
ESTABLISHED = facts.FunctionEstablished(function=OWN, name="Smittevern")
PRACTICE: tuple[DomainEvent, ...] = (REGISTERED, KARI_JOINED, MANAGED, OLA_JOINED, LISE_JOINED, PER_JOINED)


def practice(*events: DomainEvent) -> Given[Practice]:
    """The practice with its four members, and what else has happened."""
    return given(decider, *PRACTICE, *events)


LATER = replace(BY, now=BY.now.replace(month=9))
