"""The publisher: a follower that hands the lines of all practices to Kafka, in their order, and then moves its marks.

A mark moves after the acknowledgement of all replicas. So a publisher that dies in between, or loses its claim, repeats
lines that are there, and never skips one; whoever reads drops what it has, by position.
"""

from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass, field
from threading import Event, Timer
from time import monotonic
from typing import Any

import structlog
from psycopg import Connection

from events.ledger.follower import Claim, LostClaim, park
from events.ledger.hints import MAX_WAIT, Hints
from projections._engine._store import connect
from projections._kafka import _mark
from projections._kafka._again import DATABASE_AWAY, Backoff
from projections._kafka._headers import NoLine, headers_of, practice_of
from projections._kafka._port import BATCH, KafkaOutlet, LineTooLarge, Outlet, longest_flush
from projections._kafka._resume import compare, enrol, mend
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._topic import Topic, ensure_topic

PRACTICES = 64
"""Practices in hand at a time, at most."""
LINES = 8_000
"""Lines in hand at a time, at most."""
_GRACE = 3.0
"""Seconds that a publisher which is told to stop waits for acknowledgements."""
SLACK = 5.0
"""Seconds that the database waits for a publisher beyond those that a flush may take, before it takes its claims away."""
_TELL_EVERY = 10.0
"""Seconds between two lines of the log that tell what was published."""

log = structlog.get_logger("sporbar.publisher")


@dataclass
class Round:
    """What one flush did."""

    lines: int = 0
    claimed: int = 0
    published: dict[Claim, int] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)
    """Practice -> why its lines were not acknowledged."""
    impossible: dict[Claim, tuple[int, str]] = field(default_factory=dict)
    """Ledger -> position of the line that cannot be sent, and why."""


