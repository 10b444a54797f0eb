"""Questions about tasks, put to real read models: by state, by person, by period, now and as it was."""

from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import pytest

from events._function import Function
from events._holding import HoldingKind
from events.task import LinkKind, Outcome, TaskKind, TaskState, occurrence_id
from gateway.application import make_application
from gateway.scheduler import ACTOR
from read_side import practice as practices
from read_side import task as questions
from read_side._errors import InvalidPage
from read_side._held import held_by
from read_side._page import Window
from read_side.task import Assignee, TaskFilter, TaskOnDay
from tests._database import Database
from tests.dashboard._living import Living
from write_side._decider import By
from write_side.practice.commands import AssignFunction
from write_side.task import commands
from write_side.task.recurring import commands as recurring
from write_side.task.values import GivenAssignment, GivenAttachment, GivenLink, GivenSchedule

pytestmark = pytest.mark.anyio

TODAY = date(2026, 3, 3)
TODAY_NOON = datetime(2026, 3, 3, 12, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def living(database: Database) -> Living:
    living = Living(database)
    living.at("2026-01-02").register()
    return living.at("2026-03-03")


def titles(found: list[TaskOnDay]) -> list[str]:
    return [task.row.title for task in found]


async def asked(living: Living, where: TaskFilter = questions.EVERY_TASK, **more: Any) -> list[TaskOnDay]:
    living.fold()
    async with living.view() as view:
        return (await questions.tasks(view, where, **more)).items


@pytest.fixture
def ola(living: Living) -> UUID:
    living.at("2026-01-03")
    member = living.join("Ola Hansen")
    living.at("2026-03-03")
    return member


def one_of_each_state(living: Living) -> dict[TaskState, UUID]:
    living.at("2026-02-01")
    made = {
        TaskState.SCHEDULED: living.plan_task("2026-03-20", "ligger fremme"),
        TaskState.DUE: living.plan_task("2026-03-03", "i dag"),
        TaskState.OVERDUE: living.plan_task("2026-02-20", "forfalt"),
        TaskState.COMPLETED: living.plan_task("2026-02-25", "gjort"),
        TaskState.COMPLETED_LATE: living.plan_task("2026-02-10", "gjort sent"),
        TaskState.CANCELLED: living.plan_task("2026-02-11", "avlyst"),
    }
    living.at("2026-02-24").complete_task(made[TaskState.COMPLETED])
    living.complete_task(made[TaskState.COMPLETED_LATE])
    living.do(commands.CancelTask(task_id=made[TaskState.CANCELLED], reason="Kassert"))
    living.at("2026-03-03")
    return made


async def test_a_task_is_in_the_state_that_its_dates_say(living: Living) -> None:
    made = one_of_each_state(living)
    for state, task_id in made.items():
        assert [task.row.task_id for task in await asked(living, TaskFilter(states=frozenset({state})))] == [task_id]
    assert {task.state for task in await asked(living)} == set(made)


async def test_the_database_and_python_call_a_state_the_same(living: Living) -> None:
    one_of_each_state(living)
    living.plan_task(None, "snarest")
    living.fold()
    for number in range(0, 60, 3):
        living.now = TODAY_NOON + timedelta(days=number)
        async with living.view() as view:
            told = dict.fromkeys(TaskState, 0)
            for task in (await questions.tasks(view)).items:
                told[task.state] += 1
            assert await questions.counts(view) == told


async def test_the_state_of_then_is_told_as_of_then(living: Living) -> None:
    made = one_of_each_state(living)
    living.fold()
    async with living.view("2026-02-15T12:00:00+00:00") as view:
        then = {task.row.task_id: task for task in (await questions.tasks(view)).items}
    assert then[made[TaskState.OVERDUE]].state is TaskState.SCHEDULED
    assert (then[made[TaskState.COMPLETED_LATE]].state, then[made[TaskState.COMPLETED_LATE]].days_overdue) == (TaskState.OVERDUE, 5)
    async with living.view() as view:
        now = await questions.task(view, made[TaskState.OVERDUE])
        assert now is not None
        assert (now.state, now.days_overdue) == (TaskState.OVERDUE, 11)


async def test_the_day_turns_at_midnight_in_norway(living: Living) -> None:
    task_id = living.plan_task("2026-06-01")
    living.fold()
    for moment, state in [("2026-06-01T21:59:00+00:00", TaskState.DUE), ("2026-06-01T22:01:00+00:00", TaskState.OVERDUE)]:
        living.at(moment)
        async with living.view() as view:
            task = await questions.task(view, task_id)
        assert task is not None
        assert task.state is state


async def test_tasks_come_by_due_date_and_one_without_a_date_where_it_was_planned(living: Living) -> None:
    for due in ["2026-03-20", "2026-03-05", None]:
        living.plan_task(due, due or "snarest")
    assert titles(await asked(living)) == ["snarest", "2026-03-05", "2026-03-20"]
    assert titles(await asked(living, latest_first=True)) == ["2026-03-20", "2026-03-05", "snarest"]


async def test_pages_follow_each_other(living: Living) -> None:
    for number in range(1, 8):
        living.plan_task(f"2026-04-0{number}", str(number))
    living.fold()
    async with living.view() as view:
        first = await questions.tasks(view, window=Window(first=3))
        second = await questions.tasks(view, window=Window(first=3, after=first.cursors[-1]))
        assert (titles(first.items), titles(second.items)) == (["1", "2", "3"], ["4", "5", "6"])
        assert (first.total, first.has_next, second.has_previous) == (7, True, True)
        with pytest.raises(InvalidPage):
            await questions.tasks(view, window=Window(first=0))


async def test_a_period_a_function_and_a_kind_narrow_the_list(living: Living, ola: UUID) -> None:
    living.plan_task("2026-03-10", "mars")
    living.plan_task("2026-04-10", "april", GivenAssignment(members=(ola,)))
    living.do(commands.PlanTask(title="etablering", kind=TaskKind.SETUP, assignment=GivenAssignment(members=(ola,)), follow_up=ola))
    narrowed: list[tuple[TaskFilter, list[str]]] = [
        (TaskFilter(due_from=date(2026, 4, 1)), ["april"]),
        (TaskFilter(due_to=date(2026, 3, 31)), ["mars"]),
        (TaskFilter(due_from=date(2026, 3, 10), due_to=date(2026, 4, 10)), ["mars", "april"]),
        (TaskFilter(function=Function.GENERAL_MANAGER), ["mars"]),
        (TaskFilter(kinds=frozenset({TaskKind.SETUP})), ["etablering"]),
        (TaskFilter(follow_up=ola), ["etablering"]),
        (TaskFilter(recurring_task=UUID(int=1)), []),
    ]
    for where, expected in narrowed:
        assert titles(await asked(living, where)) == expected


async def mine(living: Living, member: UUID) -> list[str]:
    living.fold()
    async with living.view() as view:
        held = held_by(member, await practices.assignments(view), TODAY - 400 * DAY, TODAY + 400 * DAY)
        return titles((await questions.tasks(view, TaskFilter(assignee=Assignee(member, held)))).items)


async def test_a_members_tasks_are_also_those_of_the_functions_held_on_the_due_date(living: Living, ola: UUID) -> None:
    kari = living.actor
    living.do(AssignFunction(function=Function.QUALITY_LEAD, members=(kari,), from_day=TODAY, to_day=date(2026, 3, 31)))
    living.do(AssignFunction(function=Function.QUALITY_LEAD, members=(ola,), from_day=date(2026, 4, 1)))
    quality = GivenAssignment(function=Function.QUALITY_LEAD)
    living.plan_task("2026-03-31", "mens Kari har den", quality)
    living.plan_task("2026-04-01", "når Ola har overtatt", quality)
    living.plan_task(None, "snarest", quality)
    living.plan_task("2026-04-02", "Olas egen", GivenAssignment(members=(ola, kari)))
    assert await mine(living, kari) == ["snarest", "mens Kari har den", "Olas egen"]
    assert await mine(living, ola) == ["når Ola har overtatt", "Olas egen"]
    living.at("2026-04-15")
    assert await mine(living, ola) == ["snarest", "når Ola har overtatt", "Olas egen"]


async def test_who_takes_turns_has_the_tasks_of_their_weeks(living: Living, ola: UUID) -> None:
    kari = living.actor
    living.do(
        AssignFunction(function=Function.HSE_LEAD, kind=HoldingKind.ROTATING, members=(kari, ola), weeks=1, from_day=date(2026, 3, 9))
    )
    hse = GivenAssignment(function=Function.HSE_LEAD)
    for due in ["2026-03-09", "2026-03-15", "2026-03-16", "2026-03-23"]:
        living.plan_task(due, due, hse)
    assert await mine(living, kari) == ["2026-03-09", "2026-03-15", "2026-03-23"]
    assert await mine(living, ola) == ["2026-03-16"]


def define(living: Living, **more: Any) -> UUID:
    schedule = GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY")
    given = {"title": "Akuttkoffert", "schedule": schedule, "assignment": GivenAssignment(function=Function.QUALITY_LEAD), **more}
    return living.do(recurring.DefineRecurringTask(**given)).new_id()


def occurrence(living: Living, template: UUID, day: date) -> UUID:
    command = commands.PlanOccurrence(recurring_task_id=template, scheduled_on=day)
    application = make_application(living.database.sync_pool(role="sporbar_generator"), given_clock=True)
    id_ = uuid5(template, day.isoformat())
    application.execute(command, By(living.name, ACTOR, living.now, id_, id_))
    return occurrence_id(template, day)


async def test_a_recurring_task_tells_when_it_is_due_next(living: Living) -> None:
    template = define(living)
    living.fold()
    async with living.view() as view:
        (found,) = await questions.recurring_tasks(view)
        assert (found.status, found.next_due, found.open, found.overdue) == ("active", date(2026, 3, 9), 0, 0)
    first = occurrence(living, template, date(2026, 3, 9))
    occurrence(living, template, date(2026, 3, 16))
    living.at("2026-03-12").fold()
    async with living.view() as view:
        one = await questions.recurring_task(view, template)
        assert one is not None
        assert (one.next_due, one.open, one.overdue, one.row.planned_through) == (date(2026, 3, 16), 2, 1, date(2026, 3, 16))
        made = (await questions.tasks(view, TaskFilter(recurring_task=template))).items
        assert [task.row.scheduled_on for task in made] == [date(2026, 3, 9), date(2026, 3, 16)]
        assert await questions.recurring_task(view, first) is None


async def test_one_that_waits_until_it_is_done_tells_its_next_date_after_that(living: Living) -> None:
    template = define(living, schedule=GivenSchedule(starts_on=TODAY, months_after_done=6))
    task_id = occurrence(living, template, TODAY)
    living.at("2026-03-10").complete_task(task_id)
    living.fold()
    async with living.view() as view:
        (found,) = await questions.recurring_tasks(view)
    assert (found.next_due, found.open) == (date(2026, 9, 10), 0)


async def test_one_that_has_ended_is_due_no_more_but_was_before(living: Living) -> None:
    template = define(living)
    living.at("2026-03-10").do(recurring.EndRecurringTask(recurring_task_id=template, reason="Ikke lenger"))
    living.at("2026-03-11").fold()
    async with living.view() as view:
        (found,) = await questions.recurring_tasks(view)
        assert (found.status, found.next_due) == ("ended", None)
    async with living.view("2026-03-09T12:00:00+00:00") as view:
        (found,) = await questions.recurring_tasks(view)
        assert (found.status, found.next_due) == ("active", date(2026, 3, 9))


def counted(month: questions.MonthOnTime) -> tuple[int, ...]:
    return month.due, month.on_time, month.late, month.skipped, month.unfinished


async def test_month_by_month_how_tasks_went(living: Living) -> None:
    one_of_each_state(living)
    living.plan_task("2026-03-31", "mars")
    living.plan_task(None, "snarest")
    template = define(living)
    skipped = occurrence(living, template, date(2026, 3, 9))
    living.do(commands.SkipTask(task_id=skipped, reason="Ferie"))
    living.fold()
    async with living.view() as view:
        january, february, march = await questions.on_time(view, date(2026, 1, 31), date(2026, 3, 1))
    assert [month.first_day for month in (january, february, march)] == [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)]
    assert (counted(january), counted(february), counted(march)) == ((0, 0, 0, 0, 0), (3, 1, 1, 0, 1), (4, 0, 0, 1, 3))


