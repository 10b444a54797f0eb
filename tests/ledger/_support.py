"""What the tests of the ledger share."""

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from eventsourcing.persistence import StoredEvent
from hypothesis import HealthCheck, settings
from psycopg_pool import ConnectionPool

from events.ledger.recorder import Appended, LedgerRecorder, Metadata, open_ledger

LEDGER = "fjordgata"
ON_A_SERVER = settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
"""For properties that are tried on one database, example after example, however busy the machine is."""
CORRELATION = UUID("00000000-0000-4000-8000-0000000000cc")
KARI = Metadata("kari", CORRELATION)


def fact(subject: str = "deviation/1", version: int = 1, data: bytes = b'{"n":1}', name: str = "test.happened.v1") -> StoredEvent:
    """An event at a place in a stream."""
    return StoredEvent(subject, version, name, data)


def recorder(pool: ConnectionPool[Any], ledger: str = LEDGER, *, simulated: bool = False) -> LedgerRecorder:
    """The recorder of a ledger that is open."""
    open_ledger(pool, ledger, simulated=simulated)
    return LedgerRecorder(pool, ledger)


def append(
    to: LedgerRecorder,
    *events: StoredEvent,
    command_id: UUID | None = None,
    digest: bytes = b"d",
    metadata: Metadata = KARI,
    at: datetime | None = None,
) -> Appended:
    """Append under a command id of its own, unless one is given."""
    return to.append(events, command_id=command_id or uuid4(), digest=digest, metadata=metadata, at=at)
