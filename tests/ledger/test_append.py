"""What `append` promises: once for each command, all or none, gapless, never over somebody else."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from time import monotonic
from typing import Any
from uuid import uuid4

import psycopg
import pytest
from eventsourcing.persistence import OperationalError
from hypothesis import given, settings
from hypothesis import strategies as st
from psycopg_pool import ConnectionPool

from events.ledger import reader
from events.ledger.connect import conninfo
from events.ledger.merkle import EMPTY_ROOT, Frontier, leaf_hash
from events.ledger.recorder import (
    CommandIdReused,
    LedgerRecorder,
    NotSimulated,
    TimeOutOfOrder,
    UnknownLedger,
    UnstorableData,
    VersionConflict,
    open_ledger,
)
from tests._database import Database
from tests.ledger._support import LEDGER, ON_A_SERVER, append, fact, recorder


@pytest.fixture
def ledger(database: Database) -> LedgerRecorder:
    return recorder(database.sync_pool())


def stored(database: Database) -> tuple[int, int, int]:
    """How many entries and receipts there are, and the size in the head row."""
    with database.connect() as connection:
        row = connection.execute(
            "SELECT (SELECT count(*) FROM ledger.entry), (SELECT count(*) FROM ledger.receipt), (SELECT sum(size)::int FROM ledger.ledger)"
        ).fetchone()
    assert row is not None
    return row[0], row[1], row[2]


def test_positions_are_gapless_and_the_root_is_that_of_all_lines(database: Database, ledger: LedgerRecorder) -> None:
    tree = Frontier()
    for number in range(1, 40):
        appended = append(ledger, fact(f"deviation/{number}"), fact(f"deviation/{number}", 2))
        assert (appended.position, appended.count, appended.repeated) == (2 * number, 2, False)
        with database.connect() as connection:
            for line in reader.read(connection, LEDGER, after=tree.size):
                tree.append(leaf_hash(line))
        assert appended.root == tree.root()


def test_a_repeated_command_gets_its_first_answer(database: Database, ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    first = append(ledger, fact(), fact(version=2), command_id=command_id)
    append(ledger, fact("deviation/2"))
    again = append(ledger, fact(), fact(version=2), command_id=command_id)
    assert again.repeated
    assert (again.position, again.root, again.count) == (first.position, first.root, first.count)
    assert stored(database) == (3, 2, 3)


def test_a_repeated_command_may_have_been_decided_otherwise(ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    first = append(ledger, fact(), command_id=command_id)
    assert append(ledger, command_id=command_id).root == first.root


def test_the_same_command_id_with_other_content_is_refused(database: Database, ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    append(ledger, fact(), command_id=command_id)
    with pytest.raises(CommandIdReused):
        append(ledger, fact("deviation/2"), command_id=command_id, digest=b"other")
    assert stored(database) == (1, 1, 1)


def test_a_command_id_is_known_in_its_ledger_only(database: Database, ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    append(ledger, fact(), command_id=command_id)
    elsewhere = recorder(database.sync_pool(), "havnegata")
    assert not append(elsewhere, fact(), command_id=command_id, digest=b"other").repeated


def test_nothing_to_do_leaves_a_receipt(database: Database, ledger: LedgerRecorder) -> None:
    first, second = uuid4(), uuid4()
    empty = append(ledger, command_id=first)
    assert (empty.position, empty.root, empty.count) == (0, EMPTY_ROOT, 0)
    written = append(ledger, fact())
    nothing = append(ledger, command_id=second)
    assert (nothing.position, nothing.root, nothing.count, nothing.repeated) == (1, written.root, 0, False)
    assert append(ledger, command_id=second).repeated
    assert stored(database) == (1, 3, 1)


def test_the_receipt_can_be_asked_for(ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    assert ledger.receipt(command_id) is None
    appended = append(ledger, fact(), command_id=command_id, digest=b"digest")
    receipt = ledger.receipt(command_id)
    assert receipt is not None
    assert (receipt.digest, receipt.position, receipt.root, receipt.count) == (b"digest", 1, appended.root, 1)


@pytest.mark.parametrize(
    ("first", "then"),
    [((1,), 1), ((1,), 3), ((1,), 0), ((), 2), ((), -1), ((0,), 0), ((1, 2), 2), ((0, 1), 3)],
    ids=str,
)
def test_an_event_that_does_not_follow_its_stream_is_refused(
    database: Database, ledger: LedgerRecorder, first: tuple[int, ...], then: int
) -> None:
    if first:
        append(ledger, *(fact(version=version) for version in first))
    before = stored(database)
    with pytest.raises(VersionConflict) as conflict:
        append(ledger, fact("deviation/2"), fact(version=then))
    assert (conflict.value.subject, conflict.value.version, conflict.value.current) == ("deviation/1", then, first[-1] if first else None)
    assert stored(database) == before


@settings(ON_A_SERVER, max_examples=40)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 4)), min_size=1, max_size=6))
def test_a_batch_is_stored_exactly_when_every_stream_goes_on(ledger: LedgerRecorder, batch: list[tuple[str, int]]) -> None:
    tag = uuid4()
    last: dict[str, int] = {}
    follows = True
    for stream, version in batch:
        follows = follows and (version == last[stream] + 1 if stream in last else version in (0, 1))
        last[stream] = version
    events = [fact(f"{stream}/{tag}", version) for stream, version in batch]
    if follows:
        assert append(ledger, *events).count == len(events)
    else:
        with pytest.raises(VersionConflict):
            append(ledger, *events)
        assert ledger.existing([event.originator_id for event in events if isinstance(event.originator_id, str)]) == set()


def test_events_of_several_streams_interleave(ledger: LedgerRecorder) -> None:
    append(ledger, fact("a/1"), fact("b/1"), fact("a/1", 2), fact("b/1", 2), fact("a/1", 3))
    append(ledger, fact("b/1", 3), fact("a/1", 4), fact("b/1", 4))
    assert [event.originator_version for event in ledger.select_events("a/1")] == [1, 2, 3, 4]
    assert [event.originator_version for event in ledger.select_events("b/1")] == [1, 2, 3, 4]


def test_an_unknown_ledger_is_told(database: Database) -> None:
    with pytest.raises(UnknownLedger):
        append(LedgerRecorder(database.sync_pool(), "nowhere"), fact())


@pytest.mark.parametrize("name", ["", "Fjordgata", "fjord gata", "-fjord", "fjord/", "fjord/other", "a" * 64, 'fjord"gata', "fjord\n"])
def test_a_name_that_is_no_practice_id_opens_no_ledger(database: Database, name: str) -> None:
    with pytest.raises(UnstorableData):
        open_ledger(database.sync_pool(), name)


def test_opening_twice_changes_nothing(database: Database) -> None:
    pool = database.sync_pool()
    assert open_ledger(pool, LEDGER)
    append(LedgerRecorder(pool, LEDGER), fact())
    assert not open_ledger(pool, LEDGER, simulated=True)
    assert LedgerRecorder(pool, LEDGER).max_notification_id() == 1
    assert open_ledger(pool, f"{LEDGER}/access")


def test_the_time_is_the_servers_and_never_decreases(database: Database, ledger: LedgerRecorder) -> None:
    append(ledger, fact())
    with database.connect() as connection:
        connection.execute("UPDATE ledger.ledger SET last_time = '2100-01-01'")
        append(ledger, fact("deviation/2"))
        times = [time for (time,) in connection.execute("SELECT time FROM ledger.entry ORDER BY position")]
        now = connection.execute("SELECT clock_timestamp()").fetchone()
    assert now is not None
    assert abs(now[0] - times[0]) < timedelta(minutes=1)
    assert times[0].microsecond % 1000 == 0
    assert times[1] == datetime(2100, 1, 1, tzinfo=UTC)


def test_a_simulated_ledger_takes_times_that_do_not_decrease(database: Database) -> None:
    simulated = recorder(database.sync_pool("sporbar_generator"), simulated=True)
    noon = datetime(2024, 3, 1, 12, 0, 0, 123_456, UTC)
    append(simulated, fact(), at=noon)
    append(simulated, fact(version=2), at=noon)
    for wrong in (noon - timedelta(seconds=1), datetime.now(UTC) + timedelta(minutes=5)):
        with pytest.raises(TimeOutOfOrder):
            append(simulated, fact(version=3), at=wrong)
    with database.connect() as connection:
        times = [time for (time,) in connection.execute("SELECT time FROM ledger.entry ORDER BY position")]
    assert times == [noon.replace(microsecond=123_000)] * 2


def test_other_ledgers_take_no_times(database: Database, ledger: LedgerRecorder) -> None:
    with pytest.raises(NotSimulated):
        append(LedgerRecorder(database.sync_pool("sporbar_generator"), LEDGER), fact(), at=datetime(2024, 3, 1, tzinfo=UTC))
    assert stored(database) == (0, 0, 0)


def test_an_append_goes_through_when_all_sessions_were_ended(database: Database, ledger: LedgerRecorder) -> None:
    append(ledger, fact())
    with database.connect() as connection:
        ended = connection.execute(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
        ).fetchone()
    assert ended is not None
    assert ended[0] >= 1
    assert append(ledger, fact(version=2)).position == 2


_TWO_EVENTS = """
    SELECT * FROM ledger.append(%s, %s, 'd', 'kari', gen_random_uuid(), NULL,
      array['deviation/1', 'deviation/1'], array[1, 2], array['t', 't'], array['{}', '{}']::json[])