async def test_everything_stored_comes_back_as_it_was_folded(living: Living, ola: UUID) -> None:
    task_id = living.plan_task("2026-03-20", assignment=GivenAssignment(members=(ola,)))
    living.do(commands.MoveDueDate(task_id=task_id, due=date(2026, 3, 25), reason="Ferie"))
    evidence = GivenAttachment(reference=UUID(int=7), sha256="0" * 64)
    record = GivenLink(kind=LinkKind.MEETING, name="Praksismøte mars")
    living.do(commands.CompleteTask(task_id=task_id, done_on=TODAY, note="Utført", attachments=(evidence,), record=record))
    living.fold()
    async with living.view() as view:
        found = await questions.task(view, task_id)
        assert await questions.task(view, UUID(int=1)) is None
    assert found is not None
    assert (found.row.outcome, found.row.scheduled_on, found.row.due, found.row.moves) == (
        Outcome.COMPLETED,
        date(2026, 3, 20),
        date(2026, 3, 25),
        1,
    )
    assert found.row.evidence[0]["attachments"] == [{"reference": str(UUID(int=7)), "sha256": "0" * 64}]
    assert (found.row.members, found.row.done_by, found.row.due_since) == ((ola,), living.actor, living.now)


async def test_another_practices_tasks_are_not_seen(living: Living, database: Database) -> None:
    other = Living(database, "havnegata")
    other.at("2026-01-02").register()
    other.at("2026-03-03").plan_task("2026-03-10", "annens")
    living.plan_task("2026-03-10", "egen")
    assert titles(await asked(living)) == ["egen"]
    async with other.view() as view:
        assert titles((await questions.tasks(view)).items) == ["annens"]
        assert await questions.recurring_tasks(view) == []
