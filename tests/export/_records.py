"""Records that tests of exports read from."""

from typing import Any

from psycopg_pool import ConnectionPool

from tests._database import Database
from tests.bench._ledger_crew import fill


def lines_of(pool: ConnectionPool[Any], practice: str) -> list[bytes]:
    """The lines of a practice's ledger."""
    with pool.connection() as connection:
        found = connection.execute("select line from ledger.entry where ledger = %s order by position", (practice,)).fetchall()
    return [line.encode() for (line,) in found]


def make_large(database: Database, practice: str, lines: int) -> None:
    """Open a ledger and fill it with so many lines of some 640 bytes."""
    with database.connect() as connection:
        connection.execute("select ledger.open(%s, false)", (practice,))
    fill(database.url, practice, lines, 10)
