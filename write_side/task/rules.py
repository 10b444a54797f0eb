"""What follows from a command to a task: pure functions (command, state, by) -> events."""

from uuid import UUID

from events import task as facts
from events._base import DomainEvent
from events.task import Assignment, Outcome, ReminderKind, TaskKind, WithdrawalCause
from write_side._decider import By, Decider, not_in_future
from write_side._errors import Invalid, NotFound, Refused
from write_side.task import commands
from write_side.task.recurring.state import RecurringTask
from write_side.task.reminders import timely
from write_side.task.state import Task, evolve
from write_side.task.values import require_ahead, require_function

decider: Decider[Task] = Decider("task", Task(), evolve)

SYSTEM = "system:"
"""Actors that are processes, not people, begin with it."""


@decider.decides(commands.PlanTask)
def plan(command: commands.PlanTask, state: Task, by: By) -> list[DomainEvent]:
    """Plan a task that is done once."""
    if state.planned:
        return []
    require_function(command.assignment, by)
    if command.due is not None:
        require_ahead("task", command.due, by)
    return [
        facts.TaskPlanned(
            kind=command.kind,
            title=command.title,
            description=command.description,
            assignment=command.assignment.value(),
            follow_up=command.follow_up,
            due=command.due,
            links=tuple(link.value() for link in command.links),
            recurring_task=command.recurring_task,
        )
    ]


@decider.decides(commands.PlanOccurrence)
def plan_occurrence(command: commands.PlanOccurrence, state: Task, by: By) -> list[DomainEvent]:
    """Make the occurrence as the template stands, or open a withdrawn one again.

    A day that the template does not give now is refused rather than found to need nothing, because it may give it
    later, and the same command must then work.
    """
    _only_scheduler(by)
    template: RecurringTask = by.context["recurring_task"]
    if not template.defined:
        raise NotFound("recurring_task.not_found", recurring_task=command.recurring_task_id)
    if state.planned and not state.withdrawn:
        return []
    if not template.plan.gives(command.scheduled_on):
        raise Refused("task.not_in_plan", day=command.scheduled_on.isoformat())
    if state.withdrawn:
        return [facts.OccurrenceReinstated()]
    return [
        facts.TaskPlanned(
            kind=TaskKind.OCCURRENCE,
            title=template.title,
            description=template.description,
            assignment=template.assignment,
            follow_up=template.follow_up,
            due=command.scheduled_on,
            links=template.links,
            recurring_task=command.recurring_task_id,
        )
    ]


@decider.decides(commands.DescribeTask)
def describe(command: commands.DescribeTask, state: Task, _by: By) -> list[DomainEvent]:
    """Change title and description of an open task."""
    _open(state, command)
    if (command.title, command.description) == (state.title, state.description):
        return []
    return [facts.TaskDescribed(title=command.title, description=command.description)]


@decider.decides(commands.AssignTask)
def assign(command: commands.AssignTask, state: Task, by: By) -> list[DomainEvent]:
    """Give an open task to others."""
    _open(state, command)
    require_function(command.assignment, by)
    assignment = command.assignment.value()
    if assignment == state.assignment:
        return []
    return [facts.TaskAssigned(assignment=assignment, previous=state.assignment, reason=command.reason)]


@decider.decides(commands.HandOverTask)
def hand_over(command: commands.HandOverTask, state: Task, _by: By) -> list[DomainEvent]:
    """Put a successor in a leaver's place; a leaver who has no part in it leaves nothing to hand over."""
    _open(state, command)
    if command.leaver not in facts.involved(state.assignment, state.follow_up):
        return []
    return [facts.TaskHandedOver(leaver=command.leaver, successor=command.successor, reason=command.reason)]


@decider.decides(commands.NameTaskFollowUp)
def name_follow_up(command: commands.NameTaskFollowUp, state: Task, _by: By) -> list[DomainEvent]:
    """Name who follows up an open task."""
    _open(state, command)
    return [] if command.follow_up == state.follow_up else [facts.TaskFollowUpNamed(follow_up=command.follow_up)]


@decider.decides(commands.MoveDueDate)
def move_due_date(command: commands.MoveDueDate, state: Task, by: By) -> list[DomainEvent]:
    """Move the due date of an open task."""
    _open(state, command)
    if command.due == state.due:
        return []
    require_ahead("task", command.due, by)
    return [facts.DueDateMoved(due=command.due, previous_due=state.due, reason=command.reason)]


@decider.decides(commands.LinkTask)
def link(command: commands.LinkTask, state: Task, _by: By) -> list[DomainEvent]:
    """Link a task to something related; also after it has ended."""
    _planned(state, command)
    return [] if command.link.value() in state.links else [facts.TaskLinked(link=command.link.value())]


