"""One membership in the consumer group: batches from the source to the database, and then the group's offsets."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future
from dataclasses import dataclass
from functools import partial
from time import monotonic
from typing import Any
from zlib import crc32

import structlog
from psycopg import Connection

from projections._engine._fold import Handlers
from projections._engine._received import Run, Taken, receive, release
from projections._engine._store import Store
from projections._kafka._desk import Desk
from projections._kafka._sorter import Reread, Sorter
from projections._kafka._source import PAGE, Source
from projections._kafka._unpack import Message

LINES = 2_000
"""Messages a batch, at most, and a page more."""
BYTES = 16_000_000
"""Bytes of lines a batch, at most, and a page more."""
DEPTH = 3
"""Batches on their way into the database at a time, at most."""
_LOOK = 1.0
"""Seconds between looks at what is parked."""
_TELL = 10.0
"""Seconds between two lines of the log that tell what was received."""
_SHORT = 0.005
"""Seconds that more messages are waited for while the batch before is being stored."""

log = structlog.get_logger("sporbar.consumer")


@dataclass(frozen=True, slots=True)
class _Batch:
    offsets: dict[int, int]
    """By partition, where the group goes on after it."""
    taken: "list[Future[dict[str, Taken]]]"

    @property
    def stored(self) -> bool:
        """Whether there is nothing to wait for."""
        return all(each.done() for each in self.taken)


@dataclass(frozen=True, slots=True)
class _Standing:
    """How far a practice is."""

    position: int
    parked: bool
    retry_asked: bool


class Reading:
    """Reads on, batch by batch: one is gathered and decoded while those before it are stored."""

    def __init__(
        self, source: Source, desks: Sequence[Desk], handlers: Handlers, topic: str, lines: int, stored: Callable[[], None]
    ) -> None:
        """`stored` is called between the commits of the database and that of the group's offsets."""
        self.events = 0
        self._source = source
        self._desks = desks
        self._desk = desks[0]
        self._handlers = handlers
        self._topic = topic
        self._lines = lines
        self._stored = stored
        self._sorter = Sorter()
        self._under_way: deque[_Batch] = deque()
        self._held: Mapping[int, list[Message]] = {}
        self._parked: Future[dict[str, _Standing]] | None = None
        self._look_at = 0.0
        self._told_at, self._told_events = monotonic(), 0

    def step(self, seconds: float) -> None:
        """Take the next batch in hand; wait so many seconds for one, if none is being stored."""
        self._learn()
        self._look()
        offsets = self._gather(seconds)
        runs = self._sorter.runs()
        for run in runs:
            run.plan(self._handlers)
        self.settle(DEPTH - 1 if offsets else len(self._under_way) - 1)
        if offsets:
            self._under_way.append(_Batch(offsets, self._hand_over(runs)))
        self._end_rereads()
        if monotonic() - self._told_at > _TELL:
            self.tell()

    def _hand_over(self, runs: Sequence[Run]) -> "list[Future[dict[str, Taken]]]":
        """A practice is always at the same desk, so that its lines stay in order; one desk folds while another's rows are written."""
        shares: list[list[Run]] = [[] for _ in self._desks]
        for run in runs:
            shares[crc32(run.ledger.encode()) % len(shares)].append(run)
        return [desk.submit(partial(receive, runs=share)) for desk, share in zip(self._desks, shares, strict=True) if share]

    def settle(self, left: int = 0) -> None:
        """Wait until no more batches than `left` are on their way, and let the group go on behind those that are stored."""
        offsets: dict[int, int] = {}
        while self._under_way and (len(self._under_way) > left or self._under_way[0].stored):
            batch = self._under_way.popleft()
            offsets |= batch.offsets
            for each in batch.taken:
                for practice, taken in each.result().items():
                    self.events += taken.events
                    if taken.stopped:
                        self._sorter.stop(practice)
        if offsets:
            self._stored()
            if not self._source.commit(offsets):
                log.info("the group gave these partitions to another consumer meanwhile", topic=self._topic, partitions=sorted(offsets))

    def leave(self) -> None:
        """Settle, and note how much waits now."""
        self.settle()
        self._desk.submit(partial(_look, topic=self._topic, waiting=self._source.waiting())).result()

    def at(self, ends: dict[int, int]) -> bool:
        """Whether it has some partitions, and everything of them up to these offsets."""
        partitions = self._source.assigned()
        if not partitions or self._under_way or self._sorter.rereads:
            return False
        return all((self._source.next_offset(number) or 0) >= ends[number] for number in partitions)

    def tell(self) -> None:
        """Say what was received since it was told last, if anything was."""
        sorter, seconds = self._sorter, monotonic() - self._told_at
        events = self.events - self._told_events
        if events or sorter.dropped or sorter.passed_over:
            log.info(
                "received",
                topic=self._topic,
                events=events,
                dropped=sorter.dropped,
                of_parked=sorter.passed_over,
                waiting=sum(self._source.waiting().values()),
                seconds=round(seconds, 1),
            )
        if sorter.strange:
            log.warning("messages that are no lines were left out", topic=self._topic, number=len(sorter.strange), first=sorter.strange[0])
        sorter.dropped = sorter.passed_over = 0
        sorter.strange.clear()
        self._told_at, self._told_events = monotonic(), self.events

    def _learn(self) -> None:
        """After the group has rearranged itself: learn where the practices stand, whoever brought them there."""
        assigned = self._source.reassigned()
        if assigned is None:
            return
        self.settle()
        log.info("partitions assigned", topic=self._topic, partitions=assigned.partitions)
        standings = self._desk.submit(_standings).result()
        if assigned.from_beginning:
            log.info(
                "the group has no offset: reading from the beginning, and dropping what is there already",
                topic=self._topic,
                partitions=assigned.from_beginning,
                practices_there=len(standings),
            )
        self._sorter.known = {practice: each.position for practice, each in standings.items()}
        self._sorter.stopped = {practice for practice, each in standings.items() if each.parked}
        self._sorter.rereads.clear()
        self._parked = None
        self._reread(standings)

    def _gather(self, seconds: float) -> dict[int, int]:
        """Sort what comes, as long as it comes at once or the database is busy anyway; where each partition goes on."""
        offsets: dict[int, int] = {}
        found = 0
        wait = 0.0 if self._under_way else seconds
        while found < self._lines and self._sorter.size < BYTES:
            messages, self._held = self._held or self._source.poll(wait, min(PAGE, self._lines)), {}
            if self._source.changed and offsets:
                self._held = messages  # first learn where the practices stand
                break
            self._learn()
            for partition, those in messages.items():
                self._sorter.sort(partition, those)
                offsets[partition] = those[-1].offset + 1
                found += len(those)
            busy = len(self._under_way) == DEPTH and not self._under_way[0].stored
            if not messages and not (busy and found):
                break
            wait = _SHORT if busy else 0.0
        return offsets

    def _look(self) -> None:
        """See now and then what is parked and whether somebody asked for another try, and note how much waits."""
        if self._parked is not None and self._parked.done():
            parked, self._parked = self._parked.result(), None
            for practice in self._sorter.stopped - parked.keys():
                self._sorter.known.pop(practice, None)  # somebody else's doing: the database will say where it stands
            self._sorter.stopped = set(parked)
            self._reread(parked)
        if self._parked is None and monotonic() >= self._look_at:
            self._parked = self._desk.submit(partial(_look, topic=self._topic, waiting=self._source.waiting()))
            self._look_at = monotonic() + _LOOK

    def _reread(self, standings: Mapping[str, _Standing]) -> None:
        """Go back to the beginning of the partitions of practices that are to be tried again."""
        by_partition: dict[int, dict[str, int]] = {}
        for practice, each in standings.items():
            number = self._source.partition_of(practice) if each.retry_asked else -1
            known = self._sorter.rereads.get(number)
            if each.retry_asked and (known is None or practice not in known.furthest):
                by_partition.setdefault(number, {})[practice] = each.position
        for number, practices in by_partition.items():
            upto = self._source.next_offset(number)
            if upto is None:
                continue
            self.settle()
            before = self._sorter.rereads.get(number)
            self._sorter.known |= practices
            furthest = dict.fromkeys(practices, 0) | (before.furthest if before else {})
            self._sorter.rereads[number] = Reread(max(upto, before.upto if before else 0), furthest)
            self._source.rewind(number)
            log.info("reading again from the beginning", topic=self._topic, partition=number, practices=sorted(practices))

    def _end_rereads(self) -> None:
        """Let practices go on that were tried again and have everything now."""
        for number, reread in list(self._sorter.rereads.items()):
            position = self._source.next_offset(number)
            if position is not None and position < reread.upto:
                continue
            self.settle()
            del self._sorter.rereads[number]
            for practice, furthest in reread.furthest.items() if position is not None else ():
                if self._desk.submit(partial(_release, practice=practice, upto=furthest)).result():
                    self._sorter.stopped.discard(practice)
            self._parked = None  # what it saw may be older than this


_STANDINGS = "select ledger, position, parked_at is not null, retry_asked_at is not null from projection.follower where name = %s"
_WAITING = """
insert into projection.waiting (topic, partition, messages) select %s, * from unnest(%s::int[], %s::bigint[])
on conflict (topic, partition) do update set messages = excluded.messages, noted_at = now()
"""


def _look(conn: Connection[Any], store: Store, topic: str, waiting: dict[int, int]) -> dict[str, _Standing]:
    if waiting:
        numbers = sorted(waiting)
        conn.execute(_WAITING, (topic, numbers, [waiting[number] for number in numbers]), prepare=True)
    found = conn.execute(f"{_STANDINGS} and parked_at is not null", (store.schema,), prepare=True)
    return {practice: _Standing(*how) for practice, *how in found}


def _standings(conn: Connection[Any], store: Store) -> dict[str, _Standing]:
    """Where every practice stands."""
    return {practice: _Standing(*how) for practice, *how in conn.execute(_STANDINGS, (store.schema,))}


def _release(conn: Connection[Any], store: Store, practice: str, upto: int) -> bool:
    return release(conn, store.schema, practice, upto)
