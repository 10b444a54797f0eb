"""Fixtures of the engine's tests."""

from typing import Any

import pytest
from psycopg_pool import ConnectionPool

from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.projections._record import Record


@pytest.fixture
def pool(database: Database) -> ConnectionPool[Any]:
    """Connections to write with, also at times that are given."""
    return database.sync_pool("sporbar_generator", max_size=4)


@pytest.fixture
def read_models(database: Database) -> Database:
    """A database with empty read models."""
    ensure_generation(database.url)
    return database


@pytest.fixture
def record(read_models: Database, pool: ConnectionPool[Any]) -> Record:
    """A practice without events."""
    return Record(pool)
