"""`sporbar publish` where there is no Kafka to publish to: one line that says what to do."""

from pathlib import Path

import pytest

from tests._database import Database
from tests._kafka import free_ports
from tests.kafka._world import publish, record


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({}, "set SPORBAR_KAFKA_BOOTSTRAP_SERVERS to host:port of a Kafka broker; docs/streams.md tells how to run one"),
        ({"bootstrap_servers": "kafka"}, "SPORBAR_KAFKA_BOOTSTRAP_SERVERS: give host:port of some brokers"),
        ({"bootstrap_servers": "kafka:1", "compression": "gzip"}, "SPORBAR_KAFKA_COMPRESSION: Input should be 'zstd', 'lz4' or 'none'"),
        (
            {"bootstrap_servers": "kafka:1", "retentoin": "1"},
            "there is no setting SPORBAR_KAFKA_RETENTOIN; did you mean SPORBAR_KAFKA_RETENTION?",
        ),
        ({"bootstrap_servers": "kafka:1", "username": "kari"}, "PLAINTEXT does not sign in"),
    ],
)
def test_settings_that_cannot_be_used_are_told_in_one_line(database: Database, tmp_path: Path, settings: dict[str, str], said: str) -> None:
    failed = publish(database, tmp_path, **settings)
    assert (failed.returncode, failed.stdout) == (1, "")
    assert failed.stderr.startswith(f"sporbar: {said}")
    assert failed.stderr.count("\n") == 1


def test_nobody_there_is_told_in_one_line(database: Database, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    record(database, "fjordgata", 1)
    failed = publish(database, tmp_path, bootstrap_servers=f"127.0.0.1:{port}")
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"sporbar: cannot reach Kafka at 127.0.0.1:{port}: ")
    assert failed.stderr.count("\n") == 1
