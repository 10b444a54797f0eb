"""Deviations and their measures, as rows; and the questions about them."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from psycopg import sql

from events._function import Function
from events._personal import Personal
from events.deviation import (
    AffectedParty,
    Category,
    Effect,
    HarmLevel,
    Kind,
    LinkKind,
    MeasureKind,
    MeasureStrength,
    Precision,
    ReporterKind,
    Status,
)
from read_side._as_of import View
from read_side._links import rows_by_id, rows_linked_to
from read_side._page import By, Page, Window, page
from read_side._search import matches
from read_side._tables import table


@table("deviation", key=("deviation_id",), subject_id="deviation_id", indexes=(("status",), ("reported_at",)))
@dataclass(frozen=True, slots=True)
class DeviationRow:
    """A deviation as it stands."""

    deviation_id: UUID
    subject: str
    version: int
    number: int
    title: Personal[str]
    description: Personal[str]
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
    reporter_id: Personal[UUID | None]
    pseudonym: str | None
    place: Personal[str | None]
    process_step: Personal[str | None]
    potential_consequence: int | None
    potential_likelihood: int | None
    immediate_measures: Personal[tuple[str, ...]]
    proposed_to: Function | None
    responsible: Personal[UUID | None]
    acknowledged_at: datetime | None
    cause_analysis: Personal[dict[str, Any] | None]
    reviews: Personal[list[dict[str, Any]]]
    """In the order they were recorded: {on, forum, note}."""
    reviewed_on: date | None
    """Day of the first review (§ 8 e)."""
    conclusion: Personal[str | None]
    """How it was closed; one that is reopened has neither this nor anything of its rejection, its history has."""
    lessons: Personal[str | None]
    reject_reason: str | None
    reject_explanation: Personal[str | None]
    duplicate_of: UUID | None
    first_closed_at: datetime | None
    closed_at: datetime | None
    """When it was closed or rejected; None while it is open."""
    reopened_count: int
    reopen_reason: Personal[str | None]
    """Why it was last reopened."""
    open_measures: int
    unevaluated_measures: int
    linked_risks: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]


@table("measure", key=("measure_id",), subject_id="deviation_id", indexes=(("due",),))
@dataclass(frozen=True, slots=True)
class MeasureRow:
    """A measure of a deviation; whether it is late is asked at an instant, not stored."""

    measure_id: UUID
    deviation_id: UUID
    subject: str
    kind: MeasureKind
    strength: MeasureStrength
    description: Personal[str]
    owner: Personal[UUID]
    due: date
    first_due: date
    moves: int
    """How often the due date was moved."""
    reschedule_reason: Personal[str | None]
    """Why it was last moved."""
    planned_at: datetime
    done_on: date | None
    done_note: Personal[str | None]
    cancelled: bool
    cancel_reason: Personal[str | None]
    effect: Effect | None
    evaluated_on: date | None
    evaluation_note: Personal[str | None]
    ineffectiveness_accepted: Personal[str | None]


@dataclass(frozen=True, slots=True)
class DeviationFilter:
    """Which deviations: those that fit everything given; an empty tuple fits all."""

    status: tuple[Status, ...] = ()
    category: tuple[Category, ...] = ()
    harm: tuple[HarmLevel, ...] = ()
    kind: tuple[Kind, ...] = ()
    open: bool | None = None
    """Neither closed nor rejected; or, with False, one of them."""
    proposed_to: Function | None = None
    responsible: UUID | None = None
    """Member who took it."""
    reported_from: date | None = None
    """First day, in Norway, on which it was reported."""
    reported_to: date | None = None
    """Last such day."""
    occurred_from: date | None = None
    occurred_to: date | None = None
    text: str | None = None
    """Norwegian words, or how they begin, in anything written of the deviation, its causes and its measures; "in quotes",
    or, and -not as in a web search."""


class DeviationOrder(StrEnum):
    """What a list of deviations is sorted by."""

    NUMBER = "number"
    REPORTED_AT = "reported_at"
    OCCURRED_AT = "occurred_at"
    CLOSED_AT = "closed_at"


_CHOICES = ("status", "category", "harm", "kind")
_WRITTEN = sql.SQL("""
deviation_id in (
  select deviation.deviation_id
  from {deviation} left join (
    select deviation_id, string_agg(concat_ws(' ', description, reschedule_reason, done_note, cancel_reason, evaluation_note,
                                              ineffectiveness_accepted), ' ') as text
    from {measure} group by deviation_id
  ) as measures using (deviation_id)
  cross join lateral (
    select concat_ws(' ', title, description, place, process_step, array_to_string(immediate_measures, ' '),
                     (select string_agg(cause ->> 'text', ' ') from jsonb_array_elements(cause_analysis -> 'causes') as cause),
                     (select string_agg(review ->> 'note', ' ') from jsonb_array_elements(reviews) as review),
                     measures.text, conclusion, lessons, reject_explanation, reopen_reason) as text
    offset 0 -- put together once for each deviation, and not for each word
  ) as written
  where {matches})""")
_NOT_BEFORE = sql.SQL("{column} >= {day}::timestamp at time zone 'Europe/Oslo'")
_NOT_AFTER = sql.SQL("{column} < ({day} + 1)::timestamp at time zone 'Europe/Oslo'")


async def deviations(
    view: View,
    wanted: DeviationFilter,
    window: Window,
    *,
    order: DeviationOrder = DeviationOrder.NUMBER,
    descending: bool = True,
) -> Page[DeviationRow]:
    """A page of deviations, the latest first unless asked otherwise. Raises InvalidPage and InvalidSearch."""
    conditions, params = _conditions(wanted)
    if wanted.text is not None:
        found, words = await matches(view, sql.SQL("written.text"), wanted.text)
        conditions.append(_WRITTEN.format(deviation=view.source(DeviationRow), measure=view.source(MeasureRow), matches=found))
        params |= words
    where = sql.SQL(" and ").join([sql.SQL("true"), *conditions])
    return await page(view, DeviationRow, window, by=[By(order, descending)], where=where, params=params)


async def deviation(view: View, deviation_id: UUID) -> DeviationRow | None:
    """A deviation of the practice, or None."""
    return await view.one(DeviationRow, deviation_id=deviation_id)


async def deviations_by_id(view: View, ids: Sequence[UUID]) -> list[DeviationRow | None]:
    """The deviation of each id, in their order."""
    return await rows_by_id(view, DeviationRow, ids)


async def linked_to(view: View, kind: LinkKind, targets: Sequence[UUID]) -> list[list[DeviationRow]]:
    """The deviations linked to each risk assessment, or to each task, the latest first."""
    return await rows_linked_to(view, DeviationRow, "linked_tasks" if kind is LinkKind.TASK else "linked_risks", targets)


async def measures_of(view: View, deviation_ids: Sequence[UUID]) -> list[list[MeasureRow]]:
    """The measures of each deviation, as they were planned, in the order of the ids."""
    query = sql.SQL("select * from {} where deviation_id = any(%(ids)s) order by planned_at, measure_id").format(view.source(MeasureRow))
    found: dict[UUID, list[MeasureRow]] = defaultdict(list)
    for row in await view.fetch(MeasureRow, query, {"ids": list(deviation_ids)}):
        found[row.deviation_id].append(row)
    return [found[id_] for id_ in deviation_ids]


def _conditions(wanted: DeviationFilter) -> tuple[list[sql.Composable], dict[str, Any]]:
    conditions: list[sql.Composable] = []
    params: dict[str, Any] = {}
    for name in _CHOICES:
        if chosen := getattr(wanted, name):
            conditions.append(sql.SQL("{} = any({})").format(sql.Identifier(name), sql.Placeholder(name)))
            params[name] = [str(choice) for choice in chosen]
    for name in ("proposed_to", "responsible"):
        if (given := getattr(wanted, name)) is not None:
            conditions.append(sql.SQL("{} = {}").format(sql.Identifier(name), sql.Placeholder(name)))
            params[name] = given if isinstance(given, UUID) else str(given)
    if wanted.open is not None:
        conditions.append(sql.SQL("(closed_at is null) = {}").format(sql.Literal(wanted.open)))
    for name in ("reported", "occurred"):
        _within(name, getattr(wanted, f"{name}_from"), getattr(wanted, f"{name}_to"), conditions, params)
    return conditions, params


def _within(name: str, first: date | None, last: date | None, conditions: list[sql.Composable], params: dict[str, Any]) -> None:
    """A moment of the column `<name>_at` within whole Norwegian days."""
    for day, edge, condition in ((first, "from", _NOT_BEFORE), (last, "to", _NOT_AFTER)):
        if day is not None:
            key = f"{name}_{edge}"
            conditions.append(condition.format(column=sql.Identifier(f"{name}_at"), day=sql.Placeholder(key)))
            params[key] = day
