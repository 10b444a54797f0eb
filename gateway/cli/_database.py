"""Which database a command works on."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from events.ledger.connect import conninfo
from events.ledger.errors import UnknownLedger
from events.ledger.migrate import pending
from gateway.embedded_postgres import EmbeddedPostgres, running_url
from gateway.settings import Settings

OLDEST = 16
"""First major version of PostgreSQL that Sporbar runs on."""


class UnusableDatabaseError(Exception):
    """The database is too old, or not of the form that this version needs; the message is one line that says what to do."""


@contextmanager
def database(settings: Settings) -> Iterator[str]:
    """The libpq URL of the database, migrated to this version; makes none. Raises UnusableDatabaseError."""
    require_database(settings)
    with any_database(settings) as url:
        if pending(url):
            raise UnusableDatabaseError("the database is not of the form that this version needs: run `sporbar migrate` first")
        yield url


def require_database(settings: Settings) -> None:
    """Raise UnusableDatabaseError where no database is named and no embedded one was ever made; makes nothing."""
    if settings.database_url is None and not settings.postgres_dir.exists():
        raise UnusableDatabaseError(
            f"there is no database in {settings.data_dir}: set SPORBAR_DATA_DIR or SPORBAR_DATABASE_URL to where it is, "
            "or make one with `sporbar migrate`"
        )


@contextmanager
def any_database(settings: Settings) -> Iterator[str]:
    """The libpq URL of the database that the settings name, else of the embedded one.

    The embedded server is started for as long as the command runs, unless another process runs it already; so this is
    called from the main thread.
    """
    if settings.database_url is not None:
        url = settings.database_url.get_secret_value()
        _check_version(url)
        yield url
    elif running := running_url(settings.postgres_dir):
        yield running
    else:
        with EmbeddedPostgres(settings.postgres_dir) as server:
            yield server.url()


def recorded_events(url: str, practice: str) -> int:
    """How many events the record of a practice holds; raises UnknownLedger for a practice that has none."""
    with psycopg.connect(conninfo(url, "sporbar_app"), autocommit=True) as connection:
        found = connection.execute("select size from projection.record where ledger = %s", (practice,)).fetchone()
    if found is None:
        raise UnknownLedger(f"there is no ledger {practice}")
    return int(found[0])


def _check_version(url: str) -> None:
    with psycopg.connect(url, connect_timeout=10) as connection:
        major = connection.info.server_version // 10_000
    if major < OLDEST:
        raise UnusableDatabaseError(f"SPORBAR_DATABASE_URL names PostgreSQL {major}: Sporbar needs {OLDEST} or newer")
