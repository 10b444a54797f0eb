"""The recorder of one ledger: what the `eventsourcing` library writes to and reads from."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar
from uuid import UUID, uuid4

import psycopg
from eventsourcing.persistence import ApplicationRecorder, Notification, StoredEvent, Subscription
from psycopg_pool import ConnectionPool, PoolClosed, PoolTimeout, TooManyRequests

from events.ledger._statement import Statement, integers, jsons, moment, texts
from events.ledger.errors import CommandIdReused, NotSimulated, TimeOutOfOrder, UnknownLedger, UnstorableData, VersionConflict, translated
from events.ledger.mapper import state_of, to_json
from events.ledger.subscription import LedgerSubscription

__all__ = [
    "Appended",
    "CommandIdReused",
    "LedgerRecorder",
    "Metadata",
    "NotSimulated",
    "Receipt",
    "TimeOutOfOrder",
    "UnknownLedger",
    "UnstorableData",
    "VersionConflict",
    "open_ledger",
]

R = TypeVar("R")

_GIVEN = "$1::text, $2::uuid, $3::bytea, $4::text, $5::uuid, nullif($6::text, ''), $7::text[], $8::integer[], $9::text[], $10::json[]"
_APPEND = Statement("sporbar_append", f"SELECT position, root, count, repeated FROM ledger.append({_GIVEN})")  # noqa: S608 -- parameters only
_APPEND_AT = Statement(
    "sporbar_append_at",
    f"SELECT position, root, count, repeated FROM ledger.append_at({_GIVEN}, $11::timestamptz)",  # noqa: S608 -- as above
)
_EVENTS = """
    SELECT subject, version, type, line FROM ledger.entry
    WHERE ledger = %b AND subject = %b AND version > %b AND version <= %b ORDER BY version {} LIMIT %b
"""
_OLDEST_FIRST, _NEWEST_FIRST = _EVENTS.format("ASC"), _EVENTS.format("DESC")
_NOTIFICATIONS = """
    SELECT position, subject, version, type, line FROM ledger.entry
    WHERE ledger = %b AND position >= %b AND position <= %b AND (%b::text[] IS NULL OR type = ANY (%b::text[]))
    ORDER BY position LIMIT %b
"""
_LAST_VERSION = 2**31 - 1
_LAST_POSITION = 2**63 - 1


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a line says about where its event came from."""

    actor: str
    """Pseudonymous id of whoever gave the command."""
    correlation_id: UUID
    causation_id: str | None = None
    """What led to the command, if something did."""


@dataclass(frozen=True, slots=True)
class Appended:
    """The ledger's answer to an append."""

    position: int
    """Size of the ledger after it: the position of the last event, where there was one."""
    root: bytes
    """RFC 6962 root over all lines up to `position`, 32 bytes."""
    count: int
    """How many events were written, the last ones up to `position`."""
    repeated: bool
    """True when the command id had been used before; this is the first answer then."""


@dataclass(frozen=True, slots=True)
class Receipt:
    """What a ledger remembers of a command that was carried out."""

    digest: bytes
    """Empty when the command was carried out in another database (`events.ledger.restore`): no line tells it."""
    position: int
    count: int
    root: bytes


def open_ledger(pool: ConnectionPool[Any], ledger: str, *, simulated: bool = False) -> bool:
    """Open a ledger; True if it is new. One that is open stays as it is.

    Only a simulated ledger takes times from outside (`LedgerRecorder.append` with `at`). Raises UnstorableData when
    the name is no practice id.
    """
    try:
        with pool.connection() as connection:
            row = connection.execute("SELECT ledger.open(%s, %s)", (ledger, simulated)).fetchone()
    except psycopg.Error as error:
        raise translated(error) from error
    return bool(row and row[0])


