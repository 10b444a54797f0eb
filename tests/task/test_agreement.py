"""Whatever is commanded: the state that the rules see and the rows that people see say the same."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from events._function import Function
from events.task import LinkKind
from read_side.task import RecurringTaskRow, ReminderRow, TaskRow
from tests._given import KARI, OLA
from tests.scheduler._world import World
from tests.task._story import DEVIATION, LIV
from write_side._decider import Command
from write_side._errors import CommandError
from write_side.task import commands
from write_side.task.recurring import commands as recurring
from write_side.task.recurring.state import RecurringTask
from write_side.task.state import Task
from write_side.task.values import GivenAssignment, GivenLink, GivenSchedule

BEGIN = date(2026, 3, 3)

a_member = st.sampled_from([KARI, OLA, LIV])
an_assignment = st.one_of(
    st.lists(a_member, min_size=1, max_size=3).map(lambda members: GivenAssignment(members=tuple(members))),
    st.sampled_from(Function).map(lambda function: GivenAssignment(function=function)),
)
a_link = st.sampled_from(
    [
        GivenLink(kind=LinkKind.DEVIATION, target=DEVIATION),
        GivenLink(kind=LinkKind.DOCUMENT, name="4.2"),
        GivenLink(kind=LinkKind.TASK, target=LIV),
    ]
)
a_number = st.integers(-3, 40)
a_note = st.sampled_from(["Fordi", "Derfor"])
rules = st.sampled_from(["FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=4", None])


def on_day(number: int) -> date:
    return BEGIN + timedelta(days=number)


def of_task(kind: type[Command], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[tuple[type[Command], dict[str, Any]]]:
    return st.fixed_dictionaries(fields).map(lambda given_: (kind, given_))


TASK_STEPS = st.one_of(
    of_task(commands.DescribeTask, title=a_note),
    of_task(commands.AssignTask, assignment=an_assignment),
    of_task(commands.HandOverTask, leaver=st.just(OLA), successor=st.just(LIV)),
    of_task(commands.NameTaskFollowUp, follow_up=st.none() | a_member),
    of_task(commands.MoveDueDate, due=a_number.map(on_day), reason=a_note),
    of_task(commands.LinkTask, link=a_link),
    of_task(commands.CompleteTask, done_on=a_number.map(on_day), note=st.none() | a_note),
    of_task(commands.AddEvidence, note=a_note),
    of_task(commands.SkipTask, reason=a_note),
    of_task(commands.CancelTask, reason=a_note),
    of_task(commands.ReopenTask, reason=a_note),
)

TEMPLATE_STEPS = st.one_of(
    of_task(recurring.DescribeRecurringTask, title=a_note),
    of_task(recurring.AssignRecurringTask, assignment=an_assignment),
    of_task(recurring.HandOverRecurringTask, leaver=st.just(OLA), successor=st.just(LIV)),
    of_task(recurring.NameRecurringTaskFollowUp, follow_up=st.none() | a_member),
    of_task(recurring.LinkRecurringTask, link=a_link),
    of_task(recurring.ChangeLeadTime, lead_days=st.integers(0, 30)),
    of_task(recurring.PauseRecurringTask, from_day=a_number.map(on_day), until=st.none() | a_number.map(on_day), reason=a_note),
    of_task(recurring.ResumeRecurringTask, from_day=st.none() | a_number.map(on_day)),
    of_task(recurring.EndRecurringTask, last_day=a_number.map(lambda number: on_day(number + 20)), reason=a_note),
    st.tuples(a_number, rules, a_note).map(
        lambda given_: (
            recurring.ChangeSchedule,
            {
                "schedule": GivenSchedule(starts_on=on_day(given_[0]), rule=given_[1], months_after_done=None if given_[1] else 2),
                "reason": given_[2],
            },
        )
    ),
)

DEFINE = recurring.DefineRecurringTask(
    title="Rutine",
    schedule=GivenSchedule(starts_on=BEGIN, rule="FREQ=WEEKLY"),
    assignment=GivenAssignment(members=(OLA,)),
    follow_up=KARI,
)


def agree_on_task(state: Task, row: TaskRow, reminders: list[ReminderRow]) -> None:
    assert (row.title, row.follow_up, row.scheduled_on, row.due) == (state.title, state.follow_up, state.scheduled_on, state.due)
    assert (row.members, row.function) == (state.assignment.members, state.assignment.function)
    assert (row.outcome, row.withdrawal is not None, row.reopened_count > 0) == (state.outcome, state.withdrawn, state.kept)
    assert len(row.linked_deviations) + len(row.linked_tasks) + len(row.related) == len(state.links)
    assert {(reminder.kind, reminder.due) for reminder in reminders} == state.reminders


def agree_on_template(state: RecurringTask, row: RecurringTaskRow) -> None:
    assert (row.plan, row.revision, row.lead_days) == (state.plan, state.revision, state.lead_days)
    assert (row.title, row.follow_up, row.members, row.function) == (
        state.title,
        state.follow_up,
        state.assignment.members,
        state.assignment.function,
    )
    assert len(row.linked_deviations) + len(row.linked_tasks) + len(row.related) == len(state.links)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 3), TASK_STEPS | TEMPLATE_STEPS), max_size=14))
def test_the_rules_and_the_rows_agree(story: list[tuple[int, int, tuple[type[Command], dict[str, Any]]]]) -> None:
    world = World(BEGIN)
    template = UUID(world.do(DEFINE))
    world.do(commands.PlanTask(title="Oppgave", assignment=GivenAssignment(members=(OLA, KARI)), due=on_day(9)))
    for step, which, (kind, fields) in story:
        world.day += timedelta(days=step)
        world.run()
        tasks = world.tasks()
        of_template = issubclass(kind, recurring.RecurringTaskCommand)
        about = {"recurring_task_id": template} if of_template else {"task_id": tasks[which % len(tasks)].task_id}
        try:
            world.do(kind(**about, **fields))
        except CommandError:
            continue
    for row in world.tasks():
        reminders = [reminder for reminder in world.rows.all(ReminderRow) if reminder.task_id == row.task_id]
        agree_on_task(world.state("task", str(row.task_id)), row, reminders)
    agree_on_template(world.state("recurring_task", str(template)), world.rows.one(RecurringTaskRow))
