"""Where questions are put: the read models, the clock that a question is asked by, and how long it may wait."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from read_side._as_of import AsOf, View, open_view


@dataclass(frozen=True, slots=True)
class Reads:
    """The read side as the doors reach it."""

    pool: AsyncConnectionPool[AsyncConnection[Any]]
    clock: Callable[[], datetime]
    patience: float
    """Seconds that a question waits for the position it names."""

    def view(
        self, practice: str, now: datetime, *, as_of: AsOf | None = None, at_least: int | None = None
    ) -> AbstractAsyncContextManager[View]:
        """A view of a practice; see `read_side._as_of.open_view`."""
        return open_view(self.pool, practice, now=now, as_of=as_of, at_least=at_least, patience=self.patience)
