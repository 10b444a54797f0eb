"""The publisher dies, and is told to end; a reader gets every line of every practice, in its order, all the same."""

import signal
import subprocess
from pathlib import Path

import pytest

from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import Broker
from tests.faults._processes import part
from tests.faults._streams import PRACTICES, Writers, check_published, until_published_more
from tests.kafka._world import marks, messages, publishing, read_once, record, until_published


def test_the_publisher_is_killed_between_acknowledgement_and_mark(configured: KafkaSettings, database: Database, tmp_path: Path) -> None:
    recorded = {practice: record(database, practice, 250) for practice in PRACTICES}
    for _ in range(2):
        with part("publish", database.url, tmp_path, module="tests.faults.publish_and_die") as process:
            assert process.wait(60) == -signal.SIGKILL
    assert set(marks(database, configured).values()) == {0}
    assert len(messages(configured)) == 600, "it had published, twice"
    with publishing(database, configured):
        check_published(database, configured)
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
        check_published(database, configured)


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
