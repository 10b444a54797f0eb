"""given / when / then for deciders: `given(decider, *events).when(command).then(*events)`."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Generic, TypeVar
from uuid import UUID

import pytest

from events._base import DomainEvent
from write_side._decider import By, Command, Decider
from write_side._errors import CommandError

S = TypeVar("S")

NOW = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
KARI = UUID("00000000-0000-4000-8000-00000000000a")
OLA = UUID("00000000-0000-4000-8000-00000000000b")
BY = By(
    practice="fjordgata",
    actor=str(KARI),
    now=NOW,
    command_id=UUID("00000000-0000-4000-8000-0000000000c1"),
    correlation_id=UUID("00000000-0000-4000-8000-0000000000c1"),
    pseudonym="p-7f3a",
)


@dataclass(frozen=True)
class When:
    """A command put to a decider in a state."""

    decider: Decider[Any]
    state: Any
    command: Command
    by: By

    def _events(self) -> list[DomainEvent]:
        return self.decider.decide(self.command, self.state, self.by)

    def then(self, *expected: DomainEvent) -> None:
        """Exactly these events follow, and the state can fold them."""
        events = self._events()
        assert events == list(expected)
        self.decider.fold(events, self.state)

    def then_nothing(self) -> None:
        """There is nothing to do."""
        assert self._events() == []

    def then_refused(self, code: str) -> None:
        """It is refused, with exactly this code."""
        with pytest.raises(CommandError) as refusal:
            self._events()
        assert refusal.value.code == code


@dataclass(frozen=True)
class Given(Generic[S]):
    """A stream with a past."""

    decider: Decider[S]
    state: S

    def when(self, command: Command, by: By = BY, context: Mapping[str, Any] | None = None) -> When:
        """Put a command to it."""
        return When(self.decider, self.state, command, replace(by, context=context or by.context))


def given(decider: Decider[S], *events: DomainEvent) -> Given[S]:
    """A stream in which these events have happened."""
    return Given(decider, decider.fold(events))