def publish_next(
    conn: Connection[Any], topic: str, outlet: Outlet, *, lines: int = LINES, acknowledged: Callable[[], None] = lambda: None
) -> Round:
    """Publish what waits, of as many practices and lines as are taken in hand at a time, in one transaction.

    `acknowledged` is called between the acknowledgement and the marks.
    """
    result = Round()
    with conn.transaction():
        claims = _mark.claim(conn, topic, PRACTICES)
        if not claims:
            return result
        result.claimed = len(claims)
        for claimed, waiting in zip(claims, _mark.lines(conn, claims, max(1, lines // len(claims)), BATCH), strict=True):
            result.published[claimed] = _send(outlet, claimed, waiting, result)
        result.failed = dict(outlet.flush())
        result.published = {claimed: upto for claimed, upto in result.published.items() if practice_of(claimed.ledger) not in result.failed}
        result.lines = sum(upto - claimed.position for claimed, upto in result.published.items())
        acknowledged()
        _mark.advance(conn, topic, result.published)
        for claimed, (position, why) in result.impossible.items():
            if result.published.get(claimed) == position - 1:
                _park(conn, claimed, position, why)
    return result


def _send(outlet: Outlet, claimed: Claim, waiting: list[bytes], result: Round) -> int:
    """Hand over lines as long as they are taken; the position of the last one."""
    practice, position = practice_of(claimed.ledger), claimed.position
    for line in waiting:
        try:
            if not outlet.send(practice, line, headers_of(line)):
                break
        except (LineTooLarge, NoLine) as error:
            result.impossible[claimed] = (position + 1, str(error))
            break
        position += 1
    return position


def _park(conn: Connection[Any], claimed: Claim, position: int, why: str) -> None:
    park(conn, Claim(claimed.name, claimed.ledger, position - 1, claimed.size), position, why)
    log.error("ledger parked", follower=claimed.name, ledger=claimed.ledger, position=position, error=why)


class Publisher:
    """Publishes until it is stopped; any number of them may run.

    It listens for hints and looks for itself every half second. Kafka and the database are tried again when they go
    away; KafkaUnusable ends it. `kind` names the ledgers: none are the practices' records, `access`
    those called `<practice>/access`, which have a topic of their own.
    """

    def __init__(
        self, url: str, settings: KafkaSettings, *, kind: str = "", lines: int = LINES, acknowledged: Callable[[], None] = lambda: None
    ) -> None:
        """`acknowledged` is called between an acknowledgement and the marks."""
        self._url = url
        self._settings = settings
        self._kind = kind
        self._lines = lines
        self._acknowledged = acknowledged
        self._stopping = Event()
        self._hints: Hints | None = None
        self._outlet: Outlet | None = None
        self._compared = False
        self._look_at = 0.0
        self._backoff = Backoff(log, self._stopping)
        self._untold = 0
        self._told_at = monotonic()

    def stop(self) -> None:
        """Ask it to end when what is on its way has arrived, or after a few seconds; from another thread."""
        self._stopping.set()
        if self._hints is not None:
            self._hints.wake()
        giving_up = Timer(_GRACE, self._abandon)
        giving_up.daemon = True
        giving_up.start()

    def run(self) -> None:
        """Publish until stopped."""
        with Hints(self._url) as self._hints:
            while not self._stopping.is_set():
                try:
                    with self._connect() as conn:
                        self._stay(conn, self._hints)
                except DATABASE_AWAY as error:
                    self._backoff.rest("database not reachable", error)
        self._tell()

    def once(self, progress: Callable[[int, int], None] = lambda _done, _total: None) -> int:
        """Publish what there is, and end; how many lines. Raises KafkaAway when Kafka does not take them.

        `progress` is told how many are published, and how many there are in all.
        """
        done = 0
        with self._connect() as conn:
            topic = self._open(conn)
            compare(conn, self._settings, topic)
            enrol(conn, self._settings, topic, self._kind)
            with closing(KafkaOutlet(self._settings, topic)) as outlet:
                while waiting := _mark.behind(conn, topic.name):
                    progress(done, done + waiting)
                    result = self._publish(conn, topic, outlet)
                    _require(result)
                    done += result.lines
                    if not result.claimed:  # another publisher is at it
                        self._stopping.wait(MAX_WAIT)
        return done

    def _connect(self) -> Connection[Any]:
        conn = connect(self._url)
        patience = longest_flush(self._settings) + SLACK
        conn.execute("select set_config('idle_in_transaction_session_timeout', %s, false)", (f"{round(patience * 1000)}ms",))
        return conn

    def _stay(self, conn: Connection[Any], hints: Hints) -> None:
        """Publish with one connection, which a database that is restored does not leave standing."""
        self._compared = False
        while not self._stopping.is_set():
            try:
                self._follow(conn, hints)
            except (KafkaAway, LostClaim) as error:
                self._backoff.rest("publishing interrupted", error)

    def _follow(self, conn: Connection[Any], hints: Hints) -> None:
        topic = self._open(conn)
        (mend if self._compared else compare)(conn, self._settings, topic)
        self._compared = True
        with closing(KafkaOutlet(self._settings, topic)) as self._outlet:
            self._look_at = 0.0
            while not self._stopping.is_set():
                if monotonic() >= self._look_at:
                    enrol(conn, self._settings, topic, self._kind)
                    self._look_at = monotonic() + MAX_WAIT
                result = self._publish(conn, topic, self._outlet)
                self._untold += result.lines
                _require(result)
                self._backoff.reset()
                self._tell_sometimes()
                if not result.lines:
                    hints.wait(max(self._look_at - monotonic(), 0.0))

    def _publish(self, conn: Connection[Any], topic: Topic, outlet: Outlet) -> Round:
        return publish_next(conn, topic.name, outlet, lines=self._lines, acknowledged=self._acknowledged)

    def _open(self, conn: Connection[Any]) -> Topic:
        topic = ensure_topic(self._settings)
        if not _mark.recognise(conn, topic):
            log.warning("the topic is another one than before: publishing what it does not hold", topic=topic.name)
        return topic

    def _tell_sometimes(self) -> None:
        if self._untold and monotonic() - self._told_at >= _TELL_EVERY:
            self._tell()

    def _tell(self) -> None:
        log.info("published", topic=self._settings.topic, lines=self._untold, seconds=round(monotonic() - self._told_at, 1))
        self._untold, self._told_at = 0, monotonic()

    def _abandon(self) -> None:
        if self._outlet is not None:
            self._outlet.abandon()


def _require(result: Round) -> None:
    """Raise KafkaAway if not everything was acknowledged; what was, is marked."""
    if result.failed:
        practice, reason = next(iter(result.failed.items()))
        others = f" and {len(result.failed) - 1} other practices" if len(result.failed) > 1 else ""
        raise KafkaAway(f"lines of {practice}{others} were not acknowledged: {reason}")
