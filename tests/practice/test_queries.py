"""What can be asked of a practice, through the ledger and the folds: on a day, and as of an earlier position."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import UTC, date, datetime
from uuid import UUID

import pytest

from events._function import Function
from events._holding import HoldingKind, Turn
from events.ledger.recorder import open_ledger
from events.practice import Field, PracticeType, Profession
from projections._engine._generation import ensure_generation
from projections._engine._worker import catch_up
from read_side import practice as ask
from read_side._as_of import AsOf, View, open_view
from tests._database import Database
from tests._given import BY
from write_side._application import Application, Outcome
from write_side._decider import By, Command
from write_side.practice import commands, decider, has_member
from write_side.practice.commands import Handover, NewMember

NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
APRIL, MAY = date(2026, 4, 1), date(2026, 5, 1)


def by(number: int, practice: str = "fjordgata") -> By:
    return replace(BY, practice=practice, command_id=UUID(int=number))


KARI = by(1).new_id("general_manager")
AASE, OLA, LISE = (by(number).new_id() for number in (2, 3, 4))
OWN = by(5).new_id()

STORY: list[Command] = [
    commands.RegisterPractice(
        name="Fjordgata legekontor",
        practice_type=PracticeType.GP_OFFICE,
        fields=(Field.GENERAL_PRACTICE, Field.LABORATORY),
        general_manager=NewMember(name="Kari Nordmann", profession=Profession.MANAGER),
    ),
    commands.JoinMember(name="Åse Berg", profession=Profession.NURSE, employed_from=date(2026, 3, 1)),
    commands.JoinMember(
        name="Ola Hansen", profession=Profession.GENERAL_PRACTITIONER, email="ola@fjordgata.no", employed_from=date(2026, 3, 1)
    ),
    commands.JoinMember(name="Lise Østby", profession=Profession.MEDICAL_SECRETARY, employed_from=APRIL),
    commands.EstablishFunction(name="Smittevern"),
    commands.AssignFunction(function=OWN, members=(AASE, OLA), kind=HoldingKind.ROTATING, weeks=1, from_day=date(2026, 3, 2)),
    commands.AssignFunction(function=Function.QUALITY_LEAD, members=(OLA,), deputies=(AASE,), from_day=date(2026, 3, 3)),
    commands.ConfirmResponsibilities(confirmed_on=date(2026, 3, 3)),
    commands.RecordLeaving(
        member_id=OLA, last_day=date(2026, 4, 30), handovers=(Handover(function=OWN), Handover(function=Function.QUALITY_LEAD, to=LISE))
    ),
]


@pytest.fixture
def outcomes(database: Database) -> list[Outcome]:
    """Two practices; the answer to each command of the first one's story."""
    ensure_generation(database.url)
    pool = database.sync_pool()
    application = Application(pool, [decider], members=("practice", has_member))
    for name in ("fjordgata", "torggata"):
        open_ledger(pool, name)
    answers = [application.execute(command, by(number)) for number, command in enumerate(STORY, 1)]
    application.execute(STORY[0], by(101, "torggata"))
    catch_up(database.url)
    return answers


@asynccontextmanager
async def viewed(database: Database, practice: str = "fjordgata", as_of: AsOf | None = None, now: datetime = NOON) -> AsyncIterator[View]:
    async with database.async_pool(min_size=1, max_size=1) as pool, open_view(pool, practice, now=now, as_of=as_of) as view:
        yield view


@pytest.mark.anyio
async def test_the_profile_is_the_practice_itself(database: Database, outcomes: list[Outcome]) -> None:
    async with viewed(database) as view:
        profile = await ask.profile(view)
    assert profile
    assert profile.name == "Fjordgata legekontor"
    assert profile.fields == (Field.GENERAL_PRACTICE, Field.LABORATORY)
    assert profile.responsibilities_open


