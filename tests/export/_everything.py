"""A record with every event type, and with deviations gone through from report to closure, over three months."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pkgutil import iter_modules
from uuid import UUID, uuid5

from eventsourcing.persistence import StoredEvent
from psycopg_pool import ConnectionPool

import tests.golden
from events._base import DomainEvent
from events.ledger.mapper import LineMapper, StreamEvent
from events.ledger.recorder import LedgerRecorder, Metadata, open_ledger
from gateway.export import Source
from tests._database import Postgres
from tests._given import KARI
from tests.bench._lives import stored_lives
from tests.export._records import lines_of

PRACTICE = "fjordgata"
LIVES = 12
"""Deviations that are closed."""
_SPACE = UUID("00000000-0000-4000-8000-0000000000ff")
_MONTHS = [datetime(2026, 1, 31, 22, tzinfo=UTC), datetime(2026, 2, 1, tzinfo=UTC), datetime(2026, 3, 3, 12, tzinfo=UTC)]


def examples() -> list[DomainEvent]:
    """One event of each type, from every capability."""
    names = sorted(module.name for module in iter_modules(tests.golden.__path__) if module.name.startswith("_examples_"))
    return [event for name in names for event in import_module(f"tests.golden.{name}").EXAMPLES]


@contextmanager
def recorded(postgres: Postgres) -> Iterator[tuple[Source, list[bytes]]]:
    """A database with it, read in pages of 20 positions, and its lines."""
    with postgres.database() as database:
        lines = record(database.sync_pool("sporbar_generator", max_size=1))
        yield Source(database.sync_pool(max_size=1).connection, b"x" * 32, page=20), lines


def record(pool: ConnectionPool) -> list[bytes]:
    """Write it to a ledger of a database; gives its lines."""
    open_ledger(pool, PRACTICE, simulated=True)
    recorder = LedgerRecorder(pool, PRACTICE)
    stored = [*_stored_examples(), *stored_lives(LIVES)]
    for number, start in enumerate(range(0, len(stored), 10)):
        command_id = uuid5(_SPACE, str(number))
        month = _MONTHS[3 * start // len(stored)]
        recorder.append(
            stored[start : start + 10],
            command_id=command_id,
            digest=command_id.bytes,
            metadata=Metadata(str(KARI), command_id),
            at=month + timedelta(seconds=number),
        )
    return lines_of(pool, PRACTICE)


def _stored_examples() -> list[StoredEvent]:
    mapper, versions = LineMapper(), Counter[str]()
    stored = []
    for event in examples():
        kind = event.TYPE.partition(".")[0]
        subject = f"{kind}/{PRACTICE if kind in ('practice', 'risk_matrix') else uuid5(_SPACE, kind)}"
        versions[subject] += 1
        stored.append(mapper.to_stored_event(StreamEvent(subject, versions[subject], event)))
    return stored
