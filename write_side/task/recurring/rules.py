"""What follows from a command to a recurring task: pure functions (command, state, by) -> events."""

from dateutil.relativedelta import relativedelta

from events import task as facts
from events._base import DomainEvent
from events._recurrence import Pause, Schedule, TemplateStatus
from write_side._decider import By, Decider
from write_side._errors import Invalid, NotFound, Refused
from write_side.task.recurring import commands
from write_side.task.recurring.state import RecurringTask, evolve
from write_side.task.values import GivenSchedule, require_ahead, require_function

decider: Decider[RecurringTask] = Decider("recurring_task", RecurringTask(), evolve)

FIRST_DAY_WITHIN = relativedelta(years=10)
"""A rule that gives no day for so long is a mistake."""


@decider.decides(commands.DefineRecurringTask)
def define(command: commands.DefineRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Define a recurring task; it gives days from today on, unless it waits for its setup."""
    if state.defined:
        return []
    require_function(command.assignment, by)
    return [
        facts.RecurringTaskDefined(
            title=command.title,
            description=command.description,
            schedule=_schedule(command.schedule, by),
            lead_days=command.lead_days,
            assignment=command.assignment.value(),
            follow_up=command.follow_up,
            links=tuple(link.value() for link in command.links),
            started_on=None if command.awaits_setup else by.today,
        )
    ]


def _schedule(given: GivenSchedule, by: By) -> Schedule:
    require_ahead("recurring_task", given.starts_on, by)
    schedule = given.value()
    if schedule.rule is not None:
        first = schedule.first_from(schedule.starts_on)
        if first is None or first > schedule.starts_on + FIRST_DAY_WITHIN:
            raise Invalid("recurrence.never")
    return schedule


@decider.decides(commands.StartRecurringTask)
def start(command: commands.StartRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Let it give days; one that has started goes on as it is."""
    _live(state, command, by)
    if state.plan.started_on is not None:
        return []
    if command.started_on > by.today:
        require_ahead("recurring_task", command.started_on, by)
    return [facts.RecurringTaskStarted(started_on=command.started_on)]


@decider.decides(commands.DescribeRecurringTask)
def describe(command: commands.DescribeRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Change title and description for the occurrences to come."""
    _live(state, command, by)
    if (command.title, command.description) == (state.title, state.description):
        return []
    return [facts.RecurringTaskDescribed(title=command.title, description=command.description)]


@decider.decides(commands.ChangeSchedule)
def change_schedule(command: commands.ChangeSchedule, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Let another schedule hold from its first day on."""
    _live(state, command, by)
    previous = state.plan.schedules[-1]
    if command.schedule.value() == previous:
        return []
    return [facts.ScheduleChanged(schedule=_schedule(command.schedule, by), previous=previous, reason=command.reason)]


@decider.decides(commands.ChangeLeadTime)
def change_lead_time(command: commands.ChangeLeadTime, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Make occurrences earlier or later."""
    _live(state, command, by)
    if command.lead_days == state.lead_days:
        return []
    return [facts.LeadTimeChanged(lead_days=command.lead_days, previous=state.lead_days)]


@decider.decides(commands.AssignRecurringTask)
def assign(command: commands.AssignRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Give the occurrences to come to others."""
    _live(state, command, by)
    require_function(command.assignment, by)
    assignment = command.assignment.value()
    if assignment == state.assignment:
        return []
    return [facts.RecurringTaskAssigned(assignment=assignment, previous=state.assignment, reason=command.reason)]


@decider.decides(commands.HandOverRecurringTask)
def hand_over(command: commands.HandOverRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Put a successor in a leaver's place; a leaver who has no part in it leaves nothing to hand over."""
    _live(state, command, by)
    if command.leaver not in facts.involved(state.assignment, state.follow_up):
        return []
    return [facts.RecurringTaskHandedOver(leaver=command.leaver, successor=command.successor, reason=command.reason)]


@decider.decides(commands.NameRecurringTaskFollowUp)
def name_follow_up(command: commands.NameRecurringTaskFollowUp, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Name who follows up the occurrences to come."""
    _live(state, command, by)
    return [] if command.follow_up == state.follow_up else [facts.RecurringTaskFollowUpNamed(follow_up=command.follow_up)]


@decider.decides(commands.LinkRecurringTask)
def link(command: commands.LinkRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Link it to something related."""
    _live(state, command, by)
    return [] if command.link.value() in state.links else [facts.RecurringTaskLinked(link=command.link.value())]


@decider.decides(commands.PauseRecurringTask)
def pause(command: commands.PauseRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Give no day from one day to another; pauses do not overlap."""
    _live(state, command, by)
    wanted = Pause(from_day=command.from_day or by.today, until=command.until)
    if wanted in state.plan.pauses:
        return []
    require_ahead("recurring_task", wanted.from_day, by)
    if wanted.until is not None and wanted.until < wanted.from_day:
        raise Invalid("recurring_task.pause.ends_before", from_day=wanted.from_day.isoformat())
    for other in state.plan.pauses:
        if other.overlaps(wanted):
            raise Refused("recurring_task.pause.overlaps", from_day=other.from_day.isoformat())
    return [facts.RecurringTaskPaused(from_day=wanted.from_day, until=wanted.until, reason=command.reason)]


@decider.decides(commands.ResumeRecurringTask)
def resume(command: commands.ResumeRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """End a pause; where none covers the day, there is nothing to end."""
    _live(state, command, by)
    day = command.from_day or by.today
    if not any(pause.covers(day) for pause in state.plan.pauses):
        return []
    require_ahead("recurring_task", day, by)
    return [facts.RecurringTaskResumed(from_day=day)]


@decider.decides(commands.EndRecurringTask)
def end(command: commands.EndRecurringTask, state: RecurringTask, by: By) -> list[DomainEvent]:
    """Give no day after a last one; while that lies ahead, it can still be moved."""
    _defined(state, command)
    day = command.last_day or by.today
    ended = state.plan.status(by.today) is TemplateStatus.ENDED
    if day == state.plan.ended_after or (ended and command.last_day is None):
        return []
    _live(state, command, by)
    require_ahead("recurring_task", day, by)
    return [facts.RecurringTaskEnded(last_day=day, reason=command.reason)]


def _defined(state: RecurringTask, command: commands.RecurringTaskCommand) -> None:
    if not state.defined:
        raise NotFound("recurring_task.not_found", recurring_task=command.recurring_task_id)


def _live(state: RecurringTask, command: commands.RecurringTaskCommand, by: By) -> None:
    _defined(state, command)
    if state.plan.status(by.today) is TemplateStatus.ENDED:
        assert state.plan.ended_after is not None
        raise Refused("recurring_task.ended", last_day=state.plan.ended_after.isoformat())
