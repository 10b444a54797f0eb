"""What the tests of the consumer share: topics with chosen messages, and what came of them in another database."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from threading import Thread
from typing import Any

from kafka import KafkaProducer
from psycopg import Connection

from events._codec import parse_line
from events.ledger.follower import Parked
from projections._all import read_models
from projections._engine._parked import list_parked
from projections._engine._verify import verify_read_models
from projections._kafka._consumer import Consumer
from projections._kafka._headers import Headers, headers_of
from projections._kafka._port import partition_of
from projections._kafka._settings import KafkaSettings
from projections._kafka._topic import ensure_topic
from tests._database import Database
from tests._kafka import shortest_session, until
from tests.projections._histories import a_life
from tests.projections._record import lines, stored

SCHEMA = "read_1"
SESSION = shortest_session()


def life(practice: str, events: int) -> list[bytes]:
    """The lines of a practice's first events."""
    return [line for _, line in lines(a_life(events=events), practice)]


def send(settings: KafkaSettings, *sent: bytes) -> None:
    """Put lines on the topic, as a publisher does, behind what it holds."""
    put(settings, *((parse_line(line)[0].ledger, line, headers_of(line)) for line in sent))


def put(settings: KafkaSettings, *sent: tuple[str | None, bytes | None, Headers]) -> None:
    """Put any messages on the topic, given by key, value and headers."""
    topic = ensure_topic(settings)
    with closing(KafkaProducer(**settings.client_options(), linger_ms=5)) as producer:
        for key, value, headers in sent:
            partition = partition_of(key or "", topic.partitions)
            producer.send(topic.name, value, key.encode() if key is not None else None, headers, partition)
        producer.flush()


def receive(database: Database, settings: KafkaSettings, **options: Any) -> int:
    """Receive all that the topic holds; how many events were folded."""
    return Consumer(database.url, settings, session=SESSION, **options).once()


@contextmanager
def consuming(database: Database, settings: KafkaSettings, **options: Any) -> Iterator[Consumer]:
    """A consumer at work in a thread; it is stopped at the end of the block."""
    consumer = Consumer(database.url, settings, **{"session": SESSION} | options)
    failed: list[BaseException] = []

    def run() -> None:
        try:
            consumer.run()
        except BaseException as error:  # noqa: BLE001 -- raised again below
            failed.append(error)

    thread = Thread(target=run, name="consumer")
    thread.start()
    try:
        yield consumer
    finally:
        consumer.stop()
        thread.join(30)
    assert not thread.is_alive()
    for error in failed:
        raise error


def positions(database: Database) -> dict[str, int]:
    """How far the read models are, by practice."""
    with database.connect() as conn:
        return _positions(conn)


def _positions(conn: Connection[Any]) -> dict[str, int]:
    return dict(conn.execute("select ledger, position from projection.follower where name = %s", (SCHEMA,)).fetchall())


def until_there(database: Database, lines: int, seconds: float = 40) -> None:
    """Wait until there are so many lines."""
    with database.connect() as conn:
        until(lambda: sum(_positions(conn).values()) >= lines, seconds, f"{lines} lines are there")


def received(database: Database, practice: str) -> list[bytes]:
    """The lines of a practice that are there."""
    with database.connect() as conn:
        found = conn.execute("select line from projection.received_line where ledger = %s order by position", (practice,))
        return [line.encode() for (line,) in found]


def rows(database: Database, practice: str) -> dict[str, list[tuple[Any, ...]]]:
    """Everything in the tables of a practice, history included."""
    with database.connect() as conn:
        return stored(conn, SCHEMA, practice, read_models())


def parked(database: Database) -> dict[str, Parked]:
    """What is parked, by practice."""
    return {each.ledger: each for each in list_parked(database.url)}


def asked(database: Database) -> bool:
    """Whether somebody asked for another try, and nobody has tried."""
    with database.connect() as conn:
        return conn.execute("select from projection.follower where retry_asked_at is not null").fetchone() is not None


def check(database: Database, **expected: list[bytes]) -> None:
    """The lines are there, in order and once, and so are the rows that they make."""
    assert positions(database) == {practice: len(those) for practice, those in expected.items()}
    with database.connect() as conn:
        for practice, those in expected.items():
            assert received(database, practice) == those
            found = conn.execute(f"select position from {SCHEMA}.activity where practice = %s order by position", (practice,)).fetchall()
            assert found == [(position,) for position in range(1, len(those) + 1)]


def check_by_replay(database: Database) -> None:
    """The tables are what a replay makes of the lines."""
    verified = verify_read_models(database.url, processes=1)
    assert verified.sound, verified.differences
