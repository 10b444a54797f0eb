"""The pure part: events -> rows and their history."""

from itertools import pairwise
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from events import deviation as facts
from projections._all import read_models
from projections._engine._fold import Handlers, PracticeFold
from projections._model import ReadModel, replace
from read_side._tables import all_tables
from tests.projections._folds import as_of, fold, rows, versions
from tests.projections._histories import Happened, a_life, cuts, histories
from tests.projections._record import folded, lines
from tests.projections._toy import TOYS, OpenRow

MODELS = (*read_models(), *TOYS)


@given(histories())
def test_the_engine_comes_to_what_the_handlers_come_to(happened: list[Happened]) -> None:
    assert {name: rows(table) for name, table in fold(happened, MODELS).items()} == folded(happened, MODELS)


@given(histories().flatmap(lambda happened: st.tuples(st.just(happened), cuts(len(happened)))))
def test_batches_make_no_difference(cut: tuple[list[Happened], list[int]]) -> None:
    happened, sizes = cut
    parts = fold(happened, MODELS, sizes)
    for name, whole in fold(happened, MODELS).items():
        assert versions(whole) == versions(parts[name])


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_the_folds_makes_no_difference(happened: list[Happened], random: Random) -> None:
    others = fold(happened, tuple(random.sample(MODELS, len(MODELS))))
    for name, table in fold(happened, MODELS).items():
        assert versions(table) == versions(others[name])


@given(histories(), st.randoms(use_true_random=False))
def test_the_order_of_subjects_makes_no_difference_to_either(happened: list[Happened], random: Random) -> None:
    """Events of one subject keep their order; a deviation is numbered by its position, which may be another."""
    turns = random.sample([subject for subject, _ in happened], len(happened))
    waiting = {subject: iter([event for of, event in happened if of == subject]) for subject in turns}
    reordered = [(subject, next(waiting[subject])) for subject in turns]

    def told(happened: list[Happened], name: str) -> dict[Any, Any]:
        found = rows(fold(happened, MODELS)[name])
        return {key: replace(row, number=0) for key, row in found.items()} if name == "deviation" else found

    for name in ("deviation", "measure"):
        assert told(happened, name) == told(reordered, name)


@given(histories())
def test_the_history_tells_what_stood_at_every_position(happened: list[Happened]) -> None:
    tables = fold(happened, MODELS)
    for position in range(len(happened) + 1):
        assert {name: as_of(table, position) for name, table in tables.items()} == folded(happened, MODELS, position)


@given(histories())
def test_a_row_has_one_version_at_a_time(happened: list[Happened]) -> None:
    for table in fold(happened, MODELS).values():
        spans: dict[Any, list[tuple[int, int]]] = {}
        for cell, _, begin, end in table.replaced:
            spans.setdefault(cell.key, []).append((begin, end))
        for key, of_key in spans.items():
            current = table.cells[key]
            ends = [*of_key, (current.position, 0)] if current.row is not None else of_key
            assert all(begin < end for begin, end in of_key)
            assert all(before[1] <= after[0] for before, after in pairwise(ends))


def test_every_table_has_a_fold_and_every_event_is_activity() -> None:
    declared = {table.name for table in all_tables() if not table.name.startswith("toy_")}
    assert declared == {model.table.name for model in read_models()}


def test_a_failing_event_leaves_nothing_of_itself() -> None:
    happened = [*a_life(events=3), ("deviation/no-uuid", facts.DeviationClosed(conclusion="x", lessons=None)), *a_life(2, events=2)]
    engine = PracticeFold(Handlers(MODELS), "practice-1")
    assert engine.fold(engine.plan(lines(happened))) == 3
    assert engine.failure is not None
    assert engine.failure.position == 4
    expected = folded(happened, MODELS, 3)
    assert {table.table.name: rows(table) for table in engine.tables} == expected


def test_a_handler_that_fails_takes_back_what_others_made_of_the_event() -> None:
    closed_first = [("deviation/00000000-0000-4000-8000-000000000001", facts.DeviationClosed(conclusion="x", lessons=None))]
    engine = PracticeFold(Handlers(MODELS), "practice-1")
    assert engine.fold(engine.plan(lines(closed_first))) == 0
    assert engine.failure is not None
    assert all(rows(table) == {} for table in engine.tables)


@pytest.mark.parametrize(
    ("line", "error"),
    [
        (b"", "not a line"),
        (b'{"specversion":"1.0"}', "not a line"),
        (lines(a_life())[1][1], "the line says practice-1 2"),
        (lines(a_life(), "somebody-else")[0][1], "the line says somebody-else 1"),
        (lines(a_life())[0][1].replace(b"reported.v1", b"reported.v999"), "no event class"),
        (lines(a_life())[0][1].replace(b'"kind":"near_miss"', b'"kind":"miracle"'), "validation error"),
    ],
)
def test_a_line_that_is_none_stops_the_practice(line: bytes, error: str) -> None:
    engine = PracticeFold(Handlers(MODELS), "practice-1")
    assert engine.plan([(1, line)]) == []
    assert engine.failure is not None
    assert engine.failure.position == 1
    assert error in str(engine.failure.error)


def test_a_row_under_another_key_than_asked_for_is_a_failure() -> None:
    model = ReadModel(OpenRow)

    @model.on(facts.DeviationReported)
    def opened(_row: None, _event: facts.DeviationReported, envelope: object) -> OpenRow:
        (row,) = folded(a_life(7, events=1), TOYS)["toy_open"].values()
        return row  # type: ignore[no-any-return]

    engine = PracticeFold(Handlers((model,)), "practice-1")
    assert engine.fold(engine.plan(lines(a_life(events=1)))) == 0
    assert "asked for the row" in str(engine.failure and engine.failure.error)


def test_a_row_that_a_handler_hands_back_gets_no_new_version() -> None:
    harm = facts.HarmReassessed(kind=facts.Kind.NEAR_MISS, harm=facts.HarmLevel.LOW, reason="x")
    happened = [*a_life(events=1), (a_life()[0][0], harm)]
    (table, *_) = fold(happened, TOYS).values()
    assert table.replaced == []
    assert [cell.position for cell in table.cells.values()] == [1]
