"""From one thing to others of other capabilities: members by their ids, what is linked, in either direction, and the matrix."""

from asyncio import gather
from collections.abc import Awaitable, Callable, Iterable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any
from uuid import UUID

import strawberry

from events.deviation import LinkKind as OfDeviation
from events.risk_assessment import Band
from events.risk_assessment import LinkKind as OfRisk
from events.task import LinkKind as OfTask
from gateway.graphql._reader import Batch, Reader
from gateway.graphql._rows import RowType, show
from read_side import deviation as deviations
from read_side import risk_assessment as risks
from read_side import task as tasks
from read_side._as_of import View
from read_side._links import rows_by_id
from read_side.deviation import DeviationRow
from read_side.practice import MemberRow
from read_side.risk_assessment import RiskAssessmentRow, RiskMatrixRow
from read_side.task import TaskRow

if TYPE_CHECKING:
    # capabilities do not import each other, and neither does this module import them: the schema looks the types up when it is built
    Assessment = RowType
    Deviation = RowType
    Member = RowType
    Task = RowType

AMember = Annotated["Member", strawberry.lazy("gateway.graphql.practice")]
ADeviation = Annotated["Deviation", strawberry.lazy("gateway.graphql.deviation")]
AnAssessment = Annotated["Assessment", strawberry.lazy("gateway.graphql.risk_assessment")]
ATask = Annotated["Task", strawberry.lazy("gateway.graphql.task")]
"""Types of other capabilities, for the fields that lead there."""

Ask = Callable[[View, Any, Sequence[UUID]], Awaitable[list[list[Any]]]]
"""A capability's `linked_to`."""


async def member(reader: Reader, member_id: UUID | None) -> "Member | None":
    """The member of an id, also one who has left; None for None, and for readers who may not see who it is."""
    found = await members(reader, [member_id] if member_id else [])
    return found[0] if found else None


async def members(reader: Reader, member_ids: Iterable[UUID]) -> "list[Member]":
    """The members of some ids, in their order; nobody for readers who may not see who it is."""
    return [show(reader, row) for row in await _by_ids(reader, MemberRow, member_ids if reader.personal else ())]


async def actor(reader: Reader, name: str) -> "Member | None":
    """The member whom an event names as its actor; None for anybody else, and for readers who may not see who it was."""
    try:
        return await member(reader, UUID(name))
    except ValueError:
        return None


async def deviations_of(reader: Reader, row: RiskAssessmentRow | TaskRow) -> "list[Deviation]":
    """The deviations that a risk assessment or a task is linked to, and those linked to it; raises NotAllowed."""
    reader.require("read.deviations")
    kind, id_ = (OfDeviation.TASK, row.task_id) if isinstance(row, TaskRow) else (OfDeviation.RISK_ASSESSMENT, row.assessment_id)
    return await _linked(reader, DeviationRow, row.linked_deviations, _linked_to(deviations.linked_to, kind), id_)


async def assessments_of(reader: Reader, row: DeviationRow | TaskRow) -> "list[Assessment]":
    """The risk assessments that a deviation or a task is linked to, and those linked to it; raises NotAllowed."""
    reader.require("read.risks")
    kind, id_ = (OfRisk.TASK, row.task_id) if isinstance(row, TaskRow) else (OfRisk.DEVIATION, row.deviation_id)
    return await _linked(reader, RiskAssessmentRow, row.linked_risks, _linked_to(risks.linked_to, kind), id_)


async def tasks_of(reader: Reader, row: DeviationRow | RiskAssessmentRow) -> "list[Task]":
    """The tasks that a deviation or a risk assessment is linked to, and those linked to it; raises NotAllowed."""
    reader.require("read.tasks")
    if isinstance(row, DeviationRow):
        kind, id_ = OfTask.DEVIATION, row.deviation_id
    else:
        kind, id_ = OfTask.RISK_ASSESSMENT, row.assessment_id
    return await _linked(reader, TaskRow, row.linked_tasks, _linked_to(tasks.linked_to, kind), id_)


async def potential_band(reader: Reader, row: DeviationRow) -> Band | None:
    """The band of what could have happened, by the matrix that was in force when it was reported; None where that has none.

    Raises NotAllowed.
    """
    reader.require("read.risks")
    if row.potential_likelihood is None or row.potential_consequence is None:
        return None
    adopted = [each for each in await reader.load(_matrices, None) if each.adopted_at <= row.reported_at]
    try:
        return adopted[-1].content.band(row.potential_likelihood, row.potential_consequence) if adopted else None
    except IndexError:
        return None


async def _matrices(view: View, keys: Sequence[None]) -> list[list[RiskMatrixRow]]:
    found = await risks.matrices(view)
    return [found for _ in keys]


async def _linked(reader: Reader, row: Any, named: Iterable[UUID], naming: Batch[UUID, list[Any]], id_: UUID) -> list[Any]:
    """What a thing names and what names it, each once, the latest first."""
    one_way, other_way = await gather(_by_ids(reader, row, named), reader.load(naming, id_))
    found = {each.subject: each for each in (*one_way, *other_way)}
    return [show(reader, each) for each in sorted(found.values(), key=lambda each: each.number, reverse=True)]


async def _by_ids(reader: Reader, row: Any, ids: Iterable[UUID]) -> list[Any]:
    found = await gather(*(reader.load(_by_id(row), id_) for id_ in ids))
    return [each for each in found if each is not None]


@cache
def _by_id(row: Any) -> Batch[UUID, Any]:
    async def batch(view: View, ids: Sequence[UUID]) -> list[Any]:
        return await rows_by_id(view, row, ids)

    return batch


@cache
def _linked_to(ask: Ask, kind: Any) -> Batch[UUID, list[Any]]:
    async def batch(view: View, ids: Sequence[UUID]) -> list[list[Any]]:
        return await ask(view, kind, ids)

    return batch
