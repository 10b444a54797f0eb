"""Events folded by the engine, in memory, and what its tables tell."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from projections._engine._fold import Handlers, PracticeFold, TableFold
from projections._model import ReadModel
from tests.projections._histories import Happened
from tests.projections._record import lines


def fold(happened: Sequence[Happened], models: tuple[ReadModel[Any], ...], sizes: Sequence[int] = ()) -> dict[str, TableFold]:
    """The tables after events folded in batches of some sizes, in one if left out."""
    engine = PracticeFold(Handlers(models), "practice-1")
    for end, size in zip(accumulate(sizes or [len(happened)]), sizes or [len(happened)], strict=True):
        assert engine.fold(engine.plan(lines(happened)[end - size : end])) == end, engine.failure
    return {table.table.name: table for table in engine.tables}


def versions(table: TableFold) -> list[tuple[Any, ...]]:
    """Key, row and the positions between which it stood, the last being 0 where it still does."""
    standing = [(cell, cell.row, cell.position, 0) for cell in table.cells.values() if cell.row is not None]
    return [(cell.key, *version) for cell, *version in (*table.replaced, *table.written, *standing)]


def rows(table: TableFold) -> dict[Any, Any]:
    """The rows that stand, by key."""
    return {key: row for key, row, _, end in versions(table) if end == 0}


def as_of(table: TableFold, position: int) -> dict[Any, Any]:
    """Rows at a position, as the history tells them."""
    return {key: row for key, row, begin, end in versions(table) if begin <= position and (end == 0 or end > position)}
