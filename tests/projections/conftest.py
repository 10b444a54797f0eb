"""Fixtures of the engine's tests."""

import pytest

from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.projections._record import Record


@pytest.fixture
def read_models(database: Database) -> Database:
    """A database with empty read models."""
    ensure_generation(database.url)
    return database


@pytest.fixture
def record(read_models: Database) -> Record:
    """A practice without events."""
    return Record(read_models.sync_pool())
