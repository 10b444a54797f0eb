"""What an event marks as personal stands in no column of a row that is not marked so."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import orjson
import pytest
from psycopg import sql

from events._codec import parse_line
from events._personal import personal_fields
from events._registry import event_types
from projections._all import read_models
from tests._database import Database
from tests.dashboard._history import History
from tests.dashboard._living import Living

pytestmark = pytest.mark.anyio


def _at(data: Any, path: list[str]) -> Iterator[str]:
    """The texts at a path; lists on the way are all followed."""
    if isinstance(data, list):
        for item in data:
            yield from _at(item, path)
    elif path and isinstance(data, dict):
        yield from _at(data.get(path[0]), path[1:])
    elif isinstance(data, dict):
        for item in data.values():
            yield from _at(item, path)
    elif isinstance(data, str) and not path:
        yield data


def _texts(data: Any) -> set[str]:
    """Every text in it."""
    if isinstance(data, dict | list):
        return {text for item in (data.values() if isinstance(data, dict) else data) for text in _texts(item)}
    return {data} if isinstance(data, str) else set()


async def test_personal_texts_stand_in_marked_columns_only(database: Database) -> None:
    living = Living(database)
    History(living, seed=3, days=200, deviations=25, tasks=20).live()
    living.fold()
    personal: set[str] = set()
    plain: set[str] = set()
    with database.connect() as conn:
        for (line,) in conn.execute("select line from ledger.entry order by position").fetchall():
            envelope, data = parse_line(line)
            marked = {text for path in personal_fields(event_types()[envelope.type]) for text in _at(data, path.split("."))}
            personal |= marked
            plain |= _texts(data) - marked
            personal.add(envelope.actor)
            plain.add(str(envelope.subject))
    secrets = {text for text in personal - plain if len(text) > 3}
    assert len(secrets) > 5
    assert str(living.actor) in secrets
    async with living.view() as view:
        for model in (model for model in read_models() if model.table.name != "activity"):
            columns = [column.name for column in model.table.columns if not column.personal]
            query = sql.SQL("select * from {}").format(view.source(model.row))
            for row in await view.fetch_dicts(query):
                shown = orjson.dumps({name: row[name] for name in columns}, default=str).decode()
                assert not [text for text in secrets if orjson.dumps(text).decode() in shown], model.table.name


def test_texts_are_found_wherever_they_are() -> None:
    data = {"causes": [{"text": "one"}, {"text": "two"}], "note": None, "day": datetime(2026, 1, 1, tzinfo=UTC).isoformat()}
    assert list(_at(data, ["causes", "text"])) == ["one", "two"]
    assert _texts(data) == {"one", "two", data["day"]}
