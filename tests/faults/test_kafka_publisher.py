"""Kafka goes away, hangs, loses connections and leaders; the publisher dies.

Whatever happens: appending goes on, the lag shows, and a reader of the topic that drops what it has gets every line of
every practice, in its order.
"""

import random
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread

import pytest

from events.ledger.follower import lag
from projections._kafka._mark import name_of
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._topic import admin, ensure_topic
from tests._database import Database
from tests._kafka import Broker, Second, apache, until
from tests.faults._processes import part
from tests.faults._proxy import Proxy
from tests.kafka._world import lines_of, marks, messages, publishing, read_once, record, until_published, write

PRACTICES = ("fjordgata", "solbakken", "nordlys")


class Writers:
    """Practices whose records grow all the time."""

    def __init__(self, database: Database) -> None:
        self._pool = database.sync_pool(max_size=1)
        self._enough = Event()
        self._thread = Thread(target=self._write)
        self.written = dict.fromkeys(PRACTICES, 0)

    def _write(self) -> None:
        while not self._enough.wait(0.05):  # busy, and not so busy that the check takes longer than the fault
            for practice in PRACTICES:
                write(self._pool, practice, 40, each=20)
                self.written[practice] += 40

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """They write during the block."""
        self._thread.start()
        try:
            yield
        finally:
            self._enough.set()
            self._thread.join()

    def more(self, by: int = 40) -> None:
        """Wait until every record has grown: appending goes on."""
        before = dict(self.written)
        until(lambda: all(self.written[practice] >= before[practice] + by for practice in PRACTICES), 30, "records grow")


def check(database: Database, settings: KafkaSettings) -> None:
    """Everything is published, and a reader gets it in order."""
    recorded = {practice: lines_of(database, practice) for practice in PRACTICES}
    for practice, lines in recorded.items():
        until_published(database, settings, practice, len(lines), seconds=60)
    assert read_once(settings) == recorded


def until_published_more(database: Database, settings: KafkaSettings) -> None:
    """Wait until marks move."""
    before = sum(marks(database, settings).values())
    until(lambda: sum(marks(database, settings).values()) > before, 40, "marks move")


@pytest.mark.parametrize("delivery_timeout", [20.0, 1.0], ids=["shorter than the delivery timeout", "longer than it"])
def test_the_broker_is_stopped_for_a_while(kafka: Broker, database: Database, delivery_timeout: float) -> None:
    settings = kafka.settings(delivery_timeout=delivery_timeout, connect_timeout=2.0)
    writers = Writers(database)
    with publishing(database, settings), writers.at_work():
        until_published_more(database, settings)
        kafka.stop()
        writers.more()
        with database.connect() as conn:
            behind = sum(lag(conn, name_of(settings.topic)).values())
            writers.more()
            assert sum(lag(conn, name_of(settings.topic)).values()) > behind > 0
        kafka.start()
        until_published_more(database, settings)
    with publishing(database, settings):
        check(database, settings)


def test_the_broker_is_killed(kafka: Broker, database: Database) -> None:
    settings = kafka.settings(delivery_timeout=3.0, connect_timeout=2.0)
    writers = Writers(database)
    with publishing(database, settings):
        with writers.at_work():
            until_published_more(database, settings)
            kafka.kill()
            writers.more()
            kafka.start()
            until_published_more(database, settings)
        check(database, settings)


def test_the_broker_hangs(kafka: Broker, database: Database) -> None:
    """Acknowledgements come late, the first time within the delivery timeout, then after it."""
    settings = kafka.settings(delivery_timeout=2.0, connect_timeout=2.0)
    writers = Writers(database)
    with publishing(database, settings):
        with writers.at_work():
            for seconds in (1.0, 3.0):
                until_published_more(database, settings)
                kafka.pause()
                try:
                    Event().wait(seconds)
                    writers.more(1)
                finally:
                    kafka.resume()
            until_published_more(database, settings)
        check(database, settings)


