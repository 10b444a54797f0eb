"""Fixtures of all tests: the session's PostgreSQL and a fresh database for each test that asks for one."""

import shutil
import tempfile
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling

from projections._engine._generation import ensure_generation
from tests import _kafka
from tests._database import Database, Postgres

# a busy machine is no reason to fail; a failure prints what repeats it
settings.register_profile("sporbar", max_examples=50, deadline=None, print_blob=True, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("sporbar")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a server, so that `-m "not server"` runs anywhere in seconds."""
    for item in items:
        if {"postgres", "kafka"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.server)
        if "kafka" in getattr(item, "fixturenames", ()):
            item.user_properties.append(_kafka.USES)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `--dist loadfile`, the files of Kafka go to two workers, each with a broker of its own: those that stop it, and the others."""
    if config.getvalue("dist") != "loadfile":
        return None
    scheduler = LoadScopeScheduling(config, log)
    scheduler._split_scope = _files_together
    return scheduler


def _files_together(nodeid: str) -> str:
    path = nodeid.partition("::")[0]
    if "kafka" not in path:
        return path
    return "faults of kafka" if path.startswith("tests/faults/") else "kafka"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> Generator[None, None, None]:
    """Say in the last lines when Kafka was not the real one."""
    yield
    for line in _kafka.last_lines(terminalreporter.stats):
        terminalreporter.write_line(line, yellow=True)


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
    with postgres.database() as database:
        yield database


@pytest.fixture
def elsewhere(postgres: Postgres) -> Iterator[Database]:
    """Another one, for read models of records that are kept in the first; its read models are empty."""
    with postgres.database() as database:
        ensure_generation(database.url)
        yield database


@pytest.fixture(scope="session")
def kafka(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_kafka.Broker]:
    """The broker of this test session; topics are a test's own."""
    with _kafka.broker(tmp_path_factory.mktemp("kafka")) as broker:
        yield broker
