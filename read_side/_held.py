"""On which days a member holds which functions: what a list of one person's work needs, when work points to functions."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from events._holding import ONE_DAY, Holding, turn


@dataclass(frozen=True, slots=True)
class Held:
    """Days, both included, on which a function is held."""

    function: str
    first_day: date
    last_day: date


def held_by(member: UUID, assignments: Mapping[str, Iterable[Holding]], first: date, last: date) -> tuple[Held, ...]:
    """What a member holds between `first` and `last`, from the assignments of each function."""
    return tuple(
        Held(function, max(held.first_day, first), min(held.last_day, last))
        for function, timeline in sorted(assignments.items())
        for assignment in timeline
        if member in assignment.members
        for held in _turns(member, function, assignment, first, last)
    )


def _turns(member: UUID, function: str, assignment: Holding, first: date, last: date) -> Iterator[Held]:
    day = max(assignment.from_day, first)
    end = min(assignment.to_day or last, last)
    while day <= end:
        current = turn(assignment, day)
        until = min(current.last_day or end, end)
        if member in current.holders:
            yield Held(function, day, until)
        day = until + ONE_DAY
