"""The base of every domain event, and the envelope it is stored in."""

from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import ClassVar, Generic, TypeVar
from uuid import UUID
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict

from events import _registry
from events._frozen import quick

OSLO = ZoneInfo("Europe/Oslo")
"""Where a practice's days begin and end."""
PRACTICE = "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
"""Pattern of a practice's id."""

parse_uuid = lru_cache(maxsize=10_000)(UUID)
"""The UUID of a text; the ids of a stream and of a command come again and again while lines are read."""


class Value(BaseModel):
    """A frozen value inside an event or command; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)


class DomainEvent(Value):
    """A fact in a practice's record: data only, named in the past tense.

    Each concrete event pins its stored name in `TYPE`, `<capability>.<what_happened>.v<n>`. A stored name is
    never reused for another shape: a changed shape is a new version with an upcaster (`events._registry`).
    """

    TYPE: ClassVar[str]

    @classmethod
    def __pydantic_init_subclass__(cls, **_kwargs: object) -> None:
        _registry.register(cls)


@quick
@dataclass(frozen=True, slots=True)
class Envelope:
    """What the ledger records around an event: the CloudEvents 1.0 attributes of its line."""

    ledger: str
    """Name of the ledger; a practice's record has the practice's own id as its name."""
    position: int
    """Position in the ledger: 1, 2, 3 … without gaps (CloudEvents `id`)."""
    subject: str
    """Stream of the event: `<kind>/<id>`, for instance `deviation/0192…`."""
    version: int
    """Position in the stream: 1, 2, 3 … without gaps."""
    type: str
    """Stored name of the event's type and version."""
    time: datetime
    """When it was recorded (UTC, milliseconds); never decreases along a ledger."""
    actor: str
    """Pseudonymous id of whoever gave the command."""
    command_id: UUID
    correlation_id: UUID
    causation_id: str | None

    @property
    def practice(self) -> str:
        """The practice whose ledger it is."""
        return self.ledger.partition("/")[0]

    @property
    def kind(self) -> str:
        """The kind of the subject, for instance `deviation`."""
        return self.subject.partition("/")[0]

    @property
    def subject_id(self) -> UUID:
        """The id of a subject that is named by a UUID; ValueError for one that is not."""
        return parse_uuid(self.subject.partition("/")[2])


E = TypeVar("E", bound=DomainEvent, covariant=True)


@dataclass(frozen=True, slots=True)
class Recorded(Generic[E]):
    """An event together with its envelope."""

    envelope: Envelope
    event: E
