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
_BUSY = 0.02
"""The same while hints come in crowds: then a batch of many events saves followers more than the wait costs a reader."""
_CLOSING = 0.1
"""Seconds that a listener may take to notice that it is closed."""


class Notifier:
    """Sends hints from a thread and a connection of its own; `hint` never blocks and never fails.

    The first hint leaves at once; those that come while it travels and shortly after leave together, each ledger once.
    """

    def __init__(self, conninfo: str, channel: str = APPENDED) -> None:
        self._conninfo = conninfo
        self._channel = channel
        self._waiting: set[str] = set()
        self._count = 0
        self._something = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="notifier", daemon=True)
        self._thread.start()

    def hint(self, ledger: str) -> None:
        """Tell the followers that something was committed to `ledger`."""
        with self._lock:
            self._waiting.add(ledger)
            self._count += 1
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
            closing = self._closed.is_set()
            with self._lock:
                ledgers, self._waiting = self._waiting, set()
                hints, self._count = self._count, 0
            if ledgers:
                connection.execute("SELECT pg_notify(%s, ledger) FROM unnest(%s::text[]) AS ledger", (self._channel, list(ledgers)))
            if closing:
                return
            self._closed.wait(_BUSY if hints > 1 else _GATHER)


class Hints:
    """Wakes one follower. A context manager; it listens from a thread and a connection of its own.

    A lost connection is made anew; meanwhile `wait` returns at its timeout, so that following goes on.
    """

    def __init__(self, conninfo: str, channel: str = APPENDED) -> None:
        self._conninfo = conninfo
        self._channel = channel
        self._ledgers: set[str] = set()
        self._heard = threading.Event()
        self._listening = threading.Event()
        self._closed = threading.Event()
        self._lock = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="hints", daemon=True)
        self._thread.start()

    def wait(self, timeout: float = MAX_WAIT) -> frozenset[str]:
        """Wait for hints, at most `timeout` seconds; the ledgers that they name, since the last call."""
        self._heard.wait(timeout)
        with self._lock:
            self._heard.clear()
            ledgers, self._ledgers = frozenset(self._ledgers), set()
        return ledgers

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
                self._heard.set()  # the follower looks for what came before
                self._listen_until_closed(connection)
            self._listening.clear()
            self._closed.wait(MAX_WAIT)

    def _listen_until_closed(self, connection: psycopg.Connection[Any]) -> None:
        while not self._closed.is_set():
            for hint in connection.notifies(timeout=_CLOSING, stop_after=1):
                with self._lock:
                    self._ledgers.add(hint.payload)
                    self._heard.set()
