"""What the rules need to remember of a task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date
from typing import Any
from uuid import UUID

from events import task as facts
from events._base import DomainEvent
from events.task import Assignment, Link, Outcome, ReminderKind, TaskKind

NOBODY = Assignment()


@dataclass(frozen=True, slots=True)
class Task:
    """A task as far as the rules need it; `planned` is False before the first event."""

    planned: bool = False
    kind: TaskKind = TaskKind.ONE_OFF
    title: str = ""
    description: str | None = None
    assignment: Assignment = NOBODY
    follow_up: UUID | None = None
    scheduled_on: date | None = None
    """The first due date; it never moves."""
    due: date | None = None
    recurring_task: UUID | None = None
    links: frozenset[Link] = frozenset()
    evidence: tuple[facts.EvidenceAdded, ...] = ()
    reminders: frozenset[tuple[ReminderKind, date]] = frozenset()
    outcome: Outcome | None = None
    withdrawn: bool = False
    """Cancelled because its template gives that day no more."""
    just_reopened: bool = False
    kept: bool = False
    """Somebody has reopened it, so the scheduler does not withdraw it."""


def evolve(state: Task, event: DomainEvent) -> Task:
    """The state after an event."""
    changed = _EVOLVE[type(event)](state, event)
    return replace(changed, just_reopened=isinstance(event, facts.TaskReopened))


def _planned(_state: Task, event: facts.TaskPlanned) -> Task:
    return Task(
        planned=True,
        kind=event.kind,
        title=event.title,
        description=event.description,
        assignment=event.assignment,
        follow_up=event.follow_up,
        scheduled_on=event.due,
        due=event.due,
        recurring_task=event.recurring_task,
        links=frozenset(event.links),
    )


def _handed_over(state: Task, event: facts.TaskHandedOver) -> Task:
    follow_up = event.successor if state.follow_up == event.leaver else state.follow_up
    return replace(state, assignment=state.assignment.handed_over(event.leaver, event.successor), follow_up=follow_up)


_EVOLVE: dict[type[DomainEvent], Callable[[Task, Any], Task]] = {
    facts.TaskPlanned: _planned,
    facts.TaskDescribed: lambda s, e: replace(s, title=e.title, description=e.description),
    facts.TaskAssigned: lambda s, e: replace(s, assignment=e.assignment),
    facts.TaskHandedOver: _handed_over,
    facts.TaskFollowUpNamed: lambda s, e: replace(s, follow_up=e.follow_up),
    facts.DueDateMoved: lambda s, e: replace(s, due=e.due),
    facts.TaskLinked: lambda s, e: replace(s, links=s.links | {e.link}),
    facts.TaskCompleted: lambda s, _: replace(s, outcome=Outcome.COMPLETED),
    facts.EvidenceAdded: lambda s, e: replace(s, evidence=(*s.evidence, e)),
    facts.TaskSkipped: lambda s, _: replace(s, outcome=Outcome.SKIPPED),
    facts.TaskCancelled: lambda s, _: replace(s, outcome=Outcome.CANCELLED),
    facts.TaskReopened: lambda s, _: replace(s, outcome=None, withdrawn=False, kept=True),
    facts.OccurrenceWithdrawn: lambda s, _: replace(s, outcome=Outcome.CANCELLED, withdrawn=True),
    facts.OccurrenceReinstated: lambda s, _: replace(s, outcome=None, withdrawn=False),
    facts.ReminderGiven: lambda s, e: replace(s, reminders=s.reminders | {(e.kind, e.due)}),
}
