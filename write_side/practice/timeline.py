"""A function's timeline changed: pure, from assignments to assignments, and to the events that tell the difference."""

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from uuid import UUID

from events import practice as facts
from events._base import DomainEvent
from events._function import FunctionKey
from events._holding import ONE_DAY, HoldingKind, turn
from write_side.practice.state import Assignment, Timeline

NewId = Callable[[date], UUID]
"""Id for the assignment of this function that begins on a day."""


def cut(timeline: Timeline, first: date, last: date | None, new_id: NewId) -> Timeline:
    """The timeline with nobody from `first` to `last`, or from `first` on where `last` is None."""
    pieces: list[Assignment] = []
    for assignment in timeline:
        if runs_before(assignment, first) or (last is not None and assignment.from_day > last):
            pieces.append(assignment)
            continue
        if assignment.from_day < first:
            pieces.append(replace(assignment, to_day=first - ONE_DAY))
        if last is not None and (assignment.to_day is None or assignment.to_day > last):
            goes_on = last + ONE_DAY
            pieces.append(replace(assignment, assignment_id=new_id(goes_on), from_day=goes_on))
    return tuple(pieces)


def laid_over(timeline: Timeline, assignment: Assignment, new_id: NewId) -> Timeline:
    """The timeline with an assignment in the place of whatever covered its days."""
    around = cut(timeline, assignment.from_day, assignment.to_day, new_id)
    return tuple(sorted((*around, assignment), key=lambda a: a.from_day))


def changed_from(timeline: Timeline, day: date, change: Callable[[Assignment], Assignment | None], new_id: NewId) -> Timeline:
    """The timeline with every assignment changed for its days from `day` on; None from `change` leaves a gap."""
    pieces: list[Assignment] = []
    for assignment in timeline:
        rest = replace(assignment, from_day=max(assignment.from_day, day))
        if runs_before(assignment, day) or (after := change(rest)) == rest:
            pieces.append(assignment)
            continue
        if assignment.from_day < day:
            pieces.append(replace(assignment, to_day=day - ONE_DAY))
        if after is not None:
            pieces.append(replace(after, assignment_id=new_id(rest.from_day)))
    return tuple(pieces)


def succeeded(assignment: Assignment, leaver: UUID, successor: UUID | None) -> Assignment | None:
    """The assignment with the successor in the leaver's place, or with one holder less; None if that was the only one."""
    if leaver not in assignment.members:
        return assignment
    if successor is None or successor in assignment.members:
        return _without(assignment, leaver)
    return replace(
        assignment,
        members=tuple(successor if member == leaver else member for member in assignment.members),
        deputies=tuple(deputy for deputy in assignment.deputies if deputy != successor),
    )


def left(timeline: Timeline, day: date, leaver: UUID, successor: UUID | None, new_id: NewId) -> Timeline:
    """The timeline without a member from `day` on: the successor holds what they held, what they deputised for ends."""

    def change(assignment: Assignment) -> Assignment | None:
        deputies = tuple(deputy for deputy in assignment.deputies if deputy != leaver)
        return succeeded(replace(assignment, deputies=deputies), leaver, successor)

    return changed_from(timeline, day, change, new_id)


def _without(assignment: Assignment, leaver: UUID) -> Assignment | None:
    remaining = tuple(member for member in assignment.members if member != leaver)
    if not remaining:
        return None
    if assignment.kind is not HoldingKind.ROTATING:
        return replace(assignment, members=remaining)
    return _turns_go_on(assignment, leaver)


def _turns_go_on(rotation: Assignment, leaver: UUID) -> Assignment:
    """The rotation without a member: the turn under way stays its holder's, or becomes the next one's."""
    (holder,) = turn(rotation, rotation.from_day).holders
    assert rotation.turns_from is not None
    assert rotation.weeks is not None
    at = rotation.members.index(holder)
    order = rotation.members[at:] + rotation.members[:at]
    under_way = (rotation.from_day - rotation.turns_from).days % (7 * rotation.weeks)
    return replace(
        rotation,
        members=tuple(member for member in order if member != leaver),
        turns_from=date.fromordinal(rotation.from_day.toordinal() - under_way),
    )


def same_arrangement(one: Assignment, other: Assignment) -> bool:
    """Whether two assignments say the same of a day that both cover."""
    return _arrangement(one) == _arrangement(other)


def _arrangement(assignment: Assignment) -> tuple[object, ...]:
    members = assignment.members if assignment.kind is HoldingKind.ROTATING else frozenset(assignment.members)
    return (assignment.kind, members, assignment.deputies, assignment.turns_from, assignment.weeks)


def covers(one: Assignment, other: Assignment) -> bool:
    """Whether an assignment covers every day of another."""
    return one.from_day <= other.from_day and (one.to_day is None or (other.to_day is not None and other.to_day <= one.to_day))


def runs_before(assignment: Assignment, day: date) -> bool:
    """Whether an assignment is over before a day."""
    return assignment.to_day is not None and assignment.to_day < day


def events_between(function: FunctionKey, before: Timeline, after: Timeline) -> list[DomainEvent]:
    """What happened to a function whose timeline was `before` and is `after`: ends and withdrawals, then what is new."""
    now = {assignment.assignment_id: assignment for assignment in after}
    ends: list[DomainEvent] = []
    for old in before:
        new = now.pop(old.assignment_id, None)
        if new is None:
            ends.append(facts.AssignmentWithdrawn(assignment_id=old.assignment_id, function=function))
        elif new.to_day != old.to_day:
            assert new.to_day is not None
            ends.append(
                facts.AssignmentEnded(assignment_id=old.assignment_id, function=function, last_day=new.to_day, previous_last_day=old.to_day)
            )
    return ends + [assigned(function, assignment) for assignment in now.values()]


def assigned(function: FunctionKey, assignment: Assignment) -> facts.FunctionAssigned:
    """The event of an assignment."""
    return facts.FunctionAssigned(
        assignment_id=assignment.assignment_id,
        function=function,
        kind=assignment.kind,
        members=assignment.members,
        deputies=assignment.deputies,
        from_day=assignment.from_day,
        to_day=assignment.to_day,
        turns_from=assignment.turns_from,
        weeks=assignment.weeks,
    )
