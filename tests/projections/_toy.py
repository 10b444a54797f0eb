"""Read models that use what the real ones have no need for: rows that go, composite keys, one row a practice, odd types."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from events import deviation as facts
from events._base import DomainEvent, Envelope
from projections._model import ReadModel, replace
from read_side._tables import table


@table("toy_open", key=("deviation_id",), indexes=(("events",),))
@dataclass(frozen=True, slots=True)
class OpenRow:
    """A deviation while it is open."""

    deviation_id: UUID
    events: int
    share: float
    price: Decimal
    urgent: bool
    notes: list[Any]


@table("toy_tally", key=("kind", "day"))
@dataclass(frozen=True, slots=True)
class TallyRow:
    """How many measures of a kind are due on a day."""

    kind: facts.MeasureKind
    day: date
    count: int


@table("toy_total", key=())
@dataclass(frozen=True, slots=True)
class TotalRow:
    """How many events a practice has."""

    events: int


open_, tally, total = ReadModel(OpenRow), ReadModel(TallyRow), ReadModel(TotalRow, lambda _event, _envelope: [()])


@open_.on(facts.DeviationReported, facts.DeviationReopened)
def opened(_row: None, _event: DomainEvent, envelope: Envelope) -> OpenRow:
    return OpenRow(envelope.subject_id, envelope.version, 1 / envelope.version, Decimal(envelope.version) / 10, urgent=False, notes=[])


@open_.on(facts.MeasureDone, facts.ImmediateMeasureTaken)
def worked_on(row: OpenRow, _event: DomainEvent, envelope: Envelope) -> OpenRow:
    return replace(row, events=row.events + 1, urgent=not row.urgent, notes=[*row.notes, {"version": envelope.version}])


@open_.on(facts.HarmReassessed)
def unchanged(row: OpenRow, _event: facts.HarmReassessed, _envelope: Envelope) -> OpenRow:
    return row


@open_.on(facts.DeviationClosed)
def closed(_row: OpenRow, _event: facts.DeviationClosed, _envelope: Envelope) -> None:
    return None


@tally.on(facts.MeasurePlanned, keys=lambda event, _envelope: [(event.kind, event.due), (event.kind, event.due)])
def planned(row: TallyRow | None, event: facts.MeasurePlanned, _envelope: Envelope) -> TallyRow:
    return TallyRow(event.kind, event.due, 1) if row is None else replace(row, count=row.count + 1)


@total.on(*open_.steps, *tally.steps)
def counted(row: TotalRow | None, _event: DomainEvent, _envelope: Envelope) -> TotalRow:
    return TotalRow(1) if row is None else replace(row, events=row.events + 1)


TOYS = (open_, tally, total)
