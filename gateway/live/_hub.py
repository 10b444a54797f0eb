"""Who follows which practice, and who wakes them.

One connection a process listens for hints. A hint can be lost, so the hub looks for itself every half second: one
statement for every practice that is followed, however many follow it. It tells only how far a record has come; whoever
is woken reads from the ledger at their own pace, so nothing is queued for anybody.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from functools import cached_property
from threading import Event, Thread
from time import monotonic
from typing import Any

from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from events.ledger.hints import MAX_WAIT, Hints
from gateway._elsewhere import FED
from gateway.export._redaction import Redactor
from gateway.live._lines import Lines
from gateway.problems import ProblemError
from read_side._errors import NoSuchPractice
from read_side._unbroken import unbroken

AWAY = (Error, PoolTimeout)
"""The database cannot be asked just now."""
_LOOK = """
select ledger.ledger, ledger.size, coalesce(follower.position, 0),
  (select leaf from ledger.entry where entry.ledger = ledger.ledger and entry.position = ledger.size),
  (select leaf from ledger.entry where entry.ledger = ledger.ledger and entry.position = known.size)
from unnest(%s::text[], %s::bigint[]) as known (ledger, size)
join ledger.ledger using (ledger)
left join (select 'read_' || number as schema from projection.generation where state = 'active') as generation on true
left join projection.follower on follower.name = generation.schema and follower.ledger = ledger.ledger
where strpos(ledger.ledger, '/') = 0
"""
_SOON = 0.025
"""Seconds between looks while read models that somebody watches are behind."""
_LAGGING = 2.0
"""Seconds for which they are looked at so often; those that take longer are looked at with all the others."""

_log = logging.getLogger("sporbar.live")


class Ending(Exception):
    """The server is being stopped."""


class Watch:
    """How far one practice has come."""

    def __init__(self, practice: str, secret: bytes) -> None:
        self.practice = practice
        self.followers = 0
        self.boards = 0
        """Those among the followers who watch the read models."""
        self.size: int | None = None
        """Position of the last event; None before it was looked up, and where there is no such practice."""
        self.read = 0
        """Position of the last event that the read models include."""
        self.last: bytes | None = None
        """Leaf hash of that event."""
        self.restored = 0
        """How often the record was found to be another one: restored from a backup that lacks that event."""
        self.recorded_at = 0.0
        self._secret = secret
        self._changed = asyncio.Event()

    @cached_property
    def redactor(self) -> Redactor:
        """What rewrites its lines for whoever may not see personal data."""
        return Redactor(self._secret, self.practice)

    @property
    def lagging(self) -> bool:
        """Whether read models that somebody watches can be expected to move in a moment."""
        return bool(self.boards) and self.read < (self.size or 0) and monotonic() - self.recorded_at < _LAGGING

    def tell(self, size: int | None, read: int, last: bytes | None) -> None:
        """Take in how far it has come; wakes whoever waits, if something has moved."""
        if size != self.size:
            self.recorded_at = monotonic()
        if (size, read, last) != (self.size, self.read, self.last):
            self.size, self.read, self.last = size, read, last
            self.wake()

    def wake(self) -> None:
        """Let everybody who waits look again."""
        changed, self._changed = self._changed, asyncio.Event()
        changed.set()

    async def moved(self, patience: float) -> bool:
        """Wait until something has moved, at most so many seconds; False if nothing has."""
        try:
            async with asyncio.timeout(patience):
                await self._changed.wait()
        except TimeoutError:
            return False
        return True


class Hub:
    """Wakes the followers of one process."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection[Any]], conninfo: str, secret: bytes) -> None:
        """`conninfo` is for the connection that listens, `secret` what pseudonyms follow from."""
        self.lines = Lines(pool)
        self.ending = False
        self._pool = pool
        self._conninfo = conninfo
        self._secret = secret
        self._watches: dict[str, Watch] = {}
        self._hinted: set[str] = set()
        self._heard = asyncio.Event()
        self._looking = asyncio.Lock()
        self._look_at_all = 0.0

    @property
    def followed(self) -> frozenset[str]:
        """The practices that somebody follows."""
        return frozenset(self._watches)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Wake followers for as long as the block runs."""
        stopped = Event()
        looking = asyncio.create_task(self._look_for_ever(), name="live")
        with Hints(self._conninfo) as hints:
            listening = Thread(target=self._listen, args=(hints, stopped, asyncio.get_running_loop()), name="live", daemon=True)
            listening.start()
            try:
                yield
            finally:
                self.end()
                stopped.set()
        listening.join()
        await looking

    def end(self) -> None:
        """Let whoever follows go; those who come raise Ending."""
        self.ending = True
        self._heard.set()
        for watch in self._watches.values():
            watch.wake()

    @asynccontextmanager
    async def watching(self, practice: str) -> AsyncIterator[Watch]:
        """How far a practice has come, kept current inside the block.

        Raises NoSuchPractice, ProblemError (421) where records are kept elsewhere, and the errors of the database.
        """
        watch = self._watches.setdefault(practice, Watch(practice, self._secret))
        watch.followers += 1
        try:
            if watch.size is None:
                await unbroken(self._first_look(watch))
            yield watch
        finally:
            watch.followers -= 1
            if not watch.followers and self._watches.get(practice) is watch:
                del self._watches[practice]
                self.lines.forget(practice)  # from now on nobody sees whether they are still true

    async def look(self, practices: Iterable[str]) -> None:
        """Look how far some practices have come, one after the other with every other look."""
        async with self._looking:
            await self._look(practices)

    async def _first_look(self, watch: Watch) -> None:
        """Those who come while the first of them looks have it from that look."""
        async with self._looking:
            if watch.size is None:
                await self._look([watch.practice])
            if watch.size is None:
                raise await self._missing(watch.practice)

    async def _missing(self, practice: str) -> Exception:
        """Why there is nothing to follow."""
        async with self._pool.connection() as conn:
            found = await (await conn.execute(FED)).fetchone()
        return ProblemError(421, "record.elsewhere") if found == (True,) else NoSuchPractice("practice.not_found", practice=practice)

    async def _look(self, practices: Iterable[str]) -> None:
        known = {practice: self._watches[practice].size for practice in practices if practice in self._watches}
        async with self._pool.connection() as conn:
            rows = await (await conn.execute(_LOOK, (list(known), list(known.values())), prepare=True)).fetchall()
        found = {practice: told for practice, *told in rows}
        for practice in known:
            if watch := self._watches.get(practice):
                self._tell(watch, *found.get(practice, (None, 0, None, None)))

    def _tell(self, watch: Watch, size: int | None, read: int, last: bytes | None, known: bytes | None) -> None:
        """`known` is the leaf that stands now where the last one stood when somebody looked before."""
        if watch.size is not None and known != watch.last:
            watch.restored += 1
            self.lines.forget(watch.practice)
        watch.tell(size, read, last)

    async def _look_for_ever(self) -> None:
        while not self.ending:
            try:
                await self._look_once()
            except Exception as error:  # noqa: BLE001 -- if this ended, whoever follows would wait for ever
                _log.warning("the ledgers cannot be looked at: %s", type(error).__name__, exc_info=not isinstance(error, AWAY))
                await asyncio.sleep(MAX_WAIT)

    async def _look_once(self) -> None:
        lagging = [watch.practice for watch in self._watches.values() if watch.lagging]
        with suppress(TimeoutError):
            async with asyncio.timeout(max(0.0, min(_SOON if lagging else MAX_WAIT, self._look_at_all - monotonic()))):
                await self._heard.wait()
        self._heard.clear()
        hinted, self._hinted = self._hinted, set()
        due = monotonic() >= self._look_at_all
        if due:
            self._look_at_all = monotonic() + MAX_WAIT
        wanted = set(self._watches) if due else self._watches.keys() & (hinted | set(lagging))
        if wanted:
            await self.look(sorted(wanted))

    def _listen(self, hints: Hints, stopped: Event, loop: asyncio.AbstractEventLoop) -> None:
        """In a thread of its own: hand hints over to the loop."""
        while not stopped.is_set():
            if heard := hints.wait():
                with suppress(RuntimeError):  # the loop has ended
                    loop.call_soon_threadsafe(self._hear, heard)

    def _hear(self, ledgers: frozenset[str]) -> None:
        self._hinted |= ledgers & self._watches.keys()
        if self._hinted:
            self._heard.set()
