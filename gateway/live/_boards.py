"""Dashboards as they change: made once for everybody who watches a practice, and at most a few times a second."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Any

from events._base import OSLO
from gateway._reads import Reads
from gateway.auth.policy import Resource, require
from gateway.live._follower import Follower
from gateway.live._hub import AWAY, Ending, Watch
from read_side._unbroken import unbroken
from read_side.dashboard import dashboard
from read_side.dashboard.figures import Dashboard

PAUSE = 0.4
"""Seconds between two dashboards of a practice."""


@dataclass(frozen=True, slots=True)
class Board:
    """A practice's dashboard as it stood."""

    practice: str
    position: int
    as_of: datetime
    dashboard: Dashboard

    @property
    def key(self) -> tuple[Any, ...]:
        """What tells it from everything else that is shown."""
        return self.practice, self.position, self.as_of


class _Maker:
    """Makes the dashboards of one practice."""

    def __init__(self, reads: Reads) -> None:
        self.users = 0
        self._reads = reads
        self._latest: Board | None = None
        self._made_at = 0.0
        self._restored = 0
        self._making = asyncio.Lock()

    async def current(self, watch: Watch) -> Board:
        """The dashboard at the position that is known of, or behind it."""
        async with self._making:
            latest = self._latest
            if latest is None or latest.position < watch.read or self._restored != watch.restored or self._another_day(latest):
                await asyncio.sleep(self._made_at + PAUSE - monotonic())
                self._restored = watch.restored
                latest = self._latest = await unbroken(self._make(watch.practice))
                self._made_at = monotonic()
            return latest

    def _another_day(self, board: Board) -> bool:
        """Whether the day has turned in Norway, and with it what is late."""
        return board.as_of.astimezone(OSLO).date() != self._reads.clock().astimezone(OSLO).date()

    async def _make(self, practice: str) -> Board:
        async with self._reads.view(practice, self._reads.clock()) as view:
            return Board(practice, view.position, view.time, await dashboard(view))


class Boards:
    """The dashboards of the practices that somebody watches."""

    def __init__(self, reads: Reads) -> None:
        self._reads = reads
        self._makers: dict[str, _Maker] = {}

    async def follow(self, follower: Follower, practice: str) -> AsyncGenerator[Board, None]:
        """The dashboard now, and anew whenever the read models have moved or a day has begun.

        Raises NotAllowed, NoSuchPractice, and Ending when the server stops.
        """
        _require(follower, practice)
        maker = self._makers.setdefault(practice, _Maker(self._reads))
        maker.users += 1
        try:
            async with follower.hub.watching(practice) as watch:
                watch.boards += 1
                try:
                    async with aclosing(_changes(maker, follower, watch)) as boards:
                        async for board in boards:
                            yield board
                finally:
                    watch.boards -= 1
        finally:
            maker.users -= 1
            if not maker.users and self._makers.get(practice) is maker:
                del self._makers[practice]


async def _changes(maker: _Maker, follower: Follower, watch: Watch) -> AsyncGenerator[Board, None]:
    shown: Board | None = None
    while True:
        if follower.hub.ending:
            raise Ending
        try:
            board: Board | None = await maker.current(watch)
        except AWAY:
            board = shown
        _require(follower, watch.practice)
        if board is not None and board is not shown:
            shown = board
            yield board
        elif watch.read <= (shown.position if shown else 0):
            await watch.moved(follower.patience())
        else:
            await asyncio.sleep(PAUSE)


def _require(follower: Follower, practice: str) -> None:
    for action in ("read.practice", "read.dashboard"):
        require(follower.actor, action, Resource(practice), follower.clock())
