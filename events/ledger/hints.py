"""Hints that something was appended: NOTIFY after the commit, LISTEN at whoever follows.

A hint only shortens a wait. It is sent outside the transaction of the append, which would pay for it with more than
half of its throughput, and it may be lost; whoever follows looks for itself every half second.
"""

import threading
from contextlib import suppress
from typing import Any, Self

import psycopg
from psycopg import sql

APPENDED = "sporbar_appended"
"""The channel; the payload is the ledger's name."""
MAX_WAIT = 0.5
"""Seconds after which a follower looks for itself."""
_GATHER = 0.005
"""Seconds in which hints are gathered before the next NOTIFY."""


class Notifier:
    """Sends hints from a thread and a connection of its own; `hint` never blocks and never fails.

    The first hint leaves at once; those that come while it travels and shortly after leave together, each ledger once.
    """

    def __init__(self, conninfo: str, channel: str = APPENDED) -> None:
        self._conninfo = conninfo
        self._channel = channel
        self._waiting: set[str] = set()
        self._something = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def hint(self, ledger: str) -> None:
        """Tell the followers that something was committed to `ledger`."""
        with self._lock:
            self._waiting.add(ledger)
        self._something.set()

    def close(self) -> None:
        """Send what is waiting, and end."""
        self._closed.set()
        self._something.set()
        self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closed.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(self._conninfo, autocommit=True) as connection:
                # a NOTIFY is a transaction of its own, and nothing is lost with a hint
                connection.execute("SET synchronous_commit = off")
                self._send_until_closed(connection)
            self._closed.wait(MAX_WAIT)

    def _send_until_closed(self, connection: psycopg.Connection[Any]) -> None:
        while self._something.wait():
            self._something.clear()
            with self._lock:
                ledgers, self._waiting = self._waiting, set()
            if ledgers:
                connection.execute("SELECT pg_notify(%s, ledger) FROM unnest(%s::text[]) AS ledger", (self._channel, list(ledgers)))
            if self._closed.wait(_GATHER):
                return


class Hints:
    """Wakes one follower. A context manager; it listens from a thread and a connection of its own.

    A lost connection is made anew; meanwhile `wait` returns at its timeout, so that following goes on.
    """

    def __init__(self, conninfo: str, channel: str = APPENDED) -> None:
        self._conninfo = conninfo
        self._channel = channel
        self._heard = threading.Event()
        self._listening = threading.Event()
        self._closed = threading.Event()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def wait(self, timeout: float = MAX_WAIT) -> bool:
        """Wait for a hint, at most `timeout` seconds; True if there was one since the last call."""
        heard = self._heard.wait(timeout)
        self._heard.clear()
        return heard

    def wake(self) -> None:
        """Let `wait` return now."""
        self._heard.set()

    def listening(self, timeout: float) -> bool:
        """Wait until hints are heard, at most `timeout` seconds; False if they are not."""
        return self._listening.wait(timeout)

    def close(self) -> None:
        """Stop listening; `wait` returns."""
        self._closed.set()
        self._heard.set()
        if self._thread is not threading.current_thread():
            self._thread.join()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exception: object) -> None:
        self.close()

    def _run(self) -> None:
        while not self._closed.is_set():
            with suppress(psycopg.OperationalError), psycopg.connect(self._conninfo, autocommit=True) as connection:
                connection.execute(sql.SQL("LISTEN {}").format(sql.Identifier(self._channel)))
                self._listening.set()
                self._heard.set()  # whatever came before we listened
                self._listen_until_closed(connection)
            self._listening.clear()
            self._closed.wait(MAX_WAIT)

    def _listen_until_closed(self, connection: psycopg.Connection[Any]) -> None:
        while not self._closed.is_set():
            for _hint in connection.notifies(timeout=MAX_WAIT / 5, stop_after=1):
                self._heard.set()
