"""Lines that a ledger really composed: they fit their schemas, and the CloudEvents SDK reads them as events."""

from collections.abc import Iterator
from datetime import date, datetime

import orjson
import pytest
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from events._registry import event_types
from events._schema import line_schema
from events.ledger import reader
from gateway.generator._plan import plan_practice
from gateway.generator._profile import PROFILES
from gateway.generator.run import carry_out
from tests._database import Database, Postgres
from tests.contracts._schemas import problems
from tests.projections._every_event import EVERY_EVENT, PRACTICE
from tests.projections._record import Record

SOME_WEEKS = date(2026, 1, 5), date(2026, 2, 16)


@pytest.fixture(scope="module")
def lines(postgres: Postgres) -> Iterator[list[bytes]]:
    """Of one practice in which every type of event happens, and of one whose events followed from commands."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    try:
        Record(database.sync_pool("sporbar_app"), PRACTICE).append(EVERY_EVENT)
        steps = plan_practice("fjordgata", "Fjordgata legesenter", PROFILES[0], 7, *SOME_WEEKS).steps
        carry_out(database.url, "fjordgata", steps, lambda _member: "p-1", lambda: None)
        with database.connect() as connection:
            yield [line for ledger in (PRACTICE, "fjordgata") for line in reader.read(connection, ledger, limit=100_000)]
    finally:
        database.close()
        postgres.drop_database(name)


def test_lines_fit_their_schemas(lines: list[bytes]) -> None:
    assert {orjson.loads(line)["type"] for line in lines} == set(event_types())
    wrong = {line: found for line in lines if (found := problems(line))}
    assert not wrong, next(iter(wrong.items()))


def test_members_stand_in_the_order_of_the_schema(lines: list[bytes]) -> None:
    orders = {name: list(line_schema(event_class)["properties"]) for name, event_class in event_types().items()}
    for read in map(orjson.loads, lines):
        assert list(read) == [name for name in orders[read["type"]] if name in read]


def test_the_sdk_reads_lines_as_events(lines: list[bytes]) -> None:
    for line in lines:
        event = JSONFormat().read(None, line)
        assert type(event) is CloudEvent
        read = orjson.loads(line)
        assert event.get_data() == read.pop("data")
        assert event.get_attributes() == read | {"time": datetime.fromisoformat(read["time"])}


def test_source_and_id_name_an_event(lines: list[bytes]) -> None:
    named = [(read["source"], read["id"]) for read in map(orjson.loads, lines)]
    assert len(set(named)) == len(named)
