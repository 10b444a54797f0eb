"""Events folded into rows in memory."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar
from uuid import UUID

from events._base import DomainEvent, Envelope
from projections import practice as folds
from tests.practice._story import REGISTERED

R = TypeVar("R")
BEGIN = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
SUBJECT = "practice/fjordgata"
ACTOR = "00000000-0000-4000-8000-00000000000a"


def folded(events: Iterable[DomainEvent]) -> dict[type[Any], dict[tuple[Any, ...], Any]]:
    """The rows of each table by their keys, when the events stand at positions 1, 2, 3 … a minute apart."""
    tables: dict[type[Any], dict[tuple[Any, ...], Any]] = {model.row: {} for model in folds.READ_MODELS}
    for position, event in enumerate(events, 1):
        for model in folds.READ_MODELS:
            step = model.steps.get(type(event))
            if step is None:
                continue
            around = envelope(event, position)
            for key in step.keys(event, around):
                row = step.apply(tables[model.row].get(key), event, around)
                tables[model.row].pop(key, None)
                if row is not None:
                    tables[model.row][key] = row
    return tables


def rows(row: type[R], *events: DomainEvent) -> list[R]:
    """The rows of one table of a practice that was registered at position 1."""
    return list(folded([REGISTERED, *events])[row].values())


def envelope(event: DomainEvent, position: int) -> Envelope:
    """An envelope of the practice's one stream."""
    return Envelope(
        ledger="fjordgata",
        position=position,
        subject=SUBJECT,
        version=position,
        type=event.TYPE,
        time=at(position),
        actor=ACTOR,
        command_id=UUID(int=position),
        correlation_id=UUID(int=position),
        causation_id=None,
    )


def at(position: int) -> datetime:
    """When the event at a position is recorded."""
    return BEGIN + timedelta(minutes=position)
