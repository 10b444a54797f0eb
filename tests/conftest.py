"""Fixtures of all tests: the session's PostgreSQL and a fresh database for each test that asks for one."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests._database import Database, Postgres

# a busy machine is no reason to fail; a failure prints what repeats it
settings.register_profile("sporbar", max_examples=50, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sporbar")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m "not server"` runs anywhere in seconds."""
    for item in items:
        if "postgres" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.server)


@pytest.fixture(scope="session")
def anyio_backend() -> str:
    return "asyncio"


@pytest.fixture(scope="session")
def postgres() -> Iterator[Postgres]:
    """A PostgreSQL of this test session (one a worker), with the migrated template made."""
    # not pytest's own temporary folder: as root that one is closed to the user whom the server runs as
    directory = Path(tempfile.mkdtemp(prefix="sporbar-test-"))
    directory.chmod(0o711)
    postgres = Postgres(directory / "postgres")
    try:
        with postgres.server:
            postgres.make_template()
            yield postgres
    finally:
        shutil.rmtree(directory)


@pytest.fixture
def database(postgres: Postgres) -> Iterator[Database]:
    """A fresh, migrated database."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    try:
        yield database
    finally:
        database.close()
        postgres.drop_database(name)
