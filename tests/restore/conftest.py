"""A ledger to be restored, and a database without it."""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

import pytest

from events.ledger import reader
from events.ledger.recorder import Metadata
from tests._database import Database, Postgres
from tests.ledger._support import CORRELATION, LEDGER, append, fact, recorder

ODD = 'æ "quoted" \\ back \u0001 \u2028 😀'


@dataclass(frozen=True)
class Origin:
    """A ledger of thirteen entries by nine commands, and its database."""

    database: Database
    lines: list[bytes]
    root: bytes


def module_database(postgres: Postgres) -> Iterator[Database]:
    """A migrated database that several tests share."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    yield database
    database.close()
    postgres.drop_database(name)


@pytest.fixture(scope="module")
def origin(postgres: Postgres) -> Iterator[Origin]:
    """Commands of one event and of several, one with nothing to do, odd texts, bytes, and a stream that begins with 0."""
    for database in module_database(postgres):
        ledger = recorder(database.sync_pool())
        for version in (1, 2, 3):
            append(ledger, fact("deviation/a", version), command_id=UUID(int=version))
        append(ledger, *(fact("deviation/b", version) for version in (1, 2, 3)), command_id=UUID(int=4))
        append(ledger)
        append(ledger, fact("deviation/a", 4, rb'{"a":"\\u0000 and \u00e6 and \ud83d\ude00", "b" : [1.50, {}]}'))
        append(ledger, fact(ODD, 1, name=ODD), metadata=Metadata(ODD, CORRELATION, ODD))
        append(ledger, fact("thing/0", 0, b"\xff\x00"), fact("thing/0", 1, b""))
        append(ledger, fact("deviation/a", 5), fact("deviation/b", 4))
        append(ledger, fact("deviation/a", 6), command_id=UUID(int=9))
        with database.connect() as connection:
            lines = [line.encode() for line in reader.stream(connection, LEDGER)]
        yield Origin(database, lines, ledger.append([], command_id=UUID(int=99), digest=b"", metadata=Metadata("kari", CORRELATION)).root)


@pytest.fixture(scope="module")
def elsewhere(postgres: Postgres) -> Iterator[Database]:
    """A migrated database for the tests of a module; nothing is recorded in it."""
    yield from module_database(postgres)
