"""The consumer hangs, dies, loses its partitions, its broker and its database.

Whatever happens: every line is there once, in its order, and the tables are what a replay makes of them.
"""

import random
import signal
from pathlib import Path
from threading import Timer

import pytest

from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import Broker
from tests.faults._processes import part
from tests.kafka._far import check, check_by_replay, consuming, life, positions, receive, send, until_there

EVENTS = 240
MODULE = "tests.faults.receive_and_die"


@pytest.fixture
def settings(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """Settings that processes started by the test have too."""
    settings = kafka.settings(partitions=4, connect_timeout=2.0)
    monkeypatch.setenv("SPORBAR_KAFKA_BOOTSTRAP_SERVERS", ",".join(settings.bootstrap_servers))
    for name in ("topic", "group", "partitions"):
        monkeypatch.setenv(f"SPORBAR_KAFKA_{name.upper()}", str(getattr(settings, name)))
    return settings


@pytest.fixture
def lives() -> dict[str, list[bytes]]:
    """The lines of some practices."""
    return {f"practice{number}": life(f"practice{number}", EVENTS) for number in range(6)}


def send_part(settings: KafkaSettings, lives: dict[str, list[bytes]], start: int, end: int) -> None:
    """Publish some lines of every practice, in turns."""
    send(settings, *(lines[at] for at in range(start, end) for lines in lives.values()))


def received(elsewhere: Database) -> int:
    """How many lines are there."""
    return sum(positions(elsewhere).values())


def until_more(elsewhere: Database, by: int = 1) -> None:
    """Wait until there are more lines than now."""
    until_there(elsewhere, received(elsewhere) + by)


def until_all(elsewhere: Database, lives: dict[str, list[bytes]]) -> None:
    """Wait until every line is there, and look closely."""
    until_there(elsewhere, sum(map(len, lives.values())))
    check(elsewhere, **lives)
    check_by_replay(elsewhere)


def test_a_consumer_hangs_longer_than_the_group_waits(
    settings: KafkaSettings, elsewhere: Database, lives: dict[str, list[bytes]], tmp_path: Path
) -> None:
    send_part(settings, lives, 0, EVENTS // 2)
    with part("receive", elsewhere.url, tmp_path, module=MODULE) as hanging:
        until_more(elsewhere, 50)
        hanging.send_signal(signal.SIGSTOP)
        with consuming(elsewhere, settings, lines=20):
            until_there(elsewhere, 6 * EVENTS // 2)
            hanging.send_signal(signal.SIGCONT)
            send_part(settings, lives, EVENTS // 2, EVENTS)
            until_all(elsewhere, lives)
        assert hanging.poll() is None
    check(elsewhere, **lives)


def test_a_consumer_is_killed_between_the_database_and_the_group(
    settings: KafkaSettings, elsewhere: Database, lives: dict[str, list[bytes]], tmp_path: Path
) -> None:
    send_part(settings, lives, 0, EVENTS)
    with part("die", elsewhere.url, tmp_path, module=MODULE) as process:
        assert process.wait(60) == -signal.SIGKILL
    reached = received(elsewhere)
    assert reached > 0
    assert receive(elsewhere, settings) == 6 * EVENTS - reached
    until_all(elsewhere, lives)


def test_consumers_are_killed_at_any_time(
    settings: KafkaSettings, elsewhere: Database, lives: dict[str, list[bytes]], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    send_part(settings, lives, 0, EVENTS)
    with consuming(elsewhere, settings, lines=20):
        for _ in range(2):
            with part("receive", elsewhere.url, tmp_path, module=MODULE) as process:
                Timer(dice.uniform(1.0, 2.5), process.send_signal, (signal.SIGKILL,)).start()
                process.wait(30)
        until_all(elsewhere, lives)


def test_the_broker_is_killed(settings: KafkaSettings, kafka: Broker, elsewhere: Database, lives: dict[str, list[bytes]]) -> None:
    send_part(settings, lives, 0, EVENTS // 2)
    with consuming(elsewhere, settings, lines=20):
        until_more(elsewhere, 50)
        kafka.kill()
        kafka.start()
        send_part(settings, lives, EVENTS // 2, EVENTS)
        until_all(elsewhere, lives)


def test_the_database_ends_its_sessions(settings: KafkaSettings, elsewhere: Database, lives: dict[str, list[bytes]]) -> None:
    send_part(settings, lives, 0, EVENTS)
    end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with consuming(elsewhere, settings, lines=20), elsewhere.connect() as admin:
        for _ in range(3):
            until_more(elsewhere)
            admin.execute(end)
        until_all(elsewhere, lives)
