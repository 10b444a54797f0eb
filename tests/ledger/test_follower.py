"""Claims: each ledger in one pair of hands, nothing skipped, nothing twice."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import psycopg
import pytest

from events.ledger.connect import conninfo
from events.ledger.follower import Claim, LostClaim, advance, claim, enrol, lag, park, parked, unpark
from tests._database import Database
from tests.ledger._support import append, fact, recorder

PRACTICES = ("fjordgata", "havnegata", "storgata")


@pytest.fixture
def worker(database: Database) -> str:
    """Three practices with 12 events each and an access log; connection string of a worker."""
    pool = database.sync_pool()
    for practice in (*PRACTICES, "fjordgata/access"):
        ledger = recorder(pool, practice)
        append(ledger, *(fact(version=version) for version in range(1, 13)))
    return conninfo(database.url, "sporbar_worker")


def connect(worker: str) -> psycopg.Connection[tuple[object, ...]]:
    return psycopg.connect(worker, autocommit=True)


def test_a_follower_begins_with_every_practice(worker: str) -> None:
    with connect(worker) as connection:
        assert enrol(connection, "policies") == 3
        assert enrol(connection, "policies") == 0
        assert lag(connection, "policies") == dict.fromkeys(PRACTICES, 12)
        assert enrol(connection, "publisher", at_end=True) == 3
        assert lag(connection, "publisher") == dict.fromkeys(PRACTICES, 0)


def test_claims_go_round_and_end_when_all_is_done(worker: str) -> None:
    with connect(worker) as connection:
        enrol(connection, "policies")
        order = []
        for _ in range(6):
            with claim(connection, "policies") as claimed:
                assert claimed is not None
                order.append(claimed.ledger)
                advance(connection, claimed, claimed.position + 6)
        assert Counter(order) == dict.fromkeys(PRACTICES, 2)
        assert set(order[:3]) == set(PRACTICES)
        with claim(connection, "policies") as claimed:
            assert claimed is None


def test_two_workers_never_hold_the_same_ledger(worker: str) -> None:
    """Three workers move in steps of one; whoever holds a ledger is alone with it and finds it where it was left."""
    lock = Lock()
    held: set[str] = set()
    dealt_with: list[tuple[str, int]] = []

    def work(_worker: int) -> None:
        with connect(worker) as connection:
            while lag_left(connection):
                with claim(connection, "policies") as claimed:
                    if claimed is None:
                        continue
                    with lock:
                        assert claimed.ledger not in held
                        held.add(claimed.ledger)
                    advance(connection, claimed, claimed.position + 1)
                    with lock:
                        dealt_with.append((claimed.ledger, claimed.position + 1))
                        held.remove(claimed.ledger)

    def lag_left(connection: psycopg.Connection[tuple[object, ...]]) -> bool:
        return any(lag(connection, "policies").values())

    with connect(worker) as connection:
        enrol(connection, "policies")
    with ThreadPoolExecutor(3) as threads:
        list(threads.map(work, range(3)))
    assert sorted(dealt_with) == [(practice, position) for practice in PRACTICES for position in range(1, 13)]


def test_a_claim_passes_over_what_another_worker_holds(worker: str) -> None:
    with connect(worker) as one, connect(worker) as other:
        enrol(one, "policies")
        with claim(one, "policies", "havnegata") as first, claim(other, "policies", "havnegata") as second:
            assert first is not None
            assert second is None
        with claim(one, "policies") as first, claim(other, "policies") as second:
            assert first is not None
            assert second is not None
            assert first.ledger != second.ledger


def test_what_fails_is_rolled_back_and_can_be_claimed_again(worker: str) -> None:
    def fail(connection: psycopg.Connection[tuple[object, ...]]) -> None:
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed is not None
            advance(connection, claimed, 5)
            raise ZeroDivisionError

    with connect(worker) as connection:
        enrol(connection, "policies")
        with pytest.raises(ZeroDivisionError):
            fail(connection)
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed == Claim("policies", "storgata", 0, 12)


def test_a_worker_that_dies_gives_its_claim_back(worker: str, database: Database) -> None:
    with connect(worker) as dying, connect(worker) as other, database.connect() as owner:
        enrol(dying, "policies")
        dying.execute("BEGIN")
        with claim(dying, "policies", "storgata") as claimed, claim(other, "policies", "storgata") as nothing:
            assert claimed is not None
            assert nothing is None
        owner.execute("SELECT pg_terminate_backend(%s, 10000)", (dying.info.backend_pid,))
        with claim(other, "policies", "storgata") as taken_over:
            assert taken_over == claimed
        with pytest.raises(psycopg.OperationalError):
            advance(dying, claimed, 12)


@pytest.mark.parametrize("position", [13, -1])
def test_a_follower_goes_neither_back_nor_beyond(worker: str, position: int) -> None:
    with connect(worker) as connection:
        enrol(connection, "policies")
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed is not None
            with pytest.raises(LostClaim):
                advance(connection, claimed, position)


def test_a_claim_that_was_lost_cannot_advance(worker: str) -> None:
    with connect(worker) as connection:
        enrol(connection, "policies")
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed is not None
            advance(connection, claimed, 4)
        with pytest.raises(LostClaim):
            advance(connection, claimed, 5)


def test_a_parked_ledger_rests_until_somebody_lets_it_go_on(worker: str) -> None:
    with connect(worker) as connection:
        enrol(connection, "policies")
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed is not None
        assert park(connection, claimed, 3, "UnknownEventType")
        assert not park(connection, claimed, 3, "UnknownEventType")
        (found,) = parked(connection, "policies")
        assert (found.ledger, found.position, found.error) == ("storgata", 3, "UnknownEventType")
        assert parked(connection) == [found]
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed is None
        with claim(connection, "policies", "havnegata") as claimed:
            assert claimed is not None
        assert unpark(connection, "policies", "havnegata") == 0
        assert unpark(connection, "policies") == 1
        with claim(connection, "policies", "storgata") as claimed:
            assert claimed is not None
