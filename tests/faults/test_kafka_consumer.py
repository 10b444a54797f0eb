"""The consumer hangs, dies, loses its partitions and its database.

Whatever happens: every line is there once, in its order, and the tables are what a replay makes of them.
"""

import random
import signal
from pathlib import Path
from threading import Timer

import pytest

from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import FORGETS_NOBODY, Broker, not_the_stand_in
from tests.faults._processes import part
from tests.faults._streams import EVENTS, received, send_part, some_lives, until_all, until_more
from tests.kafka._far import SESSION, check, consuming, receive, until_there

MODULE = "tests.faults.receive_and_die"


@pytest.fixture
def settings(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """Settings that processes started by the test have too."""
    settings = kafka.settings(partitions=4, connect_timeout=2.0)
    monkeypatch.setenv("SPORBAR_KAFKA_BOOTSTRAP_SERVERS", ",".join(settings.bootstrap_servers))
    for name in ("topic", "group", "partitions"):
        monkeypatch.setenv(f"SPORBAR_KAFKA_{name.upper()}", str(getattr(settings, name)))
    monkeypatch.setenv("TEST_SESSION", str(SESSION))
    return settings


@pytest.fixture
def groups(kafka: Broker) -> None:
    """A broker that lets members of a group go."""
    not_the_stand_in(kafka, FORGETS_NOBODY)


@pytest.fixture
def lives() -> dict[str, list[bytes]]:
    """The lines of some practices."""
    return some_lives()


@pytest.mark.usefixtures("groups")
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


@pytest.mark.usefixtures("groups")
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


@pytest.mark.usefixtures("groups")
def test_consumers_are_killed_at_any_time(
    settings: KafkaSettings, elsewhere: Database, lives: dict[str, list[bytes]], tmp_path: Path
) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice = random.Random(seed)
    for start in (0, EVENTS // 2):
        send_part(settings, lives, start, start + EVENTS // 2)
        with part("receive", elsewhere.url, tmp_path, module=MODULE) as process:
            until_more(elsewhere)  # nobody else receives
            killing = Timer(dice.uniform(0.0, 1.5), process.kill)
            killing.start()
            with consuming(elsewhere, settings, lines=20):
                assert process.wait(30) == -signal.SIGKILL
                until_there(elsewhere, 6 * (start + EVENTS // 2))
    until_all(elsewhere, lives)


def test_the_database_ends_its_sessions(settings: KafkaSettings, elsewhere: Database, lives: dict[str, list[bytes]]) -> None:
    send_part(settings, lives, 0, EVENTS)
    end = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with consuming(elsewhere, settings, lines=20), elsewhere.connect() as admin:
        for _ in range(3):
            until_more(elsewhere)
            admin.execute(end)
        until_all(elsewhere, lives)
