"""Fixtures of the engine's tests."""

import pytest

from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.projections._record import Pool, Record


@pytest.fixture
def pool(database: Database) -> Pool:
    """Connections to write with, also at times that are given.

    They are all made at once: a pool that grows draws random numbers, which Hypothesis takes for a strategy's doing.
    """
    pool = database.sync_pool("sporbar_generator", min_size=4, max_size=4)
    pool.wait()
    return pool


@pytest.fixture
def read_models(database: Database) -> Database:
    """A database with empty read models."""
    ensure_generation(database.url)
    return database


@pytest.fixture
def record(read_models: Database, pool: Pool) -> Record:
    """A practice without events."""
    return Record(pool)
