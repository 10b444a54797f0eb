"""The scheduler at work: real ledger, real read models kept up by a real worker, several schedulers at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date, datetime, timedelta
from threading import Event, Thread
from typing import Any
from uuid import UUID

import pytest

from events._function import Function
from events.task import Outcome, ReminderKind, TaskKind
from gateway.application import make_application
from gateway.scheduler import Ran, Scheduler
from read_side import task as questions
from read_side._page import Window
from read_side.task import ReminderRow, TaskRow
from tests._database import Database
from tests.dashboard._living import Living
from write_side.task import commands
from write_side.task.recurring import commands as recurring
from write_side.task.values import GivenAssignment, GivenSchedule

pytestmark = pytest.mark.anyio

MONDAYS = GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY")
QUALITY = GivenAssignment(function=Function.QUALITY_LEAD)


@pytest.fixture
def living(database: Database) -> Living:
    living = Living(database)
    living.at("2026-01-02").register()
    return living.at("2026-03-03")


def define(living: Living, **more: Any) -> UUID:
    given = {"title": "Kontroller akuttkofferten", "schedule": MONDAYS, "assignment": QUALITY, **more}
    return living.do(recurring.DefineRecurringTask(**given)).new_id()


@asynccontextmanager
async def folding(living: Living) -> AsyncIterator[None]:
    """Within it, the read models follow the ledger."""
    living.fold()
    over = Event()

    def follow() -> None:
        while not over.wait(0.02):
            living.fold()

    follower = Thread(target=follow)
    follower.start()
    try:
        yield
    finally:
        over.set()
        await asyncio.to_thread(follower.join)


@asynccontextmanager
async def schedulers(living: Living, number: int = 1) -> AsyncIterator[list[Scheduler]]:
    """Schedulers that know nothing of each other, at the practice's clock."""
    async with folding(living), living.database.async_pool() as pool:
        yield [
            Scheduler(
                pool,
                make_application(living.database.sync_pool(role="sporbar_generator"), given_clock=True),
                clock=lambda: living.now,
                patience=20,
            )
            for _ in range(number)
        ]


async def run(living: Living) -> Ran:
    async with schedulers(living) as (scheduler,):
        return await scheduler.run()


async def tasks(living: Living) -> list[TaskRow]:
    living.fold()
    async with living.view() as view:
        return [task.row for task in (await questions.tasks(view)).items]


async def reminders(living: Living) -> list[ReminderRow]:
    async with living.view() as view:
        return await view.all(ReminderRow)


async def test_occurrences_and_reminders_come_with_nobody_signed_in(living: Living) -> None:
    define(living, lead_days=7)
    assert await run(living) == Ran(carried_out=1)
    (task,) = await tasks(living)
    assert (task.scheduled_on, task.function, task.planned_by) == (date(2026, 3, 9), "QUALITY_LEAD", "system:scheduler")
    assert await reminders(living) == []
    living.at("2026-03-10")
    assert await run(living) == Ran(carried_out=2)
    assert [(reminder.kind, reminder.function) for reminder in await reminders(living)] == [(ReminderKind.OVERDUE, "QUALITY_LEAD")]


async def test_to_run_again_changes_nothing(living: Living) -> None:
    define(living)
    first = await run(living)
    assert first.carried_out > 0
    assert await run(living) == Ran()


async def test_several_at_once_make_everything_once(living: Living) -> None:
    for number in range(5):
        define(living, title=f"Rutine {number}", lead_days=60)
    living.plan_task("2026-03-04", "i morgen")
    async with schedulers(living, 4) as four:
        ran = await asyncio.gather(*(scheduler.run() for scheduler in four))
    found = await tasks(living)
    assert sum(run.carried_out for run in ran) == len(found) - 1 + len(await reminders(living))
    assert len({(task.recurring_task, task.scheduled_on) for task in found}) == len(found) == 5 * 8 + 1


