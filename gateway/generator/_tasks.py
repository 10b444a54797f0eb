"""Tasks of a generated practice: setup tasks, recurring ones, and a scheduler that runs every morning."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from functools import partial
from uuid import UUID

from events._base import OSLO
from events._function import Function
from events._recurrence import DAY, Plan, Schedule
from events.task import Outcome, TaskKind, occurrence_id
from gateway.generator._profile import Profile
from gateway.generator._simulation import SCHEDULER, Simulation, days_around, moment
from gateway.generator._staff import Staff
from gateway.generator._texts import texts
from write_side._scheduler import Due, TaskOnPlan, Template, due
from write_side.task.commands import CompleteTask, GiveReminder, PlanOccurrence, PlanTask, SkipTask
from write_side.task.recurring.commands import DefineRecurringTask, StartRecurringTask
from write_side.task.values import GivenAssignment, GivenSchedule

RULES = {"weekly": "FREQ=WEEKLY", "monthly": "FREQ=MONTHLY", "quarterly": "FREQ=MONTHLY;INTERVAL=3", "yearly": "FREQ=YEARLY"}
FIRST_WITHIN = {"weekly": 7, "monthly": 30, "quarterly": 85, "yearly": 360}
LEAD_DAYS = {"weekly": 3, "monthly": 10, "quarterly": 14, "yearly": 30}
HOLDERS = (
    Function.QUALITY_LEAD,
    Function.HSE_LEAD,
    Function.DATA_CONTROLLER_LEAD,
    Function.EQUIPMENT_LEAD,
    Function.CLINICAL_LEAD,
    Function.GENERAL_MANAGER,
)
AWAY = 0.10
"""How much more often a task is late when the one who has it is away."""


@dataclass(frozen=True, slots=True)
class Definition:
    """A recurring task as the simulation knows it."""

    template: Template
    function: Function
    asks_from: date
    """Before this day its rule gives nothing new, so the scheduler need not look at it."""


class Tasks:
    """What is to be done through the years, and whether it is."""

    def __init__(self, simulation: Simulation, profile: Profile, staff: Staff) -> None:
        self._sim, self._profile, self._staff = simulation, profile, staff
        self._dice = simulation.random("tasks")
        self._definitions: dict[UUID, Definition] = {}
        self._open: dict[UUID, TaskOnPlan] = {}
        self._latest: dict[UUID, TaskOnPlan] = {}
        self._setups: dict[UUID, TaskOnPlan] = {}

    def begin(self) -> None:
        """Put the definitions of the first weeks and every morning of the scheduler on the agenda."""
        start = self._sim.start
        for cadence in ("weekly", "monthly", "quarterly"):
            for title in texts()["tasks"][cadence]:
                self._sim.on(moment(self._dice, start + timedelta(days=self._dice.randint(1, 14))), partial(self._define, cadence, title))
        for nth, title in enumerate(texts()["tasks"]["yearly"]):
            week = nth // len(self._profile.staff)
            self._sim.on(moment(self._dice, start + timedelta(days=1 + 7 * week)), partial(self._define, "yearly", title))
        for number in range(1, (self._sim.end - start).days):
            morning = datetime.combine(start + timedelta(days=number), time(5), tzinfo=OSLO).astimezone(UTC)
            self._sim.on(morning, self._wake)

    def _define(self, cadence: str, title: str, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        function = self._dice.choice(HOLDERS)
        schedule = self._schedule(cadence, today)
        awaits_setup = cadence == "yearly"
        command = DefineRecurringTask(
            title=title,
            schedule=schedule,
            lead_days=LEAD_DAYS[cadence],
            assignment=GivenAssignment(function=function),
            follow_up=self._staff.manager if self._dice.random() < 0.2 else None,
            awaits_setup=awaits_setup,
        )
        template_id = self._sim.give(at, self._staff.manager, command)
        plan = Plan(schedules=(Schedule(**schedule.model_dump()),), started_on=None if awaits_setup else today)
        template = Template(template_id, plan, revision=0, lead_days=LEAD_DAYS[cadence], planned_through=None)
        self._definitions[template_id] = Definition(template, function, today)
        if awaits_setup:
            self._plan_setup(at + timedelta(minutes=2), title, template_id)

    def _schedule(self, cadence: str, today: date) -> GivenSchedule:
        starts_on = today + timedelta(days=self._dice.randint(1, FIRST_WITHIN[cadence]))
        if cadence == "yearly" and self._dice.random() < 0.25:
            return GivenSchedule(starts_on=starts_on, months_after_done=12)
        return GivenSchedule(starts_on=starts_on, rule=RULES[cadence])

    def _plan_setup(self, at: datetime, title: str, template_id: UUID) -> None:
        today = at.astimezone(OSLO).date()
        member = self._dice.choice(self._staff.present(today)).id
        due_day = today + timedelta(days=7)
        task_id = self._sim.give(
            at,
            self._staff.manager,
            PlanTask(
                kind=TaskKind.SETUP,
                title=f"Etablere: {title.lower()}"[:200],
                assignment=GivenAssignment(members=(member,)),
                due=due_day,
                recurring_task=template_id,
            ),
        )
        task = TaskOnPlan(task_id, TaskKind.SETUP, template_id, due_day, due_day, today)
        self._open[task_id] = self._setups[task_id] = task
        done = moment(self._dice, today + timedelta(days=self._dice.randint(2, 9)))
        self._sim.on(done, lambda now: self._complete(task_id, member, now))

    def _wake(self, at: datetime) -> None:
        """One run of the scheduler, with the product's own planning."""
        known = {**self._setups, **{task.task_id: task for task in self._latest.values()}, **self._open}
        today = at.astimezone(OSLO).date()
        templates = [definition.template for definition in self._definitions.values() if definition.asks_from <= today]
        for nth, each in enumerate(due(templates, known.values(), at)):
            self._carry_out(each, at + timedelta(milliseconds=200 * nth))

    def _carry_out(self, each: Due, at: datetime) -> None:
        self._sim.give(at, SCHEDULER, each.command, each.command_id)
        if isinstance(each.command, PlanOccurrence):
            self._planned(each.command, at)
        elif isinstance(each.command, GiveReminder):
            task = self._open[each.command.task_id]
            self._open[task.task_id] = replace(task, reminders=task.reminders | {(each.command.kind, each.command.due)})
        elif isinstance(each.command, StartRecurringTask):
            definition = self._definitions[each.command.recurring_task_id]
            started = replace(definition.template.plan, started_on=each.command.started_on)
            self._remember(definition, replace(definition.template, plan=started))

    def _remember(self, definition: Definition, template: Template) -> None:
        through = template.planned_through
        following = template.plan.next_day(through + DAY) if through else None
        asks_from = following - timedelta(days=template.lead_days) if following else definition.asks_from
        self._definitions[template.recurring_task_id] = replace(definition, template=template, asks_from=asks_from)

    def _planned(self, command: PlanOccurrence, at: datetime) -> None:
        definition = self._definitions[command.recurring_task_id]
        day, today = command.scheduled_on, at.astimezone(OSLO).date()
        task_id = occurrence_id(command.recurring_task_id, day)
        task = TaskOnPlan(task_id, TaskKind.OCCURRENCE, command.recurring_task_id, day, day, today)
        self._open[task_id] = self._latest[command.recurring_task_id] = task
        self._remember(definition, replace(definition.template, planned_through=max(day, definition.template.planned_through or day)))
        self._decide_outcome(task_id, definition.function, day, max(today, day - timedelta(days=6)))

    def _decide_outcome(self, task_id: UUID, function: Function, day: date, earliest: date) -> None:
        late = self._profile.tasks_late + (AWAY if day.month == 7 else 0)
        chance = self._dice.random()
        if chance < self._profile.tasks_on_time - (AWAY if day.month == 7 else 0):
            done_on = earliest + timedelta(days=self._dice.randint(0, max(0, (day - earliest).days)))
        elif chance < self._profile.tasks_on_time + late:
            done_on = day + timedelta(days=1 + int(days_around(self._dice, 9, 30)))
        elif chance < self._profile.tasks_on_time + late + self._profile.tasks_skipped:
            self._sim.on(moment(self._dice, day), lambda now: self._skip(task_id, now))
            return
        else:
            done_on = day + timedelta(days=self._dice.randint(60, 200))
        when = moment(self._dice, done_on)
        if when.astimezone(OSLO).date() > day >= done_on:
            when = moment(self._dice, max(earliest, day - timedelta(days=2)))
        self._sim.on(when, lambda now: self._complete(task_id, self._staff.holder(function, now), now))

    def _complete(self, task_id: UUID, member: UUID, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        self._sim.give(at, member, CompleteTask(task_id=task_id, done_on=today))
        self._end(task_id, Outcome.COMPLETED, today)

    def _skip(self, task_id: UUID, at: datetime) -> None:
        self._sim.give(at, self._staff.manager, SkipTask(task_id=task_id, reason=self._dice.choice(texts()["skip_reasons"])))
        self._end(task_id, Outcome.SKIPPED, None)

    def _end(self, task_id: UUID, outcome: Outcome, done_on: date | None) -> None:
        ended = replace(self._open.pop(task_id), outcome=outcome, done_on=done_on)
        if ended.kind is TaskKind.SETUP:
            self._setups[task_id] = ended
        elif ended.recurring_task and self._latest[ended.recurring_task].task_id == task_id:
            self._latest[ended.recurring_task] = ended