def test_connections_are_cut(kafka: Broker, database: Database) -> None:
    proxied, behind = apache(kafka).proxy_port, apache(kafka).cut_port
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    direct = kafka.settings(delivery_timeout=3.0, connect_timeout=2.0)
    settings = replace(direct, bootstrap_servers=(f"127.0.0.1:{proxied}",))
    writers = Writers(database)
    with Proxy(proxied, behind) as proxy, publishing(database, settings):
        with writers.at_work():
            for _ in range(12):
                until_published_more(database, settings)
                Event().wait(dice.uniform(0, 0.05))
                proxy.cut()
        check(database, direct)


def test_a_leader_changes(kafka: Broker, database: Database) -> None:
    second = Second(apache(kafka))
    second.start()
    try:
        settings = kafka.settings(replication=2, partitions=4, delivery_timeout=6.0, connect_timeout=3.0)
        with admin(settings) as client:
            until(lambda: len([b for b in client.describe_cluster()["brokers"] if not b["is_fenced"]]) == 2, 30, "two brokers")
        ensure_topic(settings)
        writers = Writers(database)
        with publishing(database, settings):
            with writers.at_work():
                until_published_more(database, settings)
                assert set(leaders(settings)) == {1, 2}
                second.kill()
                writers.more()
                until(lambda: set(leaders(settings)) == {1}, 40, "one leader left")
                until_published_more(database, settings)
            check(database, settings)
    finally:
        second.close()


def leaders(settings: KafkaSettings) -> list[int]:
    """Who leads each partition of the topic."""
    try:
        with admin(settings) as client:
            (topic,) = client.describe_topics([settings.topic])
            return [partition["leader_id"] for partition in topic["partitions"]]
    except KafkaAway:  # it asked the one that is gone
        return []


@pytest.fixture
def configured(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """Settings that processes started by the test have too."""
    settings = kafka.settings()
    monkeypatch.setenv("SPORBAR_KAFKA_BOOTSTRAP_SERVERS", ",".join(settings.bootstrap_servers))
    monkeypatch.setenv("SPORBAR_KAFKA_TOPIC", settings.topic)
    monkeypatch.setenv("SPORBAR_KAFKA_PARTITIONS", str(settings.partitions))
    return settings


def test_the_publisher_is_killed_between_acknowledgement_and_mark(configured: KafkaSettings, database: Database, tmp_path: Path) -> None:
    recorded = {practice: record(database, practice, 250) for practice in PRACTICES}
    for _ in range(2):
        with part("publish", database.url, tmp_path, module="tests.faults.publish_and_die") as process:
            assert process.wait(60) == -signal.SIGKILL
    assert set(marks(database, configured).values()) == {0}
    assert len(messages(configured)) == 600, "it had published, twice"
    with publishing(database, configured):
        check(database, configured)
    assert read_once(configured) == recorded


def test_the_command_is_killed_and_told_to_end_in_the_midst(configured: KafkaSettings, database: Database, tmp_path: Path) -> None:
    writers = Writers(database)
    with writers.at_work():
        for number in (signal.SIGKILL, signal.SIGTERM):
            with part("publish", database.url, tmp_path) as process:
                until_published_more(database, configured)
                process.send_signal(number)
                assert process.wait(20) == (0 if number == signal.SIGTERM else -number)
    with publishing(database, configured):
        check(database, configured)


def test_the_command_ends_when_told_to_while_kafka_hangs(
    kafka: Broker, configured: KafkaSettings, database: Database, tmp_path: Path
) -> None:
    record(database, "fjordgata", 5)
    with part("publish", database.url, tmp_path) as process:
        until_published(database, configured, "fjordgata", 5)
        kafka.pause()
        try:
            record(database, "fjordgata", 5)
            process.send_signal(signal.SIGTERM)
            try:
                assert process.wait(20) == 0
            except subprocess.TimeoutExpired:
                pytest.fail("it does not end")
        finally:
            kafka.resume()
