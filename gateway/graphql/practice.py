"""The practice's profile, members and functions in GraphQL."""

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

import strawberry

from events._holding import HoldingKind
from gateway.graphql._root import PracticeRoot
from gateway.graphql._rows import RowType, row_type
from gateway.graphql._types import field, graphql_enum
from read_side import practice as queries
from read_side._as_of import View
from read_side.practice import FunctionOnDay, MemberRow, PracticeRow
from write_side.practice import decider

graphql_enum(HoldingKind)

COMMANDS = decider.commands


@row_type(PracticeRow, name="PracticeProfile", omit=["subject"])
class Profile(RowType):
    """What kind of practice it is, and how its responsibilities stand."""

    row: strawberry.Private[PracticeRow]

    @field("Whether responsibilities were never confirmed, or staff or roles have changed since.")
    def responsibilities_open(self) -> bool:
        return self.row.responsibilities_open


@row_type(MemberRow, name="Member", identity="member_id", omit=["subject"])
class Member(RowType):
    """Somebody who works in the practice, or did."""

    row: strawberry.Private[MemberRow]

    @field("What they hold on the day asked about.")
    async def functions(self) -> list["HeldFunction"]:
        held = await self.reader.load(_functions_of, self.row.member_id)
        return [HeldFunction.of(one, personal=self.reader.personal) for one in held]


@strawberry.type(name="HeldFunction", description="A function and who holds it on a day.")
class HeldFunction:
    """See `read_side.practice.FunctionOnDay`."""

    function: str = strawberry.field(description="Name of a function that every practice has, or the id of the practice's own.")
    name: str | None = strawberry.field(description="What the practice calls a function of its own.")
    kind: HoldingKind | None
    holders: list[strawberry.ID] = strawberry.field(description="Members; none in a gap, and for readers who may not see personal data.")
    deputies: list[strawberry.ID]
    from_day: date | None = strawberry.field(description="First day of the stretch of days with the same holders.")
    to_day: date | None = strawberry.field(description="Last day of that stretch; null where no end is set.")

    @classmethod
    def of(cls, found: FunctionOnDay, *, personal: bool) -> "HeldFunction":
        """The function as a reader may see it."""
        return cls(
            function=str(found.function),
            name=found.name,
            kind=found.assignment.kind if found.assignment else None,
            holders=_ids(found.holders if personal else ()),
            deputies=_ids(found.deputies if personal else ()),
            from_day=found.turn.first_day if found.turn else None,
            to_day=found.turn.last_day if found.turn else None,
        )


def _ids(members: Iterable[UUID]) -> list[strawberry.ID]:
    return [strawberry.ID(str(member)) for member in members]


async def _functions_of(view: View, member_ids: Sequence[UUID]) -> list[list[FunctionOnDay]]:
    found = await queries.functions(view)
    return [[one for one in found if member in one.holders] for member in member_ids]


@strawberry.type
class PracticeProfile(PracticeRoot):
    """Profile, members and functions of a practice."""

    @field("The practice itself; null before it is registered.")
    async def profile(self) -> Profile | None:
        row = await queries.profile(self.reader.require("read.practice"))
        return Profile.of(self.reader, row) if row else None

    @field("Who works there on a day, the one asked about if left out; or everybody who does, will or did.")
    async def members(self, day: date | None = None, everybody: bool = False) -> list[Member]:
        view = self.reader.require("read.practice")
        rows = await (queries.everybody(view) if everybody else queries.members(view, day))
        return [Member.of(self.reader, row) for row in rows]

    @field("A member, also one who has left.")
    async def member(self, id: UUID) -> Member | None:  # noqa: A002 -- the argument's name in the schema
        self.reader.require_to_name(id)
        row = await queries.member(self.reader.require("read.practice"), id)
        return Member.of(self.reader, row) if row else None

    @field("Every function in use on a day with its holders.")
    async def functions(self, day: date | None = None) -> list[HeldFunction]:
        found = await queries.functions(self.reader.require("read.practice"), day)
        return [HeldFunction.of(one, personal=self.reader.personal) for one in found]
