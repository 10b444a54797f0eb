"""Deviations and their measures, as rows."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from events._function import Function
from events.deviation import (
    AffectedParty,
    Category,
    Effect,
    HarmLevel,
    Kind,
    MeasureKind,
    MeasureStrength,
    Precision,
    ReporterKind,
    Status,
)
from read_side._tables import table


@table("deviation", key=("deviation_id",), indexes=(("status",), ("reported_at",)))
@dataclass(frozen=True, slots=True)
class DeviationRow:
    """A deviation as it stands."""

    deviation_id: UUID
    subject: str
    version: int
    number: int
    title: str
    description: str
    kind: Kind
    harm: HarmLevel
    category: Category
    status: Status
    affected: tuple[AffectedParty, ...]
    affected_count: int
    occurred_at: datetime | None
    occurred_precision: Precision
    detected_at: datetime | None
    detected_precision: Precision
    reported_at: datetime
    reporter_kind: ReporterKind
    reporter_id: UUID | None
    pseudonym: str | None
    place: str | None
    process_step: str | None
    potential_consequence: int | None
    potential_likelihood: int | None
    immediate_measures: tuple[str, ...]
    proposed_to: Function | None
    responsible: UUID | None
    acknowledged_at: datetime | None
    cause_analysis: dict[str, Any] | None
    reviewed_on: date | None
    """Day of the first review (§ 8 e)."""
    conclusion: str | None
    lessons: str | None
    reject_reason: str | None
    duplicate_of: UUID | None
    first_closed_at: datetime | None
    closed_at: datetime | None
    """When it was closed or rejected; None while it is open."""
    reopened_count: int
    open_measures: int
    unevaluated_measures: int
    linked_risks: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]


@table("measure", key=("measure_id",), indexes=(("deviation_id",), ("due",)))
@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure of a deviation; whether it is late is asked at an instant, not stored."""

    measure_id: UUID
    deviation_id: UUID
    subject: str
    kind: MeasureKind
    strength: MeasureStrength
    description: str
    owner: UUID
    due: date
    first_due: date
    planned_at: datetime
    done_on: date | None
    cancelled: bool
    effect: Effect | None
    evaluated_on: date | None
    evaluation_note: str | None
    ineffectiveness_accepted: str | None
