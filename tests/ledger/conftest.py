"""A database for tests that change nothing in it."""

from collections.abc import Iterator

import pytest

from tests._database import Database, Postgres
from tests.ledger._support import append, fact, recorder


@pytest.fixture(scope="module")
def unchanged(postgres: Postgres) -> Iterator[Database]:
    """A migrated database with one simulated ledger that has one entry, shared by the tests of a module."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    try:
        append(recorder(database.sync_pool(), simulated=True), fact())
        yield database
    finally:
        database.close()
        postgres.drop_database(name)
