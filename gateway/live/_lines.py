"""Lines as they are told, and a store of them by position, so that many who follow one practice read each line once."""

import asyncio
from collections import OrderedDict
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from hashlib import sha256
from itertools import accumulate, takewhile
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from events._codec import parse_line
from gateway.export._redaction import Redactor
from gateway.problems import ProblemError
from read_side._unbroken import begin

PAGE = 100
"""Positions that are read from the ledger together."""
PIECE = 64 * 1024
"""Bytes of lines that one follower holds at a time, besides the last of them."""
KEPT = 16 * 1024 * 1024
"""Bytes of lines that are kept for others; with what is made of them, memory is about five times as much."""
_AT_ONCE = 2
"""Connections of the pool that reading may take; the rest are for questions."""
_READ = """
select position, type, convert_to(line, 'UTF8') from ledger.entry
where ledger = %s and position > %s and position <= %s order by position
"""


@dataclass(frozen=True)
class Shown:
    """A line as one level of rights sees it."""

    ledger: str
    position: int
    time: datetime
    type: str
    subject: str
    actor: str
    text: bytes
    redacted: bool

    @classmethod
    def of(cls, text: bytes, *, redacted: bool) -> "Shown":
        """A line taken apart; raises BadLine."""
        envelope, _ = parse_line(text)
        told = (envelope.time, envelope.type, envelope.subject, envelope.actor)
        return cls(envelope.ledger, envelope.position, *told, text, redacted)

    @cached_property
    def key(self) -> bytes:
        """What tells it from everything else that is shown: a restored ledger has other lines at the same positions."""
        return sha256(self.text).digest()

    @cached_property
    def line(self) -> str:
        """Its text."""
        return self.text.decode()

    @cached_property
    def frame(self) -> bytes:
        """The same as a Server-Sent Event, the position being its id."""
        data = b"".join(b"data: %b\n" % part for part in self.text.splitlines())
        return b"id: %d\nevent: %b\n%b\n" % (self.position, self.type.encode(), data)


@dataclass(slots=True)
class Line:
    """A line of a ledger."""

    position: int
    type: str
    """As it is stored; what is shown has today's version where it is rewritten."""
    stored: bytes
    _whole: Shown | None = None
    _redacted: Shown | None = None

    def shown(self, redactor: Redactor | None) -> Shown:
        """As it is recorded, or rewritten; made once. Raises BadLine and UnknownEventType."""
        if redactor is None:
            if self._whole is None:
                self._whole = Shown.of(self.stored, redacted=False)
            return self._whole
        if self._redacted is None:
            self._redacted = Shown.of(redactor.line(self.stored), redacted=True)
        return self._redacted


@dataclass(slots=True)
class _Page:
    lines: list[Line] = field(default_factory=list)
    reading: asyncio.Task[None] | None = None


class Lines:
    """Lines by ledger and position. Those that nobody has asked for the longest are forgotten."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], *, kept: int = KEPT) -> None:
        self._pool = pool
        self._most = kept
        self._pages: OrderedDict[tuple[str, int], _Page] = OrderedDict()
        self._bytes = 0
        self._turn = asyncio.Semaphore(_AT_ONCE)

    @property
    def kept(self) -> int:
        """Bytes of the lines that are kept."""
        return self._bytes

    async def behind(self, ledger: str, position: int, upto: int) -> list[Line]:
        """Lines behind a position, `upto` a later one that is recorded: one or more, about `PIECE` bytes at most.

        Raises ProblemError (500) where the ledger lacks a position, and the errors of the database.
        """
        number, place = divmod(position, PAGE)
        page = self._page((ledger, number))
        while len(page.lines) <= place:
            reading = page.reading
            if reading is None or reading.done():
                reading = page.reading = begin(self._read(ledger, number, page))
                await asyncio.shield(reading)
                if len(page.lines) <= place:
                    raise ProblemError(500, "live.gap", practice=ledger, position=position + 1)
            else:  # it may have begun before the line was recorded
                await asyncio.shield(reading)
        return _piece(page.lines[place : place + upto - position])

    def forget(self, ledger: str) -> None:
        """Forget the lines of a ledger, which is no longer what it was."""
        for key in [key for key in self._pages if key[0] == ledger]:
            self._bytes -= _size(self._pages.pop(key).lines)

    def _page(self, key: tuple[str, int]) -> _Page:
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = _Page()
        self._pages.move_to_end(key)
        return page

    async def _read(self, ledger: str, number: int, page: _Page) -> None:
        """Add what has come to a page since it was last read."""
        first = number * PAGE
        last = first + len(page.lines)
        async with self._turn, self._pool.connection() as conn:
            cursor = await conn.execute(_READ, (ledger, last, first + PAGE), binary=True, prepare=True)
            found = [Line(*row) for row in await cursor.fetchall()]
        for expected, line in enumerate(found, last + 1):
            if line.position != expected:
                raise ProblemError(500, "live.gap", practice=ledger, position=expected)
        page.lines += found
        if self._pages.get((ledger, number)) is page:
            self._bytes += _size(found)
            self._make_room()

    def _make_room(self) -> None:
        while self._bytes > self._most and len(self._pages) > 1:
            _, page = self._pages.popitem(last=False)
            self._bytes -= _size(page.lines)


def _size(lines: list[Line]) -> int:
    return sum(len(line.stored) for line in lines)


def _piece(lines: list[Line]) -> list[Line]:
    """The first lines of some, up to a size, and one at least."""
    behind = accumulate((len(line.stored) for line in lines[:-1]), initial=0)
    return [line for line, _ in takewhile(lambda pair: pair[1] < PIECE, zip(lines, behind, strict=True))]
