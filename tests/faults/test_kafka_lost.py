"""A topic loses lines that it had acknowledged; everybody waits longer than they have patience for.

Minutes are simulated: the timeouts are shortened, and outlasted.
"""

import os
import signal
from contextlib import closing
from pathlib import Path
from time import monotonic

from structlog.testing import capture_logs

from projections._kafka._port import KafkaOutlet, longest_flush
from projections._kafka._publisher import SLACK, Publisher, publish_next
from projections._kafka._settings import KafkaSettings
from projections._kafka._topic import ensure_topic
from tests._database import Database
from tests._kafka import Apache, Broker, apache, until
from tests.faults._processes import part
from tests.faults._streams import PRACTICES, Writers, check_published, until_published_more
from tests.faults.publish_and_die import impatient
from tests.kafka._world import marks, messages, publishing, read_once, record, until_published, worker

FIRST, MORE = 5, 4


def log_of(broker: Apache, settings: KafkaSettings) -> Path:
    """Where the broker keeps the messages of the topic's only partition."""
    return broker.directory / f"data/log/{settings.topic}-0/00000000000000000000.log"


def lose(broker: Apache, settings: KafkaSettings, size: int) -> None:
    """Cut the power before the disk has more than so many bytes of the partition, and start the broker again."""
    broker.kill()
    log = log_of(broker, settings)
    with log.open("r+b") as file:
        file.truncate(size)
    for beside in log.parent.iterdir():
        if beside.suffix in {".index", ".timeindex", ".snapshot"}:
            beside.unlink()
    broker.start()


def positions(settings: KafkaSettings) -> list[int]:
    """The positions of the lines that the topic holds, as they stand there."""
    return [message.position for message in messages(settings)]


def test_lines_that_the_topic_lost_are_published_again(kafka: Broker, database: Database) -> None:
    broker, settings = apache(kafka), kafka.settings(partitions=1)
    recorded = {"fjordgata": record(database, "fjordgata", FIRST), "solbakken": record(database, "solbakken", FIRST)}
    Publisher(database.url, settings).once()
    size = log_of(broker, settings).stat().st_size
    recorded |= {"fjordgata": record(database, "fjordgata", MORE), "nordlys": record(database, "nordlys", MORE)}
    Publisher(database.url, settings).once()
    lose(broker, settings, size)
    assert len(positions(settings)) == 2 * FIRST
    with capture_logs() as logs:
        assert Publisher(database.url, settings).once() == 2 * MORE
    assert read_once(settings) == recorded
    told = [(log["ledger"], log["first"], log["last"]) for log in logs if log["event"].startswith("the topic has lost lines")]
    assert sorted(told) == [("fjordgata", FIRST + 1, FIRST + MORE), ("nordlys", 1, MORE)]
    assert Publisher(database.url, settings).once() == 0


def test_lines_that_came_into_the_place_of_those_lost_hide_nothing(kafka: Broker, database: Database) -> None:
    """The publisher goes on before it knows, and its lines are acknowledged: its mark stays, and whoever is next looks closer."""
    broker, settings = apache(kafka), kafka.settings(partitions=1)
    record(database, "fjordgata", FIRST)
    Publisher(database.url, settings).once()
    size = log_of(broker, settings).stat().st_size
    record(database, "fjordgata", MORE)
    Publisher(database.url, settings).once()
    with closing(KafkaOutlet(settings, ensure_topic(settings))) as outlet, worker(database) as conn:
        lose(broker, settings, size)
        lines = record(database, "fjordgata", MORE)
        failed = publish_next(conn, settings.topic, outlet).failed
    assert "has lost messages" in failed["fjordgata"]
    assert marks(database, settings) == {"fjordgata": FIRST + MORE}
    stray = list(range(FIRST + MORE + 1, FIRST + 2 * MORE + 1))
    assert positions(settings) == [*range(1, FIRST + 1), *stray]
    assert Publisher(database.url, settings).once() == 2 * MORE
    assert positions(settings) == [*range(1, FIRST + 1), *stray, *range(FIRST + 1, len(lines) + 1)]


def test_a_publisher_at_work_publishes_again_what_the_topic_lost(kafka: Broker, database: Database) -> None:
    broker, settings = apache(kafka), kafka.settings(partitions=1, delivery_timeout=2.0, connect_timeout=2.0)
    record(database, "fjordgata", FIRST)
    Publisher(database.url, settings).once()
    size = log_of(broker, settings).stat().st_size
    with publishing(database, settings):
        record(database, "fjordgata", MORE)
        until_published(database, settings, "fjordgata", FIRST + MORE)
        lose(broker, settings, size)
        lines = record(database, "fjordgata", MORE)
        until(lambda: set(positions(settings)) == set(range(1, len(lines) + 1)), 30, "every line is on the topic")
        until_published(database, settings, "fjordgata", len(lines))
    assert {message.value for message in messages(settings)} == set(lines)


def test_the_broker_is_away_for_longer_than_anybody_waits(kafka: Broker, database: Database) -> None:
    settings = impatient(kafka.settings())
    writers = Writers(database)
    with capture_logs() as logs, publishing(database, settings):
        with writers.at_work():
            until_published_more(database, settings)
            kafka.pause()
            gone_at = monotonic()
            try:
                until(lambda: monotonic() > gone_at + longest_flush(settings) + SLACK, 60, "nobody waits any more")
                writers.more()
            finally:
                kafka.resume()
            until_published_more(database, settings)
        check_published(database, settings)
    told = [log["event"] for log in logs if log["log_level"] == "warning"]
    assert told.count("publishing interrupted") > 1
    assert "database not reachable" not in told, "no transaction waited too long"


def test_a_publisher_hangs_for_longer_than_the_database_waits(configured: KafkaSettings, database: Database, tmp_path: Path) -> None:
    """Between acknowledgement and marks, with every practice in hand: the database takes them away, and another one goes on."""
    for practice in PRACTICES:
        record(database, practice, 50)
    with part("hang", database.url, tmp_path, module="tests.faults.publish_and_die") as process:
        until(lambda: os.waitid(os.P_PID, process.pid, os.WSTOPPED | os.WNOHANG | os.WNOWAIT) is not None, 30, "it hangs")
        assert set(marks(database, configured).values()) == {0}
        with publishing(database, configured):
            check_published(database, configured)
            process.send_signal(signal.SIGCONT)
        lines = record(database, PRACTICES[0], 50)
        until_published(database, configured, PRACTICES[0], len(lines))
        assert process.poll() is None, "it is the one who goes on"
        check_published(database, configured)
