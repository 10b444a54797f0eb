"""What the rules need to remember of a practice."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from events import _holding
from events import practice as facts
from events._base import DomainEvent
from events._function import Function, FunctionKey
from events._holding import HoldingKind
from events.practice import Field, PracticeType, Profession


@dataclass(frozen=True, slots=True)
class Profile:
    """What kind of practice it is."""

    name: str
    practice_type: PracticeType
    fields: tuple[Field, ...]
    organisation_number: str | None


@dataclass(frozen=True, slots=True)
class Member:
    """Somebody who works in the practice, or did."""

    name: str
    email: str | None
    profession: Profession
    employed_from: date
    last_day: date | None = None

    def employed(self, first: date, last: date | None) -> bool:
        """Employed on every day of a span, which is without end where `last` is None."""
        return self.employed_from <= first and (self.last_day is None or (last is not None and last <= self.last_day))


@dataclass(frozen=True, slots=True)
class OwnFunction:
    """A responsibility area that the practice has established for itself."""

    name: str
    last_day: date | None = None


@dataclass(frozen=True, slots=True)
class Assignment:
    """Who holds a function over a span of days (see `events._holding`)."""

    assignment_id: UUID
    kind: HoldingKind
    members: tuple[UUID, ...]
    deputies: tuple[UUID, ...]
    from_day: date
    to_day: date | None
    turns_from: date | None
    weeks: int | None


Timeline = tuple[Assignment, ...]
"""A function's assignments in the order of their days; they never overlap."""


@dataclass(frozen=True, slots=True)
class Practice:
    """A practice as far as the rules need it; `profile` is None before it is registered."""

    profile: Profile | None = None
    members: Mapping[UUID, Member] = field(default_factory=lambda: MappingProxyType({}))
    own_functions: Mapping[UUID, OwnFunction] = field(default_factory=lambda: MappingProxyType({}))
    timelines: Mapping[FunctionKey, Timeline] = field(default_factory=lambda: MappingProxyType({}))
    confirmed_on: date | None = None
    changed_since: bool = False
    """Staff or roles have changed since responsibilities were confirmed."""

    def timeline(self, function: FunctionKey) -> Timeline:
        """The assignments of a function, none for one that was never held."""
        return self.timelines.get(function, ())

    @property
    def functions(self) -> tuple[FunctionKey, ...]:
        """The functions of every practice, then this one's own, in the order they were established."""
        return (*Function, *self.own_functions)


def has_member(state: Practice, member_id: UUID, day: date) -> bool:
    """Whether somebody works in the practice on a day; whoever has given notice does until the last one."""
    member = state.members.get(member_id)
    return member is not None and member.employed(day, day)


def holders(state: Practice, function: FunctionKey, day: date) -> tuple[UUID, ...]:
    """Who holds a function on a day; empty where nobody does."""
    return _holding.holders(state.timeline(function), day)


def evolve(state: Practice, event: DomainEvent) -> Practice:
    """The state after an event."""
    changed = _EVOLVE[type(event)](state, event)
    return replace(changed, changed_since=True) if isinstance(event, facts.STAFF_OR_ROLE_CHANGES) else changed


def _profile(state: Practice, event: facts.PracticeRegistered | facts.ProfileChanged) -> Practice:
    return replace(state, profile=Profile(event.name, event.practice_type, event.fields, event.organisation_number))


def _joined(state: Practice, event: facts.MemberJoined) -> Practice:
    member = Member(event.name, event.email, event.profession, event.employed_from)
    return replace(state, members=MappingProxyType({**state.members, event.member_id: member}))


def _member(state: Practice, member_id: UUID, **changes: Any) -> Practice:
    return replace(state, members=MappingProxyType({**state.members, member_id: replace(state.members[member_id], **changes)}))


def _own(state: Practice, function: UUID, own: OwnFunction) -> Practice:
    return replace(state, own_functions=MappingProxyType({**state.own_functions, function: own}))


def _timeline(state: Practice, function: FunctionKey, assignments: list[Assignment]) -> Practice:
    ordered = tuple(sorted(assignments, key=lambda a: a.from_day))
    return replace(state, timelines=MappingProxyType({**state.timelines, function: ordered}))


def _assigned(state: Practice, event: facts.FunctionAssigned) -> Practice:
    assignment = Assignment(
        event.assignment_id, event.kind, event.members, event.deputies, event.from_day, event.to_day, event.turns_from, event.weeks
    )
    return _timeline(state, event.function, [*state.timeline(event.function), assignment])


def _ended(state: Practice, event: facts.AssignmentEnded) -> Practice:
    assignments = [
        replace(assignment, to_day=event.last_day) if assignment.assignment_id == event.assignment_id else assignment
        for assignment in state.timeline(event.function)
    ]
    return _timeline(state, event.function, assignments)


def _withdrawn(state: Practice, event: facts.AssignmentWithdrawn) -> Practice:
    left = [assignment for assignment in state.timeline(event.function) if assignment.assignment_id != event.assignment_id]
    return _timeline(state, event.function, left)


_EVOLVE: dict[type[DomainEvent], Callable[[Practice, Any], Practice]] = {
    facts.PracticeRegistered: _profile,
    facts.ProfileChanged: _profile,
    facts.MemberJoined: _joined,
    facts.MemberCorrected: lambda s, e: _member(s, e.member_id, name=e.name, email=e.email, employed_from=e.employed_from),
    facts.ProfessionChanged: lambda s, e: _member(s, e.member_id, profession=e.profession),
    facts.LeavingRecorded: lambda s, e: _member(s, e.member_id, last_day=e.last_day),
    facts.LeavingCancelled: lambda s, e: _member(s, e.member_id, last_day=None),
    facts.FunctionEstablished: lambda s, e: _own(s, e.function, OwnFunction(e.name)),
    facts.FunctionRenamed: lambda s, e: _own(s, e.function, replace(s.own_functions[e.function], name=e.name)),
    facts.FunctionDiscontinued: lambda s, e: _own(s, e.function, replace(s.own_functions[e.function], last_day=e.last_day)),
    facts.FunctionAssigned: _assigned,
    facts.AssignmentEnded: _ended,
    facts.AssignmentWithdrawn: _withdrawn,
    facts.ResponsibilitiesConfirmed: lambda s, e: replace(s, confirmed_on=e.confirmed_on, changed_since=False),
}
