"""Whom a follower follows, and where it has stopped. How it goes on is tested with whoever does: projections, publisher."""

import psycopg
import pytest

from events.ledger.connect import conninfo
from events.ledger.follower import Claim, enrol, park, parked, unpark
from tests._database import Database
from tests.ledger._support import append, fact, recorder

PRACTICES = ("fjordgata", "havnegata", "storgata")
FOLLOWER = "kafka:events"


@pytest.fixture
def worker(database: Database) -> str:
    """Three practices and an access log, with an event each; connection string of a worker."""
    pool = database.sync_pool()
    for practice in (*PRACTICES, "fjordgata/access"):
        append(recorder(pool, practice), fact())
    return conninfo(database.url, "sporbar_worker")


def test_a_follower_begins_with_every_practice(worker: str) -> None:
    with psycopg.connect(worker, autocommit=True) as connection:
        assert enrol(connection, FOLLOWER) == 3
        assert enrol(connection, FOLLOWER) == 0
        found = connection.execute("SELECT ledger, position FROM projection.follower WHERE name = %s ORDER BY ledger", (FOLLOWER,))
        assert found.fetchall() == [(practice, 0) for practice in PRACTICES]


def test_a_parked_ledger_rests_until_somebody_lets_it_go_on(worker: str) -> None:
    with psycopg.connect(worker, autocommit=True) as connection:
        enrol(connection, FOLLOWER)
        claimed = Claim(FOLLOWER, "storgata", 0, 1)
        assert park(connection, claimed, 1, "UnknownEventType")
        assert not park(connection, claimed, 1, "another worker's view")
        (found,) = parked(connection, FOLLOWER)
        assert (found.ledger, found.position, found.error) == ("storgata", 1, "UnknownEventType")
        assert parked(connection) == [found]
        assert parked(connection, "read_1") == []
        assert unpark(connection, FOLLOWER, "havnegata") == 0
        assert unpark(connection, FOLLOWER) == 1
        assert parked(connection) == []


def test_whoever_has_moved_on_is_not_parked(worker: str) -> None:
    with psycopg.connect(worker, autocommit=True) as connection:
        enrol(connection, FOLLOWER)
        connection.execute("UPDATE projection.follower SET position = 1 WHERE ledger = 'storgata'")
        assert not park(connection, Claim(FOLLOWER, "storgata", 0, 1), 1, "UnknownEventType")
        assert parked(connection) == []
