"""The practice, its members, functions and who holds them, as rows; and the questions about a day."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from psycopg import sql

from events import _holding
from events._function import Function, FunctionKey
from events._holding import HoldingKind, Turn
from events._personal import Personal
from events.practice import Field, PracticeType, Profession
from read_side._as_of import View
from read_side._tables import table

_ISO_646_NO = str.maketrans("æäøöå", "{{||}")


@table("practice", key=("subject",))
@dataclass(frozen=True, slots=True)
class PracticeRow:
    """The practice's profile, and how its responsibilities stand."""

    subject: str
    version: int
    name: str
    practice_type: PracticeType
    fields: tuple[Field, ...]
    organisation_number: str | None
    registered_at: datetime
    responsibilities_changed_at: datetime | None
    """When a change of staff or roles was last recorded; it re-opens § 6 a."""
    responsibilities_changed_position: int | None
    responsibilities_confirmed_on: date | None
    responsibilities_confirmed_at: datetime | None
    """When the last confirmation was recorded."""
    responsibilities_confirmed_position: int | None
    responsibilities_confirmed_by: Personal[str | None]
    """Actor of the last confirmation."""

    @property
    def responsibilities_open(self) -> bool:
        """Never confirmed, or staff or roles have changed since; how old a confirmation may be is not asked here."""
        if self.responsibilities_confirmed_position is None:
            return True
        return (self.responsibilities_changed_position or 0) > self.responsibilities_confirmed_position


@table("member", key=("member_id",))
@dataclass(frozen=True, slots=True)
class MemberRow:
    """Somebody who works in the practice, or did."""

    member_id: Personal[UUID]
    subject: str
    name: Personal[str]
    email: Personal[str | None]
    profession: Profession
    employed_from: date
    last_day: date | None
    joined_at: datetime

    def employed_on(self, day: date) -> bool:
        """Whether they work here on a day."""
        return self.employed_from <= day and (self.last_day is None or day <= self.last_day)


@table("own_function", key=("function",))
@dataclass(frozen=True, slots=True)
class FunctionRow:
    """A function that the practice has established for itself, beside the ones that every practice has."""

    function: UUID
    subject: str
    name: str
    established_at: datetime
    last_day: date | None
    """Last day of a function that is given up."""


@table("function_assignment", key=("assignment_id",), indexes=(("function",),))
@dataclass(frozen=True, slots=True)
class AssignmentRow:
    """Who holds a function over a span of days (see `events._holding`)."""

    assignment_id: UUID
    subject: str
    function: str
    kind: HoldingKind
    members: Personal[tuple[UUID, ...]]
    deputies: Personal[tuple[UUID, ...]]
    from_day: date
    to_day: date | None
    turns_from: date | None
    weeks: int | None
    assigned_at: datetime


@dataclass(frozen=True, slots=True)
class FunctionOnDay:
    """A function and who holds it on a day."""

    function: FunctionKey
    name: str | None
    """What the practice calls a function of its own; None for those that every practice has."""
    assignment: AssignmentRow | None
    """What is arranged for the day; None in a gap."""
    turn: Turn | None
    """The stretch of days around it with the same holders."""

    @property
    def holders(self) -> tuple[UUID, ...]:
        return self.turn.holders if self.turn else ()

    @property
    def deputies(self) -> tuple[UUID, ...]:
        return self.assignment.deputies if self.assignment else ()


async def profile(view: View) -> PracticeRow | None:
    """The practice itself; None before it is registered."""
    return next(iter(await view.all(PracticeRow)), None)


async def members(view: View, day: date | None = None) -> list[MemberRow]:
    """Who works here on a day, today if it is left out, in the order of the Norwegian alphabet."""
    return [row for row in await everybody(view) if row.employed_on(day or view.today)]


async def everybody(view: View) -> list[MemberRow]:
    """Who works here, will, or did, in the order of the Norwegian alphabet."""
    return sorted(await view.all(MemberRow), key=lambda row: (_alphabetical(row.name), row.member_id))


async def member(view: View, member_id: UUID) -> MemberRow | None:
    """A member, also one who has left."""
    return await view.one(MemberRow, member_id=member_id)


async def assignments(view: View, functions: Iterable[FunctionKey] | None = None) -> Mapping[str, list[AssignmentRow]]:
    """Every assignment by function, or those of some functions, in the order of their days.

    Whoever resolves many days reads these once and asks `events._holding.holders` for each day.
    """
    query = sql.SQL("select * from {} where %(functions)s::text[] is null or function = any(%(functions)s) order by from_day").format(
        view.source(AssignmentRow)
    )
    wanted = None if functions is None else [str(function) for function in functions]
    found: dict[str, list[AssignmentRow]] = defaultdict(list)
    for row in await view.fetch(AssignmentRow, query, {"functions": wanted}):
        found[row.function].append(row)
    return found


async def holders(view: View, function: FunctionKey, day: date | None = None) -> tuple[UUID, ...]:
    """Who holds a function on a day; empty where nobody does."""
    found = await assignments(view, [function])
    return _holding.holders(found.get(str(function), []), day or view.today)


async def functions(view: View, day: date | None = None) -> list[FunctionOnDay]:
    """Every function in use on a day with its holders: every practice's first, then its own by name."""
    asked = day or view.today
    timelines = await assignments(view)
    own = [row for row in await view.all(FunctionRow) if row.last_day is None or row.last_day >= asked]
    own.sort(key=lambda row: (_alphabetical(row.name), row.function))
    named: list[tuple[FunctionKey, str | None]] = [*((function, None) for function in Function), *((row.function, row.name) for row in own)]
    return [_on_day(key, name, timelines.get(str(key), []), asked) for key, name in named]


async def functions_of(view: View, member_id: UUID, day: date | None = None) -> list[FunctionOnDay]:
    """What a member holds on a day."""
    return [held for held in await functions(view, day) if member_id in held.holders]


def _on_day(function: FunctionKey, name: str | None, timeline: list[AssignmentRow], day: date) -> FunctionOnDay:
    assignment = _holding.in_force(timeline, day)
    return FunctionOnDay(function, name, assignment, _holding.turn(assignment, day) if assignment else None)


def _alphabetical(name: str) -> str:
    """A sort key in which æ, ø and å follow z, as ISO 646-NO places them."""
    return name.casefold().translate(_ISO_646_NO)
