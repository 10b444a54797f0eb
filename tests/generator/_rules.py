"""The real deciders over streams in memory, to see that a list of commands is accepted."""

from collections import Counter
from dataclasses import replace
from typing import Any

from gateway.application import DECIDERS
from gateway.generator._simulation import Step
from write_side._decider import By


class Rules:
    """Every stream of one practice, decided by the real rules."""

    def __init__(self, practice: str) -> None:
        self.practice = practice
        self.counts: Counter[str] = Counter()
        self._states: dict[str, Any] = {}
        self._deciders = {command: decider for decider in DECIDERS for command in decider.commands}
        self._by_kind = {decider.kind: decider for decider in DECIDERS}

    def give(self, step: Step) -> None:
        """Decide a step; raises `write_side._errors`."""
        by = By(self.practice, step.actor, step.at, step.command_id, step.command_id, pseudonym="p-1")
        context = {kind: self._state(kind, id_) for kind, id_ in step.command.reads(by).items()}
        decider = self._deciders[type(step.command)]
        id_ = step.command.subject_id(by)
        state = self._state(decider.kind, id_)
        events = decider.decide(step.command, state, replace(by, context=context))
        self._states[f"{decider.kind}/{id_}"] = decider.fold(events, state)
        self.counts.update(event.TYPE for event in events)

    def _state(self, kind: str, id_: str) -> Any:
        return self._states.get(f"{kind}/{id_}", self._by_kind[kind].initial)
