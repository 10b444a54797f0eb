"""The publisher against a broker: bytes, keys, headers, order; resuming; marks lost; several of them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from projections._kafka._headers import headers_of
from projections._kafka._port import KafkaOutlet, LineTooLarge, TopicReplaced, partition_of
from projections._kafka._publisher import Publisher, publish_next
from projections._kafka._settings import KafkaUnusable
from projections._kafka._topic import admin, ensure_topic
from tests._database import Database
from tests._kafka import Broker, until
from tests.kafka._world import lines_of, marks, messages, publishing, read_once, record, until_published, worker

PRACTICES = ("fjordgata", "solbakken", "nordlys", "havna")


def test_the_exact_line_is_published_under_its_practice_with_its_attributes_beside_it(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    (line,) = record(database, "fjordgata", 1)
    assert Publisher(database.url, settings).once() == 1
    (message,) = messages(settings)
    assert message.value == line
    assert (message.key, message.partition) == ("fjordgata", partition_of("fjordgata", settings.partitions))
    assert message.headers.pop("ce_time").endswith(b"Z")
    assert message.headers.pop("ce_subject").startswith(b"deviation/")
    assert message.headers == {
        "content-type": b"application/cloudevents+json; charset=UTF-8",
        "ce_specversion": b"1.0",
        "ce_id": b"1",
        "ce_source": b"/practices/fjordgata",
        "ce_type": b"test.happened.v1",
        "ce_streamversion": b"1",
    }


@pytest.mark.parametrize("compression", ["zstd", "lz4", "none"])
def test_every_practice_comes_in_its_order(kafka: Broker, database: Database, compression: str) -> None:
    settings = kafka.settings(compression=compression)
    recorded = {practice: record(database, practice, 1_500) for practice in PRACTICES}
    told: list[tuple[int, int]] = []
    assert Publisher(database.url, settings).once(lambda done, total: told.append((done, total))) == 6_000
    assert told[0] == (0, 6_000)
    assert read_once(settings) == recorded
    assert len(messages(settings)) == 6_000
    assert marks(database, settings) == dict.fromkeys(PRACTICES, 1_500)


def test_a_key_has_the_partition_that_every_client_gives_it() -> None:
    from kafka.partitioner.default import DefaultPartitioner, murmur2

    assert DefaultPartitioner is not None
    assert [partition_of(practice, 12) for practice in PRACTICES] == [(murmur2(p.encode()) & 0x7FFFFFFF) % 12 for p in PRACTICES]


def test_it_goes_on_from_its_mark(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    record(database, "fjordgata", 3)
    Publisher(database.url, settings).once()
    lines = record(database, "fjordgata", 2)
    assert Publisher(database.url, settings).once() == 2
    assert [message.value for message in messages(settings)] == lines
    assert Publisher(database.url, settings).once() == 0


def test_what_is_appended_while_it_runs_is_published(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    with publishing(database, settings):
        for number, practice in enumerate(PRACTICES, start=1):
            record(database, practice, number)
            until_published(database, settings, practice, number)
    assert read_once(settings) == {practice: lines_of(database, practice) for practice in PRACTICES}


def test_marks_that_are_lost_are_found_in_the_topic(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    for practice in PRACTICES:
        record(database, practice, 2_500)
    Publisher(database.url, settings).once()
    with database.connect() as conn:
        conn.execute("delete from projection.follower")
    recorded = {practice: record(database, practice, 10) for practice in PRACTICES} | {"nykommer": record(database, "nykommer", 5)}
    assert Publisher(database.url, settings).once() == 45
    assert len(messages(settings)) == 10_045, "nothing twice"
    assert read_once(settings) == recorded


def test_a_topic_that_is_made_anew_is_filled_anew(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    lines = record(database, "fjordgata", 20)
    Publisher(database.url, settings).once()
    with admin(settings) as client:
        client.delete_topics([settings.topic])
        until(lambda: settings.topic not in client.list_topics(), 10, "the topic is gone")
    assert Publisher(database.url, settings).once() == 20
    assert read_once(settings) == {"fjordgata": lines}


def test_a_record_that_the_topic_knows_otherwise_is_parked(kafka: Broker, database: Database) -> None:
    """The database was restored from an older backup and lost its marks; the others go on."""
    settings = kafka.settings()
    record(database, "fjordgata", 3)
    solbakken = record(database, "solbakken", 2)
    outlet = KafkaOutlet(settings, ensure_topic(settings))
    with database.connect() as conn:
        others = [line.replace(b'"n":3', b'"n":4') for line in lines_of(database, "fjordgata")]
        for line in others:
            assert outlet.send("fjordgata", line, headers_of(line))
        assert outlet.flush() == {}
        outlet.close()
        assert Publisher(database.url, settings).once() == 2
        parked = conn.execute("select ledger, parked_position, parked_error from projection.follower where parked_at is not null")
        assert parked.fetchall() == [
            ("fjordgata", 3, "line 3 is another one in the topic: the record was restored from an older backup, and went on otherwise")
        ]
    assert read_once(settings)["solbakken"] == solbakken


def test_several_publishers_do_each_other_no_harm(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    recorded = {f"practice-{number}": record(database, f"practice-{number}", 400) for number in range(12)}
    with ThreadPoolExecutor(3) as threads:
        counts = list(threads.map(lambda _: Publisher(database.url, settings, lines=300).once(), range(3)))
    assert sum(counts) == 4_800
    assert read_once(settings) == recorded
    assert len(messages(settings)) == 4_800, "each claim is in one pair of hands"


def test_a_line_that_the_topic_does_not_take_parks_its_practice(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    topic = ensure_topic(settings)
    pool = database.sync_pool()
    from tests.ledger._support import append, fact, recorder

    append(recorder(pool, "fjordgata"), fact(), fact(version=2, data=b'{"text":"%s"}' % (b"x" * topic.largest)), fact(version=3))
    lines = record(database, "solbakken", 3)
    Publisher(database.url, settings).once()
    assert read_once(settings) == {"fjordgata": lines_of(database, "fjordgata")[:1], "solbakken": lines}
    with database.connect() as conn:
        row = conn.execute("select position, parked_position, parked_error from projection.follower where parked_at is not null").fetchone()
    assert row is not None
    assert row[:2] == (1, 2)
    assert f"topic {settings.topic} takes {topic.largest}" in row[2]


def test_another_kind_of_ledger_has_a_topic_of_its_own(kafka: Broker, database: Database) -> None:
    records, accesses = kafka.settings(), kafka.settings()
    of_record, of_access = record(database, "fjordgata", 2), record(database, "fjordgata/access", 3)
    Publisher(database.url, records).once()
    Publisher(database.url, accesses, kind="access").once()
    assert read_once(records) == {"fjordgata": of_record}
    assert read_once(accesses) == {"fjordgata": of_access}


def test_a_batch_takes_what_fits_and_the_rest_comes_after_it(kafka: Broker) -> None:
    settings = kafka.settings(partitions=1)
    outlet = KafkaOutlet(settings, ensure_topic(settings))
    line = (
        b'{"specversion":"1.0","id":"%d","source":"/practices/p","type":"t","subject":"s",'
        b'"time":"2026-01-12T08:00:00.000Z","streamversion":1,'
    )
    taken = [outlet.send("p", each, headers_of(each)) for each in (line % number + b"x" * 300_000 for number in (1, 2, 3, 4))]
    assert taken == [True, True, False, False]
    assert outlet.flush() == {}
    assert [message.position for message in messages(settings)] == [1, 2]
    with pytest.raises(LineTooLarge):
        outlet.send("p", line % 3 + b"x" * 2_000_000, headers_of(line % 3))
    outlet.close()


def test_a_topic_that_is_otherwise_ends_the_publisher(kafka: Broker, database: Database) -> None:
    settings = kafka.settings(partitions=2)
    ensure_topic(kafka.settings(topic=settings.topic, partitions=4))
    with pytest.raises(KafkaUnusable, match="SPORBAR_KAFKA_PARTITIONS"):
        Publisher(database.url, settings).run()


def test_the_mark_stays_when_the_publisher_dies_after_the_acknowledgement(kafka: Broker, database: Database) -> None:
    settings = kafka.settings()
    lines = record(database, "fjordgata", 5)
    topic = ensure_topic(settings)
    outlet = KafkaOutlet(settings, topic)
    with worker(database) as conn:
        conn.execute("insert into projection.follower (name, ledger) values (%s, 'fjordgata')", (f"kafka:{settings.topic}",))

        def die() -> None:
            raise InterruptedError

        with pytest.raises(InterruptedError):
            publish_next(conn, topic.name, outlet, acknowledged=die)
    outlet.close()
    assert marks(database, settings) == {"fjordgata": 0}
    Publisher(database.url, settings).once()
    assert len(messages(settings)) == 5, "the mark is moved, and nothing sent twice"
    assert read_once(settings) == {"fjordgata": lines}


def test_a_topic_that_is_made_anew_under_a_publisher_at_rest_ends_it(kafka: Broker, database: Database) -> None:
    """It has sent nothing to the topic since it started, and would begin in the midst."""
    settings = kafka.settings(partitions=1)
    record(database, "fjordgata", 5)
    Publisher(database.url, settings).once()
    outlet = KafkaOutlet(settings, ensure_topic(settings))
    with admin(settings) as client:
        client.delete_topics([settings.topic])
        until(lambda: settings.topic not in client.list_topics(), 10, "the topic is gone")
    ensure_topic(settings)
    line = record(database, "fjordgata", 1)[-1]
    assert outlet.send("fjordgata", line, headers_of(line))
    with pytest.raises(TopicReplaced, match="begins in the midst"):
        outlet.flush()
    outlet.close()
