"""One example of each event of a practice, for the golden files."""

from datetime import date

from events import practice as facts
from events._base import DomainEvent
from events._function import Function
from events._holding import HoldingKind
from events.practice import Field, Held, PracticeType, Profession
from tests._given import KARI, OLA
from tests.practice import _story as story

EXAMPLES: list[DomainEvent] = [
    story.REGISTERED,
    facts.ProfileChanged(
        name="Fjordgata legesenter",
        practice_type=PracticeType.GP_OFFICE,
        fields=(Field.GENERAL_PRACTICE, Field.LABORATORY),
        organisation_number=None,
    ),
    story.LISE_JOINED,
    facts.MemberCorrected(member_id=OLA, name="Ola Hansson", email=None, employed_from=date(2024, 8, 1)),
    facts.ProfessionChanged(member_id=OLA, profession=Profession.MANAGER, previous=Profession.GENERAL_PRACTITIONER),
    facts.LeavingRecorded(member_id=OLA, last_day=date(2026, 3, 31), previous_last_day=date(2026, 5, 31)),
    facts.LeavingCancelled(member_id=OLA, last_day=date(2026, 3, 31)),
    story.ESTABLISHED,
    facts.FunctionRenamed(function=story.OWN, name="Hygiene", previous="Smittevern"),
    facts.FunctionDiscontinued(function=story.OWN, last_day=date(2026, 3, 31)),
    story.assigned(
        Function.QUALITY_LEAD,
        KARI,
        OLA,
        kind=HoldingKind.ROTATING,
        from_day=date(2026, 4, 1),
        to_day=date(2026, 12, 31),
        turns_from=date(2026, 3, 30),
        weeks=2,
        deputies=(story.LISE,),
    ),
    story.ended(1, Function.QUALITY_LEAD, date(2026, 6, 30), previous=date(2026, 12, 31)),
    story.withdrawn(2, story.OWN),
    facts.ResponsibilitiesConfirmed(
        confirmed_on=story.TODAY,
        held=(Held(function=Function.GENERAL_MANAGER, holders=(KARI,)), Held(function=story.OWN, holders=())),
        note="Gjennomgått i praksismøte",
    ),
]
