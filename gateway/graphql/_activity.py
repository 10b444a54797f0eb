"""Events, timelines and audit trails, as every capability shows them."""

import re
from datetime import datetime
from functools import partial
from uuid import UUID

import strawberry
from strawberry.scalars import JSON

from gateway.graphql._links import AMember, actor
from gateway.graphql._pages import Connection, Window
from gateway.graphql._reader import Reader
from gateway.graphql._types import field
from gateway.problems import ProblemError
from read_side import activity as queries
from read_side.activity import AuditEntry, Change, RecordedEvent

_SUBJECT = re.compile(r"[a-z_]{1,40}/[0-9a-z-]{1,64}")


HIDDEN_ID = "zeros for readers who may not see personal data, for it follows from who gave the command"


@strawberry.type(name="RecordedEvent", description="An event of the practice's record, with the envelope it was recorded in.")
class Event:
    """See `read_side.activity.RecordedEvent`."""

    reader: strawberry.Private[Reader]
    position: int
    time: datetime = strawberry.field(description="When it was recorded.")
    subject: str
    version: int = strawberry.field(description="Position in the subject's stream.")
    type: str = strawberry.field(description="Stored name of the event's type and version.")
    actor: str = strawberry.field(
        description="Pseudonymous id of whoever gave the command; empty for readers who may not see personal data."
    )
    command_id: UUID = strawberry.field(description=f"The command that it came of; {HIDDEN_ID}.")
    correlation_id: UUID = strawberry.field(description=f"What belongs together; {HIDDEN_ID}.")
    causation_id: str | None = strawberry.field(description="What led to the command; null for them, too.")
    data: JSON = strawberry.field(description="The event's own fields, in today's form of its type.")

    @classmethod
    def of(cls, reader: Reader, row: RecordedEvent) -> "Event":
        """The event as GraphQL shows it."""
        return cls(
            reader=reader,
            position=row.position,
            time=row.time,
            subject=row.subject,
            version=row.version,
            type=row.type,
            actor=row.actor,
            command_id=row.command_id,
            correlation_id=row.correlation_id,
            causation_id=row.causation_id,
            data=JSON(row.data),
        )

    @field("The member who gave the command; null for outsiders, reports without a name, and where `actor` is empty.")
    async def actor_member(self) -> AMember | None:
        return await actor(self.reader, self.actor)


@strawberry.type(name="RecordedChange", description="What one event made of one column of one row.")
class ChangeType:
    """See `read_side.activity.Change`."""

    table: str
    key: JSON = strawberry.field(description="Which row of the table.")
    column: str
    before: JSON | None = strawberry.field(description="Null where the row began.")
    after: JSON | None = strawberry.field(description="Null where the row ended.")
    hidden: bool = strawberry.field(description="Whether the values are left out because they may identify a person.")

    @classmethod
    def of(cls, change: Change) -> "ChangeType":
        """The change as GraphQL shows it."""
        return cls(
            table=change.table,
            key=JSON([str(part) for part in change.key]),
            column=change.column,
            before=JSON(change.before),
            after=JSON(change.after),
            hidden=change.hidden,
        )


@strawberry.type(name="AuditEntry", description="Who did what and when, and what it changed.")
class Entry:
    """See `read_side.activity.AuditEntry`."""

    event: Event
    changes: list[ChangeType]

    @classmethod
    def of(cls, reader: Reader, entry: AuditEntry) -> "Entry":
        """The entry as GraphQL shows it."""
        return cls(event=Event.of(reader, entry.event), changes=[ChangeType.of(change) for change in entry.changes])


async def timeline_of(reader: Reader, subject: str, window: Window) -> Connection[Event]:
    """The events of one subject in their order, as the reader may see them; whoever may see the subject may see these."""
    found = await queries.timeline(reader.view, subject, window, personal=reader.personal)
    return Connection[Event].of(found, partial(Event.of, reader))


async def audit_trail_of(reader: Reader, subject: str, window: Window) -> Connection[Entry]:
    """The events of one subject with what each changed; raises NotAllowed without `read.audit_trail`."""
    view = reader.require("read.audit_trail")
    found = await queries.audit_trail(view, _checked(subject), window, personal=reader.personal)
    return Connection[Entry].of(found, partial(Entry.of, reader))


def _checked(subject: str) -> str:
    if not _SUBJECT.fullmatch(subject):
        raise ProblemError(422, "subject.malformed")
    return subject
