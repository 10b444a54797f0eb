"""The consumer that docs/streams.md shows, as somebody runs it."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from events._codec import parse_line
from projections._kafka._settings import KafkaSettings
from tests._kafka import Broker, until
from tests.kafka._far import life, send

PROGRAM = Path(__file__).parents[2] / "docs" / "examples" / "consumer.py"


@contextmanager
def running(settings: KafkaSettings, directory: Path) -> Iterator["subprocess.Popen[str]"]:
    """The program, ended by Ctrl-C, which it answers with nothing."""
    command = [sys.executable, str(PROGRAM), settings.addresses, settings.topic]
    process = subprocess.Popen(command, cwd=directory, stderr=subprocess.PIPE, text=True, env=os.environ)
    try:
        yield process
    finally:
        running = process.poll() is None
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
        assert not running or (process.returncode, said) == (0, "")


def counted(directory: Path) -> dict[tuple[str, str], int]:
    """What it has counted."""
    with closing(sqlite3.connect(directory / "counts.sqlite")) as database:
        try:
            return {(source, type_): events for source, type_, events in database.execute("select * from counted")}
        except sqlite3.OperationalError:  # it has not begun
            return {}


def transactions(directory: Path) -> int:
    """How many have written to its database: the file change counter (§ 1.3.7 of SQLite's file format)."""
    return int.from_bytes((directory / "counts.sqlite").read_bytes()[24:28])


def expected(*lines: bytes) -> dict[tuple[str, str], int]:
    """How often each type comes."""
    envelopes = [parse_line(line)[0] for line in lines]
    return Counter((f"/practices/{each.ledger}", each.type) for each in envelopes)


def test_the_page_shows_the_program() -> None:
    assert f"```python\n{PROGRAM.read_text()}```" in (PROGRAM.parents[1] / "streams.md").read_text()


def test_it_counts_each_line_once_and_notices_a_missing_one(kafka: Broker, tmp_path: Path) -> None:
    settings, lines, others = kafka.settings(partitions=1), life("kari", 20), life("ola", 8)
    send(settings, *lines[:10], *others, *lines[5:12], *others)
    with running(settings, tmp_path):
        until(lambda: counted(tmp_path) == expected(*lines[:12], *others), 30, "it has counted")
    assert transactions(tmp_path) < 20, "one for a batch, not for a line"
    send(settings, *lines[8:15], *lines[16:])
    with running(settings, tmp_path) as process:
        assert process.wait(30) == 1
        assert process.stderr is not None
        assert process.stderr.read() == "/practices/kari: line 16 is missing, line 17 came instead\n"
    assert counted(tmp_path) == expected(*lines[:15], *others)
