"""Events -> rows and their history, in memory: one practice, one batch after the other. Pure: no clock, no I/O."""

import gc
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from events._base import DomainEvent, Envelope
from events._codec import BadLine, parse_line
from events._registry import build
from projections._model import Key, ReadModel, Step
from read_side._tables import Table, values_reader


@contextmanager
def without_gc() -> Iterator[None]:
    """Events and rows hold no cycles, and looking for some takes a quarter of the time of a batch."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


@dataclass(slots=True, eq=False)
class Cell:
    """The place of one row: the row as it stands and the position of the event that made it, or no row."""

    key: Key
    row: Any = None
    position: int = 0
    changed: bool = False
    """Since the changes were last taken."""
    stored: bool = False
    """Whether the database has the row that stood here before the changes."""
    encoded: tuple[Any, list[bytes]] | None = None
    """The version that was encoded last, and its fields: the next one shares most of them."""


Version = tuple[Cell, Any, int, int]
"""Place, row, position of the event that made it, and of the event that replaced it or took it away, 0 while it stands."""


@dataclass
class TableFold:
    """One table of one practice: its rows in memory, and what became of them since the changes were last taken."""

    table: Table
    cells: dict[Key, Cell] = field(default_factory=dict)
    """Rows that are known. A table without history keeps none: its rows are written once."""
    fresh: list[Cell] = field(default_factory=list)
    """Places that nobody has looked at in the database yet."""
    changed: list[Cell] = field(default_factory=list)
    replaced: list[Version] = field(default_factory=list)
    written: list[Version] = field(default_factory=list)
    """New rows of a table without history."""
    key_of: Callable[[Any], Key] = field(init=False)
    """The key of a row."""

    def __post_init__(self) -> None:
        self.key_of = values_reader(self.table.key)

    def cell(self, key: Key) -> Cell:
        """The place of a row."""
        found = self.cells.get(key)
        if found is None:
            found = Cell(key)
            if self.table.history:
                self.cells[key] = found
                self.fresh.append(found)
        return found

    def change(self, cell: Cell, row: Any, position: int) -> None:
        """Take the row that an event made, or None where it removed one."""
        if not self.table.history:
            self.written.append((cell, row, position, 0))
            return
        if not cell.changed:
            cell.changed, cell.stored = True, cell.row is not None
            self.changed.append(cell)
        if cell.row is not None:
            self.replaced.append((cell, cell.row, cell.position, position))
        cell.row, cell.position = row, position

    def current(self) -> Iterator[Version]:
        """The changed rows as they stand."""
        yield from self.written
        for cell in self.changed:
            if cell.row is not None:
                yield cell, cell.row, cell.position, 0

    def removed(self) -> list[Key]:
        """Keys of rows that the database has and that are no more."""
        return [cell.key for cell in self.changed if cell.stored and cell.row is None]


class FoldError(Exception):
    """A handler made a row under another key than the one it was asked for."""


def _once(keys: Iterable[Key]) -> Iterable[Key]:
    found = list(keys)
    return found if len(found) == 1 else dict.fromkeys(found)


Touch = tuple[TableFold, Step[Any], Cell]
"""A row that an event touches, and the handler that says what becomes of it."""

Planned = tuple[DomainEvent, Envelope, list[Touch]]
"""An event and the rows it touches."""


class Failure(NamedTuple):
    """The event that stopped a fold."""

    position: int
    error: Exception


class Handlers:
    """The handlers of read models by the class of event, found once and used by every fold."""

    def __init__(self, models: tuple[ReadModel[Any], ...]) -> None:
        self.models = models
        self.tables = [model.table for model in models]
        self.steps: dict[type[DomainEvent], list[tuple[int, Step[Any]]]] = {}
        for index, model in enumerate(models):
            for event_class, step in model.steps.items():
                self.steps.setdefault(event_class, []).append((index, step))


class PracticeFold:
    """Folds one practice's lines into all read models.

    `plan` decodes lines and tells which rows they touch, `fold` applies them; between the two, rows that the database
    has can be put into the fresh cells. Both stop at the first event that fails, with nothing of it applied.
    """

    def __init__(self, handlers: Handlers, ledger: str) -> None:
        self.ledger = ledger
        self.tables = [TableFold(table) for table in handlers.tables]
        self.failure: Failure | None = None
        self._steps = {event_class: [(self.tables[index], step) for index, step in steps] for event_class, steps in handlers.steps.items()}

    def plan(self, lines: Iterable[tuple[int, bytes]]) -> list[Planned]:
        """The events of lines, given with their positions, up to the first that cannot be read."""
        planned: list[Planned] = []
        for position, line in lines:
            try:
                planned.append(self._plan(position, line))
            except Exception as error:  # noqa: BLE001 -- whatever an event is wrong with, its practice is parked
                self.failure = Failure(position, error)
                break
        return planned

    def fold(self, planned: list[Planned]) -> int:
        """Apply events; the position of the last one applied, 0 if there is none."""
        done = 0
        for event, envelope, touches in planned:
            try:
                changes = [(fold, cell, step.apply(cell.row, event, envelope)) for fold, step, cell in touches]
                for fold, cell, row in changes:
                    if cell.row is None and row is not None and (key := fold.key_of(row)) != cell.key:
                        raise FoldError(f"{fold.table.name}: asked for the row {cell.key}, made the row {key}")
            except Exception as error:  # noqa: BLE001 -- as above
                self.failure = Failure(envelope.position, error)
                break
            for fold, cell, row in changes:
                if row is not cell.row:
                    fold.change(cell, row, envelope.position)
            done = envelope.position
        return done

    def _plan(self, position: int, line: bytes) -> Planned:
        envelope, data = parse_line(line)
        if envelope.position != position or envelope.ledger != self.ledger:
            raise BadLine(f"the line says {envelope.ledger} {envelope.position}, the ledger {self.ledger} {position}")
        event = build(envelope.type, data)
        return (
            event,
            envelope,
            [(fold, step, fold.cell(key)) for fold, step in self._steps.get(type(event), ()) for key in _once(step.keys(event, envelope))],
        )
