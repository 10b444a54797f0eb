"""`schema.graphql` is the contract with clients: it is what the code makes, and it breaks nobody."""

from pathlib import Path

import pytest
from graphql import build_schema

from events._base import DomainEvent
from events._personal import personal_fields
from events._registry import event_types, load_all
from gateway.graphql.export import breaking_changes, sdl
from read_side._tables import all_tables

ROOT = Path(__file__).parents[2]
PROMISED = sorted((ROOT / "tests" / "contracts" / "schema").glob("*.graphql"))
"""The schema of each release whose clients must still be served. A release adds its own; only a new major version removes any."""
NAMES_OF_THE_PRACTICE = {"practice"}
"""Tables whose `name` is no person's, though members of the same stream have one that is."""


def test_the_committed_schema_is_current() -> None:
    assert (ROOT / "schema.graphql").read_text("utf-8") == sdl(), "run `make generated`"


def test_the_schema_breaks_no_client_of_a_release() -> None:
    assert PROMISED
    broken = {promised.stem: breaking_changes(promised.read_text("utf-8")) for promised in PROMISED}
    assert not any(broken.values()), broken


def test_a_field_that_a_release_had_and_that_is_gone_is_noticed() -> None:
    had = PROMISED[-1].read_text("utf-8").replace("type Deviation {", "type Deviation {\n  gone: Int\n", 1)
    assert breaking_changes(had) == ["FIELD_REMOVED: Field Deviation.gone was removed."]


@pytest.mark.parametrize(
    ("before", "change"),
    [
        ("type Query { practice: Practice! gone: Int } type Practice { id: ID! }", "Query.gone was removed."),
        ("type Query { practice(id: String): Practice! } type Practice { id: ID! }", "Query.practice(id:) has changed type"),
        ("type Query { practice: Practice! } type Practice { id: ID! } enum DeviationKind { MIRACLE }", "MIRACLE was removed"),
    ],
)
def test_a_breaking_change_is_noticed(before: str, change: str) -> None:
    assert any(change in found for found in breaking_changes(before))


def test_every_type_and_enum_is_described() -> None:
    types = build_schema(sdl()).type_map
    silent = [name for name, type_ in types.items() if not name.startswith("__") and not type_.description]
    assert silent == []


def test_a_column_named_like_personal_data_of_an_event_is_marked_personal() -> None:
    load_all()
    for table in all_tables():
        if table.name in NAMES_OF_THE_PRACTICE:
            continue
        personal = {name for event in event_types().values() if of_kind(event, table.name) for name in personal_fields(event)}
        unmarked = {column.name for column in table.columns if column.name in personal and not column.personal}
        assert not unmarked, f"{table.row.__name__}: {sorted(unmarked)}"


def of_kind(event: type[DomainEvent], kind: str) -> bool:
    return event.TYPE.partition(".")[0] == kind
