"""The command bus: load the state, decide, append; and decide again when somebody else was faster."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from threading import Lock
from typing import Any
from uuid import UUID

from eventsourcing.application import AggregateNotFoundError, LRUCache, Repository
from eventsourcing.persistence import EventStore
from psycopg_pool import ConnectionPool

from events._base import DomainEvent
from events._codec import parse_line
from events.ledger.mapper import LineMapper, StreamEvent
from events.ledger.reader import read, version_at
from events.ledger.recorder import (
    Appended,
    CommandIdReused,
    LedgerRecorder,
    Metadata,
    Receipt,
    UnknownLedger,
    VersionConflict,
)
from write_side._command_digest import command_digest
from write_side._decider import By, Command, Decider
from write_side._errors import Conflict, Invalid, KeyReused, NotFound, Refused

ATTEMPTS = 8
"""How often a command is decided again after a version conflict before the caller is told to try later."""
CACHED_STREAMS = 1_000
"""Folded states kept per practice."""
CACHED_PRACTICES = 200

Reference = Callable[[Any, UUID, date], bool]
"""Does a stream's state contain the thing with this id, on the day of the command?"""


@dataclass(frozen=True, slots=True)
class Stream:
    """A stream's folded state and its version, 0 before the first event."""

    id: str
    """Its subject."""
    version: int
    state: Any


@dataclass(frozen=True, slots=True)
class Outcome:
    """The answer to a command that was carried out."""

    position: int
    """Position of the last event written, or the ledger's size when there was nothing to do."""
    root: bytes
    """Merkle root of the ledger at that position (RFC 6962)."""
    subject: str
    version: int
    """Version of the subject after the command."""
    repeated: bool
    """True when this command id had been carried out before; the answer is the first one."""


class Application:
    """Carries out commands on the ledgers of all practices; safe to share between threads."""

    def __init__(
        self,
        pool: ConnectionPool[Any],
        deciders: Iterable[Decider[Any]],
        *,
        members: tuple[str, Reference] | None = None,
        given_clock: bool = False,
        appended: Callable[[str, int], None] = lambda _practice, _position: None,
    ) -> None:
        """`members` names the kind of stream that holds members, and how to look one up in its state.

        With `given_clock` the time of a command is recorded as it stands in `By.now`, which only simulated ledgers
        allow. `appended` hears of each practice and position after the commit.
        """
        self._pool = pool
        self._deciders = {command: decider for decider in deciders for command in decider.commands}
        self._by_kind = {decider.kind: decider for decider in self._deciders.values()}
        self._members = members
        self._given_clock = given_clock
        self._appended = appended
        self._practices: LRUCache[str, _Practice] = LRUCache(maxsize=CACHED_PRACTICES)
        self._lock = Lock()

    def execute(self, command: Command, by: By, *, expected_version: int | None = None) -> Outcome:
        """Carry out a command, once for each command id.

        With `expected_version` the subject must stand at that version, or Conflict is raised; without it, the command
        is decided again on fresh state when somebody else was faster. Raises `write_side._errors`.
        """
        practice = self._practice(by.practice)
        digest = command_digest(command, by)
        try:
            return self._decide_and_append(practice, command, by, digest, expected_version)
        except (Refused, Invalid, NotFound, Conflict, CommandIdReused):
            first = self._first_answer(practice, command, by, digest)
            if first is None:
                raise
            return first
        except UnknownLedger:
            raise NotFound("practice.not_found", practice=by.practice) from None

    def state(self, command: Command, by: By) -> Any:
        """The state that a command would be decided on, for a door that must know whom its subject concerns."""
        decider = self._deciders[type(command)]
        return self._practice(by.practice).load(decider, f"{decider.kind}/{command.subject_id(by)}").state

    def _decide_and_append(self, practice: "_Practice", command: Command, by: By, digest: bytes, expected_version: int | None) -> Outcome:
        decider = self._deciders[type(command)]
        subject = f"{decider.kind}/{command.subject_id(by)}"
        for attempt in range(ATTEMPTS):
            # what is named after the command begins with it; were it there all the same, the append says so
            begins = attempt == 0 and subject == f"{decider.kind}/{by.new_id()}"
            stream = Stream(subject, 0, decider.initial) if begins else practice.load(decider, subject)
            if expected_version is not None and stream.version != expected_version:
                raise Conflict("version.conflict", expected=expected_version, actual=stream.version)
            informed = replace(by, context=self._context(practice, command, by))
            self._require_references(practice, command, by)
            events = decider.decide(command, stream.state, informed)
            try:
                appended = practice.append(subject, stream.version, events, self._metadata(command, by), by, digest, self._given_clock)
            except VersionConflict:
                continue
            version = stream.version + len(events)
            if appended.repeated:
                version = practice.version_at(subject, appended.position)
            else:
                practice.keep(Stream(subject, version, decider.fold(events, stream.state)))
                self._appended(by.practice, appended.position)
            return Outcome(appended.position, appended.root, subject, version, appended.repeated)
        raise Conflict("version.busy", subject=subject)

    def _context(self, practice: "_Practice", command: Command, by: By) -> Mapping[str, Any]:
        return {kind: practice.load(self._by_kind[kind], f"{kind}/{stream_id}").state for kind, stream_id in command.reads(by).items()}

    def _require_references(self, practice: "_Practice", command: Command, by: By) -> None:
        streams = []
        for kind, referenced in command.references():
            if kind == "member" and self._members is not None:
                holder, contains = self._members
                state = practice.load(self._by_kind[holder], f"{holder}/{practice.name}").state
                if not contains(state, referenced, by.today):
                    raise Invalid("reference.not_found", kind=kind, id=referenced)
            else:
                streams.append(f"{kind}/{referenced}")
        missing = set(streams) - practice.recorder.existing(streams) if streams else set()
        for subject in sorted(missing):
            kind, _, id_ = subject.partition("/")
            raise Invalid("reference.not_found", kind=kind, id=id_)

    def _metadata(self, command: Command, by: By) -> Metadata:
        return Metadata(command.recorded_actor(by), by.correlation_id, by.causation_id)

    def _first_answer(self, practice: "_Practice", command: Command, by: By, digest: bytes) -> Outcome | None:
        receipt = practice.recorder.receipt(by.command_id)
        if receipt is None:
            return None
        decider = self._deciders[type(command)]
        subject = f"{decider.kind}/{command.subject_id(by)}"
        # a restored receipt has no digest: who gave the command, and what to, must do
        if receipt.digest != digest and not (receipt.digest == b"" and practice.tells(receipt, subject, command.recorded_actor(by))):
            raise KeyReused("idempotency.key_reused") from None
        return Outcome(receipt.position, receipt.root, subject, practice.version_at(subject, receipt.position), True)

    def _practice(self, name: str) -> "_Practice":
        with self._lock:
            try:
                return self._practices.get(name)
            except KeyError:
                practice = _Practice(self._pool, name)
                self._practices.put(name, practice)
                return practice


