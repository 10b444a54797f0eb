"""Tasks and recurring tasks in GraphQL."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any, Self
from uuid import UUID

import strawberry

from events import _holding
from events._function import Function, FunctionKey
from events._recurrence import TemplateStatus
from events.task import TaskKind, TaskState
from gateway.auth.policy import PERMISSIONS
from gateway.graphql._activity import Event, timeline_of
from gateway.graphql._links import ADeviation, AMember, AnAssessment, assessments_of, deviations_of, member, members
from gateway.graphql._pages import After, Before, Connection, First, Last, Window
from gateway.graphql._reader import Reader
from gateway.graphql._root import PracticeRoot
from gateway.graphql._rows import RowType, row_type
from gateway.graphql._types import field, graphql_enum
from gateway.problems import ProblemError
from read_side import practice as practices
from read_side import task as queries
from read_side._as_of import View
from read_side._held import held_by
from read_side.task import Assignee, MonthOnTime, RecurringTaskOnDay, RecurringTaskRow, ReminderRow, TaskFilter, TaskOnDay, TaskRow
from write_side.task import deciders

for _enum in (TaskKind, TaskState, TemplateStatus):
    graphql_enum(_enum)

COMMANDS = tuple(command for decider in deciders for command in decider.commands if PERMISSIONS.get(command.NAME))
"""What the scheduler alone asks for comes through no door."""


@row_type(ReminderRow, name="TaskReminder", omit=["subject", "task_id"])
class Reminder(RowType):
    """A reminder that was given."""


@row_type(TaskRow, name="Task", identity="task_id")
class Task(RowType):
    """A task as it stands at the instant asked about."""

    row: strawberry.Private[TaskRow]
    on_day: strawberry.Private[TaskOnDay]

    @classmethod
    def of(cls, reader: Reader, row: TaskRow, **beside: Any) -> Self:
        """The task at the instant asked about."""
        return super().of(reader, row, on_day=row.on_day(reader.view.today), **beside)

    @field("Scheduled, due, overdue or how it ended, at the instant asked about.")
    def state(self) -> TaskState:
        return self.on_day.state

    @field("Days since it was due; 0 unless it is overdue.")
    def days_overdue(self) -> int:
        return self.on_day.days_overdue

    @field("Members who answer for it: those named, or who holds its function on the due date; none for readers who may not see them.")
    async def answerable(self) -> list[strawberry.ID]:
        return [strawberry.ID(str(member_id)) for member_id in await self._answerable()]

    @field("The same as members of the practice.")
    async def answerable_members(self) -> list[AMember]:
        return await members(self.reader, await self._answerable())

    @field("Who follows it up.")
    async def follow_up_member(self) -> AMember | None:
        return await member(self.reader, self.row.follow_up)

    @field("Deviations that it is linked to, or that are linked to it; the latest first.")
    async def deviations(self) -> list[ADeviation]:
        return await deviations_of(self.reader, self.row)

    @field("Risk assessments that it is linked to, or that are linked to it; the latest first.")
    async def risk_assessments(self) -> list[AnAssessment]:
        return await assessments_of(self.reader, self.row)

    async def _answerable(self) -> tuple[UUID, ...]:
        if not self.reader.personal:
            return ()
        if not self.row.function:
            return self.row.members
        timeline = await self.reader.load(_assignments_of, self.row.function)
        return _holding.holders(timeline, self.on_day.answerable_on(self.reader.view.today))

    @field("What happened to it, in order.")
    async def timeline(self, first: First = None, after: After = None, last: Last = None, before: Before = None) -> Connection[Event]:
        return await timeline_of(self.reader, self.row.subject, Window(first, after, last, before))

    @field("The reminders that were given of it.")
    async def reminders(self) -> list[Reminder]:
        return [Reminder.of(self.reader, row) for row in await self.reader.load(_reminders_of, self.row.task_id)]


@row_type(RecurringTaskRow, name="RecurringTask", identity="recurring_task_id")
class RecurringTask(RowType):
    """A recurring task as it stands at the instant asked about."""

    row: strawberry.Private[RecurringTaskRow]
    on_day: strawberry.Private[RecurringTaskOnDay]

    @field("Whether it gives occurrences on the day asked about.")
    def status(self) -> TemplateStatus:
        return self.on_day.status

    @field("Due date of its earliest open occurrence that is not overdue, or else the next day of its plan.")
    def next_due(self) -> date | None:
        return self.on_day.next_due

    @field("Open occurrences.")
    def open(self) -> int:
        return self.on_day.open

    @field("Open occurrences whose due date has passed.")
    def overdue(self) -> int:
        return self.on_day.overdue


@strawberry.input(name="TaskFilter", description="Which tasks: those that fit everything given.")
class Filter:
    """See `read_side.task.TaskFilter`."""

    states: list[TaskState] | None = None
    kinds: list[TaskKind] | None = None
    assignee: UUID | None = strawberry.field(default=None, description="Member who does it, or holds its function when it is due.")
    function: str | None = strawberry.field(default=None, description="Name of a function, or the id of the practice's own.")
    follow_up: UUID | None = None
    due_from: date | None = None
    due_to: date | None = None
    recurring_task: UUID | None = None


@strawberry.type(name="TaskCount", description="How many tasks are in a state.")
class Count:
    """A state and its number."""

    state: TaskState
    count: int


@strawberry.type(name="TasksOnTime", description="How the tasks that fell due in a month went; `due` leaves the cancelled ones out.")
class OnTime:
    """See `read_side.task.MonthOnTime`."""

    first_day: date
    due: int
    on_time: int
    late: int
    skipped: int
    unfinished: int = strawberry.field(description="Still open.")

    @classmethod
    def of(cls, month: MonthOnTime) -> "OnTime":
        """The month as GraphQL shows it."""
        return cls(
            first_day=month.first_day,
            due=month.due,
            on_time=month.on_time,
            late=month.late,
            skipped=month.skipped,
            unfinished=month.unfinished,
        )


@strawberry.type
class PracticeTasks(PracticeRoot):
    """The tasks of a practice."""

    @field("Tasks by due date; one without a date stands where it was planned.")
    async def tasks(
        self,
        filter: Filter | None = None,  # noqa: A002 -- the argument's name in the schema
        latest_first: bool = False,
        first: First = None,
        after: After = None,
        last: Last = None,
        before: Before = None,
    ) -> Connection[Task]:
        view = self.reader.require("read.tasks")
        wanted = await self._wanted(view, filter)
        page = await queries.tasks(view, wanted, Window(first, after, last, before), latest_first=latest_first)
        return Connection[Task].of(page, lambda one: Task.of(self.reader, one.row))

    @field("One task, or null where the practice has none of this id.")
    async def task(self, id: UUID) -> Task | None:  # noqa: A002 -- the argument's name in the schema
        found = await queries.task(self.reader.require("read.tasks"), id)
        return Task.of(self.reader, found.row) if found else None

    @field("How many tasks are in each state.")
    async def task_counts(self, filter: Filter | None = None) -> list[Count]:  # noqa: A002 -- the argument's name in the schema
        view = self.reader.require("read.tasks")
        found = await queries.counts(view, await self._wanted(view, filter))
        return [Count(state=state, count=count) for state, count in found.items()]

    async def _wanted(self, view: View, asked: Filter | None) -> TaskFilter:
        if asked is None:
            return TaskFilter()
        self.reader.require_to_name(asked.assignee, asked.follow_up)
        return await _wanted(view, asked)

    @field("Every recurring task, in the order of definition.")
    async def recurring_tasks(self) -> list[RecurringTask]:
        found = await queries.recurring_tasks(self.reader.require("read.tasks"))
        return [RecurringTask.of(self.reader, one.row, on_day=one) for one in found]

    @field("One recurring task, or null where the practice has none of this id.")
    async def recurring_task(self, id: UUID) -> RecurringTask | None:  # noqa: A002 -- the argument's name in the schema
        found = await queries.recurring_task(self.reader.require("read.tasks"), id)
        return RecurringTask.of(self.reader, found.row, on_day=found) if found else None

    @field("Month by month, how the tasks due in it went; months are named by any of their days, at most 60 of them.")
    async def tasks_on_time(self, first_month: date, last_month: date) -> list[OnTime]:
        view = self.reader.require("read.tasks")
        if not 0 <= _months(last_month) - _months(first_month) < LONGEST_SERIES:
            raise ProblemError(422, "series.months", limit=LONGEST_SERIES)
        return [OnTime.of(month) for month in await queries.on_time(view, first_month, last_month)]


LONGEST_SERIES = 60
"""Months."""
_HELD_BEFORE, _HELD_AFTER = timedelta(days=5 * 366), timedelta(days=2 * 366)
"""How far from the day asked about the turns of a function are looked up, to find who answers for what it was given."""


def _months(day: date) -> int:
    return 12 * day.year + day.month


async def _wanted(view: View, asked: Filter) -> TaskFilter:
    return TaskFilter(
        states=frozenset(asked.states or ()),
        kinds=frozenset(asked.kinds or ()),
        assignee=await _assignee(view, asked.assignee) if asked.assignee else None,
        function=_function(asked.function) if asked.function else None,
        follow_up=asked.follow_up,
        due_from=asked.due_from,
        due_to=asked.due_to,
        recurring_task=asked.recurring_task,
    )


async def _assignee(view: View, member: UUID) -> Assignee:
    first, last = view.today - _HELD_BEFORE, view.today + _HELD_AFTER
    return Assignee(member, held_by(member, await practices.assignments(view), first, last))


def _function(name: str) -> FunctionKey:
    try:
        return Function(name) if name in Function.__members__ else UUID(name)
    except ValueError:
        raise ProblemError(422, "field.not_a_choice", expected=list(Function)) from None


async def _assignments_of(view: View, functions: Sequence[str]) -> list[list[practices.AssignmentRow]]:
    found = await practices.assignments(view)
    return [found.get(function, []) for function in functions]


async def _reminders_of(view: View, task_ids: Sequence[UUID]) -> list[list[ReminderRow]]:
    found: dict[UUID, list[ReminderRow]] = defaultdict(list)
    for row in await queries.reminders(view, list(task_ids)):
        found[row.task_id].append(row)
    return [found[id_] for id_ in task_ids]
