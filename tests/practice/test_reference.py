"""Who works here can be named by other capabilities: until the last day, and not after."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from uuid import UUID

import pytest

from events._function import Function
from events.deviation import Category, Kind, MeasureKind
from events.ledger.recorder import open_ledger
from events.practice import Field, PracticeType, Profession
from tests._database import Database
from tests._given import BY
from write_side import deviation, practice
from write_side._application import Application
from write_side._decider import By
from write_side._errors import Invalid
from write_side.deviation.commands import AcceptRouting, GivenMoment, PlanMeasure, ReportDeviation
from write_side.practice.commands import AssignFunction, JoinMember, NewMember, RecordLeaving, RegisterPractice

LAST = date(2026, 3, 31)


def by(number: int, day: date = date(2026, 3, 3)) -> By:
    return replace(BY, command_id=UUID(int=number), now=datetime.combine(day, BY.now.timetz()))


@pytest.fixture
def application(database: Database) -> Application:
    pool = database.sync_pool()
    open_ledger(pool, BY.practice)
    application = Application(pool, [practice.decider, deviation.decider], members=("practice", practice.has_member))
    kari = NewMember(name="Kari Nordmann", profession=Profession.MANAGER)
    application.execute(
        RegisterPractice(name="Fjordgata", practice_type=PracticeType.GP_OFFICE, fields=(Field.GENERAL_PRACTICE,), general_manager=kari),
        by(1),
    )
    application.execute(JoinMember(name="Ola Hansen", profession=Profession.NURSE), by(2))
    application.execute(RecordLeaving(member_id=by(2).new_id(), last_day=LAST), by(3))
    report = ReportDeviation(
        title="Feil dose", description="Feil dose", kind=Kind.NEAR_MISS, category=Category.CLINICAL, occurred=GivenMoment(at=BY.now)
    )
    application.execute(report, by(4))
    lead = AssignFunction(function=Function.CLINICAL_LEAD, members=(by(1).new_id("general_manager"),), from_day=BY.now.date())
    application.execute(lead, by(7))
    application.execute(AcceptRouting(deviation_id=by(4).new_id(), responsible=by(1).new_id("general_manager")), by(5))
    return application


def measure_of(owner: UUID) -> PlanMeasure:
    return PlanMeasure(
        deviation_id=by(4).new_id(), kind=MeasureKind.CORRECTIVE, description="Sjekkliste", owner=owner, due=date(2026, 6, 1)
    )


def test_whoever_has_given_notice_owns_a_measure_until_the_last_day(application: Application) -> None:
    outcome = application.execute(measure_of(by(2).new_id()), by(6, LAST))
    assert not outcome.repeated


@pytest.mark.parametrize("owner", [by(2).new_id(), UUID(int=99)], ids=["left", "unknown"])
def test_whoever_has_left_or_never_joined_owns_none(application: Application, owner: UUID) -> None:
    with pytest.raises(Invalid) as refusal:
        application.execute(measure_of(owner), by(6, LAST + timedelta(days=1)))
    assert (refusal.value.code, refusal.value.details) == ("reference.not_found", {"kind": "member", "id": owner})
