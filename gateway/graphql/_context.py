"""What the resolvers of one operation share."""

from asyncio import Lock
from collections.abc import Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import strawberry
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gateway._bus import CommandBus
from gateway.auth.actor import Actor
from gateway.auth.policy import Resource, require
from gateway.graphql._documents import Prepared
from gateway.graphql._reader import Reader
from read_side._as_of import AsOf, View, open_view

Pool = AsyncConnectionPool[AsyncConnection[Any]]


@dataclass(frozen=True, slots=True)
class Sources:
    """What every operation draws on."""

    pool: Pool
    bus: CommandBus
    clock: Callable[[], datetime]
    patience: float
    """Seconds that a query waits for the position it names in `atLeast`."""


@dataclass
class Operation:
    """One operation: who asks, and the one snapshot that everything asked is read from."""

    sources: Sources
    actor: Actor
    now: datetime
    prepared: Prepared
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)
    _first: Lock = field(default_factory=Lock)
    _views: dict[AsOf | None, View] = field(default_factory=dict)

    async def reader(self, practice: str, as_of: AsOf | None, at_least: int | None) -> Reader:
        """The practice for this actor; raises NotAllowed before anything is looked up, and `read_side._errors`."""
        require(self.actor, "read.practice", Resource(practice), self.now)
        async with self._first:
            view = self._views.get(as_of) or await self._view(practice, as_of, at_least)
            self._views[as_of] = view
        return Reader.of(view, self.actor, self.now)

    @property
    def position(self) -> int | None:
        """Position that the answer shows, where it shows one."""
        shown = {view.position for view in self._views.values()}
        return shown.pop() if len(shown) == 1 else None

    async def close(self) -> None:
        """End the snapshot."""
        await self._open.aclose()

    async def _view(self, practice: str, as_of: AsOf | None, at_least: int | None) -> View:
        opened = open_view(self.sources.pool, practice, now=self.now, as_of=as_of, at_least=at_least, patience=self.sources.patience)
        return await self._open.enter_async_context(opened)


Info = strawberry.Info[Operation, None]
