"""Tasks, recurring tasks and reminders, as rows; and the questions about them at an instant."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from events._function import FunctionKey
from events._personal import Personal
from events._recurrence import DAY, Pause, Plan, Schedule, TemplateStatus
from events.task import LinkKind, Outcome, ReminderKind, TaskKind, TaskState, WithdrawalCause, task_state
from read_side._as_of import Query, View
from read_side._held import Held
from read_side._links import rows_linked_to
from read_side._page import By, Page, Window, page
from read_side._tables import table


@table("task", key=("task_id",), subject_id="task_id", indexes=(("due",), ("recurring_task", "scheduled_on")))
@dataclass(frozen=True, slots=True)
class TaskRow:
    """A task as it stands; whether it is due or overdue is asked at an instant, not stored."""

    task_id: UUID
    subject: str
    version: int
    number: int
    kind: TaskKind
    title: Personal[str]
    description: Personal[str | None]
    recurring_task: UUID | None
    """Of an occurrence: where it comes from. Of a setup task: what starts when it is done."""
    members: Personal[tuple[UUID, ...]]
    function: str | None
    """A `FunctionKey`; its holder is found as of the due date."""
    follow_up: Personal[UUID | None]
    scheduled_on: date | None
    """The first due date; it never moves."""
    due: date | None
    due_since: datetime
    """When this due date was set."""
    moves: int
    linked_deviations: tuple[UUID, ...]
    linked_risks: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]
    related: Personal[list[dict[str, Any]]]
    """What is linked by name: {kind, name}."""
    planned_at: datetime
    planned_by: Personal[str]
    outcome: Outcome | None
    withdrawal: WithdrawalCause | None
    """Why its template gives that day no more, when that is how it was cancelled."""
    reason: Personal[str | None]
    """Why it was skipped or cancelled."""
    ended_at: datetime | None
    done_on: date | None
    done_by: Personal[UUID | None]
    evidence: Personal[list[dict[str, Any]]]
    """In the order it came: {at, by, note, attachments: [{reference, sha256}], record: {kind, target, name} or null}."""
    attachments: int
    first_completed_at: datetime | None
    reopened_count: int

    def on_day(self, today: date) -> "TaskOnDay":
        """The task as it stands on a day."""
        state = task_state(self.outcome, self.due, self.done_on, today)
        return TaskOnDay(self, state, (today - self.due).days if self.due and state is TaskState.OVERDUE else 0)


@table("recurring_task", key=("recurring_task_id",), subject_id="recurring_task_id")
@dataclass(frozen=True, slots=True)
class RecurringTaskRow:
    """A recurring task as it stands; whether it is paused or ended is asked at an instant, not stored."""

    recurring_task_id: UUID
    subject: str
    version: int
    number: int
    title: Personal[str]
    description: Personal[str | None]
    schedules: list[dict[str, Any]]
    """Each a `Schedule` as JSON; one holds until the next one starts."""
    pauses: list[dict[str, Any]]
    """Each a `Pause` as JSON."""
    started_on: date | None
    ended_after: date | None
    revision: int
    """How often the days that it gives were changed by another schedule or an end."""
    change_reason: Personal[str | None]
    """Why it was last rescheduled, paused or ended."""
    lead_days: int
    members: Personal[tuple[UUID, ...]]
    function: str | None
    follow_up: Personal[UUID | None]
    linked_deviations: tuple[UUID, ...]
    linked_risks: tuple[UUID, ...]
    linked_tasks: tuple[UUID, ...]
    related: Personal[list[dict[str, Any]]]
    defined_at: datetime
    defined_by: Personal[str]
    planned_through: date | None
    """Every day of the plan up to this one has its occurrence."""
    occurrences: int
    """How many have been made."""

    @property
    def plan(self) -> Plan:
        """The days that it gives."""
        return Plan(
            schedules=tuple(map(Schedule.model_validate, self.schedules)),
            pauses=tuple(map(Pause.model_validate, self.pauses)),
            started_on=self.started_on,
            ended_after=self.ended_after,
        )


@table("task_reminder", key=("task_id", "kind", "due"), subject_id="task_id", history=False)
@dataclass(frozen=True, slots=True)
class ReminderRow:
    """A reminder that was given."""

    task_id: UUID
    kind: ReminderKind
    due: date
    subject: str
    given_on: date
    given_at: datetime
    members: Personal[tuple[UUID, ...]]
    function: str | None


@dataclass(frozen=True, slots=True)
class TaskOnDay:
    """A task at the instant asked about."""

    row: TaskRow
    state: TaskState
    days_overdue: int

    def answerable_on(self, today: date) -> date:
        """The day for which the holder of its function is found: the due date, or today when there is none."""
        return self.row.due or today


@dataclass(frozen=True, slots=True)
class Assignee:
    """A member, and the functions held, so that work given to a function is found as well (`read_side._held`)."""

    member: UUID
    held: tuple[Held, ...] = ()


@dataclass(frozen=True, slots=True)
class TaskFilter:
    """Which tasks; what is left out restricts nothing."""

    states: frozenset[TaskState] = frozenset()
    kinds: frozenset[TaskKind] = frozenset()
    assignee: Assignee | None = None
    function: FunctionKey | None = None
    follow_up: UUID | None = None
    due_from: date | None = None
    due_to: date | None = None
    recurring_task: UUID | None = None


@dataclass(frozen=True, slots=True)
class RecurringTaskOnDay:
    """A recurring task at the instant asked about."""

    row: RecurringTaskRow
    status: TemplateStatus
    next_due: date | None
    """Due date of its earliest open occurrence that is not overdue, or else the next day of its plan."""
    open: int
    overdue: int


@dataclass(frozen=True, slots=True)
class MonthOnTime:
    """How the tasks that fell due in a month went; `due` leaves the cancelled ones out."""

    first_day: date
    due: int
    on_time: int
    late: int
    skipped: int
    unfinished: int
    """Still open."""


@dataclass(frozen=True, slots=True)
class Clockwork:
    """What a scheduler works on: see `clockwork`."""

    templates: list[RecurringTaskRow]
    tasks: list[TaskRow]
    reminders: list[ReminderRow]


EVERY_TASK = TaskFilter()
_LINKED = {
    LinkKind.DEVIATION: "linked_deviations",
    LinkKind.RISK_ASSESSMENT: "linked_risks",
    LinkKind.TASK: "linked_tasks",
}
"""Columns with the ids of what a task can be linked to."""

_STATE = sql.SQL("""
  case when outcome = 'completed' then case when done_on > due then 'completed_late' else 'completed' end
       when outcome is not null then outcome
       when due is null or due = %(today)s then 'due'
       when due < %(today)s then 'overdue'
       else 'scheduled' end""")
_EARLIEST = By("day", expression=sql.SQL("coalesce(due, (planned_at at time zone 'Europe/Oslo')::date)"), type="date")


async def tasks(view: View, where: TaskFilter = EVERY_TASK, window: Window | None = None, *, latest_first: bool = False) -> Page[TaskOnDay]:
    """Tasks by due date; one without a date stands where it was planned. Raises InvalidPage."""
    condition, params = _condition(where, view.today)
    by = By(_EARLIEST.name, latest_first, _EARLIEST.expression, _EARLIEST.type)
    found = await page(view, TaskRow, window or Window(), by=[by], where=condition, params=params)
    items = [row.on_day(view.today) for row in found.items]
    return Page(items, found.cursors, found.has_next, found.has_previous, found.total)


async def task(view: View, task_id: UUID) -> TaskOnDay | None:
    """One task, or None."""
    row = await view.one(TaskRow, task_id=task_id)
    return row.on_day(view.today) if row else None


async def linked_to(view: View, kind: LinkKind, targets: Sequence[UUID]) -> list[list[TaskRow]]:
    """The tasks that are linked to each deviation, risk assessment or task, the latest first."""
    return await rows_linked_to(view, TaskRow, _LINKED[kind], targets)


async def reminders(view: View, task_ids: list[UUID]) -> list[ReminderRow]:
    """The reminders of some tasks, in the order they were given."""
    query = sql.SQL("select * from {} where task_id = any(%(tasks)s) order by position").format(view.source(ReminderRow))
    return await view.fetch(ReminderRow, query, {"tasks": task_ids})


async def counts(view: View, where: TaskFilter = EVERY_TASK) -> Mapping[TaskState, int]:
    """How many tasks are in each state."""
    condition, params = _condition(where, view.today)
    query = sql.SQL("select {} as state, count(*) as number from {} where {} group by 1").format(_STATE, view.source(TaskRow), condition)
    found = {TaskState(row["state"]): row["number"] for row in await view.fetch_dicts(query, params)}
    return {state: found.get(state, 0) for state in TaskState}


async def recurring_tasks(view: View) -> list[RecurringTaskOnDay]:
    """Every recurring task, in the order of definition."""
    made = {row["recurring_task"]: row for row in await view.fetch_dicts(_MADE.format(view.source(TaskRow)), {"today": view.today})}
    rows = sorted(await view.all(RecurringTaskRow), key=lambda row: row.number)
    return [_template_on_day(row, made.get(row.recurring_task_id, _NONE_MADE), view.today) for row in rows]


async def recurring_task(view: View, recurring_task_id: UUID) -> RecurringTaskOnDay | None:
    """One recurring task, or None."""
    row = await view.one(RecurringTaskRow, recurring_task_id=recurring_task_id)
    if row is None:
        return None
    query = sql.SQL("select * from ({}) as made where recurring_task = %(wanted)s").format(_MADE.format(view.source(TaskRow)))
    made = await view.fetch_dicts(query, {"today": view.today, "wanted": recurring_task_id})
    return _template_on_day(row, made[0] if made else _NONE_MADE, view.today)


async def clockwork(view: View) -> Clockwork:
    """Every recurring task; the open tasks with the reminders given of their due dates; of each recurring task, the
    occurrences from its `planned_through` on and the latest one not withdrawn; and the setup tasks done for those that wait.
    """
    sources = (view.source(TaskRow), view.source(RecurringTaskRow), view.source(ReminderRow))
    tasks_query, reminders_query = _CLOCKWORK.format(*sources[:2]), _CLOCKWORK_REMINDERS.format(sources[2], sources[0])
    return Clockwork(
        await view.all(RecurringTaskRow), await view.fetch(TaskRow, tasks_query), await view.fetch(ReminderRow, reminders_query)
    )


async def on_time(view: View, first_month: date, last_month: date) -> list[MonthOnTime]:
    """Month by month, how the tasks due in it went; months are named by any of their days, and both are included."""
    params = {"first": first_month.replace(day=1), "last": last_month.replace(day=1)}
    return [MonthOnTime(**row) for row in await view.fetch_dicts(_ON_TIME.format(view.source(TaskRow)), params)]


_ON_TIME = sql.SQL("""
select month::date as first_day,
  count(due) filter (where outcome is distinct from 'cancelled') as due,
  count(*) filter (where outcome = 'completed' and done_on <= due) as on_time,
  count(*) filter (where outcome = 'completed' and done_on > due) as late,
  count(*) filter (where outcome = 'skipped') as skipped,
  count(due) filter (where outcome is null) as unfinished