"""


def _wait_until_blocked(connection: psycopg.Connection[Any], pid: int) -> None:
    deadline = monotonic() + 10
    while connection.execute("SELECT cardinality(pg_blocking_pids(%s))", (pid,)).fetchone() == (0,):
        assert monotonic() < deadline, "the append did not come to the obstacle"


def test_a_session_that_ends_in_the_middle_leaves_nothing(database: Database, ledger: LedgerRecorder) -> None:
    """Ended while it writes its entries: head row locked, receipt not yet there, another session in its way."""
    command_id = uuid4()
    with database.connect() as owner, database.connect() as obstacle, database.connect() as appender:
        appender.execute("SET statement_timeout = '20s'")
        with obstacle.transaction(force_rollback=True):
            obstacle.execute("INSERT INTO ledger.entry VALUES (%s, 999, 'deviation/1', 2, 'x', now(), '{}', '')", (LEDGER,))
            with ThreadPoolExecutor() as threads:
                dying = threads.submit(appender.execute, _TWO_EVENTS, (LEDGER, command_id))
                _wait_until_blocked(owner, appender.info.backend_pid)
                owner.execute("SELECT pg_terminate_backend(%s)", (appender.info.backend_pid,))
                with pytest.raises(psycopg.OperationalError):
                    dying.result()
    assert stored(database) == (0, 0, 0)
    assert not append(ledger, fact(), fact(version=2), command_id=command_id).repeated


def test_an_append_goes_through_when_its_statement_was_let_go(database: Database) -> None:
    pool = database.sync_pool(max_size=1)
    ledger = recorder(pool)
    append(ledger, fact())
    with pool.connection() as connection:
        connection.execute("DEALLOCATE ALL")
    assert append(ledger, fact(version=2)).position == 2


def test_a_pool_that_is_exhausted_is_told(database: Database) -> None:
    pool = database.sync_pool(max_size=1, timeout=0.05)
    ledger = recorder(pool)
    with pool.connection(), pytest.raises(OperationalError):
        append(ledger, fact())


def test_a_pool_whose_connections_do_not_commit_is_refused(database: Database) -> None:
    append(recorder(database.sync_pool()), fact())
    address = conninfo(database.url, "sporbar_app")
    with ConnectionPool(address, open=True, min_size=1) as pool, pytest.raises(TypeError, match="autocommit"):
        append(LedgerRecorder(pool, LEDGER), fact(version=2))
    assert stored(database) == (1, 1, 1)
