"""What the rules need to remember of a recurring task."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from events import task as facts
from events._base import DomainEvent
from events._recurrence import Pause, Plan
from events.task import Assignment, Link

NOBODY = Assignment()
NO_PLAN = Plan()


@dataclass(frozen=True, slots=True)
class RecurringTask:
    """A recurring task as far as the rules need it; `defined` is False before the first event."""

    defined: bool = False
    title: str = ""
    description: str | None = None
    plan: Plan = NO_PLAN
    revision: int = 0
    """How often the days that it gives were changed by another schedule or an end; part of the rule's identity."""
    lead_days: int = 0
    assignment: Assignment = NOBODY
    follow_up: UUID | None = None
    links: tuple[Link, ...] = ()


def evolve(state: RecurringTask, event: DomainEvent) -> RecurringTask:
    """The state after an event."""
    return _EVOLVE[type(event)](state, event)


def _defined(_state: RecurringTask, event: facts.RecurringTaskDefined) -> RecurringTask:
    return RecurringTask(
        defined=True,
        title=event.title,
        description=event.description,
        plan=Plan((event.schedule,), started_on=event.started_on),
        lead_days=event.lead_days,
        assignment=event.assignment,
        follow_up=event.follow_up,
        links=event.links,
    )


def _handed_over(state: RecurringTask, event: facts.RecurringTaskHandedOver) -> RecurringTask:
    follow_up = event.successor if state.follow_up == event.leaver else state.follow_up
    return replace(state, assignment=state.assignment.handed_over(event.leaver, event.successor), follow_up=follow_up)


def _paused(state: RecurringTask, event: facts.RecurringTaskPaused) -> RecurringTask:
    return replace(state, plan=state.plan.with_pause(Pause(from_day=event.from_day, until=event.until)))


_EVOLVE: dict[type[DomainEvent], Callable[[RecurringTask, Any], RecurringTask]] = {
    facts.RecurringTaskDefined: _defined,
    facts.RecurringTaskStarted: lambda s, e: replace(s, plan=replace(s.plan, started_on=e.started_on)),
    facts.RecurringTaskDescribed: lambda s, e: replace(s, title=e.title, description=e.description),
    facts.ScheduleChanged: lambda s, e: replace(s, plan=s.plan.with_schedule(e.schedule), revision=s.revision + 1),
    facts.LeadTimeChanged: lambda s, e: replace(s, lead_days=e.lead_days),
    facts.RecurringTaskAssigned: lambda s, e: replace(s, assignment=e.assignment),
    facts.RecurringTaskHandedOver: _handed_over,
    facts.RecurringTaskFollowUpNamed: lambda s, e: replace(s, follow_up=e.follow_up),
    facts.RecurringTaskLinked: lambda s, e: replace(s, links=(*s.links, e.link)),
    facts.RecurringTaskPaused: _paused,
    facts.RecurringTaskResumed: lambda s, e: replace(s, plan=s.plan.resumed(e.from_day)),
    facts.RecurringTaskEnded: lambda s, e: replace(s, plan=replace(s.plan, ended_after=e.last_day), revision=s.revision + 1),
}
