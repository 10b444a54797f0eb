"""The people of a generated practice: they join, hold functions, hand over, leave."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from uuid import UUID, uuid5

from events._base import OSLO
from events._function import Function
from events._holding import HoldingKind
from events.practice import Field, PracticeType, Profession
from gateway.generator._profile import Profile
from gateway.generator._simulation import Simulation, moment
from gateway.generator._texts import texts
from write_side.practice.commands import (
    AssignFunction,
    ConfirmResponsibilities,
    Handover,
    JoinMember,
    NewMember,
    RecordLeaving,
    RegisterPractice,
)

DOCTORS = frozenset({Profession.GENERAL_PRACTITIONER, Profession.JUNIOR_DOCTOR, Profession.LOCUM_DOCTOR})


@dataclass
class Person:
    """Somebody who works there."""

    id: UUID
    profession: Profession
    from_day: date
    last_day: date | None = None

    @property
    def doctor(self) -> bool:
        return self.profession in DOCTORS

    def works(self, day: date) -> bool:
        return self.from_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass
class Staff:
    """Everybody who works or worked there, and who holds what."""

    people: list[Person] = field(default_factory=list)
    holding: dict[Function, list[UUID]] = field(default_factory=dict)
    """Who holds what, a leaver's successor from the day that the leaver gives notice."""
    followed: dict[UUID, Person] = field(default_factory=dict)
    """Whom a successor follows, once that one has left."""

    def present(self, day: date) -> list[Person]:
        """Who works there on a day, in the order of joining."""
        return [person for person in self.people if person.works(day)]

    def holder(self, function: Function, at: datetime) -> UUID:
        """Who holds a function then: a leaver to the last day."""
        member, day = self.holding[function][0], at.astimezone(OSLO).date()
        while (leaver := self.followed.get(member)) is not None and leaver.works(day):
            member = leaver.id
        return member

    @property
    def manager(self) -> UUID:
        """The general manager, who stays."""
        return self.holding[Function.GENERAL_MANAGER][0]


class StaffLife:
    """Registers the practice and lets its people come and go."""

    def __init__(self, simulation: Simulation, profile: Profile, staff: Staff, display_name: str) -> None:
        self._sim, self._profile, self._staff, self._display = simulation, profile, staff, display_name
        self._dice = simulation.random("staff")
        self._names = self._shuffled_names()

    def begin(self) -> None:
        """Put the first day, the yearly confirmations and the leavers on the agenda."""
        self._sim.on(moment(self._dice, self._sim.start, 8.0, 8.1), self._register)
        days = (self._sim.end - self._sim.start).days
        for year in range(days // 365 + 1):
            self._sim.on(moment(self._dice, self._sim.start + timedelta(days=30 + 360 * year)), self._confirm)
        leavers = round(self._profile.leavers_a_year * days / 365)
        for nth in range(leavers):
            day = self._sim.start + timedelta(days=int(120 + (days - 150) * (nth + self._dice.random()) / max(leavers, 1)))
            self._sim.on(moment(self._dice, day), self._replace_somebody)

    def _shuffled_names(self) -> Iterable[str]:
        names = [f"{first} {last}" for first in texts()["first_names"] for last in texts()["last_names"]]
        self._dice.shuffle(names)
        return iter(names)

    def _new(self, profession: Profession, from_day: date) -> NewMember:
        return NewMember(name=next(iter(self._names)), profession=profession, employed_from=from_day)

    def _register(self, at: datetime) -> None:
        day = at.astimezone(OSLO).date()
        first, *others = self._profile.staff
        self._sim.give(
            at,
            "system:operator",
            RegisterPractice(
                name=self._display,
                practice_type=PracticeType.GP_OFFICE,
                fields=(Field.GENERAL_PRACTICE, Field.LABORATORY),
                general_manager=self._new(first, day),
            ),
        )
        manager = uuid5(self._sim.steps[-1].command_id, "general_manager")
        self._staff.people.append(Person(manager, first, day))
        self._staff.holding[Function.GENERAL_MANAGER] = [manager]
        for nth, profession in enumerate(others):
            self._join(at + timedelta(minutes=5 + nth), profession, day)
        self._assign_functions(at + timedelta(minutes=30))
        self._sim.on(at + timedelta(days=14), self._confirm)

    def _join(self, at: datetime, profession: Profession, from_day: date) -> Person:
        new = self._new(profession, from_day)
        command = JoinMember(name=new.name, profession=new.profession, employed_from=new.employed_from)
        person = Person(self._sim.give(at, self._staff.manager, command), profession, from_day)
        self._staff.people.append(person)
        return person

    def _assign_functions(self, at: datetime) -> None:
        people = self._staff.people
        doctors = [person.id for person in people if person.doctor]
        others = [person.id for person in people if not person.doctor]
        wanted: list[tuple[Function, HoldingKind, list[UUID], int | None]] = [
            (Function.QUALITY_LEAD, HoldingKind.FIXED, [doctors[1]], None),
            (Function.CLINICAL_LEAD, HoldingKind.FIXED, [doctors[2]], None),
            (Function.DATA_CONTROLLER_LEAD, HoldingKind.FIXED, [doctors[0]], None),
            (Function.HSE_LEAD, HoldingKind.FIXED, [others[0]], None),
            (Function.EQUIPMENT_LEAD, HoldingKind.SIMULTANEOUS, others[1:3], None),
            (Function.SAFETY_REPRESENTATIVE, HoldingKind.ROTATING, others[-2:], 26),
        ]
        for nth, (function, kind, members, weeks) in enumerate(wanted):
            command = AssignFunction(function=function, kind=kind, members=tuple(members), from_day=at.astimezone(OSLO).date(), weeks=weeks)
            self._sim.give(at + timedelta(minutes=nth), self._staff.manager, command)
            self._staff.holding[function] = list(members)

    def _confirm(self, at: datetime) -> None:
        self._sim.give(at, self._staff.manager, ConfirmResponsibilities(confirmed_on=at.astimezone(OSLO).date()))

    def _replace_somebody(self, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        candidates = [person for person in self._staff.present(today) if person.id != self._staff.manager and person.last_day is None]
        leaver = self._dice.choice(candidates)
        successor = self._join(at, leaver.profession, today)
        held = [function for function, holders in self._staff.holding.items() if leaver.id in holders]
        last_day = today + timedelta(days=30)
        self._sim.give(
            at + timedelta(minutes=10),
            self._staff.manager,
            RecordLeaving(member_id=leaver.id, last_day=last_day, handovers=tuple(Handover(function=f, to=successor.id) for f in held)),
        )
        leaver.last_day = last_day
        self._staff.followed[successor.id] = leaver
        for function in held:
            self._staff.holding[function] = [successor.id if id_ == leaver.id else id_ for id_ in self._staff.holding[function]]
        if self._dice.random() < 0.8:
            self._sim.on(moment(self._dice, last_day + timedelta(days=self._dice.randint(1, 20))), self._confirm)
