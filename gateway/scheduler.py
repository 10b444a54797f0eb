"""The scheduler as a process: what the clock brings, practice by practice, with nobody signed in.

It reads the read models, plans (`write_side._scheduler`) and carries out. Any number may run at once: the ids of its
commands follow from the rule and the due date, so the second to ask for something is told that it is done.
"""

import asyncio
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import structlog
from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout

from events._base import OSLO
from events.task import ReminderKind
from read_side._as_of import open_view
from read_side._errors import QueryError
from read_side.directory import practice_ids
from read_side.task import Clockwork, RecurringTaskRow, TaskRow, clockwork
from write_side._application import Application
from write_side._decider import By
from write_side._errors import CommandError, KeyReused
from write_side._scheduler import NOW_AND_NO_FURTHER, Due, TaskOnPlan, Template, due
from write_side.task.commands import PlanOccurrence

ACTOR = "system:scheduler"
EVERY = timedelta(minutes=1)
"""How often it looks again. A practice in which nothing has happened since, on the same day, costs one read of a position."""
MOST_PRACTICES = 1_000_000

log: Any = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Ran:
    """What a run came to."""

    carried_out: int = 0
    refused: int = 0

    def __add__(self, other: "Ran") -> "Ran":
        return Ran(self.carried_out + other.carried_out, self.refused + other.refused)


@dataclass
class Scheduler:
    """Carries out what is due. `read_pool` is open, in autocommit mode; `clock` gives the time with its offset."""

    read_pool: AsyncConnectionPool[AsyncConnection[Any]]
    application: Application
    clock: Callable[[], datetime]
    horizon: timedelta = NOW_AND_NO_FURTHER
    patience: float = 5.0
    """Seconds to wait for the read models to show what was just carried out."""
    _settled: dict[str, tuple[int, date]] = field(default_factory=dict)
    """Position and day at which a practice had nothing due."""

    async def forever(self, stop: asyncio.Event, every: timedelta = EVERY) -> None:
        """Run at once, and again after each interval, until `stop` is set; trouble with the database is waited out."""
        while not stop.is_set():
            try:
                await self.run()
            except (Error, PoolTimeout, TimeoutError) as error:
                log.warning("scheduler waits for the database", error=str(error))
            try:
                await asyncio.wait_for(stop.wait(), every.total_seconds())
            except TimeoutError:
                continue

    async def run(self) -> Ran:
        """Carry out what is due in every practice; one that cannot be read holds up no other."""
        ran = Ran()
        for practice in await practice_ids(self.read_pool, limit=MOST_PRACTICES):
            try:
                ran += await self.run_practice(practice)
            except QueryError as error:
                log.warning("practice not scheduled", practice=practice, code=error.code, **error.details)
        return ran

    async def run_practice(self, practice: str) -> Ran:
        """Carry out what is due in one practice, until nothing is; raises `read_side._errors` when it cannot be read."""
        ran, at_least = Ran(), None
        while True:
            now = self.clock()
            position, wanted = await self._plan(practice, now, at_least)
            round_, at_least = await asyncio.to_thread(self._carry_out, practice, wanted, now)
            ran += round_
            if not round_.carried_out:
                if not round_.refused:
                    self._settled[practice] = position, now.astimezone(OSLO).date()
                return ran

    async def _plan(self, practice: str, now: datetime, at_least: int | None) -> tuple[int, list[Due]]:
        async with open_view(self.read_pool, practice, now=now, at_least=at_least, patience=self.patience) as view:
            if self._settled.get(practice) == (view.position, view.today):
                return view.position, []
            return view.position, due_in(await clockwork(view), now, self.horizon)

    def _carry_out(self, practice: str, wanted: list[Due], now: datetime) -> tuple[Ran, int | None]:
        """Execute in order; where an occurrence cannot be made, later ones of the same task wait for the next run."""
        ran, position, stuck = Ran(), None, set[UUID]()
        for each in wanted:
            template = each.command.recurring_task_id if isinstance(each.command, PlanOccurrence) else None
            if template in stuck:
                continue
            try:
                outcome = self.application.execute(each.command, _by(practice, each, now))
            except KeyReused:
                continue
            except CommandError as error:
                log.info("not carried out", practice=practice, command=each.command.NAME, code=error.code)
                ran += Ran(refused=1)
                stuck |= {template} if template else set()
            else:
                ran += Ran(carried_out=not outcome.repeated)
                position = max(position or 0, outcome.position)
        return ran, position


def due_in(works: Clockwork, now: datetime, horizon: timedelta = NOW_AND_NO_FURTHER) -> list[Due]:
    """What is due, from rows."""
    reminders: defaultdict[UUID, set[tuple[ReminderKind, date]]] = defaultdict(set)
    for reminder in works.reminders:
        reminders[reminder.task_id].add((reminder.kind, reminder.due))
    tasks = (_task(row, frozenset(reminders[row.task_id])) for row in works.tasks)
    return due(map(_template, works.templates), tasks, now, horizon)


def _template(row: RecurringTaskRow) -> Template:
    return Template(row.recurring_task_id, row.plan, row.revision, row.lead_days, row.planned_through)


def _task(row: TaskRow, reminders: frozenset[tuple[ReminderKind, date]]) -> TaskOnPlan:
    return TaskOnPlan(
        task_id=row.task_id,
        kind=row.kind,
        recurring_task=row.recurring_task,
        scheduled_on=row.scheduled_on,
        due=row.due,
        due_since=row.due_since.astimezone(OSLO).date(),
        follow_up=row.follow_up,
        outcome=row.outcome,
        withdrawn=row.withdrawal is not None,
        kept=row.reopened_count > 0,
        done_on=row.done_on,
        reminders=reminders,
    )


def _by(practice: str, each: Due, now: datetime) -> By:
    return By(practice=practice, actor=ACTOR, now=now, command_id=each.command_id, correlation_id=each.command_id)
