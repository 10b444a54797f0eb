"""Events folded into rows in memory, as the projection does it batch by batch."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from events._base import DomainEvent, Envelope
from projections import risk_assessment as folds
from read_side._tables import table_of
from tests.risk_assessment._story import ID

R = TypeVar("R")
BEGIN = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
ACTOR = "00000000-0000-4000-8000-00000000000a"


class Folded:
    """The rows of this capability after some events."""

    def __init__(self, *events: DomainEvent, subject: str = f"risk_assessment/{ID}") -> None:
        self._rows: dict[type[Any], dict[tuple[Any, ...], Any]] = {model.row: {} for model in folds.READ_MODELS}
        self._position = 0
        self.then(*events, subject=subject)

    def then(self, *events: DomainEvent, subject: str = f"risk_assessment/{ID}") -> "Folded":
        """Fold more events."""
        for event in events:
            self._position += 1
            self._fold(event, envelope(event, self._position, subject))
        return self

    def _fold(self, event: DomainEvent, around: Envelope) -> None:
        for model in folds.READ_MODELS:
            step = model.steps.get(type(event))
            for key in step.keys(event, around) if step else ():
                rows = self._rows[model.row]
                rows[key] = step.apply(rows.get(key), event, around) if step else None

    def all(self, row: type[R]) -> list[R]:
        """Every row of a table."""
        return list(self._rows[row].values())

    def one(self, row: type[R]) -> R:
        """The only row of a table."""
        (only,) = self.all(row)
        return only

    def get(self, row: type[R], *key: Any) -> R:
        """A row by its key."""
        found: R = self._rows[row][key]
        assert len(key) == len(table_of(row).key)
        return found


def envelope(event: DomainEvent, position: int, subject: str) -> Envelope:
    """An envelope around the event at a position, a minute after the one before."""
    return Envelope(
        ledger="fjordgata",
        position=position,
        subject=subject,
        version=position,
        type=event.TYPE,
        time=BEGIN + timedelta(minutes=position),
        actor=ACTOR,
        command_id=UUID(int=position),
        correlation_id=UUID(int=position),
        causation_id=None,
    )
