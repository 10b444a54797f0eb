"""The library's event store and repository on a ledger, with events of our own."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pytest
from eventsourcing.application import AggregateNotFoundError, Repository
from eventsourcing.persistence import EventStore, MapperDeserialisationError, StoredEvent

from events._codec import decode_line
from events.deviation import DeviationReopened
from events.ledger import reader
from events.ledger.mapper import LineMapper, StreamEvent
from tests._database import Database
from tests.ledger._support import LEDGER, recorder

SUBJECT = "deviation/00000000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Reasons:
    """What the events of a stream come to, for this test."""

    version: int
    texts: tuple[str, ...]


def reasons(before: Any, events: Iterable[StreamEvent]) -> Any:
    for event in events:
        assert isinstance(event.event, DeviationReopened)
        before = Reasons(event.originator_version, (*(before.texts if before else ()), event.event.reason))
    return before


def test_an_event_goes_through_store_and_repository(database: Database) -> None:
    ledger = recorder(database.sync_pool())
    store: EventStore[str] = EventStore(LineMapper(), ledger)
    repository: Repository[str] = Repository(store, cache_maxsize=10, deepcopy_from_cache=False)
    with pytest.raises(AggregateNotFoundError):
        repository.get(SUBJECT, projector_func=reasons)
    first, second = (StreamEvent(SUBJECT, version, DeviationReopened(reason=f"æøå {version}")) for version in (1, 2))
    (recording,) = store.put([first])
    assert (recording.notification.id, recording.domain_event) == (1, first)
    assert repository.get(SUBJECT, projector_func=reasons) == Reasons(1, ("æøå 1",))
    store.put([second])
    assert repository.get(SUBJECT, projector_func=reasons) == Reasons(2, ("æøå 1", "æøå 2"))
    with database.connect() as connection:
        assert [decode_line(line).event for line in reader.read(connection, LEDGER)] == [first.event, second.event]


@pytest.mark.parametrize(
    ("topic", "state"), [("nobody.knows.v1", b"{}"), ("deviation.reopened.v1", b"{}"), ("deviation.reopened.v1", b"{")]
)
def test_what_no_class_can_read_is_told(topic: str, state: bytes) -> None:
    with pytest.raises(MapperDeserialisationError, match=SUBJECT):
        LineMapper().to_domain_event(StoredEvent(SUBJECT, 1, topic, state))
