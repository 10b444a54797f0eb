"""`sporbar publish`, as an operator runs it."""

from pathlib import Path

import pytest

from tests._database import Database
from tests._kafka import PASSWORD, USER, Broker, apache
from tests.kafka._world import publish, read_once, record
from tests.projections.test_parked import BAD_BYTES, poison


def test_it_publishes_what_there_is_and_says_how_much(kafka: Broker, database: Database, tmp_path: Path) -> None:
    settings = kafka.settings(partitions=12)
    lines = record(database, "fjordgata", 7)
    done = publish(database, tmp_path, bootstrap_servers=kafka.bootstrap, topic=settings.topic)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith(f"7 events published to {settings.topic} in ")
    assert read_once(settings) == {"fjordgata": lines}


@pytest.mark.parametrize(
    ("stopped", "told"),
    [
        (["solbakken"], "1 practice is parked and not published: solbakken;"),
        (["a", "b", "c", "d", "e", "f", "g"], "7 practices are parked and not published: a, b, c, d, e and 2 more;"),
    ],
)
def test_parked_practices_are_told_and_are_no_success(
    kafka: Broker, database: Database, tmp_path: Path, stopped: list[str], told: str
) -> None:
    settings = kafka.settings(partitions=12)
    lines = record(database, "fjordgata", 7)
    with database.connect() as conn:
        for practice in stopped:
            record(database, practice, 1)
            poison(conn, practice, *BAD_BYTES, 1)
    for published in (7, 0):  # when they are parked, and when they are so already
        done = publish(database, tmp_path, bootstrap_servers=kafka.bootstrap, topic=settings.topic, partitions="12")
        assert done.returncode == 1
        assert done.stdout.startswith(f"{published} events published to ")
        assert done.stderr.splitlines()[-1] == f"sporbar: {told} `sporbar parked list` tells why"
    assert read_once(settings) == {"fjordgata": lines}


def test_a_wrong_password_is_told_in_one_line_that_does_not_tell_it(kafka: Broker, database: Database, tmp_path: Path) -> None:
    door = f"127.0.0.1:{apache(kafka).sasl_port}"
    wrong = PASSWORD + "t"
    signing_in = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "username": USER, "password": wrong}
    failed = publish(database, tmp_path, bootstrap_servers=door, **signing_in)
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"sporbar: Kafka at {door} does not let user {USER} in: check SPORBAR_KAFKA_USERNAME")
    assert wrong not in failed.stderr + failed.stdout
