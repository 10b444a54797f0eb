"""How a fold is declared: a read model is a row type and one pure handler an event type."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from events._base import DomainEvent, Envelope
from events._frozen import replace
from read_side._tables import Table, table_of

__all__ = ["Key", "ReadModel", "Step", "by_field", "replace", "subject_key"]

R = TypeVar("R")
E = TypeVar("E", bound=DomainEvent)

Key = tuple[Any, ...]


def subject_key(_event: DomainEvent, envelope: Envelope) -> Iterable[Key]:
    """The row of the event's own subject, for subjects named by a UUID."""
    return [(envelope.subject_id,)]


@dataclass(frozen=True, slots=True)
class Step(Generic[R]):
    """One handler: which rows an event touches, and what becomes of each."""

    keys: Callable[[Any, Envelope], Iterable[Key]]
    apply: Callable[[R | None, Any, Envelope], R | None]


@dataclass(frozen=True)
class ReadModel(Generic[R]):
    """The fold into one table. Handlers are pure: no clock, no randomness, no I/O."""

    row: type[R]
    default_keys: Callable[[Any, Envelope], Iterable[Key]] = subject_key
    version: int = 1
    """Raised when handlers come to other rows for events already recorded; then the read models are to be rebuilt."""
    steps: dict[type[DomainEvent], Step[R]] = field(default_factory=dict)

    @property
    def table(self) -> Table:
        """The table it folds into."""
        return table_of(self.row)

    def on(
        self, *event_classes: type[E], keys: Callable[[E, Envelope], Iterable[Key]] | None = None
    ) -> Callable[[Callable[[Any, E, Envelope], R | None]], Callable[[Any, E, Envelope], R | None]]:
        """Declare the handler of event classes: `(row or None, event, envelope) -> row or None`.

        `keys` names the rows that the event touches, by the table's key; the subject's own row if left out.
        A handler is called once for each of them, and gets None for a row that does not exist. To return None removes
        the row, to return the very row it was given leaves it without a new version.
        """

        def declare(function: Callable[[Any, E, Envelope], R | None]) -> Callable[[Any, E, Envelope], R | None]:
            for event_class in event_classes:
                if event_class in self.steps:
                    raise ValueError(f"{self.table.name} has a handler for {event_class.TYPE} already")
                self.steps[event_class] = Step(keys or self.default_keys, function)
            return function

        return declare


def by_field(name: str) -> Callable[[Any, Envelope], Iterable[Key]]:
    """The row named by a field of the event."""

    def keys(event: Any, _envelope: Envelope) -> Iterable[Key]:
        return [(getattr(event, name),)]

    return keys
