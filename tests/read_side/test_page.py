"""Pages of a list: every item once, in order, whatever the size, the direction and what comes in between."""

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import sql

from projections._engine._generation import ensure_generation
from projections._model import ReadModel
from read_side._as_of import View, open_view
from read_side._errors import InvalidPage
from read_side._page import MOST, By, Page, Window, page
from read_side._tables import table
from tests._database import Database

on_a_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=40)
NOW = datetime(2026, 3, 1, tzinfo=UTC)


@table("toy_item", key=("item_id",))
@dataclass(frozen=True, slots=True)
class ItemRow:
    """Something with what lists are sorted by."""

    item_id: UUID
    due: date | None
    name: str
    seen_at: datetime
    weight: float


@dataclass(frozen=True)
class Shelf:
    """A practice with items; each call is a question of its own."""

    database: Database

    def put(self, rows: Sequence[ItemRow]) -> None:
        with self.database.connect() as conn:
            conn.execute("truncate read_1.toy_item")
            for row in rows:
                values = (row.item_id, row.due, row.name, row.seen_at, row.weight)
                conn.execute("insert into read_1.toy_item values ('fjordgata', 1, %s, %s, %s, %s, %s)", values)

    def ask(self, *windows: Window, by: Sequence[By] = (), **asked: Any) -> list[Page[ItemRow]]:
        async def go() -> list[Page[ItemRow]]:
            async with self.database.async_pool() as pool, open_view(pool, "fjordgata", now=NOW) as view:
                return [await page(view, ItemRow, window, by=by, **asked) for window in windows]

        return asyncio.run(go())

    def walk(self, size: int, by: Sequence[By], *, backward: bool = False) -> list[ItemRow]:
        """All items, page by page."""

        async def go(view: View) -> list[ItemRow]:
            items: list[ItemRow] = []
            cursor: str | None = None
            while True:
                window = Window(last=size, before=cursor) if backward else Window(first=size, after=cursor)
                found = await page(view, ItemRow, window, by=by)
                items = [*found.items, *items] if backward else [*items, *found.items]
                more = found.has_previous if backward else found.has_next
                assert (found.has_next if backward else found.has_previous) is (cursor is not None)
                if not more:
                    return items
                cursor = found.cursors[0 if backward else -1]

        async def opened() -> list[ItemRow]:
            async with self.database.async_pool() as pool, open_view(pool, "fjordgata", now=NOW) as view:
                return await go(view)

        return asyncio.run(opened())


@pytest.fixture
def shelf(database: Database) -> Shelf:
    """A practice without items."""
    ensure_generation(database.url, (ReadModel(ItemRow),))
    with database.connect() as conn:
        conn.execute("select ledger.open('fjordgata', false)")
        conn.execute("insert into projection.follower (name, ledger, position) values ('read_1', 'fjordgata', 1)")
    return Shelf(database)


few_days = st.sampled_from([None, date(2026, 1, 1), date(2026, 1, 2), date(2026, 1, 3)])
few_moments = st.sampled_from([datetime(2026, 1, 1, 12, 30, 0, 123_456, tzinfo=UTC), datetime(2025, 7, 1, tzinfo=UTC)])
items = st.lists(
    st.builds(
        ItemRow,
        item_id=st.uuids(),
        due=few_days,
        name=st.sampled_from(["a", "B", "å", "ø ", "z\n", ""]),
        seen_at=few_moments,
        weight=st.sampled_from([0.1, 0.2 + 0.1, -1e300]),
    ),
    max_size=12,
    unique_by=lambda row: row.item_id,
)
columns = st.sampled_from(["due", "seen_at", "weight", "item_id"])
orders = st.lists(st.builds(By, columns, st.booleans()), max_size=3, unique_by=lambda by: by.name)