async def test_after_a_standstill_it_makes_what_was_missed(living: Living) -> None:
    define(living, schedule=GivenSchedule(starts_on=date(2026, 3, 3), rule="FREQ=DAILY"), lead_days=0)
    living.at("2026-06-10")
    await run(living)
    living.fold()
    async with living.view() as view:
        found = await questions.tasks(view, window=Window(first=100))
    assert found.total == 100
    assert [task.row.scheduled_on for task in found.items] == [date(2026, 3, 3) + timedelta(days=number) for number in range(100)]


async def test_a_setup_task_that_is_done_starts_what_it_sets_up(living: Living) -> None:
    template = define(living, awaits_setup=True, lead_days=7)
    plan = commands.PlanTask(title="Etabler kontroll", kind=TaskKind.SETUP, assignment=QUALITY, recurring_task=template)
    setup = living.do(plan).new_id()
    assert await run(living) == Ran()
    living.complete_task(setup)
    await run(living)
    assert [task.scheduled_on for task in await tasks(living) if task.kind == "occurrence"] == [date(2026, 3, 9)]


async def test_what_waits_until_it_is_done_comes_again(living: Living) -> None:
    define(living, schedule=GivenSchedule(starts_on=date(2026, 3, 10), months_after_done=1), lead_days=10)
    await run(living)
    (first,) = await tasks(living)
    living.at("2026-03-20").complete_task(first.task_id)
    living.at("2026-04-11")
    await run(living)
    assert [task.scheduled_on for task in await tasks(living)] == [date(2026, 3, 10), date(2026, 4, 20)]


async def test_an_ended_recurring_task_takes_its_occurrences_ahead_with_it(living: Living) -> None:
    template = define(living, lead_days=14)
    await run(living)
    living.do(recurring.EndRecurringTask(recurring_task_id=template, reason="Ikke lenger"))
    await run(living)
    assert {task.outcome for task in await tasks(living)} == {Outcome.CANCELLED}
    assert await run(living) == Ran()


async def test_a_practice_whose_read_models_stand_still_holds_up_no_other(living: Living, database: Database) -> None:
    other = Living(database, "aker")
    other.at("2026-01-02").register()
    define(other.at("2026-03-03"))
    define(living)
    living.fold()
    with database.connect() as conn:
        conn.execute("update projection.follower set parked_at = now(), parked_position = 9, parked_error = 'x' where ledger = 'aker'")
    async with schedulers(living) as (scheduler,):
        scheduler.patience = 0.2
        await scheduler.run()
        assert await scheduler.run_practice("aker") == Ran(), "what it cannot see yet is not done twice"
    assert len(await tasks(living)) == 2
    with database.connect() as conn:
        conn.execute("update projection.follower set parked_at = null, parked_position = null, parked_error = null")
    assert len(await tasks(other)) == 2


async def test_a_practice_at_rest_is_asked_only_for_its_position(living: Living) -> None:
    define(living)
    async with schedulers(living) as (scheduler,):
        await scheduler.run()
        assert await scheduler.run() == Ran()
        position, day = scheduler._settled[living.name]
        assert (position, day) == (await _position(living), date(2026, 3, 3))
        living.plan_task("2026-03-04")
        living.fold()
        assert (await scheduler.run()).carried_out == 1
        living.at("2026-03-09")
        assert (await scheduler.run()).carried_out > 0


async def _position(living: Living) -> int:
    async with living.view() as view:
        return view.position


async def test_it_goes_on_until_it_is_stopped(living: Living) -> None:
    define(living, lead_days=7)
    stop = asyncio.Event()
    async with schedulers(living) as (scheduler,):
        running = asyncio.create_task(scheduler.forever(stop, timedelta(milliseconds=20)))
        while len(await tasks(living)) < 1:
            assert not running.done()
        living.now = datetime.fromisoformat("2026-03-16T08:00:00+00:00")
        while len(await tasks(living)) < 3:
            assert not running.done()
        stop.set()
        await running
