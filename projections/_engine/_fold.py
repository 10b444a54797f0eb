"""Events -> rows and their history, in memory: one practice, one batch after the other. Pure: no clock, no I/O."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from events._base import DomainEvent, Envelope
from events._codec import BadLine, decode_line
from projections._model import Key, ReadModel, Step
from read_side._tables import Table, values_reader


class Version(NamedTuple):
    """A row as one event left it."""

    row: Any
    position: int


class Replaced(NamedTuple):
    """A version that another event replaced, or took away."""

    row: Any
    position: int
    replaced_at: int


@dataclass
class TableFold:
    """One table of one practice: its rows in memory, and what became of them since the last `drain`."""

    table: Table
    rows: dict[Key, Version | None] = field(default_factory=dict)
    """Rows that are known; None for one that is known not to exist. A table without history keeps none."""
    stored: dict[Key, bool] = field(default_factory=dict)
    """Rows changed since the last drain, and whether the database has an older version of each."""
    replaced: list[Replaced] = field(default_factory=list)
    written: list[Version] = field(default_factory=list)
    """New rows of a table without history."""

    def change(self, key: Key, row: Any, position: int) -> None:
        """Take the row that an event made, or None where it removed one."""
        if not self.table.history:
            self.written.append(Version(row, position))
            return
        before = self.rows.get(key)
        if before is not None:
            self.replaced.append(Replaced(before.row, before.position, position))
        if key not in self.stored:
            self.stored[key] = before is not None
        self.rows[key] = None if row is None else Version(row, position)

    def current(self) -> Iterator[Version]:
        """The changed rows as they stand."""
        yield from self.written
        for key in self.stored:
            version = self.rows[key]
            if version is not None:
                yield version

    def removed(self) -> list[Key]:
        """Keys of rows that the database has and that are no more."""
        return [key for key, stored in self.stored.items() if stored and self.rows[key] is None]

    def drain(self) -> None:
        """Forget the changes, once they are written."""
        self.stored, self.replaced, self.written = {}, [], []


class FoldError(Exception):
    """A handler made a row under another key than the one it was asked for."""


class _Touch(NamedTuple):
    fold: TableFold
    step: Step[Any]
    key: Key


class Planned(NamedTuple):
    """An event and the rows it touches."""

    event: DomainEvent
    envelope: Envelope
    touches: list[_Touch]


class Failure(NamedTuple):
    """The event that stopped a fold."""

    position: int
    error: Exception


class PracticeFold:
    """Folds one practice's lines into all read models.

    `plan` decodes lines and tells which rows they touch, `fold` applies them; between the two, rows that are not known
    yet can be put into `tables`. Both stop at the first event that fails, with nothing of it applied.
    """

    def __init__(self, models: tuple[ReadModel[Any], ...], ledger: str) -> None:
        self.ledger = ledger
        self.tables = [TableFold(model.table) for model in models]
        self.failure: Failure | None = None
        self._key_of = {model.table.name: values_reader(model.table.key) for model in models}
        self._routes: dict[type[DomainEvent], list[tuple[TableFold, Step[Any]]]] = {}
        for fold, model in zip(self.tables, models, strict=True):
            for event_class, step in model.steps.items():
                self._routes.setdefault(event_class, []).append((fold, step))

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
                changes = self._apply(event, envelope, touches)
            except Exception as error:  # noqa: BLE001 -- as above
                self.failure = Failure(envelope.position, error)
                break
            for fold, key, row in changes:
                fold.change(key, row, envelope.position)
            done = envelope.position
        return done

    def unknown(self, planned: list[Planned]) -> list[tuple[TableFold, list[Key]]]:
        """Rows that events touch and that are not in memory, by table."""
        keys: dict[str, dict[Key, None]] = {}
        for one in planned:
            for fold, _, key in one.touches:
                if fold.table.history and key not in fold.rows:
                    keys.setdefault(fold.table.name, {})[key] = None
        return [(fold, list(keys[fold.table.name])) for fold in self.tables if fold.table.name in keys]

    def _plan(self, position: int, line: bytes) -> Planned:
        recorded = decode_line(line)
        event, envelope = recorded.event, recorded.envelope
        if (envelope.ledger, envelope.position) != (self.ledger, position):
            raise BadLine(f"the line says {envelope.ledger} {envelope.position}, the ledger {self.ledger} {position}")
        touches = [
            _Touch(fold, step, key) for fold, step in self._routes.get(type(event), ()) for key in dict.fromkeys(step.keys(event, envelope))
        ]
        return Planned(event, envelope, touches)

    def _apply(self, event: DomainEvent, envelope: Envelope, touches: list[_Touch]) -> list[tuple[TableFold, Key, Any]]:
        changes = []
        for fold, step, key in touches:
            version = fold.rows.get(key)
            before = version.row if version is not None else None
            after = step.apply(before, event, envelope)
            if after is before:
                continue
            if after is not None and self._key_of[fold.table.name](after) != key:
                raise FoldError(f"{fold.table.name}: asked for the row {key}, made the row {self._key_of[fold.table.name](after)}")
            changes.append((fold, key, after))
        return changes
