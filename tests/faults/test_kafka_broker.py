"""The broker goes away, dies, hangs, loses connections and leaders, as those see it who publish and who receive.

Whatever happens: appending goes on, what waits can be seen, and a reader of the topic that drops what it has gets every line
of every practice, in its order.
"""

import random
from dataclasses import replace
from threading import Event

from structlog.testing import capture_logs

from projections._kafka._mark import behind
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._source import SESSION
from projections._kafka._topic import admin, ensure_topic
from tests._database import Database
from tests._kafka import FORGETS_NOBODY, LOSES, Broker, Second, apache, not_the_stand_in, until
from tests.faults._proxy import Proxy
from tests.faults._streams import (
    EVENTS,
    Writers,
    check_published,
    send_part,
    some_lives,
    until_all,
    until_more,
    until_published_more,
)
from tests.kafka._far import consuming, until_there
from tests.kafka._world import publishing


def test_the_broker_is_stopped_for_a_while(kafka: Broker, database: Database) -> None:
    """For less time than one publisher waits for an acknowledgement, and more than another one does."""
    both = [kafka.settings(delivery_timeout=seconds, connect_timeout=2.0) for seconds in (20.0, 1.0)]
    writers = Writers(database)
    with publishing(database, both[0]), publishing(database, both[1]), writers.at_work():
        for settings in both:
            until_published_more(database, settings)
        kafka.stop()
        writers.more()
        with database.connect() as conn:
            waiting = [behind(conn, settings.topic) for settings in both]
            writers.more()
            assert all(behind(conn, settings.topic) > before > 0 for settings, before in zip(both, waiting, strict=True))
        kafka.start()
        for settings in both:
            until_published_more(database, settings)
    with publishing(database, both[0]), publishing(database, both[1]):
        for settings in both:
            check_published(database, settings)


def test_the_broker_is_killed(kafka: Broker, database: Database, elsewhere: Database) -> None:
    not_the_stand_in(kafka, LOSES)
    settings = kafka.settings(delivery_timeout=3.0, connect_timeout=2.0)
    others, lives = kafka.settings(partitions=4, connect_timeout=2.0), some_lives()
    send_part(others, lives, 0, EVENTS // 2)
    writers = Writers(database)
    with publishing(database, settings):
        with writers.at_work():
            until_published_more(database, settings)
            with consuming(elsewhere, others, lines=20):
                until_more(elsewhere, 50)
                kafka.kill()
                writers.more()
                kafka.start()
                until_published_more(database, settings)
                send_part(others, lives, EVENTS // 2, EVENTS)
                until_all(elsewhere, lives)
        check_published(database, settings)


def test_a_consumer_comes_back_as_the_member_that_it_was(kafka: Broker, elsewhere: Database) -> None:
    """Else the group waits for the one that went without a word, as long as a session is."""
    not_the_stand_in(kafka, FORGETS_NOBODY)
    settings, lives = kafka.settings(connect_timeout=1.0), some_lives()
    send_part(settings, lives, 0, EVENTS // 2)
    with capture_logs() as logs, consuming(elsewhere, settings, session=SESSION):
        until_there(elsewhere, 3 * EVENTS)
        before = members(settings)
        kafka.stop()
        until(lambda: any(log["event"] == "receiving interrupted" for log in logs), 30, "it has noticed")
        kafka.start()
        send_part(settings, lives, EVENTS // 2, EVENTS)
        until_all(elsewhere, lives)
        assert members(settings) == before


def members(settings: KafkaSettings) -> list[str]:
    """Who is in the group."""
    with admin(settings) as client:
        return [member["member_id"] for member in client.describe_groups([settings.group])[settings.group]["members"]]


def test_the_broker_hangs(kafka: Broker, database: Database) -> None:
    """Acknowledgements come late, the first time within the delivery timeout, then after it."""
    settings = kafka.settings(delivery_timeout=1.0, connect_timeout=2.0)
    writers = Writers(database)
    with publishing(database, settings):
        with writers.at_work():
            for seconds in (0.5, 1.5):
                until_published_more(database, settings)
                kafka.pause()
                try:
                    Event().wait(seconds)
                    writers.more(1)
                finally:
                    kafka.resume()
            until_published_more(database, settings)
        check_published(database, settings)


def test_connections_are_cut(kafka: Broker, database: Database) -> None:
    proxied, behind_it = apache(kafka).proxy_port, apache(kafka).cut_port
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    direct = kafka.settings(delivery_timeout=3.0, connect_timeout=2.0)
    settings = replace(direct, bootstrap_servers=(f"127.0.0.1:{proxied}",))
    writers = Writers(database)
    with Proxy(proxied, behind_it) as proxy, publishing(database, settings):
        with writers.at_work():
            for _ in range(12):
                until_published_more(database, settings)
                Event().wait(dice.uniform(0, 0.05))
                proxy.cut()
        check_published(database, direct)


def test_a_leader_changes(kafka: Broker, database: Database) -> None:
    second = Second(apache(kafka))
    try:
        second.start()
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
            check_published(database, settings)
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
