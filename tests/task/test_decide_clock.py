"""What the scheduler may do to a task: it happens, it is refused, there is nothing to do."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from events import task as facts
from events._base import DomainEvent
from events.task import Assignment, ReminderKind, TaskKind
from tests._given import BY, KARI, given
from tests.task._story import (
    CANCELLED,
    COMPLETED,
    DEFINED,
    DUE,
    ENDED,
    MOVED,
    OCCURRENCE,
    OCCURRENCE_ID,
    PAUSED,
    PLANNED,
    REINSTATED,
    REOPENED,
    RESCHEDULED,
    SCHEDULER,
    SOON,
    TEMPLATE,
    TO_OLA,
    TODAY,
    WITHDRAWN,
)
from tests.task.test_decide import PLAN_OCCURRENCE, REMIND, WITHDRAW, on, template
from write_side._decider import Command
from write_side.task import task as decider


def test_an_occurrence_is_made_as_the_template_stands() -> None:
    expected = facts.TaskPlanned(
        kind=TaskKind.OCCURRENCE,
        title=DEFINED.title,
        description=DEFINED.description,
        assignment=DEFINED.assignment,
        follow_up=DEFINED.follow_up,
        due=DUE,
        links=DEFINED.links,
        recurring_task=TEMPLATE,
    )
    given(decider).when(PLAN_OCCURRENCE, SCHEDULER, template(DEFINED)).then(expected)


def test_an_occurrence_has_the_id_of_its_day() -> None:
    assert PLAN_OCCURRENCE.subject_id(SCHEDULER) == str(OCCURRENCE_ID)
    assert PLAN_OCCURRENCE.reads(SCHEDULER) == {"recurring_task": str(TEMPLATE)}


def test_an_occurrence_made_already_is_not_made_again() -> None:
    given(decider, OCCURRENCE).when(PLAN_OCCURRENCE, SCHEDULER, template(DEFINED)).then_nothing()


def test_an_occurrence_cancelled_by_hand_is_not_made_again() -> None:
    given(decider, OCCURRENCE, CANCELLED).when(PLAN_OCCURRENCE, SCHEDULER, template(DEFINED)).then_nothing()


def test_a_withdrawn_occurrence_is_open_again_when_its_day_is_planned_after_all() -> None:
    given(decider, OCCURRENCE, WITHDRAWN).when(PLAN_OCCURRENCE, SCHEDULER, template(DEFINED)).then(REINSTATED)


PAUSED_NOW = PAUSED.model_copy(update={"from_day": TODAY, "until": None})
ENDED_BEFORE = ENDED.model_copy(update={"last_day": DUE - timedelta(days=1)})


@pytest.mark.parametrize("since", [PAUSED_NOW, ENDED_BEFORE], ids=lambda event: event.TYPE)
def test_no_occurrence_is_made_of_a_template_that_has_changed_meanwhile(since: DomainEvent) -> None:
    given(decider).when(PLAN_OCCURRENCE, SCHEDULER, template(DEFINED, since)).then_refused("task.not_in_plan")


def test_no_occurrence_is_made_for_a_day_that_the_rule_does_not_give() -> None:
    command = PLAN_OCCURRENCE.model_copy(update={"scheduled_on": DUE + timedelta(days=1)})
    given(decider).when(command, SCHEDULER, template(DEFINED)).then_refused("task.not_in_plan")


def test_no_occurrence_is_made_of_an_unknown_template() -> None:
    given(decider).when(PLAN_OCCURRENCE, SCHEDULER, template()).then_refused("recurring_task.not_found")


@pytest.mark.parametrize("command", [PLAN_OCCURRENCE, REMIND, WITHDRAW], ids=lambda command: command.NAME)
def test_nobody_but_the_scheduler_does_the_clocks_work(command: Command) -> None:
    given(decider, OCCURRENCE).when(command, BY, template(DEFINED)).then_refused("task.only_scheduler")


@pytest.mark.parametrize(
    ("kind", "day", "to"),
    [
        (ReminderKind.WEEK_BEFORE, date(2026, 3, 9), TO_OLA),
        (ReminderKind.WEEK_BEFORE, date(2026, 3, 14), TO_OLA),
        (ReminderKind.DAY_BEFORE, date(2026, 3, 15), TO_OLA),
        (ReminderKind.DAY_BEFORE, DUE, TO_OLA),
        (ReminderKind.OVERDUE, date(2026, 3, 17), TO_OLA),
        (ReminderKind.FOLLOW_UP, date(2026, 6, 1), Assignment(members=(KARI,))),
    ],
)
def test_a_reminder_is_given_on_its_days(kind: ReminderKind, day: date, to: Assignment) -> None:
    command = REMIND.model_copy(update={"kind": kind})
    given(decider, PLANNED).when(command, on(day)).then(facts.ReminderGiven(kind=kind, due=DUE, given_on=day, to=to))


@pytest.mark.parametrize(
    ("kind", "day"),
    [
        (ReminderKind.WEEK_BEFORE, date(2026, 3, 8)),
        (ReminderKind.WEEK_BEFORE, date(2026, 3, 15)),
        (ReminderKind.DAY_BEFORE, date(2026, 3, 14)),
        (ReminderKind.DAY_BEFORE, date(2026, 3, 17)),
        (ReminderKind.OVERDUE, DUE),
        (ReminderKind.FOLLOW_UP, DUE),
    ],
)
def test_a_reminder_is_not_given_on_other_days(kind: ReminderKind, day: date) -> None:
    given(decider, PLANNED).when(REMIND.model_copy(update={"kind": kind}), on(day)).then_refused("task.reminder.not_timely")


@pytest.mark.parametrize("past", [(PLANNED, MOVED), (SOON,)], ids=["moved", "without date"])
def test_nobody_is_reminded_of_a_date_that_does_not_stand(past: tuple[DomainEvent, ...]) -> None:
    given(decider, *past).when(REMIND, on(date(2026, 3, 9))).then_refused("task.reminder.not_timely")


def test_without_anybody_who_follows_up_nobody_is_told() -> None:
    alone = PLANNED.model_copy(update={"follow_up": None})
    command = REMIND.model_copy(update={"kind": ReminderKind.FOLLOW_UP})
    given(decider, alone).when(command, on(date(2026, 4, 1))).then_refused("task.reminder.nobody_follows_up")


def test_a_reminder_is_given_once_for_a_date_and_anew_for_a_moved_one() -> None:
    day = date(2026, 3, 14)
    reminded = facts.ReminderGiven(kind=ReminderKind.WEEK_BEFORE, due=DUE, given_on=day, to=TO_OLA)
    given(decider, PLANNED, reminded).when(REMIND, on(day)).then_nothing()
    anew = REMIND.model_copy(update={"due": MOVED.due})
    given(decider, PLANNED, reminded, MOVED).when(anew, on(day)).then(reminded.model_copy(update={"due": MOVED.due}))


@pytest.mark.parametrize(("since", "cause"), [(RESCHEDULED, "rescheduled"), (ENDED_BEFORE, "ended")], ids=["rescheduled", "ended"])
def test_an_occurrence_ahead_is_withdrawn_when_its_template_gives_the_day_no_more(since: DomainEvent, cause: Any) -> None:
    early = RESCHEDULED.model_copy(update={"schedule": RESCHEDULED.schedule.model_copy(update={"starts_on": TODAY})})
    changed = early if since is RESCHEDULED else since
    given(decider, OCCURRENCE).when(WITHDRAW, SCHEDULER, template(DEFINED, changed)).then(facts.OccurrenceWithdrawn(cause=cause))


def test_a_withdrawn_occurrence_is_not_withdrawn_again() -> None:
    given(decider, OCCURRENCE, WITHDRAWN).when(WITHDRAW, SCHEDULER, template(DEFINED, ENDED_BEFORE)).then_nothing()


def test_a_planned_occurrence_is_not_withdrawn() -> None:
    given(decider, OCCURRENCE).when(WITHDRAW, SCHEDULER, template(DEFINED)).then_refused("task.withdraw.still_planned")


def test_an_occurrence_that_fell_due_is_not_withdrawn() -> None:
    when = given(decider, OCCURRENCE).when(WITHDRAW, on(DUE), template(DEFINED, ENDED_BEFORE))
    when.then_refused("task.withdraw.still_planned")


@pytest.mark.parametrize(
    "past",
    [(OCCURRENCE, COMPLETED, REOPENED), (PLANNED,), (OCCURRENCE.model_copy(update={"recurring_task": UUID(int=7)}),)],
    ids=["reopened by hand", "one-off", "of another template"],
)
def test_only_untouched_occurrences_of_the_template_are_withdrawn(past: tuple[DomainEvent, ...]) -> None:
    given(decider, *past).when(WITHDRAW, SCHEDULER, template(DEFINED, ENDED_BEFORE)).then_refused("task.withdraw.kept")


def test_a_completed_occurrence_is_not_withdrawn() -> None:
    given(decider, OCCURRENCE, COMPLETED).when(WITHDRAW, SCHEDULER, template(DEFINED, ENDED_BEFORE)).then_refused("task.ended")