from generate_series(%(first)s::timestamp, %(last)s::timestamp, interval '1 month') as month
left join {} on due >= month::date and due < (month + interval '1 month')::date
group by month order by month""")

_CLOCKWORK = sql.SQL("""
with task as (select * from {}),
  latest as (
    select recurring_task, max(scheduled_on) as scheduled_on
    from task where kind = 'occurrence' and withdrawal is null group by recurring_task)
select task.* from task
left join {} on recurring_task.recurring_task_id = task.recurring_task
left join latest on latest.recurring_task = task.recurring_task
where task.outcome is null
  or task.kind = 'occurrence' and task.scheduled_on >= least(recurring_task.planned_through, latest.scheduled_on)
  or task.kind = 'setup' and task.outcome = 'completed' and recurring_task.started_on is null
order by task.task_id""")

_CLOCKWORK_REMINDERS = sql.SQL("""
select task_reminder.* from {} join {} using (task_id, due) where task.outcome is null
order by task_reminder.task_id, task_reminder.kind""")

_MADE = sql.SQL("""
select recurring_task,
  count(*) filter (where outcome is null) as open,
  count(*) filter (where outcome is null and due < %(today)s) as overdue,
  min(due) filter (where outcome is null and due >= %(today)s) as next_due,
  max(scheduled_on) filter (where withdrawal is null) as last_due,
  (array_agg(done_on order by scheduled_on desc) filter (where withdrawal is null))[1] as last_done
