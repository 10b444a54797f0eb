"""A publisher that comes to grief between an acknowledgement and its mark.

`python -m tests.faults.publish_and_die publish` is killed there, `hang` stops there the first time, until it is told to go on.
"""

import os
import signal
import sys
from dataclasses import replace
from itertools import count

from gateway.cli._kafka import kafka_settings
from gateway.settings import load_settings
from projections._engine._store import connect
from projections._kafka._port import KafkaOutlet
from projections._kafka._publisher import Publisher, publish_next
from projections._kafka._resume import enrol
from projections._kafka._settings import KafkaSettings
from projections._kafka._topic import ensure_topic


def impatient(settings: KafkaSettings) -> KafkaSettings:
    """With timeouts that a test can outlast."""
    return replace(settings, connect_timeout=0.5, delivery_timeout=0.5)


def publish(url: str, kafka: KafkaSettings) -> None:
    """Publish once, and die."""
    topic = ensure_topic(kafka)
    with connect(url) as conn:
        enrol(conn, kafka, topic, "")
        publish_next(conn, topic.name, KafkaOutlet(kafka, topic), lines=300, acknowledged=lambda: os.kill(os.getpid(), signal.SIGKILL))


def hang(url: str, kafka: KafkaSettings) -> None:
    """Publish, and stop in the midst, once."""
    times = count()

    def stop() -> None:
        if next(times) == 0:
            os.kill(os.getpid(), signal.SIGSTOP)

    Publisher(url, impatient(kafka), acknowledged=stop).run()


if __name__ == "__main__":
    settings = load_settings()
    assert settings.database_url is not None
    {"publish": publish, "hang": hang}[sys.argv[1]](settings.database_url.get_secret_value(), kafka_settings())
