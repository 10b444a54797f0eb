"""Reading by position, subject, type and time."""

from datetime import UTC, datetime, timedelta

import pytest

from events._codec import parse_line
from events.ledger import reader
from events.ledger.errors import UnknownLedger
from events.ledger.recorder import LedgerRecorder
from tests._database import Database
from tests.ledger._support import LEDGER, append, fact, recorder

START = datetime(2024, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def ledger(database: Database) -> LedgerRecorder:
    """Ten entries, two by two in an hour, in the streams a and b."""
    ledger = recorder(database.sync_pool("sporbar_generator"), simulated=True)
    for hour in range(5):
        at = START + timedelta(hours=hour)
        append(ledger, fact("deviation/a", hour + 1, name="a.v1"), fact("deviation/b", hour + 1, name="b.v1"), at=at)
    return ledger


def positions(lines: list[bytes] | list[str]) -> list[int]:
    return [parse_line(line)[0].position for line in lines]


def test_by_position(database: Database, ledger: LedgerRecorder) -> None:
    with database.connect() as connection:
        assert reader.size(connection, LEDGER) == 10
        assert reader.ledgers(connection) == {LEDGER: 10}
        assert positions(reader.read(connection, LEDGER)) == list(range(1, 11))
        assert positions(reader.read(connection, LEDGER, after=3, limit=4)) == [4, 5, 6, 7]
        assert reader.read(connection, LEDGER, after=10) == []
        assert positions(list(reader.stream(connection, LEDGER, 2, 9))) == list(range(3, 10))
        assert positions(list(reader.stream(connection, LEDGER))) == list(range(1, 11))


def test_a_stream_of_several_pages_is_whole(database: Database) -> None:
    ledger = recorder(database.sync_pool())
    for batch in range(5):
        append(ledger, *(fact("deviation/a", version) for version in range(batch * 1000 + 1, batch * 1000 + 1001)))
    with database.connect() as connection:
        assert positions(list(reader.stream(connection, LEDGER))) == list(range(1, 5001))
        assert len(list(reader.by_type(connection, LEDGER, ["test.happened.v1"], after=10))) == 4990


def test_by_subject_and_by_type(database: Database, ledger: LedgerRecorder) -> None:
    with database.connect() as connection:
        assert positions(reader.by_subject(connection, LEDGER, "deviation/b")) == [2, 4, 6, 8, 10]
        assert positions(reader.by_subject(connection, LEDGER, "deviation/b", after=2, upto=8)) == [4, 6, 8]
        assert reader.by_subject(connection, LEDGER, "deviation/c") == []
        assert positions(list(reader.by_type(connection, LEDGER, ["a.v1"], upto=7))) == [1, 3, 5, 7]
        assert positions(list(reader.by_type(connection, LEDGER, ["a.v1", "b.v1"], after=8))) == [9, 10]


@pytest.mark.parametrize(("hours", "position"), [(-1, 0), (0, 2), (0.5, 2), (1, 4), (3.999, 8), (4, 10), (100, 10)])
def test_by_time(database: Database, ledger: LedgerRecorder, hours: float, position: int) -> None:
    with database.connect() as connection:
        assert reader.position_at(connection, LEDGER, START + timedelta(hours=hours)) == position


def test_an_unknown_ledger_is_told(database: Database) -> None:
    with database.connect() as connection:
        with pytest.raises(UnknownLedger):
            reader.size(connection, "nowhere")
        with pytest.raises(UnknownLedger):
            reader.position_at(connection, "nowhere", START)
        with pytest.raises(UnknownLedger):
            next(reader.stream(connection, "nowhere"))


def test_which_streams_exist(ledger: LedgerRecorder) -> None:
    assert ledger.existing(["deviation/a", "deviation/c", "deviation/b"]) == {"deviation/a", "deviation/b"}
    assert ledger.existing([]) == set()
