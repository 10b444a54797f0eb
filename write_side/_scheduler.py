"""What the clock brings: which commands a moment calls for, from the tasks and recurring tasks as they stand.

Pure: the same templates, tasks and moment give the same commands with the same ids, so two schedulers at once, or one
that is started again, do nothing twice. Days are days in Norway.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import chain, groupby
from uuid import UUID, uuid5

from events._base import OSLO
from events._recurrence import DAY, Plan
from events.task import Outcome, ReminderKind, TaskKind
from write_side._decider import Command
from write_side.task.commands import GiveReminder, PlanOccurrence, WithdrawOccurrence
from write_side.task.recurring.commands import StartRecurringTask
from write_side.task.reminders import first_day, timely

CATCH_UP = 50
"""Occurrences made of one recurring task in one run, the oldest first. After a long standstill the next run goes on
where this one stopped: nothing that was planned is left out, and no run is without bound."""
NOW_AND_NO_FURTHER = timedelta(0)


@dataclass(frozen=True, slots=True)
class Template:
    """A recurring task, as far as the scheduler needs it."""

    recurring_task_id: UUID
    plan: Plan
    revision: int
    lead_days: int
    planned_through: date | None
    """Every day of the plan up to this one has been made; None when none has."""


@dataclass(frozen=True, slots=True)
class TaskOnPlan:
    """A task, as far as the scheduler needs it."""

    task_id: UUID
    kind: TaskKind
    recurring_task: UUID | None
    scheduled_on: date | None
    due: date | None
    due_since: date
    """Day on which this due date was set."""
    follow_up: UUID | None = None
    outcome: Outcome | None = None
    withdrawn: bool = False
    kept: bool = False
    """Somebody has reopened it."""
    done_on: date | None = None
    reminders: frozenset[tuple[ReminderKind, date]] = frozenset()


@dataclass(frozen=True, slots=True)
class Due:
    """A command that is due, and its id, which follows from what makes it due."""

    command: Command
    command_id: UUID


def due(templates: Iterable[Template], tasks: Iterable[TaskOnPlan], now: datetime, horizon: timedelta = NOW_AND_NO_FURTHER) -> list[Due]:
    """The commands that a moment calls for, in the order in which they are to be carried out.

    `tasks` are all open tasks; of each template, the occurrences after `planned_through` and the latest one that was
    not withdrawn; and the setup task done for a template that waits for it. Occurrences are made their lead time
    before they are due, or `horizon` earlier, for a scheduler that runs seldom.
    """
    today = now.astimezone(OSLO).date()
    by_template = _by_template(tasks := tuple(tasks))
    templates = sorted(templates, key=lambda template: template.recurring_task_id)
    return list(
        chain(
            chain.from_iterable(_starts(template, by_template) for template in templates),
            chain.from_iterable(_withdrawals(template, by_template, today) for template in templates),
            chain.from_iterable(_occurrences(template, by_template, today + horizon) for template in templates),
            chain.from_iterable(_reminders(task, today) for task in sorted(tasks, key=lambda task: task.task_id)),
        )
    )


ByTemplate = Mapping[UUID, list[TaskOnPlan]]


def _by_template(tasks: Iterable[TaskOnPlan]) -> ByTemplate:
    belonging = ((task.recurring_task, task) for task in tasks if task.recurring_task is not None)
    in_order = sorted(belonging, key=lambda pair: (pair[0], pair[1].scheduled_on or date.min, pair[1].task_id))
    return {template: [task for _, task in group] for template, group in groupby(in_order, key=lambda pair: pair[0])}


def _starts(template: Template, tasks: ByTemplate) -> Iterator[Due]:
    if template.plan.started_on is not None:
        return
    setup = (task for task in tasks.get(template.recurring_task_id, ()) if task.kind is TaskKind.SETUP)
    done = [task.done_on for task in setup if task.outcome is Outcome.COMPLETED and task.done_on]
    if done:
        command = StartRecurringTask(recurring_task_id=template.recurring_task_id, started_on=min(done))
        yield Due(command, uuid5(template.recurring_task_id, "start"))


def _withdrawals(template: Template, tasks: ByTemplate, today: date) -> Iterator[Due]:
    for task in _made(template, tasks):
        ahead = task.scheduled_on is not None and task.due is not None and min(task.scheduled_on, task.due) > today
        if ahead and task.outcome is None and not task.kept and task.scheduled_on and not template.plan.contains(task.scheduled_on):
            command = WithdrawOccurrence(task_id=task.task_id, recurring_task_id=template.recurring_task_id)
            yield Due(command, uuid5(task.task_id, f"withdraw/{template.revision}"))


def _occurrences(template: Template, tasks: ByTemplate, today: date) -> Iterator[Due]:
    made = _made(template, tasks)
    last = today + timedelta(days=template.lead_days)
    first = template.planned_through + DAY if template.planned_through else date.min
    present = {task.scheduled_on for task in made}
    days = [day for day in template.plan.days(first, last) if day not in present]
    again = _again(template.plan, made)
    if again is not None and again <= last:
        days.append(again)
    for day in sorted(days)[:CATCH_UP]:
        command = PlanOccurrence(recurring_task_id=template.recurring_task_id, scheduled_on=day)
        yield Due(command, uuid5(template.recurring_task_id, f"{template.revision}/{day.isoformat()}"))


def _again(plan: Plan, made: list[TaskOnPlan]) -> date | None:
    """When it is due again under a schedule that waits until it is done; None while an occurrence is open."""
    if any(task.outcome is None for task in made):
        return None
    latest = made[-1] if made else None
    return plan.next_after_done(latest.scheduled_on if latest else None, latest.done_on if latest else None)


def _made(template: Template, tasks: ByTemplate) -> list[TaskOnPlan]:
    return [task for task in tasks.get(template.recurring_task_id, ()) if task.kind is TaskKind.OCCURRENCE and not task.withdrawn]


def _reminders(task: TaskOnPlan, today: date) -> Iterator[Due]:
    if task.outcome is not None or task.due is None:
        return
    for kind in ReminderKind:
        told = (kind, task.due) in task.reminders or (kind is ReminderKind.FOLLOW_UP and task.follow_up is None)
        foreseeable = task.due_since <= first_day(kind, task.due) or task.due < today
        if not told and foreseeable and timely(kind, task.due, today):
            command = GiveReminder(task_id=task.task_id, kind=kind, due=task.due)
            yield Due(command, uuid5(task.task_id, f"{kind}/{task.due.isoformat()}"))