class _Practice:
    """One practice's ledger, with its folded streams in the library's repository and cache."""

    def __init__(self, pool: ConnectionPool[Any], name: str) -> None:
        self.name = name
        self._pool = pool
        self.recorder = LedgerRecorder(pool, name)
        self._mapper = LineMapper()
        self._repository: Repository[str] = Repository(
            EventStore(self._mapper, self.recorder), cache_maxsize=CACHED_STREAMS, deepcopy_from_cache=False
        )

    def load(self, decider: Decider[Any], subject: str) -> Stream:
        """The stream as it stands, or its beginning."""
        try:
            stream: Stream = self._repository.get(subject, projector_func=partial(_project, decider, subject))
        except AggregateNotFoundError:
            return Stream(subject, 0, decider.initial)
        self.keep(stream)
        return stream

    def keep(self, stream: Stream) -> None:
        """Cache a state; the library does so for aggregates that change in place, and these do not."""
        if stream.version and self._repository.cache is not None:
            self._repository.cache.put(stream.id, stream)

    def version_at(self, subject: str, position: int) -> int:
        """The version that a stream had at a position."""
        with self._pool.connection() as connection:
            return version_at(connection, self.name, subject, position)

    def tells(self, receipt: Receipt, subject: str, actor: str) -> bool:
        """Whether the lines of a receipt are of this subject, by this actor."""
        with self._pool.connection() as connection:
            lines = read(connection, self.name, receipt.position - receipt.count, receipt.count)
        envelopes = [parse_line(line)[0] for line in lines]
        return all((envelope.subject, envelope.actor) == (subject, actor) for envelope in envelopes)

    def append(
        self, subject: str, version: int, events: list[DomainEvent], metadata: Metadata, by: By, digest: bytes, given_clock: bool
    ) -> Appended:
        """Write events behind `version` of a stream."""
        stored = [self._mapper.to_stored_event(StreamEvent(subject, number, event)) for number, event in enumerate(events, version + 1)]
        at = by.now if given_clock else None
        return self.recorder.append(stored, command_id=by.command_id, digest=digest, metadata=metadata, at=at)


def _project(decider: Decider[Any], subject: str, stream: Stream | None, events: Iterable[StreamEvent]) -> Stream | None:
    version, state = (stream.version, stream.state) if stream else (0, decider.initial)
    for event in events:
        version, state = event.originator_version, decider.evolve(state, event.event)
    return Stream(subject, version, state) if version else None
