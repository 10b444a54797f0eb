"""Each command of a decider tried three ways: it happens, then there is nothing left to do, and it is refused."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from events._base import DomainEvent
from tests._given import BY, given
from write_side._decider import By, Command, Decider


@dataclass(frozen=True)
class Tried:
    """A command, what went before it, and when it is refused with which code."""

    command: Command
    past: Sequence[DomainEvent]
    code: str
    refused_past: Sequence[DomainEvent] = ()
    """What went before when it is refused; nothing, if left out."""
    refused: Mapping[str, Any] = field(default_factory=dict)
    """What the refused command says otherwise."""
    by: By = BY

    def check(self, decider: Decider[Any], context: Mapping[str, Any] | None = None) -> None:
        """Try it; the three outcomes are told apart by the decider alone."""
        happens = given(decider, *self.past).when(self.command, self.by, context)
        events = decider.decide(happens.command, happens.state, happens.by)
        assert events, "it happens"
        given(decider, *self.past, *events).when(self.command, self.by, context).then_nothing()
        refused = self.command.model_copy(update=dict(self.refused))
        given(decider, *self.refused_past).when(refused, self.by, context).then_refused(self.code)


def untried(decider: Decider[Any], tried: Sequence[Tried]) -> set[type[Command]]:
    """Commands of the decider that are not tried."""
    return set(decider.commands) - {type(each.command) for each in tried}