class LedgerRecorder(ApplicationRecorder):
    """Reads and writes one ledger. A notification's id is its position.

    Its pool has autocommit connections (`events.ledger.connect`); everything is one round trip.
    Errors are those of `events.ledger.errors` and `eventsourcing.persistence`.
    """

    def __init__(self, pool: ConnectionPool[Any], ledger: str) -> None:
        self._pool = pool
        self.ledger = ledger

    def append(
        self,
        stored_events: Sequence[StoredEvent],
        *,
        command_id: UUID,
        digest: bytes,
        metadata: Metadata,
        at: datetime | None = None,
    ) -> Appended:
        """Append events, once for each command id; all or none.

        `digest` identifies the command's content: the same id with the same digest returns the first answer, with
        another one raises CommandIdReused. Without events it records that there was nothing to do. Raises
        VersionConflict, UnknownLedger, UnstorableData; with `at`, also TimeOutOfOrder and NotSimulated.
        """
        try:
            given = (
                self.ledger.encode(),
                command_id.bytes,
                digest,
                metadata.actor.encode(),
                metadata.correlation_id.bytes,
                (metadata.causation_id or "").encode(),
                texts([str(event.originator_id).encode() for event in stored_events]),
                integers([event.originator_version for event in stored_events]),
                texts([event.topic.encode() for event in stored_events]),
                jsons([to_json(event.state) for event in stored_events]),
            )
        except (UnicodeEncodeError, OverflowError) as error:
            raise UnstorableData("text with a lone surrogate, or a version of more than 32 bits, cannot be stored") from error
        statement, values = (_APPEND, given) if at is None else (_APPEND_AT, (*given, moment(at)))
        position, root, count, repeated = self._safely(lambda connection: statement.row(connection, values))
        return Appended(int.from_bytes(position), root, int.from_bytes(count), repeated == b"\x01")

    def receipt(self, command_id: UUID) -> Receipt | None:
        """What is remembered of a command, None if it was never carried out."""
        query = "SELECT digest, position, count, root FROM ledger.receipt WHERE ledger = %b AND command_id = %b"
        return next((Receipt(*row) for row in self._rows(query, (self.ledger, command_id))), None)

    def existing(self, subjects: Sequence[str]) -> set[str]:
        """Which of these streams have events."""
        query = """
            SELECT subject FROM unnest(%b::text[]) AS subject
            WHERE EXISTS (SELECT FROM ledger.entry AS e WHERE e.ledger = %b AND e.subject = subject.subject)
        """
        return {subject for (subject,) in self._rows(query, (list(subjects), self.ledger))}

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        """Append as the library does: positions of the events, None without any.

        Keyword arguments are those of `append`; ids are made where none are given.
        """
        if not stored_events:
            return None
        command_id = kwargs.get("command_id") or uuid4()
        appended = self.append(
            stored_events,
            command_id=command_id,
            digest=kwargs.get("digest") or _digest(stored_events),
            metadata=kwargs.get("metadata") or Metadata("system", command_id),
            at=kwargs.get("at"),
        )
        return list(range(appended.position - appended.count + 1, appended.position + 1))

    def select_events(
        self,
        originator_id: UUID | str,
        *,
        gt: int | None = None,
        lte: int | None = None,
        desc: bool = False,
        limit: int | None = None,
    ) -> list[StoredEvent]:
        """Events of one stream, by version."""
        after, upto = -1 if gt is None else gt, _LAST_VERSION if lte is None else lte
        rows = self._rows(_NEWEST_FIRST if desc else _OLDEST_FIRST, (self.ledger, str(originator_id), after, upto, limit))
        return [StoredEvent(subject, version, name, state_of(line.encode())) for subject, version, name, line in rows]

    def select_notifications(
        self,
        start: int | None,
        limit: int,
        stop: int | None = None,
        topics: Sequence[str] = (),
        *,
        inclusive_of_start: bool = True,
    ) -> list[Notification]:
        """Events by position; with `topics`, those of the given stored type names."""
        first = (start or 0) + (not inclusive_of_start)
        types = list(topics) or None
        rows = self._rows(_NOTIFICATIONS, (self.ledger, first, _LAST_POSITION if stop is None else stop, types, types, limit))
        return [Notification(subject, version, name, state_of(line.encode()), at) for at, subject, version, name, line in rows]

    def max_notification_id(self) -> int | None:
        """Position of the last event, None in an empty ledger."""
        rows = self._rows("SELECT size FROM ledger.ledger WHERE ledger = %b", (self.ledger,))
        return next((size for (size,) in rows if size), None)

    def subscribe(self, gt: int | None = None, topics: Sequence[str] = ()) -> Subscription[ApplicationRecorder]:
        """Events after position `gt`, those to come included."""
        return LedgerSubscription(self, str(self._pool.conninfo), gt, topics)

    def _rows(self, query: str, parameters: Sequence[Any]) -> list[tuple[Any, ...]]:
        return self._safely(lambda connection: connection.execute(query, parameters, prepare=True, binary=True).fetchall())

    def _safely(self, ask: Callable[[psycopg.Connection[Any]], R]) -> R:
        """Ask once more when the connection was lost; an append that had been committed is answered from its receipt."""
        try:
            return self._ask(ask)
        except psycopg.Error as error:
            if not _connection_lost(error):
                raise translated(error) from error
        try:
            self._pool.check()
            return self._ask(ask)
        except psycopg.Error as error:
            raise translated(error) from error

    def _ask(self, ask: Callable[[psycopg.Connection[Any]], R]) -> R:
        # not `with pool.connection()`, whose commit costs a third of the client's time and does nothing on autocommit
        connection = self._pool.getconn()
        try:
            if not connection.autocommit:
                raise TypeError("a ledger needs a pool of autocommit connections (events.ledger.connect): else nothing it appends is kept")
            return ask(connection)
        finally:
            self._pool.putconn(connection)


def _connection_lost(error: psycopg.Error) -> bool:
    if not isinstance(error, psycopg.OperationalError) or isinstance(error, PoolTimeout | PoolClosed | TooManyRequests):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


def _digest(stored_events: Iterable[StoredEvent]) -> bytes:
    content = sha256()
    for event in stored_events:
        content.update(f"{event.originator_id}\0{event.originator_version}\0{event.topic}\0{len(event.state)}\0".encode())
        content.update(event.state)
    return content.digest()
