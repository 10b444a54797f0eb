"""The library's own contract suites, on a real ledger."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID, uuid4

import pytest
from eventsourcing.persistence import StoredEvent
from eventsourcing.tests import persistence as library

from events.ledger.recorder import LedgerRecorder
from tests._database import Database
from tests.ledger._support import recorder


class WithoutPositions(LedgerRecorder):
    """As an aggregate recorder, which the library expects to return no positions."""

    def insert_events(self, stored_events: Sequence[StoredEvent], **kwargs: Any) -> Sequence[int] | None:
        super().insert_events(stored_events, **kwargs)
        return None


class TestApplicationRecorder(library.ApplicationRecorderTestCase[LedgerRecorder]):
    @pytest.fixture(autouse=True)
    def _fresh_database(self, database: Database) -> None:
        self.database = database

    def new_originator_id(self) -> UUID | str:
        return f"thing/{uuid4()}"

    def create_recorder(self) -> LedgerRecorder:
        return recorder(self.database.sync_pool(max_size=16))

    def test_insert_subscribe(self) -> None:
        self.optional_test_insert_subscribe()


class TestAggregateRecorder(library.AggregateRecorderTestCase):
    @pytest.fixture(autouse=True)
    def _fresh_database(self, database: Database) -> None:
        self.database = database

    def new_originator_id(self) -> UUID | str:
        return f"thing/{uuid4()}"

    def create_recorder(self) -> WithoutPositions:
        pool = self.database.sync_pool()
        return WithoutPositions(pool, recorder(pool).ledger)
