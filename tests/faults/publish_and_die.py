"""A publisher that is killed between an acknowledgement and its mark: `python -m tests.faults.publish_and_die publish`."""

import os
import signal

from gateway.cli._kafka import kafka_settings
from gateway.settings import load_settings
from projections._engine._store import connect
from projections._kafka._port import KafkaOutlet
from projections._kafka._publisher import publish_next
from projections._kafka._resume import enrol
from projections._kafka._topic import ensure_topic


def main() -> None:
    """Publish once, and die."""
    settings = load_settings()
    assert settings.database_url is not None
    kafka = kafka_settings(settings)
    topic = ensure_topic(kafka)
    with connect(settings.database_url.get_secret_value()) as conn:
        enrol(conn, kafka, topic, "")
        publish_next(conn, topic.name, KafkaOutlet(kafka, topic), lines=300, acknowledged=lambda: os.kill(os.getpid(), signal.SIGKILL))


if __name__ == "__main__":
    main()
