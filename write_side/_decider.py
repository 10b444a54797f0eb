"""How a capability says what may happen: commands, a state, `decide` and `evolve`."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, ClassVar, Generic, TypeVar
from uuid import UUID, uuid5

from pydantic import BaseModel, ConfigDict

from events._base import OSLO, DomainEvent
from write_side._errors import Invalid

S = TypeVar("S")
C = TypeVar("C", bound="Command")


@dataclass(frozen=True, slots=True)
class By:
    """Who gives a command, when, and under which id; all that a decision may know of the world outside."""

    practice: str
    actor: str
    """Pseudonymous id of the person or process; a member's id for a member."""
    now: datetime
    command_id: UUID
    correlation_id: UUID
    causation_id: str | None = None
    pseudonym: str | None = None
    """What this person is called in reports given under a pseudonym."""
    context: Mapping[str, Any] = field(default_factory=dict)
    """Folded states of the streams that the command `reads`, by kind."""

    @property
    def today(self) -> date:
        """The day in Norway."""
        return self.now.astimezone(OSLO).date()

    def new_id(self, name: str = "") -> UUID:
        """A new id; the same command id always gives the same one, so a retry makes nothing twice."""
        return uuid5(self.command_id, name)


class Command(BaseModel):
    """A wish, in the imperative. Its fields are what a client sends; unknown fields are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid", use_attribute_docstrings=True)

    NAME: ClassVar[str]
    """Stable name, `<capability>.<do_something>`."""

    def subject_id(self, by: By) -> str:
        """Id of the stream that it concerns, a new one for a command that begins a stream."""
        raise NotImplementedError(type(self).__name__)

    def recorded_actor(self, by: By) -> str:
        """Whom the ledger names as actor; a report under a pseudonym or none says otherwise."""
        return by.actor

    def reads(self, by: By) -> Mapping[str, str]:
        """Further streams whose states the decision needs in `By.context`, as kind -> id.

        They are read, not guarded: an event that lands on them meanwhile does not make the decision conflict.
        """
        return {}

    def references(self) -> Iterable[tuple[str, UUID]]:
        """Other things of the practice that it names, as (kind, id); each must exist."""
        return ()


Decide = Callable[[C, S, By], list[DomainEvent]]


@dataclass(frozen=True)
class Decider(Generic[S]):
    """The rules for one kind of subject.

    `decide` functions are pure: (command, state, by) -> the events that follow, an empty list when there is nothing
    to do, or one of `write_side._errors`. `evolve` is pure: (state, event) -> state.
    """

    kind: str
    initial: S
    """State of a stream without events."""
    evolve: Callable[[S, DomainEvent], S]
    _decide: dict[type[Command], Callable[[Any, S, By], list[DomainEvent]]] = field(default_factory=dict)

    def decides(self, command_class: type[C]) -> Callable[[Decide[C, S]], Decide[C, S]]:
        """Declare the function that decides a command."""

        def declare(function: Decide[C, S]) -> Decide[C, S]:
            self._decide[command_class] = function
            return function

        return declare

    @property
    def commands(self) -> tuple[type[Command], ...]:
        """The commands it decides, in the order of declaration."""
        return tuple(self._decide)

    def decide(self, command: Command, state: S, by: By) -> list[DomainEvent]:
        """The events that follow from a command, given the state."""
        return self._decide[type(command)](command, state, by)

    def fold(self, events: Iterable[DomainEvent], state: S | None = None) -> S:
        """The state after `events`, from the initial state or from one given."""
        folded = self.initial if state is None else state
        for event in events:
            folded = self.evolve(folded, event)
        return folded


def not_in_future(code: str, day: date | datetime, by: By) -> None:
    """Refuse a date or moment that lies ahead, with a clock skew of five minutes allowed for moments."""
    ahead = (day - by.now).total_seconds() > 300 if isinstance(day, datetime) else day > by.today
    if ahead:
        raise Invalid(code, given=day.isoformat())
