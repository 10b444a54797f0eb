"""A restored ledger is the ledger: positions, bytes, root, receipts; and until it is whole there is none."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID, uuid4

import orjson
import psycopg
import pytest
from eventsourcing.persistence import StoredEvent
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg import errors

from events.ledger import reader
from events.ledger.connect import conninfo
from events.ledger.errors import UnknownLedger
from events.ledger.recorder import LedgerRecorder, Metadata, open_ledger
from events.ledger.restore import NotEmpty, RestoreRefused, restorations, restoring
from events.ledger.verify import verify
from tests._database import Database
from tests.ledger._support import CORRELATION, LEDGER, ON_A_SERVER, append, fact, recorder
from tests.ledger.test_line import JSON, TEXT
from tests.restore.conftest import Origin


def restore(database: Database, lines: Sequence[bytes], root: bytes | None = None, ledger: str = LEDGER) -> bool:
    with restoring(database.url, ledger) as it:
        it.take(lines)
        return it.finish(root)


def test_it_has_the_same_entries_and_the_receipts_that_the_lines_tell(origin: Origin, database: Database) -> None:
    assert restore(database, origin.lines, origin.root)
    entries = "SELECT position, subject, version, type, time, line, leaf FROM ledger.entry ORDER BY position"
    receipts = "SELECT command_id, position, count, root FROM ledger.receipt WHERE count > 0 ORDER BY position"
    head = "SELECT size, frontier, last_time, clock FROM ledger.ledger"
    with origin.database.connect() as there, database.connect() as here:
        for query in (entries, receipts, head):
            assert here.execute(query).fetchall() == there.execute(query).fetchall()
        assert verify(here, LEDGER).problems == ()
        (told,) = restorations(here)
        assert (told.ledger, told.size, told.compared, told.restored_by) == (LEDGER, 13, True, here.info.user)
        for table in ("restoring", "restoring_entry", "restoring_receipt"):
            assert here.execute(f"SELECT FROM ledger.{table}").fetchall() == []


def test_it_goes_on(origin: Origin, database: Database) -> None:
    restore(database, origin.lines)
    ledger = LedgerRecorder(database.sync_pool(), LEDGER)
    appended = append(ledger, fact("deviation/a", 7), fact("new", 1))
    assert (appended.position, appended.repeated) == (15, False)
    with database.connect() as connection:
        report = verify(connection, LEDGER)
        assert (report.size, report.root, report.problems) == (15, appended.root, ())
        assert [each.compared for each in restorations(connection)] == [False]


def test_nobody_sees_it_before_it_is_whole(origin: Origin, database: Database) -> None:
    with restoring(database.url, LEDGER) as it, database.connect() as connection:
        it.take(origin.lines[:12])
        assert reader.ledgers(connection) == {}
        assert reader.read(connection, LEDGER) == []
        with pytest.raises(UnknownLedger):
            append(LedgerRecorder(database.sync_pool(), LEDGER), fact())
        it.take(origin.lines[12:])
        it.finish(origin.root)
        assert reader.ledgers(connection) == {LEDGER: 13}


def test_an_open_ledger_without_entries_is_empty_enough(origin: Origin, database: Database) -> None:
    open_ledger(database.sync_pool(), LEDGER)
    assert restore(database, origin.lines, origin.root)
    with database.connect() as connection:
        assert verify(connection, LEDGER).problems == ()


def test_a_ledger_with_entries_is_left_alone(origin: Origin, database: Database) -> None:
    append(recorder(database.sync_pool()), fact())
    with pytest.raises(NotEmpty, match="has 1 entries of its own"):
        restore(database, origin.lines)
    with database.connect() as connection, pytest.raises(psycopg.Error, match="has been written to"):
        connection.execute("SELECT ledger.restore(%s, '{}')", (LEDGER,))


@pytest.mark.parametrize("events", [[], [fact()]], ids=["nothing to do", "an event"])
def test_what_is_written_meanwhile_stays_and_ends_the_restore(origin: Origin, database: Database, events: list[StoredEvent]) -> None:
    ledger = recorder(database.sync_pool())
    with restoring(database.url, LEDGER) as it:
        it.take(origin.lines)
        appended = append(ledger, *events)
        with pytest.raises(NotEmpty, match="has been written to"):
            it.finish(origin.root)
    with database.connect() as connection:
        report = verify(connection, LEDGER)
        assert (report.size, report.root, report.problems) == (len(events), appended.root, ())


def test_the_same_again_changes_nothing(origin: Origin, database: Database) -> None:
    assert restore(database, origin.lines, origin.root)
    append(LedgerRecorder(database.sync_pool(), LEDGER), fact("new", 1))
    assert not restore(database, origin.lines, origin.root)
    with database.connect() as connection:
        assert verify(connection, LEDGER).size == 14
    other = [*origin.lines[:-1], origin.lines[-1] + b" "]
    with pytest.raises(NotEmpty, match="14 entries of its own"):
        restore(database, other)


def test_another_root_or_another_number_of_lines_is_refused(origin: Origin, database: Database) -> None:
    with pytest.raises(RestoreRefused, match="not 0000"):
        restore(database, origin.lines, bytes(32))
    with pytest.raises(RestoreRefused, match="13 lines are kept aside from before, and these were 5"):
        restore(database, origin.lines[:5])
    with database.connect() as connection:
        connection.execute("SET ROLE sporbar_importer")
        for size, root in ((13, bytes(32)), (12, origin.root), (12, None), (None, None)):
            with pytest.raises(psycopg.Error) as refusal:
                connection.execute("SELECT ledger.restored(%s, %s, %b)", (LEDGER, size, root))
            assert refusal.value.sqlstate == "SB012"
        assert reader.ledgers(connection) == {}
    assert restore(database, origin.lines, origin.root)


def test_what_was_kept_can_be_put_away(origin: Origin, database: Database) -> None:
    with restoring(database.url, LEDGER) as it:
        it.take(origin.lines[:7])
        assert it.discard() == 7
    with restoring(database.url, LEDGER) as it, pytest.raises(Exception, match="no restore of ledger fjordgata is under way"):
        it.finish(None)
    assert restore(database, origin.lines, origin.root)


def test_of_two_at_once_both_find_it_restored(origin: Origin, database: Database) -> None:
    together = Barrier(2)

    def one(_: int) -> bool:
        together.wait()
        return restore(database, origin.lines, origin.root)

    with ThreadPoolExecutor(2) as threads:
        assert sorted(threads.map(one, range(2))) == [False, True]


def test_a_line_changed_where_it_is_kept_is_found_out(origin: Origin, database: Database) -> None:
    with restoring(database.url, LEDGER) as it:
        it.take(origin.lines)
    with database.connect() as owner:
        owner.execute("UPDATE ledger.restoring_entry SET line = replace(line, '\"n\":1', '\"n\":2') WHERE position = 2")
    restore(database, origin.lines, origin.root)
    with database.connect() as connection:
        assert verify(connection, LEDGER).first_bad == 2


@settings(ON_A_SERVER, max_examples=25)
@given(
    commands=st.lists(
        st.tuples(TEXT, st.none() | TEXT, TEXT, st.lists(st.dictionaries(TEXT, JSON, max_size=3), min_size=1, max_size=3)),
        min_size=1,
        max_size=4,
    )
)
def test_whatever_was_recorded_can_be_restored(
    origin: Origin, elsewhere: Database, commands: list[tuple[str, str | None, str, list[dict[str, object]]]]
) -> None:
    name = f"l{uuid4().hex}"
    ledger = recorder(origin.database.sync_pool(), name)
    root = b""
    for actor, causation, type_, data in commands:
        subject = f"{uuid4()}/{actor}"
        events = [fact(subject, version, orjson.dumps(each), type_) for version, each in enumerate(data, 1)]
        root = append(ledger, *events, metadata=Metadata(actor, CORRELATION, causation)).root
    with origin.database.connect() as connection:
        lines = [line.encode() for line in reader.stream(connection, name)]
    assert restore(elsewhere, lines, root, name)
    with elsewhere.connect() as connection:
        assert verify(connection, name).problems == ()


CALLS = ["ledger.restore('fjordgata', '{}')", "ledger.restored('fjordgata', 0, NULL)", "ledger.discard('fjordgata')"]
PRIVATE = [
    "ledger._judged('fjordgata', 0, '{}')",
    "ledger._refuse_line(1, 'x')",
    "ledger._root('{}')",
    "ledger._is_base64('')",
    "ledger._require_empty('fjordgata')",
]
TABLES = ["restoring", "restoring_entry", "restoring_receipt", "restoration", "entry", "receipt", "ledger"]
CHANGES = [f"{change} ledger.{table}" for table in TABLES for change in ("DELETE FROM", "TRUNCATE", "INSERT INTO", "UPDATE")]
ROLES = ["sporbar_app", "sporbar_worker", "sporbar_generator"]


@pytest.mark.parametrize(
    ("role", "statement"),
    [
        *((role, f"SELECT {call}") for role in ROLES for call in (*CALLS, *PRIVATE)),
        *(("sporbar_importer", f"SELECT {call}") for call in PRIVATE),
        *((role, change) for role in (*ROLES, "sporbar_importer") for change in CHANGES),
        *(("sporbar_importer", f"SELECT ledger.{call}") for call in ("open('x', false)", "position_at('x', now())")),
        ("sporbar_importer", "SELECT ledger.append('x', gen_random_uuid(), 'd', 'a', gen_random_uuid(), NULL, '{}', '{}', '{}', '{}')"),
    ],
)
def test_only_the_importer_restores_and_that_is_all_it_does(elsewhere: Database, role: str, statement: str) -> None:
    statement += {"INSERT": " DEFAULT VALUES", "UPDATE": " SET ledger = ledger"}.get(statement[:6], "")
    with psycopg.connect(conninfo(elsewhere.url, role), autocommit=True) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


@pytest.mark.parametrize("change", ["UPDATE {} SET compared = true", "DELETE FROM {}", "TRUNCATE {}"])
def test_not_even_the_owner_forgets_that_it_was_restored(elsewhere: Database, change: str) -> None:
    with elsewhere.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute(change.format("ledger.restoration"))
    assert refusal.value.sqlstate == "SB009"


def test_a_name_that_no_ledger_has_is_refused(elsewhere: Database) -> None:
    with elsewhere.connect() as connection, pytest.raises(psycopg.Error) as refusal:
        connection.execute("SELECT ledger.restore('Fjord gata', '{}')")
    assert refusal.value.sqlstate == "SB006"


def test_a_command_that_was_carried_out_elsewhere_is_known_by_its_id(origin: Origin, database: Database) -> None:
    restore(database, origin.lines, origin.root)
    receipt = LedgerRecorder(database.sync_pool(), LEDGER).receipt(UUID(int=4))
    assert receipt is not None
    assert (receipt.digest, receipt.position, receipt.count) == (b"", 6, 3)
