"""Tasks over many days, by the real rules and folds, with the clock in hand."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid5

from events._base import DomainEvent
from gateway.scheduler import ACTOR, due_in
from read_side.task import Clockwork, RecurringTaskRow, ReminderRow, TaskRow
from tests._given import BY
from tests.task._folded import Folded
from write_side._decider import By, Command
from write_side._errors import CommandError
from write_side._scheduler import NOW_AND_NO_FURTHER, Due
from write_side.task import deciders

DECIDERS = {command: decider for decider in deciders for command in decider.commands}
KINDS = {decider.kind: decider for decider in deciders}


def noon(day: date) -> datetime:
    return datetime.combine(day, time(11), UTC)


class World:
    """One practice's tasks."""

    def __init__(self, day: date) -> None:
        self.day = day
        self.rows = Folded()
        self._states: dict[str, Any] = {}
        self._done: set[UUID] = set()

    def do(self, command: Command) -> str:
        """Carry out what a member asks for; the id of its subject."""
        by = replace(BY, now=noon(self.day), command_id=uuid5(BY.command_id, f"{self.day} {self.rows.position}"))
        self._append(command, by)
        return command.subject_id(by)

    def due(self, horizon: timedelta = NOW_AND_NO_FURTHER) -> list[Due]:
        """What the scheduler plans now."""
        works = Clockwork(self.rows.all(RecurringTaskRow), self.rows.all(TaskRow), self.rows.all(ReminderRow))
        return due_in(works, noon(self.day), horizon)

    def carry_out(self, wanted: list[Due]) -> int:
        """Carry it out as the scheduler, each command id once; how many changed something."""
        changed = 0
        for each in wanted:
            if each.command_id in self._done:
                continue
            by = replace(BY, actor=ACTOR, now=noon(self.day), command_id=each.command_id)
            try:
                changed += self._append(each.command, by)
            except CommandError:
                continue
            self._done.add(each.command_id)
        return changed

    def run(self) -> int:
        """Plan and carry out until nothing is due; how many commands changed something."""
        total = 0
        while changed := self.carry_out(self.due()):
            total += changed
        return total

    def tasks(self) -> list[TaskRow]:
        """Every task, by the day it was scheduled for."""
        return sorted(self.rows.all(TaskRow), key=lambda row: row.scheduled_on or date.min)

    def _append(self, command: Command, by: By) -> bool:
        decider = DECIDERS[type(command)]
        subject = f"{decider.kind}/{command.subject_id(by)}"
        context = {kind: self.state(kind, id_) for kind, id_ in command.reads(by).items()}
        state = self.state(decider.kind, command.subject_id(by))
        events: list[DomainEvent] = decider.decide(command, state, replace(by, context=context))
        self._states[subject] = decider.fold(events, state)
        self.rows.then(*events, subject=subject, at=by.now)
        return bool(events)

    def state(self, kind: str, id_: str) -> Any:
        """What the rules remember of a subject."""
        return self._states.get(f"{kind}/{id_}", KINDS[kind].initial)
