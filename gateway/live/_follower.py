"""Somebody who follows a practice: their rights, looked at for every piece that they are sent."""

import asyncio
from collections.abc import AsyncGenerator, Callable
from dataclasses import dataclass
from datetime import datetime
from time import monotonic

from events._codec import BadLine
from events._registry import UnknownEventType
from events.ledger.hints import MAX_WAIT
from gateway.auth.actor import Actor
from gateway.auth.policy import Allow, Resource, decide, require
from gateway.export._redaction import Redactor
from gateway.live._hub import AWAY, Ending, Hub, Watch
from gateway.live._lines import Line, Shown
from gateway.problems import ProblemError
from read_side._unbroken import unbroken


@dataclass(frozen=True, slots=True)
class Piece:
    """Some lines in their order."""

    upto: int
    """Position up to which everything has been told."""
    lines: list[Shown]
    """None: a sign of life."""


@dataclass(frozen=True)
class Follower:
    """Follows practices for one person."""

    hub: Hub
    actor: Actor
    clock: Callable[[], datetime]
    heartbeat: float
    """Seconds of silence after which there is a sign of life."""

    async def lines(self, practice: str, after: int | None, types: frozenset[str] = frozenset()) -> AsyncGenerator[Piece, None]:
        """The lines behind a position, or behind the present end, for ever; of all types, or of some by their stored names.

        The first piece is empty and says where it begins. Raises NotAllowed when a right is missing or has ended,
        ProblemError (422) where the position lies ahead of the record, NoSuchPractice, and Ending when the server stops.
        """
        require(self.actor, "read.export", Resource(practice), self.clock())
        async with self.hub.watching(practice) as watch:
            position = await self._begin(watch, after)
            yield Piece(position, [])
            told = monotonic()
            while True:
                found = await self._next(watch, position)
                if found is not None:
                    shown = _shown(found, self._redactor(watch))
                    position = shown[-1].position if shown else position
                    wanted = [told for line, told in zip(found, shown, strict=False) if not types or line.type in types]
                    if wanted or monotonic() - told >= self.heartbeat:
                        yield Piece(position, wanted)
                        told = monotonic()
                elif not await watch.moved(self.patience()):
                    self._redactor(watch)
                    yield Piece(position, [])
                    told = monotonic()

    def still_allowed(self, line: Shown) -> None:
        """Raise NotAllowed unless this person may see the line now."""
        practice, now = Resource(line.ledger), self.clock()
        require(self.actor, "read.export", practice, now)
        if not line.redacted:
            require(self.actor, "read.personal", practice, now)

    def patience(self) -> float:
        """Seconds to wait until rights must be looked at again: to the next sign of life, or the end of the token."""
        left = (self.actor.expires_at - self.clock()).total_seconds()
        return max(0.0, min(self.heartbeat, left))

    async def _begin(self, watch: Watch, after: int | None) -> int:
        if after is not None and after > (watch.size or 0):
            await unbroken(self.hub.look([watch.practice]))
        position = (watch.size or 0) if after is None else after
        _not_ahead(watch, position)
        return position

    async def _next(self, watch: Watch, position: int) -> list[Line] | None:
        """Lines that are there already, none while the database is away; None when all has been read."""
        if self.hub.ending:
            raise Ending
        _not_ahead(watch, position)
        if not watch.size or watch.size == position:
            return None
        try:
            return await self.hub.lines.behind(watch.practice, position, watch.size)
        except AWAY:
            await asyncio.sleep(MAX_WAIT)
            return []

    def _redactor(self, watch: Watch) -> Redactor | None:
        """What this person's lines go through, by the rights of this moment; raises NotAllowed."""
        practice, now = Resource(watch.practice), self.clock()
        require(self.actor, "read.export", practice, now)
        return None if isinstance(decide(self.actor, "read.personal", practice, now), Allow) else watch.redactor


def _shown(lines: list[Line], redactor: Redactor | None) -> list[Shown]:
    """Lines up to one that cannot be read; its error is raised when it comes first."""
    shown: list[Shown] = []
    for line in lines:
        try:
            shown.append(line.shown(redactor))
        except (BadLine, UnknownEventType):
            if not shown:
                raise
            break
    return shown


def _not_ahead(watch: Watch, position: int) -> None:
    if position > (watch.size or 0):
        raise ProblemError(422, "live.ahead", asked=position, size=watch.size or 0)
