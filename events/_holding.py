"""Who holds a function on a given day.

A function's assignments follow each other without overlap, each for a span of days; days between them are gaps, on
which nobody holds it. Days are calendar days in Norway, so neither clock changes nor time zones enter here. Rules,
read side and whoever points work at a function all resolve holders with these functions.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar
from uuid import UUID

ONE_DAY = timedelta(days=1)


class HoldingKind(StrEnum):
    """How a function is held."""

    FIXED = "fixed"
    """By one member."""
    ROTATING = "rotating"
    """By several who take turns of whole weeks."""
    SIMULTANEOUS = "simultaneous"
    """By several at the same time."""


class Holding(Protocol):
    """What is asked of an assignment, be it a state's or a row."""

    @property
    def kind(self) -> HoldingKind: ...
    @property
    def members(self) -> tuple[UUID, ...]:
        """The holder, the holders, or the order of the rotation; never empty."""

    @property
    def from_day(self) -> date:
        """First day."""

    @property
    def to_day(self) -> date | None:
        """Last day; None where no end is set."""

    @property
    def turns_from(self) -> date | None:
        """First day of the first member's first turn; a rotation has it, and it may lie before `from_day`."""

    @property
    def weeks(self) -> int | None:
        """Weeks in a turn; a rotation has it."""


@dataclass(frozen=True, slots=True)
class Turn:
    """A stretch of days in which the same members hold a function."""

    holders: tuple[UUID, ...]
    first_day: date
    last_day: date | None


H = TypeVar("H", bound=Holding)


def in_force(assignments: Iterable[H], day: date) -> H | None:
    """The assignment that covers a day."""
    return next((a for a in assignments if a.from_day <= day and (a.to_day is None or day <= a.to_day)), None)


def holders(assignments: Iterable[Holding], day: date) -> tuple[UUID, ...]:
    """Who holds the function with these assignments on a day; empty in a gap."""
    assignment = in_force(assignments, day)
    return turn(assignment, day).holders if assignment else ()


def turn(assignment: Holding, day: date) -> Turn:
    """The stretch around a day that an assignment covers: a rotation's turn, or else the whole assignment."""
    if assignment.turns_from is None or assignment.weeks is None:
        return Turn(assignment.members, assignment.from_day, assignment.to_day)
    length = timedelta(weeks=assignment.weeks)
    number = (day - assignment.turns_from) // length
    first = assignment.turns_from + number * length
    last = first + length - ONE_DAY
    return Turn(
        (assignment.members[number % len(assignment.members)],),
        max(first, assignment.from_day),
        last if assignment.to_day is None else min(last, assignment.to_day),
    )


def first_gap(assignments: Iterable[Holding], from_day: date) -> date | None:
    """The first day from `from_day` on that no assignment covers; None where the function is held without end."""
    day = from_day
    for assignment in sorted(assignments, key=lambda a: a.from_day):
        if assignment.from_day > day:
            break
        if assignment.to_day is None:
            return None
        day = max(day, assignment.to_day + ONE_DAY)
    return day
