"""What the clock brings: occurrences, reminders, starts and withdrawals, each once, whatever happens in between."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events._function import Function
from events.task import Outcome, ReminderKind, TaskKind, TaskState, WithdrawalCause
from read_side.task import RecurringTaskRow, ReminderRow, TaskRow
from tests._given import KARI, OLA
from tests.scheduler._world import World
from write_side._scheduler import CATCH_UP
from write_side.task import commands
from write_side.task.recurring import commands as recurring
from write_side.task.values import GivenAssignment, GivenSchedule

MONDAY = date(2026, 3, 2)
DAY, WEEK = timedelta(days=1), timedelta(days=7)
TO_QUALITY = GivenAssignment(function=Function.QUALITY_LEAD)
TO_OLA = GivenAssignment(members=(OLA,))
WEEKLY = GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY")


def define(world: World, schedule: GivenSchedule = WEEKLY, **more: Any) -> UUID:
    fields = {"title": "Kontroller akuttkofferten", "schedule": schedule, "assignment": TO_QUALITY, **more}
    return UUID(world.do(recurring.DefineRecurringTask(**fields)))


def plan(world: World, due: date | None, **more: Any) -> UUID:
    return UUID(world.do(commands.PlanTask(**{"title": "Kalibrer", "assignment": TO_OLA, "due": due, **more})))


def days(world: World) -> list[date | None]:
    return [task.scheduled_on for task in world.tasks() if task.kind is TaskKind.OCCURRENCE and task.outcome is not Outcome.CANCELLED]


def reminders(world: World) -> list[tuple[ReminderKind, date]]:
    return [(row.kind, row.given_on) for row in world.rows.all(ReminderRow)]


def pass_days(world: World, until: date, *, step: int = 1) -> None:
    while world.day < until:
        world.day += timedelta(days=step)
        world.run()


def row(world: World, task_id: UUID) -> TaskRow:
    return next(task for task in world.tasks() if task.task_id == task_id)


def test_an_occurrence_is_made_its_lead_time_before_it_is_due() -> None:
    world = World(MONDAY)
    define(world, lead_days=3)
    pass_days(world, date(2026, 3, 5))
    assert days(world) == []
    pass_days(world, date(2026, 3, 6))
    assert days(world) == [date(2026, 3, 9)]


def test_a_scheduler_that_runs_seldom_looks_further_ahead() -> None:
    world = World(MONDAY)
    define(world, lead_days=3)
    world.carry_out(world.due(horizon=timedelta(days=11)))
    assert days(world) == [date(2026, 3, 9), date(2026, 3, 16)]


def test_to_run_again_brings_nothing_new() -> None:
    world = World(MONDAY)
    define(world)
    assert world.run() > 0
    assert (world.due(), world.run()) == ([], 0)


def test_two_schedulers_that_plan_at_once_make_everything_once() -> None:
    world = World(MONDAY)
    define(world, lead_days=30)
    first, second = world.due(), world.due()
    assert first == second
    assert (world.carry_out(first), world.carry_out(second)) == (5 - 1, 0)


def test_the_id_of_a_command_follows_from_the_rule_and_the_date() -> None:
    world = World(MONDAY)
    define(world, lead_days=30)
    assert len({each.command_id for each in world.due()}) == len(world.due()) == 4
    later = World(MONDAY)
    define(later, lead_days=30)
    assert world.due() == later.due()


def test_after_a_long_standstill_everything_planned_is_made_in_bounded_runs() -> None:
    world = World(MONDAY)
    define(world, GivenSchedule(starts_on=MONDAY, rule="FREQ=DAILY"), lead_days=0)
    world.day += timedelta(days=2 * CATCH_UP + 20)
    assert len(world.due()) == CATCH_UP
    assert world.due()[0].command.model_dump()["scheduled_on"] == MONDAY
    world.run()
    assert days(world) == [MONDAY + timedelta(days=number) for number in range(2 * CATCH_UP + 21)]


a_rule = st.sampled_from(
    ["FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=9", "FREQ=MONTHLY;BYMONTHDAY=31", "FREQ=MONTHLY;BYDAY=-1FR", "FREQ=WEEKLY;COUNT=5"]
)


@settings(max_examples=30, deadline=None)
@given(a_rule, st.integers(0, 40), st.lists(st.integers(1, 45), min_size=5, max_size=12))
def test_however_often_it_runs_the_plan_is_made_without_gap_or_double(rule: str, lead: int, steps: list[int]) -> None:
    world = World(date(2026, 11, 20))
    template = define(world, GivenSchedule(starts_on=date(2026, 11, 30), rule=rule), lead_days=lead)
    for step in steps:
        world.day += timedelta(days=step)
        world.run()
    plan_ = next(found.plan for found in world.rows.all(RecurringTaskRow) if found.recurring_task_id == template)
    assert days(world) == plan_.days(date.min, world.day + timedelta(days=lead))


a_change = st.sampled_from(["reschedule", "pause", "resume", "end", "complete", "nothing"])


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.integers(1, 20), a_change), min_size=3, max_size=10), st.integers(0, 30))
def test_whatever_is_changed_the_days_ahead_are_those_of_the_plan(story: list[tuple[int, str]], lead: int) -> None:
    world = World(MONDAY)
    template = define(world, GivenSchedule(starts_on=MONDAY, rule="FREQ=WEEKLY"), lead_days=lead)
    world.run()
    for number, (step, change) in enumerate(story):
        world.day += timedelta(days=step)
        _change(world, template, change, number)
        world.run()
        found = world.rows.one(RecurringTaskRow)
        last = world.day + timedelta(days=lead)
        ahead = [day for day in days(world) if day and day > world.day]
        unpaused = [day for day in ahead if found.plan.gives(day)]
        assert unpaused == found.plan.days(world.day + DAY, last)
        still_open = [task.scheduled_on for task in world.tasks() if task.outcome is None and task.scheduled_on]
        assert all(found.plan.contains(day) for day in still_open if day > world.day)
        assert set(found.plan.days(date.min, last)) <= set(days(world))
        assert len(days(world)) == len(set(days(world)))
        assert world.run() == 0


def _change(world: World, template: UUID, change: str, number: int) -> None:
    live = world.rows.one(RecurringTaskRow).plan.ended_after is None
    paused = world.rows.one(RecurringTaskRow).plan.status(world.day) == "paused"
    if change == "reschedule" and live:
        rule = ["FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=3", "FREQ=MONTHLY"][number % 3]
        schedule = GivenSchedule(starts_on=world.day + timedelta(days=number), rule=rule)
        world.do(recurring.ChangeSchedule(recurring_task_id=template, schedule=schedule, reason="Ny rytme"))
    elif change == "pause" and live and not paused:
        world.do(recurring.PauseRecurringTask(recurring_task_id=template, until=world.day + timedelta(days=9), reason="Ferie"))
    elif change == "resume" and live:
        world.do(recurring.ResumeRecurringTask(recurring_task_id=template))
    elif change == "end" and live:
        world.do(recurring.EndRecurringTask(recurring_task_id=template, last_day=world.day + timedelta(days=5), reason="Slutt"))
    elif change == "complete":
        for task in [task for task in world.tasks() if task.outcome is None][:1]:
            world.do(commands.CompleteTask(task_id=task.task_id, done_on=world.day))


def test_an_occurrence_keeps_the_template_as_it_stood() -> None:
    world = World(MONDAY)
    template = define(world, lead_days=7)
    world.run()
    world.do(recurring.DescribeRecurringTask(recurring_task_id=template, title="Kontroller begge koffertene"))
    world.do(recurring.AssignRecurringTask(recurring_task_id=template, assignment=TO_OLA))
    pass_days(world, MONDAY + WEEK)
    assert [task.title for task in world.tasks()] == ["Kontroller akuttkofferten", "Kontroller begge koffertene"]
    assert [task.members for task in world.tasks()] == [(), (OLA,)]


def test_occurrences_ahead_are_withdrawn_when_the_schedule_changes_and_come_back_with_it() -> None:
    world = World(MONDAY)
    template = define(world, lead_days=20)
    world.run()
    tuesdays = GivenSchedule(starts_on=date(2026, 3, 10), rule="FREQ=WEEKLY;BYDAY=TU")
    mondays = GivenSchedule(starts_on=date(2026, 3, 10), rule="FREQ=WEEKLY;BYDAY=MO")
    world.do(recurring.ChangeSchedule(recurring_task_id=template, schedule=tuesdays, reason="Mandag er full"))
    world.run()
    assert days(world) == [date(2026, 3, 9), date(2026, 3, 10), date(2026, 3, 17)]
    assert {task.withdrawal for task in world.tasks() if task.outcome} == {WithdrawalCause.RESCHEDULED}
    world.do(recurring.ChangeSchedule(recurring_task_id=template, schedule=mondays, reason="Likevel mandag"))
    world.run()
    assert days(world) == [date(2026, 3, 9), date(2026, 3, 16)]
    assert len(world.tasks()) == 4


def test_an_occurrence_that_somebody_reopened_is_left_to_them() -> None:
    world = World(MONDAY)
    template = define(world, lead_days=7)
    world.run()
    (task,) = world.tasks()
    world.do(recurring.EndRecurringTask(recurring_task_id=template, reason="Ikke lenger"))
    world.run()
    assert row(world, task.task_id).withdrawal is WithdrawalCause.ENDED
    world.do(commands.ReopenTask(task_id=task.task_id, reason="Denne ene gangen"))
    assert world.run() == 0
    assert row(world, task.task_id).outcome is None


def test_what_fell_due_before_the_end_stays_to_be_done() -> None:
    world = World(MONDAY)
    template = define(world, lead_days=7)
    pass_days(world, date(2026, 3, 10))
    world.do(recurring.EndRecurringTask(recurring_task_id=template, reason="Ikke lenger"))
    world.run()
    assert [task.on_day(world.day).state for task in world.tasks()] == [TaskState.OVERDUE, TaskState.CANCELLED]


def test_days_in_a_pause_are_not_made_up_for() -> None:
    world = World(MONDAY)
    template = define(world, lead_days=0)
    world.do(recurring.PauseRecurringTask(recurring_task_id=template, from_day=date(2026, 3, 10), reason="Oppussing"))
    pass_days(world, date(2026, 4, 1))
    world.do(recurring.ResumeRecurringTask(recurring_task_id=template))
    pass_days(world, date(2026, 4, 14))
    assert days(world) == [date(2026, 3, 9), date(2026, 4, 6), date(2026, 4, 13)]


def test_what_waits_until_it_is_done_is_due_again_after_that() -> None:
    world = World(MONDAY)
    define(world, GivenSchedule(starts_on=date(2026, 3, 31), months_after_done=6), lead_days=30)
    world.run()
    pass_days(world, date(2026, 5, 30), step=10)
    assert days(world) == [date(2026, 3, 31)]
    world.do(commands.CompleteTask(task_id=world.tasks()[0].task_id, done_on=date(2026, 4, 30), done_by=KARI))
    pass_days(world, date(2026, 12, 1), step=5)
    assert days(world) == [date(2026, 3, 31), date(2026, 10, 30)]


@pytest.mark.parametrize("end", ["skip", "cancel", "early"])
def test_the_chain_of_one_that_waits_does_not_stop(end: str) -> None:
    world = World(MONDAY)
    define(world, GivenSchedule(starts_on=date(2026, 3, 9), months_after_done=1), lead_days=20)
    for _ in range(15):
        world.run()
        task = next(task for task in reversed(world.tasks()) if task.outcome is None)
        if end == "skip":
            world.do(commands.SkipTask(task_id=task.task_id, reason="Ferie"))
        elif end == "cancel":
            world.do(commands.CancelTask(task_id=task.task_id, reason="Feil"))
        else:
            world.do(commands.CompleteTask(task_id=task.task_id, done_on=date(2026, 2, 1)))
        world.day += timedelta(days=40)
    assert len(world.tasks()) == 15


def test_a_setup_task_that_is_done_starts_its_recurring_task() -> None:
    world = World(MONDAY)
    template = define(world, awaits_setup=True, lead_days=7)
    setup = plan(world, None, kind=TaskKind.SETUP, recurring_task=template)
    pass_days(world, date(2026, 3, 20))
    assert days(world) == []
    world.do(commands.CompleteTask(task_id=setup, done_on=date(2026, 3, 19)))
    world.run()
    assert days(world) == [date(2026, 3, 23)]
    assert world.rows.one(RecurringTaskRow).started_on == date(2026, 3, 19)
    assert world.run() == 0


def test_one_set_up_waits_its_months_from_the_setup() -> None:
    world = World(MONDAY)
    template = define(world, GivenSchedule(starts_on=MONDAY, months_after_done=3), awaits_setup=True, lead_days=0)
    setup = plan(world, None, kind=TaskKind.SETUP, recurring_task=template)
    world.day += DAY
    world.do(commands.CompleteTask(task_id=setup, done_on=world.day))
    pass_days(world, date(2026, 6, 3))
    assert days(world) == [date(2026, 6, 3)]


def test_a_task_is_reminded_of_a_week_and_a_day_before_and_when_it_is_overdue() -> None:
    world = World(MONDAY)
    plan(world, date(2026, 3, 20), follow_up=KARI)
    pass_days(world, date(2026, 4, 10))
    assert reminders(world) == [
        (ReminderKind.WEEK_BEFORE, date(2026, 3, 13)),
        (ReminderKind.DAY_BEFORE, date(2026, 3, 19)),
        (ReminderKind.OVERDUE, date(2026, 3, 21)),
        (ReminderKind.FOLLOW_UP, date(2026, 3, 21)),
    ]
    follow_up = world.rows.all(ReminderRow)[-1]
    assert (follow_up.members, world.rows.all(ReminderRow)[0].members) == ((KARI,), (OLA,))


def test_a_task_that_nobody_follows_up_has_no_reminder_for_them() -> None:
    world = World(MONDAY)
    plan(world, MONDAY)
    pass_days(world, MONDAY + 3 * DAY)
    assert [kind for kind, _ in reminders(world)] == [ReminderKind.OVERDUE]


def test_a_week_s_notice_is_not_given_of_what_was_planned_later() -> None:
    world = World(MONDAY)
    plan(world, MONDAY + 4 * DAY)
    pass_days(world, MONDAY + 4 * DAY)
    assert reminders(world) == [(ReminderKind.DAY_BEFORE, MONDAY + 3 * DAY)]


def test_a_reminder_that_was_missed_gives_way_to_the_next() -> None:
    world = World(MONDAY)
    plan(world, date(2026, 3, 20))
    world.day = date(2026, 3, 20)
    world.run()
    assert [kind for kind, _ in reminders(world)] == [ReminderKind.DAY_BEFORE]


def test_a_moved_date_is_reminded_of_anew() -> None:
    world = World(MONDAY)
    task = plan(world, date(2026, 3, 10))
    pass_days(world, date(2026, 3, 9))
    world.do(commands.MoveDueDate(task_id=task, due=date(2026, 3, 30), reason="Reservedel mangler"))
    pass_days(world, date(2026, 4, 5))
    assert [kind for kind, _ in reminders(world)] == [
        ReminderKind.WEEK_BEFORE,
        ReminderKind.DAY_BEFORE,
        ReminderKind.WEEK_BEFORE,
        ReminderKind.DAY_BEFORE,
        ReminderKind.OVERDUE,
    ]


@pytest.mark.parametrize("end", [commands.CompleteTask, commands.CancelTask])
def test_nobody_is_reminded_of_what_has_ended(end: type[Any]) -> None:
    world = World(MONDAY)
    task = plan(world, date(2026, 3, 10))
    given_: dict[str, Any] = {"done_on": MONDAY} if end is commands.CompleteTask else {"reason": "Feil"}
    world.do(end(task_id=task, **given_))
    pass_days(world, date(2026, 3, 15))
    assert reminders(world) == []


def test_a_task_without_a_date_brings_no_reminder() -> None:
    world = World(MONDAY)
    plan(world, None, follow_up=KARI)
    pass_days(world, date(2026, 6, 1), step=10)
    assert reminders(world) == []


def test_an_occurrence_made_late_is_overdue_at_once() -> None:
    world = World(MONDAY)
    define(world, GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY;COUNT=1"), lead_days=3, follow_up=KARI)
    world.day = date(2026, 3, 20)
    world.run()
    assert reminders(world) == [(ReminderKind.OVERDUE, date(2026, 3, 20)), (ReminderKind.FOLLOW_UP, date(2026, 3, 20))]


@pytest.mark.parametrize("day", [date(2026, 3, 28), date(2026, 10, 24)], ids=["to summer time", "to winter time"])
def test_the_clock_change_neither_loses_nor_doubles_a_day(day: date) -> None:
    world = World(day)
    define(world, GivenSchedule(starts_on=day, rule="FREQ=DAILY"), lead_days=0)
    pass_days(world, day + 3 * DAY)
    assert days(world) == [day + timedelta(days=number) for number in range(4)]