@decider.decides(commands.CompleteTask)
def complete(command: commands.CompleteTask, state: Task, by: By) -> list[DomainEvent]:
    """Record that a task is done (§ 7 a); completing twice does nothing."""
    _planned(state, command)
    if state.outcome is Outcome.COMPLETED:
        return []
    _open(state, command)
    not_in_future("task.done_in_future", command.done_on, by)
    return [
        facts.TaskCompleted(
            done_on=command.done_on,
            done_by=command.done_by or _member(by),
            note=command.note,
            attachments=tuple(attachment.value() for attachment in command.attachments),
            record=command.record.value() if command.record else None,
        )
    ]


@decider.decides(commands.AddEvidence)
def add_evidence(command: commands.AddEvidence, state: Task, _by: By) -> list[DomainEvent]:
    """Add evidence that came after the completion."""
    _planned(state, command)
    if state.outcome is not Outcome.COMPLETED:
        raise Refused("task.not_completed")
    added = facts.EvidenceAdded(
        note=command.note,
        attachments=tuple(attachment.value() for attachment in command.attachments),
        record=command.record.value() if command.record else None,
    )
    return [] if added in state.evidence else [added]


@decider.decides(commands.SkipTask)
def skip(command: commands.SkipTask, state: Task, _by: By) -> list[DomainEvent]:
    """Leave an occurrence undone; a task that is done once is cancelled instead."""
    _planned(state, command)
    if state.outcome is Outcome.SKIPPED:
        return []
    _open(state, command)
    if state.kind is not TaskKind.OCCURRENCE:
        raise Refused("task.skip.not_recurring")
    return [facts.TaskSkipped(reason=command.reason)]


@decider.decides(commands.CancelTask)
def cancel(command: commands.CancelTask, state: Task, _by: By) -> list[DomainEvent]:
    """Give up an open task."""
    _planned(state, command)
    if state.outcome is Outcome.CANCELLED:
        return []
    _open(state, command)
    return [facts.TaskCancelled(reason=command.reason)]


@decider.decides(commands.ReopenTask)
def reopen(command: commands.ReopenTask, state: Task, _by: By) -> list[DomainEvent]:
    """Take up an ended task again; how it had ended stays in the record."""
    _planned(state, command)
    if state.just_reopened:
        return []
    if state.outcome is None:
        raise Refused("task.reopen.not_ended")
    return [facts.TaskReopened(reason=command.reason, previous=state.outcome)]


@decider.decides(commands.GiveReminder)
def give_reminder(command: commands.GiveReminder, state: Task, by: By) -> list[DomainEvent]:
    """Remind of a due date, once for each kind and date."""
    _only_scheduler(by)
    _planned(state, command)
    if (command.kind, command.due) in state.reminders:
        return []
    _open(state, command)
    if command.due != state.due or not timely(command.kind, command.due, by.today):
        raise Refused("task.reminder.not_timely", kind=command.kind, due=command.due.isoformat())
    to = state.assignment
    if command.kind is ReminderKind.FOLLOW_UP:
        if state.follow_up is None:
            raise Refused("task.reminder.nobody_follows_up")
        to = Assignment(members=(state.follow_up,))
    return [facts.ReminderGiven(kind=command.kind, due=command.due, given_on=by.today, to=to)]


@decider.decides(commands.WithdrawOccurrence)
def withdraw(command: commands.WithdrawOccurrence, state: Task, by: By) -> list[DomainEvent]:
    """Cancel an occurrence ahead that its template gives no more; one that has fallen due was planned and stays."""
    _only_scheduler(by)
    _planned(state, command)
    if state.withdrawn:
        return []
    _open(state, command)
    template: RecurringTask = by.context["recurring_task"]
    if state.recurring_task != command.recurring_task_id or state.scheduled_on is None or state.kept:
        raise Refused("task.withdraw.kept")
    if template.plan.contains(state.scheduled_on) or not (state.due and min(state.due, state.scheduled_on) > by.today):
        raise Refused("task.withdraw.still_planned")
    ended = template.plan.ended_after is not None and state.scheduled_on > template.plan.ended_after
    return [facts.OccurrenceWithdrawn(cause=WithdrawalCause.ENDED if ended else WithdrawalCause.RESCHEDULED)]


def _only_scheduler(by: By) -> None:
    if not by.actor.startswith(SYSTEM):
        raise Refused("task.only_scheduler")


def _member(by: By) -> UUID:
    try:
        return UUID(by.actor)
    except ValueError:
        raise Invalid("task.done_by_missing") from None


def _planned(state: Task, command: commands.TaskCommand) -> None:
    if not state.planned:
        raise NotFound("task.not_found", task=command.task_id)


def _open(state: Task, command: commands.TaskCommand) -> None:
    _planned(state, command)
    if state.outcome is not None:
        raise Refused("task.ended", outcome=state.outcome)
