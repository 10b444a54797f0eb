"""Exports over HTTP: a few at a time, page by page in threads, ended when nobody takes what is sent."""

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from threading import BoundedSemaphore, Lock
from typing import TypeVar

from gateway.export._errors import ExportRefused
from gateway.export._source import Source

T = TypeVar("T")
RETRY_AFTER = 5
"""Seconds after which a client that found no place should try again."""


class Desk:
    """Hands out places for exports, and runs what they do in threads, so that nobody else waits."""

    def __init__(self, source: Source, *, places: int, patience: float) -> None:
        """`places`: most exports at the same time; `patience`: seconds in which a client must take a part that is sent."""
        self.source = source
        self.patience = patience
        self._places = places
        self._free = BoundedSemaphore(places)
        self._threads = ThreadPoolExecutor(2 * places, thread_name_prefix="export")

    def place(self) -> "Place":
        """A place for one export; raises ExportRefused (503) when all are taken."""
        if not self._free.acquire(blocking=False):
            raise ExportRefused(503, "export.busy", headers={"Retry-After": str(RETRY_AFTER)}, limit=self._places)
        return Place(self._threads, self._free.release)

    def close(self) -> None:
        """Let pages that are being read be read, and begin no others."""
        self._threads.shutdown(cancel_futures=True)


class Place:
    """One export's place. Its parts are made one at a time, each when the one before has been taken."""

    def __init__(self, threads: ThreadPoolExecutor, release: Callable[[], None]) -> None:
        self._threads = threads
        self._release = release
        self._parts: Iterator[bytes] | None = None
        self._left = False
        self._lock = Lock()

    async def run(self, work: Callable[[], T]) -> T:
        """Do something in a thread."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    async def begin(self, make: Callable[[], Iterator[bytes]]) -> bytes:
        """Begin with the parts that `make` gives; answers the first, empty where there is nothing to send yet."""

        def first() -> bytes:
            self._parts = make()
            return self._next() or b""

        return await self.run(first)

    async def rest(self) -> AsyncIterator[bytes]:
        """The parts behind the first; at their end the place is given back."""
        while (part := await self.run(self._next)) is not None:
            yield part
        await self.done()

    async def done(self) -> None:
        """Give the place back, so that whoever is answered next finds it free."""
        self._left = True
        await asyncio.shield(self.run(self._close))  # whoever cancels does not keep the place

    def leave(self) -> None:
        """Give the place back once the part that is being made is made; called at the end, and does nothing where it is back."""
        if not self._left:
            self._left = True
            with suppress(RuntimeError):  # the threads have ended, and the process with them
                self._threads.submit(self._close)

    def _next(self) -> bytes | None:
        with self._lock:
            assert self._parts is not None
            return None if self._left else next(self._parts, None)

    def _close(self) -> None:
        with self._lock:
            try:
                if close := getattr(self._parts, "close", None):
                    close()
            finally:
                self._release()
