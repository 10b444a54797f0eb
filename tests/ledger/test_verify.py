"""Tampering by a superuser: what is found, and that the first bad position is named."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import psycopg
import pytest

from events.ledger import reader
from events.ledger.errors import UnknownLedger
from events.ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from events.ledger.recorder import LedgerRecorder
from events.ledger.verify import Report, verify, verify_all
from tests._database import Database
from tests.ledger._support import LEDGER, append, fact, recorder
from tests.ledger._tampering import EVERY_KIND, Tampering


@pytest.fixture
def ledger(database: Database) -> LedgerRecorder:
    """Twelve entries in two streams by nine commands: 1, 2, 3, 4-6, 7, 8, 9-10, none, 11, 12."""
    ledger = recorder(database.sync_pool())
    for version in (1, 2, 3):
        append(ledger, fact("deviation/a", version))
    append(ledger, *(fact("deviation/b", version) for version in (1, 2, 3)))
    append(ledger, fact("deviation/a", 4))
    append(ledger, fact("deviation/b", 4))
    append(ledger, fact("deviation/a", 5), fact("deviation/b", 5))
    append(ledger)
    append(ledger, fact("deviation/a", 6))
    append(ledger, fact("deviation/a", 7))
    return ledger


def proof(database: Database, ledger: str = LEDGER) -> Report:
    with database.connect() as connection:
        return verify(connection, ledger)


def tamper(database: Database, *statements: str) -> None:
    """As a superuser who first takes the triggers away."""
    with database.connect() as connection, connection.transaction():
        for table in ("entry", "receipt", "ledger"):
            connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER recorded")
        for statement in statements:
            connection.execute(statement)


def test_an_untouched_ledger_is_proven(database: Database, ledger: LedgerRecorder) -> None:
    report = proof(database)
    assert report == Report(LEDGER, 12, append(ledger).root, ())
    assert report.first_bad is None


def test_an_empty_ledger_is_proven(database: Database) -> None:
    append(recorder(database.sync_pool()))
    assert proof(database) == Report(LEDGER, 0, EMPTY_ROOT, ())


def test_an_unknown_ledger_is_told(database: Database) -> None:
    with pytest.raises(UnknownLedger):
        proof(database, "nowhere")


@pytest.mark.parametrize("tampering", EVERY_KIND, ids=lambda tampering: tampering.what)
def test_tampering_is_found_and_its_first_position_named(database: Database, ledger: LedgerRecorder, tampering: Tampering) -> None:
    tamper(database, *tampering.statements)
    report = proof(database)
    assert report.first_bad == tampering.found_at, report.problems


def rewritten(connection: psycopg.Connection[Any], upto: int) -> Frontier:
    tree = Frontier()
    for line in reader.read(connection, LEDGER, limit=upto):
        tree.append(leaf_hash(line))
    return tree


def cut(database: Database, upto: int, keep_receipts: bool) -> bytes:
    """Cut the tail off and make the head row agree; the root before."""
    root = proof(database).root
    with database.connect() as connection:
        frontier = list(rewritten(connection, upto).hashes)
        for table in ("entry", "receipt"):
            connection.execute(f"ALTER TABLE ledger.{table} DISABLE TRIGGER recorded")
        connection.execute("DELETE FROM ledger.entry WHERE position > %s", (upto,))
        if not keep_receipts:
            connection.execute("DELETE FROM ledger.receipt WHERE position > %s", (upto,))
        connection.execute(
            "UPDATE ledger.ledger SET size = %s, frontier = %s, last_time = (SELECT max(time) FROM ledger.entry)", (upto, frontier)
        )
    return root


def test_a_cut_that_the_head_row_agrees_to_is_betrayed_by_a_receipt(database: Database, ledger: LedgerRecorder) -> None:
    cut(database, 8, keep_receipts=True)
    assert proof(database).first_bad == 9


def test_a_cut_without_a_trace_is_exposed_only_by_a_root_kept_elsewhere(database: Database, ledger: LedgerRecorder) -> None:
    kept_elsewhere = cut(database, 8, keep_receipts=False)
    report = proof(database)
    assert report.problems == ()
    assert (report.size, report.root == kept_elsewhere) == (8, False)


def test_many_problems_are_told_up_to_a_bound(database: Database) -> None:
    ledger = recorder(database.sync_pool())
    append(ledger, *(fact("deviation/a", version) for version in range(1, 1001)))
    tamper(database, "UPDATE ledger.entry SET line = line || ' '")
    report = proof(database)
    assert report.first_bad == 1
    assert 100 <= len(report.problems) < 500


def test_several_ledgers_are_proven_side_by_side(database: Database, ledger: LedgerRecorder) -> None:
    pool = database.sync_pool()
    append(recorder(pool, "havnegata"), fact())
    recorder(pool, "storgata")
    tamper(database, "UPDATE ledger.entry SET type = 'other.v1' WHERE ledger = 'havnegata'")
    reports = list(verify_all(database.url, processes=2))
    assert [(report.ledger, report.size, report.first_bad) for report in reports] == [
        (LEDGER, 12, None),
        ("havnegata", 1, 1),
        ("storgata", 0, None),
    ]
    with pytest.raises(UnknownLedger):
        list(verify_all(database.url, ["nowhere"], processes=1))


def test_what_is_appended_meanwhile_is_left_to_the_next_proof(database: Database, ledger: LedgerRecorder) -> None:
    """The one process is held at the first ledger, which it asks for its entries, until the second has grown."""
    before = append(recorder(database.sync_pool(), "havnegata"), fact())
    with database.connect() as owner, database.connect() as watcher, ThreadPoolExecutor(1) as threads:
        with owner.transaction():
            owner.execute("LOCK TABLE ledger.entry")
            proving = threads.submit(lambda: list(verify_all(database.url, processes=1)))
            until_somebody_waits(watcher)
            owner.execute(
                "SELECT ledger.append('havnegata', gen_random_uuid(), 'd', 'kari', gen_random_uuid(), NULL,"
                " '{deviation/1}', '{2}', '{test.happened.v1}', array['{}']::json[])"
            )
            tampered = "ALTER TABLE ledger.entry DISABLE TRIGGER recorded; UPDATE ledger.entry SET type = 'other.v1' WHERE version = 2"
            owner.execute(f"{tampered} AND ledger = 'havnegata'")
        assert proving.result(timeout=60)[1] == Report("havnegata", 1, before.root, ())
    assert proof(database, "havnegata").first_bad == 2


def until_somebody_waits(watcher: psycopg.Connection[Any]) -> None:
    """For a table of the ledger."""
    query = "SELECT FROM pg_locks WHERE NOT granted AND relation = 'ledger.entry'::regclass"
    while watcher.execute(query).fetchone() is None:
        pass
