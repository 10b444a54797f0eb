"""What happened in a practice, event by event: timelines, and audit trails with before and after."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from read_side._tables import table


@table("activity", key=("position",), history=False, indexes=(("subject", "position"), ("time", "position")))
@dataclass(frozen=True, slots=True)
class ActivityRow:
    """An event of the practice's record."""

    position: int
    time: datetime
    """When it was recorded."""
    subject: str
    kind: str
    """The kind of the subject, for instance `deviation`."""
    version: int
    """Position in the subject's stream."""
    type: str
    """Stored name of the event's type and version."""
    actor: str
    command_id: UUID
    correlation_id: UUID
    causation_id: str | None
    data: dict[str, Any]
    """The event's own fields, in today's form of its type."""
