"""Events of several subjects folded into rows in memory, as the projection does it batch by batch."""

from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from events._base import DomainEvent, Envelope
from projections import task as folds
from tests.task._story import ID

R = TypeVar("R")
BEGIN = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
ACTOR = "00000000-0000-4000-8000-00000000000a"
SUBJECT = f"task/{ID}"


class Folded:
    """The rows of this capability after some events."""

    def __init__(self) -> None:
        self._rows: dict[type[Any], dict[tuple[Any, ...], Any]] = {model.row: {} for model in folds.READ_MODELS}
        self._versions: dict[str, int] = {}
        self.position = 0

    def then(self, *events: DomainEvent, subject: str = SUBJECT, at: datetime | None = None) -> "Folded":
        """Fold more events of one subject, each a minute after the one before unless a time is given."""
        for event in events:
            self.position += 1
            self._versions[subject] = self._versions.get(subject, 0) + 1
            self._fold(event, self._envelope(event, subject, at or BEGIN + timedelta(minutes=self.position)))
        return self

    def _fold(self, event: DomainEvent, around: Envelope) -> None:
        for model in folds.READ_MODELS:
            step = model.steps.get(type(event))
            for key in step.keys(event, around) if step else ():
                rows = self._rows[model.row]
                rows[key] = step.apply(rows.get(key), event, around) if step else None

    def _envelope(self, event: DomainEvent, subject: str, time: datetime) -> Envelope:
        return Envelope(
            ledger="fjordgata",
            position=self.position,
            subject=subject,
            version=self._versions[subject],
            type=event.TYPE,
            time=time,
            actor=ACTOR,
            command_id=UUID(int=self.position),
            correlation_id=UUID(int=self.position),
            causation_id=None,
        )

    def all(self, row: type[R]) -> list[R]:
        """Every row of a table."""
        return list(self._rows[row].values())

    def one(self, row: type[R]) -> R:
        """The only row of a table."""
        (only,) = self.all(row)
        return only