@pytest.mark.anyio
async def test_members_stand_in_the_norwegian_alphabet(database: Database, outcomes: list[Outcome]) -> None:
    async with viewed(database) as view:
        assert [row.name for row in await ask.members(view)] == ["Kari Nordmann", "Ola Hansen", "Åse Berg"]
        assert [row.name for row in await ask.members(view, MAY)] == ["Kari Nordmann", "Lise Østby", "Åse Berg"]
        assert len(await ask.everybody(view)) == 4
        ola = await ask.member(view, OLA)
        assert ola is not None
        assert (ola.email, ola.last_day) == ("ola@fjordgata.no", date(2026, 4, 30))
        assert await ask.member(view, OWN) is None


@pytest.mark.anyio
async def test_every_function_is_listed_with_its_holders(database: Database, outcomes: list[Outcome]) -> None:
    async with viewed(database) as view:
        listed = await ask.functions(view, date(2026, 3, 10))
        held = {each.function: each.holders for each in listed}
        quality = next(each for each in listed if each.function is Function.QUALITY_LEAD)
    assert list(held) == [*Function, OWN]
    assert {function: holders for function, holders in held.items() if holders} == {
        Function.GENERAL_MANAGER: (KARI,),
        Function.QUALITY_LEAD: (OLA,),
        OWN: (OLA,),
    }
    assert listed[-1].name == "Smittevern"
    assert listed[-1].turn == Turn((OLA,), date(2026, 3, 9), date(2026, 3, 15))
    assert quality.deputies == (AASE,)
    assert quality.turn == Turn((OLA,), date(2026, 3, 3), date(2026, 4, 30))


@pytest.mark.anyio
async def test_a_holder_is_found_as_of_any_day(database: Database, outcomes: list[Outcome]) -> None:
    async with viewed(database) as view:
        assert await ask.holders(view, Function.QUALITY_LEAD) == (OLA,)
        assert await ask.holders(view, Function.QUALITY_LEAD, date(2026, 3, 2)) == ()
        assert await ask.holders(view, Function.QUALITY_LEAD, MAY) == (LISE,)
        assert await ask.holders(view, Function.HSE_LEAD) == ()
        assert await ask.holders(view, OWN, MAY) == (AASE,)
        assert [each.function for each in await ask.functions_of(view, OLA, date(2026, 3, 10))] == [Function.QUALITY_LEAD, OWN]
        assert [each.function for each in await ask.functions_of(view, OLA)] == [Function.QUALITY_LEAD]
        assert await ask.functions_of(view, OLA, MAY) == []


@pytest.mark.anyio
async def test_timelines_are_read_at_once(database: Database, outcomes: list[Outcome]) -> None:
    async with viewed(database) as view:
        every = await ask.assignments(view)
        assert set(every) == {"GENERAL_MANAGER", "QUALITY_LEAD", str(OWN)}
        assert [row.from_day for row in every["QUALITY_LEAD"]] == [date(2026, 3, 3), MAY]
        assert set(await ask.assignments(view, [OWN, Function.HSE_LEAD])) == {str(OWN)}
        assert await ask.assignments(view, []) == {}


@pytest.mark.anyio
async def test_as_of_an_earlier_position_nobody_was_leaving(database: Database, outcomes: list[Outcome]) -> None:
    before = AsOf(position=outcomes[-2].position)
    async with viewed(database, as_of=before, now=datetime.now(UTC)) as view:
        profile = await ask.profile(view)
        assert profile is not None
        assert not profile.responsibilities_open
        assert len(await ask.members(view, MAY)) == 4
        assert await ask.holders(view, Function.QUALITY_LEAD, MAY) == (OLA,)
    async with viewed(database, as_of=AsOf(position=0), now=datetime.now(UTC)) as view:
        assert await ask.profile(view) is None
        assert await ask.members(view, MAY) == []
        assert [each.holders for each in await ask.functions(view, MAY)] == [()] * len(Function)


@pytest.mark.anyio
async def test_a_practice_never_shows_anothers_rows(database: Database, outcomes: list[Outcome]) -> None:
    async with viewed(database, "torggata") as view:
        assert [row.member_id for row in await ask.everybody(view)] == [by(101).new_id("general_manager")]
        assert await ask.member(view, OLA) is None
        assert set(await ask.assignments(view)) == {"GENERAL_MANAGER"}
        assert [each.name for each in await ask.functions(view) if each.name] == []
