"""The consumer: the folds of the read models, fed from Kafka, in a database without records of its own.

Lines, rows and positions of a batch are one transaction; only then the group's offsets move. So a consumer that dies in
between, or lost its partitions and does not know it yet, brings lines again that are there, and they are dropped.
"""

import gc
from collections.abc import Callable
from contextlib import ExitStack, closing
from threading import Event
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection

from projections._all import read_models
from projections._engine._fold import Handlers, without_gc
from projections._engine._store import Store
from projections._kafka._again import Backoff
from projections._kafka._desk import Desk, Stopped
from projections._kafka._reading import LINES, Reading
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._source import SESSION, Source
from projections._model import ReadModel

DESKS = 2
"""Connections to the database; one folds while another's rows are written."""
IDLE = 0.2
"""Seconds that Kafka is waited for at a time."""
_TIDY = 60.0
"""Seconds between looks for cycles, of which kafka-python makes some."""

log = structlog.get_logger("sporbar.consumer")


class Consumer:
    """Receives until it is stopped; any number of them may run in a group.

    Kafka and the database are tried again when they go away. KafkaUnusable, RecordsHere, NoGeneration, RebuildNeeded and
    OutOfStep end it.
    """

    def __init__(
        self,
        url: str,
        settings: KafkaSettings,
        *,
        models: tuple[ReadModel[Any], ...] | None = None,
        lines: int = LINES,
        session: float = SESSION,
        stored: Callable[[], None] = lambda: None,
    ) -> None:
        """`session` is how many seconds the group waits for a sign of life of a member, and the database for the end of a batch.

        `stored` is called between a commit of the database and that of the group's offsets.
        """
        self._url = url
        self._settings = settings
        self._models = models
        self._handlers = Handlers(models or read_models())
        self._lines = lines
        self._session = session
        self._stored = stored
        self._stopping = Event()
        self._backoff = Backoff(log, self._stopping)

    def stop(self) -> None:
        """Ask it to end after the batch under way; from another thread or a signal handler."""
        self._stopping.set()

    def run(self) -> None:
        """Receive until stopped."""
        self._receive(to_the_end=False)

    def once(self) -> int:
        """Receive what the topic holds now, in the partitions that the group gives, and end; how many events were folded."""
        return self._receive(to_the_end=True)

    def _receive(self, *, to_the_end: bool) -> int:
        events, source = 0, None
        with ExitStack() as stack, without_gc():
            desks = [stack.enter_context(Desk(self._url, self._models, self._stopping, self._session)) for _ in range(DESKS)]
            while not self._stopping.is_set():
                reading: Reading | None = None
                try:
                    desks[0].submit(_nothing).result()  # what ends it, ends it before it joins the group
                    with closing(Source(self._settings, session=self._session, member=source.member if source else "")) as source:
                        reading = Reading(source, desks, self._handlers, self._settings.topic, self._lines, self._stored)
                        self._read(reading, source.ends() if to_the_end else None)
                        return events + reading.events
                except KafkaAway as error:
                    self._backoff.rest("receiving interrupted", error)
                except Stopped:
                    break
                events += reading.events if reading else 0
        return events

    def _read(self, reading: Reading, ends: dict[int, int] | None) -> None:
        tidy_at = monotonic() + _TIDY
        try:
            while not self._stopping.is_set() and not (ends is not None and reading.at(ends)):
                reading.step(IDLE)
                self._backoff.reset()
                if monotonic() >= tidy_at:
                    gc.collect()
                    tidy_at = monotonic() + _TIDY
            reading.leave()
        finally:
            reading.tell()


def _nothing(_conn: Connection[Any], _store: Store) -> None:
    """See whether the database is one that lines can be received into."""
