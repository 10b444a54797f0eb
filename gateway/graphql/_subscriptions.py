"""What can be subscribed to: the lines of a practice as they come, and its dashboard as it changes."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any

import strawberry

from gateway.export._question import known_types, stored_types
from gateway.graphql.dashboard import DashboardType
from gateway.live import Boards, Follower
from gateway.live._lines import Shown
from gateway.problems import ProblemError


@dataclass(frozen=True, slots=True)
class Listener:
    """What the resolvers of one subscription share: who asks, and where it comes from."""

    follower: Follower
    boards: Boards


Info = strawberry.Info[Listener, None]
PracticeId = Annotated[strawberry.ID, strawberry.argument(description="The practice.")]


@strawberry.type(description="An event as it was recorded: one CloudEvents line, and what stands in its envelope.")
class RecordedLine:
    """See `gateway.live._lines.Shown`."""

    position: int
    type: str = strawberry.field(description="Stored name of the event's type and version.")
    subject: str
    time: datetime = strawberry.field(description="When it was recorded.")
    actor: str = strawberry.field(
        description="Pseudonymous id of whoever gave the command; for readers who may not see personal data, a pseudonym of exports."
    )
    line: str = strawberry.field(
        description="The exact line, which the ledger's proofs are about; for readers who may not see personal data, without it."
    )


@strawberry.type(description="A practice's dashboard as it stood at a position.")
class DashboardState:
    """See `gateway.live._boards.Board`."""

    position: int = strawberry.field(description="Position of the last event that it includes.")
    as_of: datetime = strawberry.field(description="When it was put together; lateness is judged at this instant.")
    dashboard: DashboardType


async def _events(
    info: Info,
    practice: PracticeId,
    after: Annotated[
        int | None, strawberry.argument(description="Position behind which to begin; behind the present end, if left out.")
    ] = None,
    types: Annotated[
        list[str] | None,
        strawberry.argument(description="Event types, a version or all versions of each, see docs/exports.md; all types if left out."),
    ] = None,
) -> AsyncGenerator[Shown, None]:
    if after is not None and after < 0:
        raise ProblemError(400, "live.position", name="after", given=after)
    follower, wanted = info.context.follower, frozenset(stored_types(known_types(types or ())))
    async with aclosing(follower.lines(str(practice), after, wanted)) as pieces:
        async for piece in pieces:
            for line in piece.lines:
                follower.still_allowed(line)
                yield line


async def _dashboard(info: Info, practice: PracticeId) -> AsyncGenerator[Any, None]:
    async with aclosing(info.context.boards.follow(info.context.follower, str(practice))) as boards:
        async for board in boards:
            yield board


@strawberry.type(description="What is sent as it comes, over a WebSocket with the subprotocol graphql-transport-ws.")
class Subscription:
    """The root of every subscription."""

    events: Any = strawberry.subscription(
        resolver=_events,
        graphql_type=RecordedLine,
        description="The practice's events in their order, those behind `after` first and then the new ones; none is left out.",
    )
    dashboard: Any = strawberry.subscription(
        resolver=_dashboard,
        graphql_type=DashboardState,
        description="The practice's dashboard now, and anew when the record has moved, at most a few times a second.",
    )
