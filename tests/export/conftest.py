"""A generated practice that the tests of exports read from; nobody writes to it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from uuid import UUID

import pytest

from gateway.auth.pseudonym import pseudonym
from gateway.export import Source
from gateway.generator._plan import plan_practice
from gateway.generator._profile import PROFILES
from gateway.generator.run import carry_out
from tests._database import Database, Postgres
from tests.export._records import lines_of

PRACTICE = "fjordgata"
SECRET = b"x" * 32


@dataclass(frozen=True)
class Generated:
    """Half a year of a practice, and its lines."""

    database: Database
    source: Source
    lines: list[bytes]


@pytest.fixture(scope="session")
def generated(postgres: Postgres) -> Iterator[Generated]:
    """Made once; read in pages of 20 positions, so that there are many."""
    plan = plan_practice(PRACTICE, "Fjordgata legesenter", PROFILES[0], 7, date(2025, 1, 6), date(2025, 5, 1))
    with postgres.database() as database:
        carry_out(database.url, PRACTICE, plan.steps, partial(named, SECRET), lambda: None)
        pool = database.sync_pool(max_size=2)
        yield Generated(database, Source(pool.connection, SECRET, page=20), lines_of(pool, PRACTICE))


def named(secret: bytes, member: UUID) -> str:
    return pseudonym(secret, PRACTICE, member)
