"""What the tests of Kafka share: records to publish, and a reader of topics that knows nothing of ours."""

import os
import subprocess
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from threading import Thread
from time import monotonic
from typing import Any
from uuid import uuid4

from kafka import KafkaConsumer
from kafka.structs import TopicPartition
from psycopg import Connection
from psycopg_pool import ConnectionPool

from events.ledger.connect import sync_pool
from events.ledger.reader import read
from projections._engine._store import connect
from projections._kafka._mark import name_of
from projections._kafka._publisher import Publisher
from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import until
from tests.ledger._support import append, fact, recorder


def record(database: Database, practice: str, events: int) -> list[bytes]:
    """Append so many events to a practice's record; all of its lines."""
    with sync_pool(database.url, "sporbar_app", max_size=1) as pool:
        write(pool, practice, events)
    return lines_of(database, practice)


def write(pool: ConnectionPool[Any], practice: str, events: int, each: int = 500) -> None:
    """Append so many events, in commands of `each`."""
    to = recorder(pool, practice)
    subject = f"deviation/{uuid4()}"
    for first in range(1, events + 1, each):
        append(to, *(fact(subject, version, b'{"n":%d}' % version) for version in range(first, min(first + each, events + 1))))


def lines_of(database: Database, practice: str) -> list[bytes]:
    """The record of a practice."""
    with database.connect() as conn:
        return read(conn, practice, 0, 1_000_000)


@dataclass(frozen=True)
class Message:
    """One message of a topic."""

    partition: int
    offset: int
    key: str
    value: bytes
    headers: dict[str, bytes]

    @property
    def position(self) -> int:
        """The position of its line."""
        return int(self.headers["ce_id"])


def messages(settings: KafkaSettings) -> list[Message]:
    """All that a topic holds now, partition by partition."""
    options = settings.client_options() | {"client_id": "test-reader"}
    with closing(KafkaConsumer(**options, group_id=None, auto_offset_reset="earliest", enable_auto_commit=False)) as consumer:
        partitions = [TopicPartition(settings.topic, number) for number in range(settings.partitions)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        found: dict[TopicPartition, list[Message]] = defaultdict(list)
        limit = monotonic() + 30
        while any(consumer.position(partition) < end for partition, end in ends.items()):
            assert monotonic() < limit, "the topic cannot be read"
            for partition, records in consumer.poll(timeout_ms=200).items():
                found[partition] += (Message(one.partition, one.offset, one.key.decode(), one.value, dict(one.headers)) for one in records)
        return [message for partition in partitions for message in found[partition]]


def read_once(settings: KafkaSettings) -> dict[str, list[bytes]]:
    """The lines of each practice as a reader gets them that drops what it has; fails where one is missing."""
    got: dict[str, list[bytes]] = defaultdict(list)
    for message in messages(settings):
        lines = got[message.key]
        assert message.position <= len(lines) + 1, f"{message.key}: {message.position} comes after {len(lines)}"
        if message.position == len(lines) + 1:
            lines.append(message.value)
        else:
            assert lines[message.position - 1] == message.value
    return dict(got)


def marks(database: Database, settings: KafkaSettings) -> dict[str, int]:
    """How far each ledger is published."""
    with database.connect() as conn:
        found = conn.execute("select ledger, position from projection.follower where name = %s", (name_of(settings.topic),))
        return dict(found.fetchall())


@contextmanager
def worker(database: Database) -> Iterator[Connection[Any]]:
    """A connection as the publisher has it."""
    with connect(database.url) as conn:
        yield conn


@contextmanager
def publishing(database: Database, settings: KafkaSettings) -> Iterator[Publisher]:
    """A publisher at work in a thread; it is stopped at the end of the block."""
    publisher = Publisher(database.url, settings)
    thread = Thread(target=publisher.run, name="publisher")
    thread.start()
    try:
        yield publisher
    finally:
        publisher.stop()
        thread.join(30)
        assert not thread.is_alive()


def until_published(database: Database, settings: KafkaSettings, practice: str, position: int, seconds: float = 30) -> None:
    """Wait for a mark."""
    until(lambda: marks(database, settings).get(practice, 0) >= position, seconds, f"{practice} published up to {position}")


def publish(database: Database, directory: Path, **settings: str) -> "subprocess.CompletedProcess[str]":
    """`sporbar publish --once`."""
    kafka = {f"SPORBAR_KAFKA_{name.upper()}": value for name, value in ({"connect_timeout": "2"} | settings).items()}
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(directory)} | kafka
    command = [sys.executable, "-m", "gateway.cli", "publish", "--once"]
    return subprocess.run(command, env=environment, check=False, capture_output=True, text=True, timeout=60)
