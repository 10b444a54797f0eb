"""`sporbar project --from-kafka` and `sporbar parked`, as an operator runs them."""

import os
import signal
import subprocess
import sys
from pathlib import Path

from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import Broker, until
from tests.kafka._far import check, life, parked, positions, receive, send


def sporbar(database: Database, directory: Path, *command: str, **kafka: str) -> "subprocess.Popen[str]":
    """A command of Sporbar on a database."""
    settings = {f"SPORBAR_KAFKA_{name.upper()}": value for name, value in ({"connect_timeout": "2"} | kafka).items()}
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(directory)} | settings
    called = [sys.executable, "-m", "gateway.cli", *command]
    return subprocess.Popen(called, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def here(settings: KafkaSettings) -> dict[str, str]:
    """Where a command finds the topic."""
    return {"bootstrap_servers": settings.addresses, "topic": settings.topic, "group": settings.group}


def test_it_follows_until_it_is_told_to_stop(kafka: Broker, elsewhere: Database, tmp_path: Path) -> None:
    settings, lines = kafka.settings(), life("kari", 30)
    send(settings, *lines[:20])
    following = sporbar(elsewhere, tmp_path, "project", "--from-kafka", **here(settings))
    try:
        until(lambda: positions(elsewhere) == {"kari": 20}, 30, "it follows")
        following.send_signal(signal.SIGTERM)
        assert following.wait(20) == 0
        assert following.stderr is not None
        assert "Traceback" not in following.stderr.read()
    finally:
        following.kill()
        following.communicate()
    send(settings, *lines[20:])
    assert receive(elsewhere, settings) == 10, "the group did not wait for the one that is gone"
    check(elsewhere, kari=lines)


def test_a_parked_practice_is_shown_and_asked_for(kafka: Broker, elsewhere: Database, tmp_path: Path) -> None:
    settings, lines = kafka.settings(), life("kari", 9)
    send(settings, *lines[:4], *lines[6:])
    receive(elsewhere, settings)
    shown, _ = sporbar(elsewhere, tmp_path, "parked", "list").communicate(timeout=60)
    assert shown.startswith("kari in read_1: position 5, since ")
    assert shown.endswith("UTC: Gap: line 5 is missing, line 7 came instead\n")
    asked, _ = sporbar(elsewhere, tmp_path, "parked", "retry", "kari").communicate(timeout=60)
    assert asked.startswith("kari: read again from Kafka by `sporbar project --from-kafka`;")
    send(settings, *lines)
    receive(elsewhere, settings)
    assert parked(elsewhere) == {}
    check(elsewhere, kari=lines)


def test_what_cannot_be_is_told_in_one_line(kafka: Broker, elsewhere: Database, tmp_path: Path) -> None:
    nowhere = kafka.settings()
    cases = [
        ({}, "set SPORBAR_KAFKA_BOOTSTRAP_SERVERS to host:port of a Kafka broker"),
        (here(nowhere), f"there is no topic {nowhere.topic} at {nowhere.addresses}: `sporbar publish` makes it"),
    ]
    running = [sporbar(elsewhere, tmp_path, "project", "--from-kafka", **settings) for settings, _ in cases]
    for failed, (_, said) in zip(running, cases, strict=True):
        _, told = failed.communicate(timeout=60)
        assert (failed.returncode, told.count("\n")) == (1, 1), told
        assert told.startswith(f"sporbar: {said}")
