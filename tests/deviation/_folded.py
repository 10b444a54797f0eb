"""Events of a deviation folded into rows in memory, as the projection does it batch by batch."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from events._base import DomainEvent, Envelope
from projections import deviation as folds
from read_side.deviation import DeviationRow
from tests.deviation._story import ID

R = TypeVar("R")
BEGIN = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
ACTOR = "00000000-0000-4000-8000-00000000000a"


class Folded:
    """The rows of this capability after some events."""

    def __init__(self, *events: DomainEvent) -> None:
        self._rows: dict[type[Any], dict[tuple[Any, ...], Any]] = {model.row: {} for model in folds.READ_MODELS}
        for position, event in enumerate(events, 1):
            self._fold(event, envelope(event, position))

    def _fold(self, event: DomainEvent, around: Envelope) -> None:
        for model in folds.READ_MODELS:
            step = model.steps.get(type(event))
            for key in step.keys(event, around) if step else ():
                rows = self._rows[model.row]
                rows[key] = step.apply(rows.get(key), event, around) if step else None

    @property
    def deviation(self) -> DeviationRow:
        """The deviation itself."""
        return self.one(DeviationRow)

    def all(self, row: type[R]) -> list[R]:
        """Every row of a table."""
        return list(self._rows[row].values())

    def one(self, row: type[R]) -> R:
        """The only row of a table."""
        (only,) = self.all(row)
        return only


def at(position: int) -> datetime:
    """When the event at a position was recorded: a minute after the one before."""
    return BEGIN + timedelta(minutes=position)


def envelope(event: DomainEvent, position: int) -> Envelope:
    """An envelope around the event at a position."""
    return Envelope(
        ledger="fjordgata",
        position=position,
        subject=f"deviation/{ID}",
        version=position,
        type=event.TYPE,
        time=at(position),
        actor=ACTOR,
        command_id=UUID(int=position),
        correlation_id=UUID(int=position),
        causation_id=None,
    )