from {} where kind = 'occurrence' group by recurring_task""")

_NONE_MADE: Mapping[str, Any] = {"open": 0, "overdue": 0, "next_due": None, "last_due": None, "last_done": None}


def _template_on_day(row: RecurringTaskRow, made: Mapping[str, Any], today: date) -> RecurringTaskOnDay:
    plan = row.plan
    next_due: date | None = made["next_due"]
    if next_due is None:
        ahead = [plan.next_day(max(today, row.planned_through + DAY if row.planned_through else today))]
        ahead += [] if made["open"] else [plan.next_after_done(made["last_due"], made["last_done"])]
        next_due = min((day for day in ahead if day is not None), default=None)
    return RecurringTaskOnDay(row, plan.status(today), next_due, made["open"], made["overdue"])


def _condition(where: TaskFilter, today: date) -> tuple[Query, dict[str, Any]]:
    given: dict[str, tuple[bool, Query]] = {
        "states": (bool(where.states), sql.SQL("({}) = any(%(states)s)").format(_STATE)),
        "kinds": (bool(where.kinds), sql.SQL("kind = any(%(kinds)s)")),
        "assignee": (where.assignee is not None, _ASSIGNED),
        "function": (where.function is not None, sql.SQL("function = %(function)s")),
        "follow_up": (where.follow_up is not None, sql.SQL("follow_up = %(follow_up)s")),
        "due_from": (where.due_from is not None, sql.SQL("due >= %(due_from)s")),
        "due_to": (where.due_to is not None, sql.SQL("due <= %(due_to)s")),
        "recurring_task": (where.recurring_task is not None, sql.SQL("recurring_task = %(recurring_task)s")),
    }
    held = where.assignee.held if where.assignee else ()
    params = {
        "today": today,
        "states": list(where.states),
        "kinds": list(where.kinds),
        "member": where.assignee.member if where.assignee else None,
        "held": [span.function for span in held],
        "held_from": [span.first_day for span in held],
        "held_to": [span.last_day for span in held],
        "function": str(where.function) if where.function else None,
        "follow_up": where.follow_up,
        "due_from": where.due_from,
        "due_to": where.due_to,
        "recurring_task": where.recurring_task,
    }
    return sql.SQL(" and ").join([sql.SQL("true"), *(condition for asked, condition in given.values() if asked)]), params


_ASSIGNED = sql.SQL("""
(%(member)s = any(members) or exists (
  select from unnest(%(held)s::text[], %(held_from)s::date[], %(held_to)s::date[]) as held (function, first_day, last_day)
  where held.function = task.function and coalesce(due, %(today)s) between held.first_day and held.last_day))""")
