"""The publisher against a broker: bytes, keys, headers, order; resuming; marks lost; several of them."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

import pytest
from kafka import KafkaProducer
from kafka.structs import TopicPartition
from structlog.testing import capture_logs

from events.ledger.follower import unpark
from projections._kafka._headers import NoLine, headers_of
from projections._kafka._mark import name_of
from projections._kafka._port import KafkaOutlet, LineTooLarge, partition_of
from projections._kafka._publisher import Publisher, publish_next
from projections._kafka._resume import TopicReplaced
from projections._kafka._settings import KafkaSettings, KafkaUnusable
from projections._kafka._topic import admin, ensure_topic
from tests._database import Database
from tests._kafka import NO_IDS, Broker, not_the_stand_in, until
from tests.kafka._world import lines_of, marks, messages, publishing, read_once, record, until_published, worker
from tests.projections.test_parked import poison

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


def test_a_key_has_the_partition_that_the_library_gives_it(kafka: Broker) -> None:
    settings = kafka.settings(partitions=12)
    ensure_topic(settings)
    with closing(KafkaProducer(**settings.client_options())) as producer:
        sent = [producer.send(settings.topic, key=practice.encode()).get(10).partition for practice in PRACTICES]
    assert [partition_of(practice, 12) for practice in PRACTICES] == sent


@pytest.mark.parametrize(
    ("key", "hashed"),
    [("21", -973932308), ("foobar", -790332482), ("a-little-bit-long-string", -985981536), ("abc", 479470107)],
)
def test_a_key_has_the_partition_that_the_java_client_gives_it(key: str, hashed: int) -> None:
    """From Kafka's own UtilsTest (testMurmur2); a partition is the hash without its sign, modulo their number."""
    assert partition_of(key, 2**31) == hashed % 2**31
    assert partition_of(key, 12) == hashed % 2**31 % 12


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
    delete(settings)
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
            (
                "fjordgata",
                3,
                "line 3 is another one in the topic: the record was restored from a backup, or begun anew, and went on otherwise",
            )
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


def delete(settings: KafkaSettings) -> None:
    """Delete the topic, and wait until it is gone."""
    with admin(settings) as client:
        client.delete_topics([settings.topic])
        until(lambda: settings.topic not in client.list_topics(), 10, "the topic is gone")


def test_a_topic_that_is_made_anew_under_a_publisher_at_rest_is_not_taken_for_whole(kafka: Broker, database: Database) -> None:
    """It has sent nothing to the topic since it started, and begins in the midst; the others see that, however often they start."""
    not_the_stand_in(kafka, NO_IDS)
    settings = kafka.settings(partitions=1)
    record(database, "fjordgata", 5)
    Publisher(database.url, settings).once()
    outlet = KafkaOutlet(settings, ensure_topic(settings))
    delete(settings)
    ensure_topic(settings)
    lines = record(database, "fjordgata", 1)
    with worker(database) as conn:
        failed = publish_next(conn, settings.topic, outlet).failed
    assert "the topic was made anew: it had 5, now 0" in failed["fjordgata"]
    outlet.close()
    for _ in range(2):
        with pytest.raises(TopicReplaced, match=r"begins in the midst \(line 6 of fjordgata is the first one\).* Delete it"):
            Publisher(database.url, settings).once()
    assert [message.position for message in messages(settings)] == [6]
    delete(settings)
    assert Publisher(database.url, settings).once() == 6
    assert read_once(settings) == {"fjordgata": lines}


def test_a_topic_that_has_dropped_its_beginning_is_gone_on_with(kafka: Broker, database: Database) -> None:
    """Its retention took the first lines, and the marks were lost."""
    settings = kafka.settings(partitions=1, retention=86_400)
    record(database, "fjordgata", 5)
    Publisher(database.url, settings).once()
    with admin(settings) as client:
        client.delete_records({TopicPartition(settings.topic, 0): 3})
    with database.connect() as conn:
        conn.execute("delete from projection.follower")
    record(database, "fjordgata", 1)
    assert Publisher(database.url, settings).once() == 1
    assert [message.position for message in messages(settings)] == [4, 5, 6]


NO_LINES: dict[str, tuple[str, str]] = {
    "no JSON": ('"specversion"', 'not JSON "'),
    "no subject": ('"subject"', '"subjekt"'),
    "brackets": ('{"specversion"', "[" * 100_000),
}
"""What PostgreSQL stores, and no message can be made of."""
LINES: dict[str, tuple[str, str]] = {
    "another type": ('"type":"test.', '"type":"unheard-of.'),
    "an escape": ('"subject":"', '"subject":"\\u0000'),
    "other data": ('"n":3', '"n":[]'),
}
"""What readers may stumble over, and a publisher has no opinion on."""


@pytest.mark.parametrize("line", [b"", b"[1]", b"null", b"\xff", b'{"specversion":"1.0","id":"3"}'])
def test_what_is_no_line_has_no_headers(line: bytes) -> None:
    with pytest.raises(NoLine, match="it is no line"):
        headers_of(line)


def test_a_line_that_is_none_parks_its_practice_only(kafka: Broker, database: Database) -> None:
    settings = kafka.settings(partitions=1)
    names = {name: name.lower().replace(" ", "-") for name in (*NO_LINES, *LINES)}
    for name in names.values():
        record(database, name, 5)
    with database.connect() as conn:
        for name, (old, new) in (NO_LINES | LINES).items():
            poison(conn, names[name], old, new, 3)
    with capture_logs() as logs:
        Publisher(database.url, settings).once()
    expected = {names[name]: lines_of(database, names[name])[: 2 if name in NO_LINES else 5] for name in names}
    assert read_once(settings) == expected
    with database.connect() as conn:
        found = conn.execute("select ledger, position, parked_position, parked_error from projection.follower where parked_at is not null")
        parked = {ledger: (position, at, error) for ledger, position, at, error in found}
        assert {ledger: where[:2] for ledger, where in parked.items()} == {names[name]: (2, 3) for name in NO_LINES}
        assert all(error.startswith("it is no line: ") for *_, error in parked.values())
        assert {log["ledger"] for log in logs if log["log_level"] == "error"} == parked.keys()
        for name, (old, new) in NO_LINES.items():
            poison(conn, names[name], new, old, 3)
        unpark(conn, name_of(settings.topic))
    assert Publisher(database.url, settings).once() == 3 * len(NO_LINES)
    assert read_once(settings) == {name: lines_of(database, name) for name in names.values()}
