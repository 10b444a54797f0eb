"""Deviations and their measures in GraphQL."""

from datetime import date
from typing import Annotated, Any
from uuid import UUID

import strawberry

from events.deviation import CauseCategory, CauseMethod, Forum
from events.risk_assessment import Band
from gateway.graphql._activity import Entry, Event, audit_trail_of, timeline_of
from gateway.graphql._inputs import filled, filter_type
from gateway.graphql._links import AMember, AnAssessment, ATask, assessments_of, member, potential_band, tasks_of
from gateway.graphql._pages import After, Before, Connection, First, Last, Window
from gateway.graphql._root import PracticeRoot
from gateway.graphql._rows import RowType, row_type
from gateway.graphql._types import field, graphql_enum
from gateway.problems import ProblemError
from read_side import deviation as queries
from read_side.deviation import DeviationFilter, DeviationOrder, DeviationRow, MeasureRow
from write_side.deviation import decider

for _enum in (Band, CauseMethod, CauseCategory, DeviationOrder, Forum):
    graphql_enum(_enum)

COMMANDS = decider.commands
LONGEST_SEARCH = 200
"""Characters."""

Filter = Annotated[Any, strawberry.argument(graphql_type=filter_type(DeviationFilter))]


@strawberry.type(description="A cause, and the cause that explains it.", name="DeviationCause")
class Cause:
    """A node of a cause analysis."""

    id: strawberry.ID
    category: CauseCategory
    text: str
    because_of: strawberry.ID | None
    root: bool = strawberry.field(description="Whether it was found to be a root cause.")


@strawberry.type(description="The causes as last understood.", name="DeviationCauseAnalysis")
class CauseAnalysis:
    """A stored analysis of causes."""

    method: CauseMethod
    causes: list[Cause]

    @classmethod
    def of(cls, stored: dict[str, Any]) -> "CauseAnalysis":
        """The analysis as the row keeps it."""
        roots = set(stored["root_causes"])
        causes = [
            Cause(
                id=strawberry.ID(cause["id"]),
                category=CauseCategory(cause["category"]),
                text=cause["text"],
                because_of=cause["because_of"],
                root=cause["id"] in roots,
            )
            for cause in stored["causes"]
        ]
        return cls(method=CauseMethod(stored["method"]), causes=causes)


@strawberry.type(description="A review, so that similar ones are prevented (§ 8 e).", name="DeviationReview")
class Review:
    """A stored review."""

    on: date
    forum: Forum
    note: str | None = strawberry.field(description="Null for readers who may not see personal data.")


@row_type(MeasureRow, name="Measure", identity="measure_id", omit=["subject"])
class Measure(RowType):
    """A measure of a deviation (tiltak)."""

    row: strawberry.Private[MeasureRow]

    @field("Whether it was due before the day asked about, and is neither done nor cancelled.")
    def late(self) -> bool:
        open_ = self.row.done_on is None and not self.row.cancelled
        return open_ and self.row.due < self.reader.view.today

    @field("Who carries it out.")
    async def owner_member(self) -> AMember | None:
        return await member(self.reader, self.row.owner)


@row_type(DeviationRow, name="Deviation", identity="deviation_id")
class Deviation(RowType):
    """A deviation (avvik) as it stands."""

    row: strawberry.Private[DeviationRow]

    @field("The causes as last understood; empty for readers who may not see personal data.")
    def cause_analysis(self) -> CauseAnalysis | None:
        stored = self.row.cause_analysis
        return CauseAnalysis.of(stored) if stored and self.reader.personal else None

    @field("How it was gone through, in the order it was recorded.")
    def reviews(self) -> list[Review]:
        personal = self.reader.personal
        return [
            Review(on=date.fromisoformat(one["on"]), forum=Forum(one["forum"]), note=one["note"] if personal else None)
            for one in self.row.reviews
        ]

    @field("Its measures, in the order they were planned.")
    async def measures(self) -> list[Measure]:
        rows = await self.reader.load(queries.measures_of, self.row.deviation_id)
        return [Measure.of(self.reader, row) for row in rows]

    @field("The deviation that it is a duplicate of.")
    async def duplicate_of(self) -> "Deviation | None":
        if self.row.duplicate_of is None:
            return None
        row = await self.reader.load(queries.deviations_by_id, self.row.duplicate_of)
        return Deviation.of(self.reader, row) if row else None

    @field("The member who reported it with their name; null for readers who may not see personal data.")
    async def reporter_member(self) -> AMember | None:
        return await member(self.reader, self.row.reporter_id)

    @field("The member who took it.")
    async def responsible_member(self) -> AMember | None:
        return await member(self.reader, self.row.responsible)

    @field("Band of what could have happened, in the risk matrix of that time; null where there was none, or it has no such steps.")
    async def potential_band(self) -> Band | None:
        return await potential_band(self.reader, self.row)

    @field("Risk assessments that it is linked to, or that are linked to it; the latest first.")
    async def risk_assessments(self) -> list[AnAssessment]:
        return await assessments_of(self.reader, self.row)

    @field("Tasks that it is linked to, or that are linked to it; the latest first.")
    async def tasks(self) -> list[ATask]:
        return await tasks_of(self.reader, self.row)

    @field("What happened to it, in order.")
    async def timeline(self, first: First = None, after: After = None, last: Last = None, before: Before = None) -> Connection[Event]:
        return await timeline_of(self.reader, self.row.subject, Window(first, after, last, before))

    @field("What happened to it, with what each event changed; null for readers who may not see the audit trail.")
    async def audit_trail(
        self, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Entry] | None:
        return await audit_trail_of(self.reader, self.row.subject, Window(first, after, last, before))


@strawberry.type
class PracticeDeviations(PracticeRoot):
    """The deviations of a practice."""

    @field("Deviations, the latest first unless asked otherwise.")
    async def deviations(
        self,
        filter: Filter = None,  # noqa: A002 -- the argument's name in the schema
        order_by: DeviationOrder = DeviationOrder.NUMBER,
        descending: bool = True,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Deviation]:
        view = self.reader.require("read.deviations")
        wanted = filled(DeviationFilter, filter)
        self.reader.require_to_name(wanted.responsible)
        if wanted.text is not None:
            self.reader.require("read.personal")
            _searchable(wanted.text)
        window = Window(first, after, last, before)
        page = await queries.deviations(view, wanted, window, order=order_by, descending=descending)
        return Connection[Deviation].of(page, lambda row: Deviation.of(self.reader, row))

    @field("One deviation, or null where the practice has none of this id.")
    async def deviation(self, id: UUID) -> Deviation | None:  # noqa: A002 -- the argument's name in the schema
        row = await queries.deviation(self.reader.require("read.deviations"), id)
        return Deviation.of(self.reader, row) if row else None


def _searchable(text: str) -> None:
    if "\0" in text or len(text) > LONGEST_SEARCH:
        raise ProblemError(422, "search.text", limit=LONGEST_SEARCH)
