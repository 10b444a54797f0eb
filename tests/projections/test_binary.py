"""Rows as the database reads them back."""

import struct
from collections.abc import Iterator
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import Connection

from projections._engine._binary import COPY_HEADER, COPY_TRAILER, Raw, RowFormat, array
from projections._engine._fold import Cell
from projections._engine._store import connect
from read_side._as_of import row_reader
from read_side._tables import create_statements, table, table_of
from tests._database import Database


class Colour(StrEnum):
    RED = "red"
    BLUE = "blå"


@table("toy_types", key=("id",), history=False)
@dataclass(frozen=True, slots=True)
class TypesRow:
    """A column of every type, and each again with room for None."""

    id: UUID
    text: str
    number: int
    flag: bool
    real: float
    price: Decimal
    day: date
    moment: datetime
    colour: Colour
    texts: tuple[str, ...]
    ids: tuple[UUID, ...]
    colours: tuple[Colour, ...]
    map: dict[str, Any]
    items: list[Any]
    no_text: str | None
    no_number: int | None
    no_real: float | None
    no_price: Decimal | None
    no_day: date | None
    no_moment: datetime | None
    no_colour: Colour | None
    no_texts: tuple[str, ...] | None
    no_map: dict[str, Any] | None


_texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=30)
_values: dict[Any, st.SearchStrategy[Any]] = {
    "uuid": st.uuids(),
    "text": _texts,
    "bigint": st.integers(-(2**63), 2**63 - 1),
    "boolean": st.booleans(),
    "double precision": st.floats(allow_nan=False),
    "numeric": st.decimals(allow_nan=False, allow_infinity=False, places=4, min_value=-(10**12), max_value=10**12),
    "date": st.dates(),
    "timestamptz": st.datetimes(datetime(1, 1, 2), datetime(9999, 12, 30), timezones=st.just(UTC)),  # noqa: DTZ001 -- Hypothesis adds the zone
    "text[]": st.lists(_texts, max_size=4).map(tuple),
    "uuid[]": st.lists(st.uuids(), max_size=4).map(tuple),
    "jsonb": st.dictionaries(_texts, st.integers(-(2**53), 2**53) | _texts | st.none() | st.booleans(), max_size=4),
}


def _column(name: str) -> st.SearchStrategy[Any]:
    column = next(column for column in table_of(TypesRow).columns if column.name == name)
    value = _values[column.type]
    if column.bytewise:
        value = st.sampled_from(Colour) if column.type == "text" else st.lists(st.sampled_from(Colour), max_size=4).map(tuple)
    if name == "items":
        value = st.lists(_values["jsonb"], max_size=3)
    return value | st.none() if column.nullable else value


_rows: st.SearchStrategy[TypesRow] = st.builds(TypesRow, **{field.name: _column(field.name) for field in fields(TypesRow)})


@pytest.fixture
def conn(database: Database) -> Iterator[Connection[Any]]:
    """A connection that may fold, with a schema of its own."""
    with connect(database.url) as conn:
        conn.execute("create schema toys")
        for statement in create_statements(table_of(TypesRow), "toys"):
            conn.execute(statement)
        yield conn


def _read_back(conn: Connection[Any]) -> list[TypesRow]:
    cursor = conn.cursor(binary=True).execute("select * from toys.toy_types order by position")
    row_type: Any = TypesRow
    read = row_reader(row_type, tuple(column.name for column in cursor.description or ()))
    return [read(values) for values in cursor.fetchall()]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60)
@given(rows=st.lists(_rows, max_size=4))
def test_rows_come_back_as_they_went(conn: Connection[Any], rows: list[TypesRow]) -> None:
    given_rows = [(Cell((row.id,)), row, position, 0) for position, row in enumerate(rows)]
    for write in (_by_copy, _by_array):
        conn.execute("truncate toys.toy_types")
        write(conn, given_rows)
        assert _read_back(conn) == rows


def _by_copy(conn: Connection[Any], rows: list[Any]) -> None:
    with conn.cursor().copy("copy toys.toy_types from stdin (format binary)") as copy:
        copy.write(COPY_HEADER + b"".join(RowFormat(table_of(TypesRow), typed=False).encode("fjordgata", rows)) + COPY_TRAILER)


def _by_array(conn: Connection[Any], rows: list[Any]) -> None:
    (row_type,) = conn.execute("select reltype from pg_class where oid = 'toys.toy_types'::regclass").fetchone() or (0,)
    encoded = Raw(array(row_type, RowFormat(table_of(TypesRow), typed=True).encode("fjordgata", rows)))
    conn.execute("insert into toys.toy_types select * from unnest(%s::toys.toy_types[])", (encoded,))


@given(first=_rows, second=_rows)
def test_a_version_is_written_as_if_it_stood_alone(first: TypesRow, second: TypesRow) -> None:
    """What a row shares with the version before it is not encoded again, and comes to the same bytes."""
    columns = [column.name for column in table_of(TypesRow).columns]
    mixed = replace(first, **{name: getattr(second, name) for name in columns[12:]})
    versions = [(first, 1, 2), (mixed, 2, 3), (first, 3, 0)]
    one = Cell(("one",))
    together = RowFormat(table_of(TypesRow), typed=True).encode("fjordgata", [(one, *version) for version in versions])
    alone = [RowFormat(table_of(TypesRow), typed=True).encode("fjordgata", [(Cell(("one",)), *version)]) for version in versions]
    assert [[version] for version in together] == alone


@pytest.mark.parametrize(
    ("wrong", "refusal", "told"),
    [
        ({"number": "seven"}, struct.error, "not an integer"),
        ({"moment": datetime(2026, 1, 1)}, TypeError, "offset-naive"),  # noqa: DTZ001 -- a naive one is what is refused
        ({"text": "\ud800"}, UnicodeEncodeError, "surrogates not allowed"),
        ({"map": {"a": object()}}, TypeError, "not JSON serializable"),
    ],
)
def test_a_value_of_another_type_is_refused(wrong: dict[str, Any], refusal: type[Exception], told: str) -> None:
    values: dict[str, Any] = {column.name: wrong.get(column.name) for column in table_of(TypesRow).columns}
    row = TypesRow(**values)
    with pytest.raises(refusal, match=told):
        RowFormat(table_of(TypesRow), typed=True).encode("fjordgata", [(Cell(("one",)), row, 1, 0)])
