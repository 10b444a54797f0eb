"""Trying again: after what, and after how long."""

from threading import Event

import psycopg
from psycopg.errors import IdleInTransactionSessionTimeout, TransactionTimeout
from structlog.typing import FilteringBoundLogger

DATABASE_AWAY = (psycopg.OperationalError, psycopg.InterfaceError, IdleInTransactionSessionTimeout, TransactionTimeout)
"""A connection is gone, or the database ended it because its transaction took too long."""
_SOONEST, _LATEST = 0.25, 5.0
"""Seconds before something is tried again, the first time and after many."""


class Backoff:
    """Rests between one try and the next, longer each time; not when it was told to stop."""

    def __init__(self, log: FilteringBoundLogger, stopping: Event) -> None:
        self._log = log
        self._stopping = stopping
        self._wait = _SOONEST

    def rest(self, what: str, error: Exception) -> None:
        """Say what is wrong, and wait."""
        if self._stopping.is_set():
            return
        self._log.warning(what, reason=" ".join(str(error).split()), retry_seconds=self._wait)
        self._stopping.wait(self._wait)
        self._wait = min(2 * self._wait, _LATEST)

    def reset(self) -> None:
        """Begin with short rests again: something went well."""
        self._wait = _SOONEST
