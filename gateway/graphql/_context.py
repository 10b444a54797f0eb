"""What the resolvers of one operation share."""

from asyncio import Lock, sleep
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import datetime

import strawberry

from gateway._bus import CommandBus
from gateway._reads import Reads
from gateway.auth.actor import Actor
from gateway.auth.policy import Resource, require
from gateway.graphql._documents import Prepared
from gateway.graphql._reader import Reader
from read_side._as_of import AsOf, View, another_view
from read_side._errors import NotYet

State = tuple[str, AsOf | None]
"""A practice, now or as of an earlier state."""


@dataclass(frozen=True, slots=True)
class Sources:
    """What every operation draws on."""

    reads: Reads
    bus: CommandBus


@dataclass
class Operation:
    """One operation: who asks, and the one snapshot that everything asked of a practice is read from."""

    sources: Sources
    actor: Actor
    now: datetime
    prepared: Prepared
    _open: AsyncExitStack = field(default_factory=AsyncExitStack)
    _opening: Lock = field(default_factory=Lock)
    _views: dict[State, View] = field(default_factory=dict)
    _at_least: dict[str, int] = field(default_factory=dict)
    _parked_at: int | None = None
    _readers: list[Reader] = field(default_factory=list)

    async def reader(self, practice: str, as_of: AsOf | None, at_least: int | None) -> Reader:
        """The practice for this actor; raises NotAllowed before anything is looked up, and `read_side._errors`."""
        require(self.actor, "read.practice", Resource(practice), self.now)
        self._at_least[practice] = max(at_least or 0, self._at_least.get(practice, 0))
        async with self._opening:
            if (practice, as_of) not in self._views:
                self._views[practice, as_of] = await self._view(practice, as_of)
        view = self._views[practice, as_of]
        if at_least is not None and view.latest < at_least:
            raise NotYet("reading.not_yet", position=view.latest, at_least=at_least, parked_at=self._parked_at)
        reader = Reader.of(view, self.actor, self.now)
        self._readers.append(reader)
        return reader

    @property
    def position(self) -> int | None:
        """Position that the answer shows, where it shows one."""
        shown = {view.position for view in self._views.values()}
        return shown.pop() if len(shown) == 1 else None

    async def close(self) -> None:
        """End the snapshot, once nothing reads from it any more."""
        for reader in self._readers:
            await reader.settled()
        await self._open.aclose()

    async def _view(self, practice: str, as_of: AsOf | None) -> View:
        """The first one opens the snapshot, and may wait for it; further states of the practice are read from the same."""
        for (known, _), view in self._views.items():
            if known == practice:
                return await another_view(view, now=self.now, as_of=as_of)
        await sleep(0)  # until each field that is asked beside this one has said how far it wants to see
        try:
            return await self._snapshot(practice, as_of, self._at_least[practice])
        except NotYet as late:  # those that want less are answered
            self._parked_at = late.details.get("parked_at")
            return await self._snapshot(practice, as_of, None)

    async def _snapshot(self, practice: str, as_of: AsOf | None, at_least: int | None) -> View:
        return await self._open.enter_async_context(self.sources.reads.view(practice, self.now, as_of=as_of, at_least=at_least))


Info = strawberry.Info[Operation, None]
