"""A gateway on read models of records that are kept elsewhere: it answers questions, and says where the lines are."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.auth.actor import Role
from gateway.auth.local import local_issuer
from gateway.settings import Settings
from projections._all import read_models
from projections._engine._received import Run, receive
from projections._engine._store import Store, connect
from tests._database import Database
from tests.gateway._house import House, Person, _server
from tests.live._clients import EVENTS, socket
from tests.projections._histories import a_life
from tests.projections._record import lines

PRACTICE, LINES = "fjordgata", 20
DASHBOARD = "subscription ($p: ID!) { dashboard(practice: $p) { position } }"


@pytest.fixture
def house(elsewhere: Database, tmp_path: Path) -> Iterator[House]:
    """A gateway on what a consumer has received."""
    with connect(elsewhere.url) as conn:
        receive(conn, Store(conn, "read_1", read_models()), [Run(PRACTICE, lines(a_life(events=LINES), PRACTICE))])
    settings = Settings(data_dir=tmp_path)
    with _server(elsewhere.url, settings) as url:
        house = House(url, elsewhere, local_issuer(settings), settings)
        with house.client:
            yield house


@pytest.fixture
def auditor(house: House) -> Person:
    return house.person(PRACTICE, [Role.AUDITOR])


def test_questions_are_answered(auditor: Person) -> None:
    shown = auditor.data("{ practice { position dashboard { deviations { open } } } }")["practice"]
    assert shown["position"] == LINES
    assert shown["dashboard"]["deviations"]["open"] >= 0


@pytest.mark.parametrize("path", ["events/live", "events", "exports/csv?type=deviation.reported.v1", "exports/ndjson/manifest"])
def test_lines_are_where_the_record_is(auditor: Person, path: str) -> None:
    headers = {"Authorization": f"Bearer {auditor.token}", "Accept-Language": "nb"}
    refusal = auditor.client.get(f"/v1/practices/{PRACTICE}/{path}", headers=headers)
    assert refusal.status_code == 421
    told = refusal.json()
    assert (told["code"], told["title"]) == ("record.elsewhere", "Ikke hos denne serveren")
    assert "be om eksport og direktestrømmer der" in told["detail"]


def test_subscriptions_are_where_the_record_is(house: House, auditor: Person) -> None:
    with socket(house, auditor.token) as opened:
        for query in (EVENTS, DASHBOARD):
            opened.subscribe(query, p=PRACTICE)
            assert opened.error() == "record.elsewhere"
