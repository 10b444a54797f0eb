"""`sporbar publish`, as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests._database import Database
from tests._kafka import PASSWORD, USER, Broker, apache, free_ports
from tests.kafka._world import read_once, record


def publish(database: Database, directory: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """`sporbar publish --once`."""
    kafka = {f"SPORBAR_KAFKA_{name.upper()}": value for name, value in ({"connect_timeout": "2"} | settings).items()}
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(directory)} | kafka
    command = [sys.executable, "-m", "gateway.cli", "publish", "--once"]
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)


def test_it_publishes_what_there_is_and_says_how_much(kafka: Broker, database: Database, tmp_path: Path) -> None:
    settings = kafka.settings(partitions=12)
    lines = record(database, "fjordgata", 7)
    done = publish(database, tmp_path, bootstrap_servers=kafka.bootstrap, topic=settings.topic)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"7 events published to {settings.topic} in ")
    assert read_once(settings) == {"fjordgata": lines}


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


def test_a_wrong_password_is_told_in_one_line_that_does_not_tell_it(kafka: Broker, database: Database, tmp_path: Path) -> None:
    door = f"127.0.0.1:{apache(kafka).sasl_port}"
    wrong = PASSWORD + "t"
    signing_in = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "username": USER, "password": wrong}
    failed = publish(database, tmp_path, bootstrap_servers=door, **signing_in)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"sporbar: Kafka at {door} does not let user {USER} in: check SPORBAR_KAFKA_USERNAME")
    assert wrong not in failed.stderr + failed.stdout


def test_nobody_there_is_told_in_one_line(database: Database, tmp_path: Path) -> None:
    (port,) = free_ports(1)
    record(database, "fjordgata", 1)
    failed = publish(database, tmp_path, bootstrap_servers=f"127.0.0.1:{port}")
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"sporbar: cannot reach Kafka at 127.0.0.1:{port}: ")
    assert failed.stderr.count("\n") == 1
