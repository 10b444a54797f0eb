"""What happened in a practice, in GraphQL."""

from functools import partial
from typing import Annotated

import strawberry

from gateway.graphql._activity import Entry, Event, audit_trail_of
from gateway.graphql._pages import After, Before, Connection, First, Last, Window
from gateway.graphql._root import PracticeRoot
from gateway.graphql._types import field
from read_side import activity as queries

MOST_KINDS = 20

Subject = Annotated[str, strawberry.argument(description="Kind and id, for instance `deviation/0192…`.")]
Kinds = Annotated[list[str] | None, strawberry.argument(description="Kinds of subjects, for instance `task`; all if left out.")]


@strawberry.type
class PracticeActivity(PracticeRoot):
    """The practice's record, event by event."""

    @field("Every event, the latest first unless asked otherwise; null for readers who may not see the audit trail.")
    async def activity(
        self,
        kinds: Kinds = None,
        newest_first: bool = True,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Event] | None:
        view = self.reader.require("read.audit_trail")
        known = [kind for kind in (kinds or ())[:MOST_KINDS] if "\0" not in kind]
        found = await queries.timeline(
            view,
            window=Window(first, after, last, before),
            kinds=known if kinds is not None else None,
            newest_first=newest_first,
            personal=self.reader.personal,
        )
        return Connection[Event].of(found, partial(Event.of, self.reader))

    @field(
        "Everything that was done to a subject: who, what, when, and the columns of its rows before and after; "
        "null for readers who may not see the audit trail."
    )
    async def audit_trail(
        self, subject: Subject, first: First = None, after: After = None, last: Last = None, before: Before = None
    ) -> Connection[Entry] | None:
        return await audit_trail_of(self.reader, subject, Window(first, after, last, before))
