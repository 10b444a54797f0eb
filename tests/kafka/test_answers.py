"""A gateway on a database that is fed from Kafka: it answers as the one that keeps the records, and takes no commands."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from events._function import Function
from projections._kafka._publisher import Publisher
from tests._database import Database, Postgres
from tests._kafka import Broker
from tests.gateway._house import MANAGER, REGISTER, House, Person, Practice, _server, report, running_house
from tests.kafka._far import parked, receive

DEVIATIONS = """query ($asOf: AsOfInput) { practice(asOf: $asOf) {
  position historical profile { name } deviations(first: 10) { totalCount edges { node { id title status } } }
} }"""
TRAIL = """query ($subject: String!) { practice {
  auditTrail(subject: $subject, first: 10) { edges { node { event { position time type actor data } changes { column before after } } } }
} }"""


@pytest.fixture
def house(postgres: Postgres, tmp_path: Path) -> Iterator[House]:
    """The house that keeps the records."""
    with running_house(postgres, tmp_path, at_least_patience=0.5) as house:
        yield house


@pytest.fixture
def practice(house: House) -> Practice:
    """A practice with two deviations."""
    practice = house.new_practice()
    for title in ("Feil dose", "Blodprøve forvekslet"):
        practice.manager.done("/deviations", report(title=title))
    return practice


@pytest.fixture
def there(kafka: Broker, house: House, practice: Practice, elsewhere: Database) -> Iterator[Person]:
    """The manager, at the door of the other gateway."""
    settings = kafka.settings()
    Publisher(house.database.url, settings).once()
    receive(elsewhere, settings)
    assert parked(elsewhere) == {}
    with _server(elsewhere.url, house.settings) as url, httpx.Client(base_url=url, timeout=20) as client:
        yield replace(practice.manager, client=client)


def test_it_answers_as_the_other_one(practice: Practice, there: Person) -> None:
    subject = practice.manager.data(DEVIATIONS)["practice"]["deviations"]["edges"][0]["node"]["id"]
    trail = there.data(TRAIL, subject=f"deviation/{subject}")
    assert trail == practice.manager.data(TRAIL, subject=f"deviation/{subject}")
    reported = trail["practice"]["auditTrail"]["edges"][0]["node"]["event"]
    states: list[dict[str, Any] | None] = [None, {"time": reported["time"]}, {"position": reported["position"] - 1}, {"position": 1}]
    answers = [there.data(DEVIATIONS, asOf=state) for state in states]
    assert answers == [practice.manager.data(DEVIATIONS, asOf=state) for state in states]
    assert answers[0]["practice"]["deviations"]["totalCount"] == 2
    assert answers[1]["practice"]["position"] >= reported["position"]
    assert answers[3]["practice"]["deviations"]["totalCount"] == 0


def test_it_waits_for_lines_and_takes_no_commands(house: House, practice: Practice, there: Person) -> None:
    answer = there.ask("query ($n: Int!) { practice(atLeast: $n) { position } }", n=practice.size + 1)
    assert answer["errors"][0]["extensions"]["code"] == "reading.not_yet"
    assert there.post("/deviations", report()).status_code == 404
    founder = house.person("ny-praksis", MANAGER, uuid4(), [Function.GENERAL_MANAGER])
    refused = replace(founder, client=there.client).post("/register", REGISTER)
    assert (refused.status_code, refused.json()["code"]) == (421, "record.elsewhere")
    figures = there.client.get("/metrics").text
    assert 'sporbar_follower_lag_positions{follower="read_1"} 0.0' in figures
    assert "sporbar_kafka_waiting{" in figures
    assert "sporbar_kafka_silence_seconds{" in figures
