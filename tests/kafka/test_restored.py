"""A database restored from a backup, marks included; one that is begun anew; and one of which only a mark is behind."""

from collections.abc import Iterator
from contextlib import closing
from time import time

import pytest
from kafka import KafkaProducer

from events.ledger.recorder import open_ledger
from projections._kafka._headers import headers_of
from projections._kafka._port import partition_of
from projections._kafka._publisher import Publisher
from projections._kafka._settings import KafkaSettings
from projections._kafka._topic import ensure_topic
from tests._database import Database, Postgres
from tests._kafka import Broker, until
from tests.kafka._world import lines_of, marks, publishing, read_once, record, until_published

EARLIER, LATER = 3, 6


@pytest.fixture
def settings(kafka: Broker) -> KafkaSettings:
    return kafka.settings()


@pytest.fixture
def restored(postgres: Postgres, database: Database, settings: KafkaSettings) -> Iterator[Database]:
    """The database as it was when the topic had EARLIER lines of fjordgata; it has LATER ones of the database that is lost."""
    record(database, "fjordgata", EARLIER)
    record(database, "solbakken", EARLIER)
    Publisher(database.url, settings).once()
    name = postgres.make_database(template=database.url.rpartition("/")[2].partition("?")[0])
    record(database, "fjordgata", LATER - EARLIER)
    Publisher(database.url, settings).once()
    yield Database(postgres.url(name))
    postgres.drop_database(name)


def parked(database: Database) -> list[tuple[str, int, str]]:
    """What is parked: ledger, position and reason."""
    with database.connect() as conn:
        query = "select ledger, parked_position, parked_error from projection.follower where parked_at is not null"
        return conn.execute(query).fetchall()


def test_a_record_that_lost_lines_is_parked_before_others_take_their_positions(
    database: Database, restored: Database, settings: KafkaSettings
) -> None:
    with publishing(restored, settings):
        until(lambda: parked(restored) != [], 30, "fjordgata is parked")
        record(restored, "fjordgata", LATER)
        lines = record(restored, "solbakken", 2)
        until_published(restored, settings, "solbakken", len(lines))
    said = f"the topic holds {LATER} lines, and the record {EARLIER}: the record was restored from a backup, or begun anew"
    assert parked(restored) == [("fjordgata", EARLIER, said)]
    assert read_once(settings) == {"fjordgata": lines_of(database, "fjordgata"), "solbakken": lines}


def test_a_record_that_went_on_otherwise_is_parked(database: Database, restored: Database, settings: KafkaSettings) -> None:
    record(restored, "fjordgata", LATER)
    lines = record(restored, "solbakken", 2)
    assert Publisher(restored.url, settings).once() == 2
    said = f"line {LATER} is another one in the topic: the record was restored from a backup, or begun anew, and went on otherwise"
    assert parked(restored) == [("fjordgata", LATER, said)]
    assert read_once(settings) == {"fjordgata": lines_of(database, "fjordgata"), "solbakken": lines}


def test_a_record_that_is_begun_anew_is_parked(postgres: Postgres, database: Database, settings: KafkaSettings) -> None:
    """A publisher at work sees it before its first event, and the topic has the lines of its namesake."""
    lines = record(database, "fjordgata", EARLIER)
    Publisher(database.url, settings).once()
    with postgres.database() as anew:
        open_ledger(anew.sync_pool(), "fjordgata")
        with publishing(anew, settings):
            others = record(anew, "solbakken", 1)
            until_published(anew, settings, "solbakken", 1)
            record(anew, "fjordgata", 1)
            until(lambda: parked(anew) != [], 20, "fjordgata is parked")
        assert [(ledger, position) for ledger, position, _ in parked(anew)] == [("fjordgata", 1)]
    assert read_once(settings) == {"fjordgata": lines, "solbakken": others}


def test_a_record_that_is_begun_anew_long_after_is_parked(postgres: Postgres, database: Database, settings: KafkaSettings) -> None:
    """The topic got the lines of its namesake two days before its first event."""
    lines = record(database, "fjordgata", EARLIER)
    two_days_ago = int((time() - 2 * 86_400) * 1000)
    partition = partition_of("fjordgata", ensure_topic(settings).partitions)
    with closing(KafkaProducer(**settings.client_options())) as producer:
        for line in lines:
            producer.send(settings.topic, line, b"fjordgata", headers_of(line), partition, two_days_ago).get(10)
    with postgres.database() as anew:
        record(anew, "fjordgata", 1)
        assert Publisher(anew.url, settings).once() == 0
        assert [(ledger, position) for ledger, position, _ in parked(anew)] == [("fjordgata", 1)]
    assert read_once(settings) == {"fjordgata": lines}


def test_a_mark_that_is_behind_is_moved(database: Database, settings: KafkaSettings) -> None:
    """The publisher was killed between acknowledgement and mark; somebody else's message stands behind its lines."""
    lines = record(database, "fjordgata", LATER)
    Publisher(database.url, settings).once()
    producer = KafkaProducer(**settings.client_options())
    partition = partition_of("fjordgata", settings.partitions)
    producer.send(settings.topic, b"{}", b"\xff\xfe", headers_of(lines[-1]), partition).get(10)
    producer.close()
    with database.connect() as conn:
        conn.execute("update projection.follower set position = %s", (EARLIER,))
    assert Publisher(database.url, settings).once() == 0
    assert (marks(database, settings), parked(database)) == ({"fjordgata": LATER}, [])
