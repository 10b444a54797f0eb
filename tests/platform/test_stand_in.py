"""Where Apache Kafka cannot be had: noida-db serves, the last lines say so, and nothing of it stays behind."""

import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from projections._kafka._consumer import Consumer
from projections._kafka._publisher import Publisher
from projections._kafka._topic import admin, ensure_topic
from tests._database import Database
from tests._kafka import StandIn, until
from tests.kafka._far import check, life, send
from tests.kafka._world import read_once, record

pytestmark = pytest.mark.server

ROOT = Path(__file__).parents[2]
STARTS_ONE = """
import sys
from pathlib import Path
from tests._kafka import StandIn
broker = StandIn(Path(sys.argv[1]))
broker.start()
print(broker.port, flush=True)
sys.stdin.read()
"""


@pytest.fixture
def stand_in(tmp_path: Path) -> Iterator[StandIn]:
    """One of its own, whatever the other tests run against."""
    broker = StandIn(tmp_path / "stand-in")
    try:
        broker.start()
        yield broker
    finally:
        broker.close()


def test_it_takes_lines_and_gives_them_in_their_order(stand_in: StandIn, elsewhere: Database) -> None:
    settings, lines, others = stand_in.settings(), life("kari", 40), life("ola", 20)
    send(settings, *lines[:30], *others, *lines[25:])
    assert read_once(settings) == {"kari": lines, "ola": others}
    assert Consumer(elsewhere.url, settings).once() == 60
    check(elsewhere, kari=lines, ola=others)


def test_a_topic_that_is_made_anew_is_told_where_topics_have_no_ids(stand_in: StandIn, database: Database) -> None:
    settings = stand_in.settings()
    lines = record(database, "fjordgata", 5)
    assert Publisher(database.url, settings).once() == 5
    assert ensure_topic(settings).id == ""
    assert Publisher(database.url, settings).once() == 0
    with admin(settings) as client:
        client.delete_topics([settings.topic])
    assert Publisher(database.url, settings).once() == 5
    assert read_once(settings) == {"fjordgata": lines}


def test_it_dies_with_the_tests_that_started_it(tmp_path: Path) -> None:
    command = [sys.executable, "-c", STARTS_ONE, str(tmp_path)]
    process = subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        port = int(process.stdout.readline())
        assert answers(port)
    finally:
        process.kill()
        process.communicate()
    until(lambda: not answers(port), 10, "it is gone")


def answers(port: int) -> bool:
    """Whether somebody listens."""
    try:
        with closing(socket.create_connection(("127.0.0.1", port), 1)):
            return True
    except OSError:
        return False


def run_tests(directory: Path, *names: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    """A run of tests of topics on a machine without Java."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("PYTEST_", "TEST_KAFKA"))}
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", f"--basetemp={directory / 'temporary'}"]
    command += [f"tests/kafka/test_topic.py::{name}" for name in names]
    environment = kept | {"JAVA_HOME": str(directory), "CI": ""} | environment
    return subprocess.run(command, cwd=ROOT, env=environment, check=False, capture_output=True, text=True, timeout=100)


def test_the_last_lines_say_what_ran_and_what_was_left_out(tmp_path: Path) -> None:
    with_id = "test_a_topic_has_an_id_of_its_own"
    done = run_tests(tmp_path, "test_a_missing_topic_is_made_and_found_again", with_id)
    said = done.stdout.splitlines()
    assert done.returncode == 0, done.stdout
    assert said[-4].startswith("Tests of Kafka ran against the stand-in noida-db ")
    assert said[-3:-1] == ["1 of them need Apache Kafka and were left out:", f"  tests/kafka/test_topic.py: {with_id}"]
    assert said[-1].startswith("1 passed, 1 skipped in ")


def test_a_stand_in_that_does_not_run_is_told_with_what_to_do(tmp_path: Path) -> None:
    package = tmp_path / "noida_db"
    package.mkdir()
    (package / "__init__.py").touch()
    (package / "noida-db").write_text("#!/bin/sh\necho 'libc.so.6: version GLIBC_2.34 not found'\nexit 1\n")
    (package / "noida-db").chmod(0o755)
    done = run_tests(tmp_path, "test_what_the_cluster_cannot_make_is_refused", PYTHONPATH=str(tmp_path))
    assert done.returncode == 1
    said = "noida-db does not run here (libc.so.6: version GLIBC_2.34 not found): install Maven and Java 17 or newer, and `make kafka`"
    assert any(line.endswith(said) for line in done.stdout.splitlines()), done.stdout


def test_ci_takes_no_stand_in(tmp_path: Path) -> None:
    done = run_tests(tmp_path, "test_what_the_cluster_cannot_make_is_refused", CI="true")
    assert done.returncode == 1
    assert "CI needs Apache Kafka: " in done.stdout