def in_order(rows: Sequence[ItemRow], by: Sequence[By]) -> list[ItemRow]:
    """What Python's sort makes of it: by the least significant first, None always last."""
    ordered = sorted(rows, key=lambda row: row.item_id)
    for one in reversed(by):
        with_value = [row for row in ordered if getattr(row, one.name) is not None]
        without = [row for row in ordered if getattr(row, one.name) is None]
        ordered = sorted(with_value, key=lambda row: getattr(row, one.name), reverse=one.descending) + without
    return ordered


@on_a_server
@given(rows=items, by=orders, size=st.integers(1, 5))
def test_walking_finds_every_item_once_and_in_order(shelf: Shelf, rows: list[ItemRow], by: list[By], size: int) -> None:
    shelf.put(rows)
    expected = in_order(rows, by)
    assert shelf.walk(size, by) == expected
    assert shelf.walk(size, by, backward=True) == expected


def an_item(number: int, due: date | None = None) -> ItemRow:
    return ItemRow(UUID(int=number), due, f"item {number}", NOW, float(number))


def test_what_comes_in_between_moves_nothing(shelf: Shelf) -> None:
    rows = [an_item(number) for number in range(10, 20)]
    shelf.put(rows)
    (first,) = shelf.ask(Window(first=4), by=[By("weight")])
    shelf.put([an_item(1), an_item(5), *rows[2:], an_item(30)])
    (second,) = shelf.ask(Window(first=4, after=first.cursors[-1]), by=[By("weight")])
    assert [row.weight for row in (*first.items, *second.items)] == [10, 11, 12, 13, 14, 15, 16, 17]


def test_a_filter_counts_and_pages_what_it_lets_through(shelf: Shelf) -> None:
    shelf.put([an_item(number) for number in range(10)])
    where, by = sql.SQL("weight < %(most)s or weight = 9"), [By("weight", descending=True)]
    (found,) = shelf.ask(Window(first=2), by=by, where=where, params={"most": 3})
    assert ([row.weight for row in found.items], found.total, found.has_next) == ([9, 2], 4, True)


def test_an_expression_sorts_too(shelf: Shelf) -> None:
    shelf.put([an_item(number) for number in range(8)])
    by = [By("odd", True, sql.SQL("mod(weight::bigint, 2)"), "bigint"), By("name")]
    assert [row.weight for row in shelf.walk(3, by)] == [1, 3, 5, 7, 0, 2, 4, 6]


def test_an_empty_list_is_a_page(shelf: Shelf) -> None:
    (found,) = shelf.ask(Window())
    assert found == Page([], [], has_next=False, has_previous=False, total=0)


@pytest.mark.parametrize(
    ("window", "code"),
    [
        (Window(first=0), "page.size"),
        (Window(first=-1), "page.size"),
        (Window(first=MOST + 1), "page.size"),
        (Window(last=MOST + 1), "page.size"),
        (Window(first=1, last=1), "page.direction"),
        (Window(first=1, before="x"), "page.direction"),
        (Window(after="x", before="x"), "page.direction"),
    ],
)
def test_a_window_that_is_none_is_refused(shelf: Shelf, window: Window, code: str) -> None:
    with pytest.raises(InvalidPage) as refused:
        shelf.ask(window)
    assert refused.value.code == code


@contextmanager
def cursor_refused() -> Iterator[None]:
    with pytest.raises(InvalidPage) as refused:
        yield
    assert refused.value.code == "page.cursor"


made_up = st.sampled_from(["W10", "bnVsbA", "WzEsMiwzXQ", "e30", "é", "\0"])


@on_a_server
@given(cursor=made_up | st.text(max_size=20) | st.binary(max_size=20).map(bytes.hex))
def test_a_made_up_cursor_is_refused(shelf: Shelf, cursor: str) -> None:
    with cursor_refused():
        shelf.ask(Window(after=cursor), by=[By("due")])


def test_a_cursor_of_another_list_is_refused(shelf: Shelf) -> None:
    shelf.put([an_item(1)])
    (found,) = shelf.ask(Window(), by=[By("due")])
    for by in ([By("due", descending=True)], [By("seen_at")], []):
        with cursor_refused():
            shelf.ask(Window(after=found.cursors[0]), by=by)
