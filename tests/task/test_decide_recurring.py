"""What may happen to a recurring task: it happens, it is refused, there is nothing to do."""

from datetime import date, timedelta

import pytest

from events._base import DomainEvent
from events._function import Function
from events._recurrence import TemplateStatus
from events.task import LinkKind
from tests._given import KARI, OLA, given
from tests.task._story import (
    AWAITING,
    DEFINED,
    DEVIATION,
    ENDED,
    ENDED_TODAY,
    LEAD_CHANGED,
    LIV,
    OWN_FUNCTION,
    PAUSED,
    RESCHEDULED,
    RESUMED,
    STARTED,
    TEMPLATE,
    TEMPLATE_ASSIGNED,
    TEMPLATE_DESCRIBED,
    TEMPLATE_FOLLOW_UP_NAMED,
    TEMPLATE_HANDED_OVER,
    TEMPLATE_LINKED,
    TODAY,
)
from tests.task.test_decide import PracticeWith, on
from write_side._decider import Command
from write_side.task import recurring_task as decider
from write_side.task.recurring import commands
from write_side.task.values import GivenAssignment, GivenLink, GivenSchedule

GIVEN_WEEKLY = GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY;BYDAY=MO")
GIVEN_MONTHLY = GivenSchedule(starts_on=date(2026, 4, 1), rule="FREQ=MONTHLY;BYMONTHDAY=31")

DEFINE = commands.DefineRecurringTask(
    title=DEFINED.title,
    description=DEFINED.description,
    schedule=GIVEN_WEEKLY,
    assignment=GivenAssignment(function=Function.QUALITY_LEAD),
    follow_up=KARI,
    links=(GivenLink(kind=LinkKind.DOCUMENT, name="Prosedyre 4.2"),),
)
START = commands.StartRecurringTask(recurring_task_id=TEMPLATE, started_on=TODAY)
DESCRIBE = commands.DescribeRecurringTask(recurring_task_id=TEMPLATE, title="Kontroller kofferten")
CHANGE = commands.ChangeSchedule(recurring_task_id=TEMPLATE, schedule=GIVEN_MONTHLY, reason="For ofte")
CHANGE_LEAD = commands.ChangeLeadTime(recurring_task_id=TEMPLATE, lead_days=30)
ASSIGN = commands.AssignRecurringTask(recurring_task_id=TEMPLATE, assignment=GivenAssignment(members=(OLA, OLA)))
HAND_OVER = commands.HandOverRecurringTask(recurring_task_id=TEMPLATE, leaver=KARI, successor=LIV, reason="Kari slutter")
NAME_FOLLOW_UP = commands.NameRecurringTaskFollowUp(recurring_task_id=TEMPLATE, follow_up=None)
LINK = commands.LinkRecurringTask(recurring_task_id=TEMPLATE, link=GivenLink(kind=LinkKind.DEVIATION, target=DEVIATION))
PAUSE = commands.PauseRecurringTask(recurring_task_id=TEMPLATE, from_day=PAUSED.from_day, until=PAUSED.until, reason=PAUSED.reason)
RESUME = commands.ResumeRecurringTask(recurring_task_id=TEMPLATE, from_day=RESUMED.from_day)
END = commands.EndRecurringTask(recurring_task_id=TEMPLATE, last_day=ENDED.last_day, reason=ENDED.reason)

COMMANDS: list[commands.RecurringTaskCommand] = [
    START, DESCRIBE, CHANGE, CHANGE_LEAD, ASSIGN, HAND_OVER, NAME_FOLLOW_UP, LINK, PAUSE, RESUME, END,
]  # fmt: skip

HAPPENS: list[tuple[Command, tuple[DomainEvent, ...], DomainEvent]] = [
    (DEFINE, (), DEFINED),
    (START, (AWAITING,), STARTED),
    (DESCRIBE, (DEFINED,), TEMPLATE_DESCRIBED),
    (CHANGE, (DEFINED,), RESCHEDULED),
    (CHANGE_LEAD, (DEFINED,), LEAD_CHANGED),
    (ASSIGN, (DEFINED,), TEMPLATE_ASSIGNED),
    (HAND_OVER, (DEFINED,), TEMPLATE_HANDED_OVER),
    (NAME_FOLLOW_UP, (DEFINED,), TEMPLATE_FOLLOW_UP_NAMED),
    (LINK, (DEFINED,), TEMPLATE_LINKED),
    (PAUSE, (DEFINED,), PAUSED),
    (RESUME, (DEFINED, PAUSED), RESUMED),
    (END, (DEFINED,), ENDED),
]


@pytest.mark.parametrize(("command", "past", "event"), HAPPENS, ids=lambda value: getattr(value, "NAME", None))
def test_it_happens(command: Command, past: tuple[DomainEvent, ...], event: DomainEvent) -> None:
    given(decider, *past).when(command).then(event)


@pytest.mark.parametrize(("command", "past", "event"), HAPPENS, ids=lambda value: getattr(value, "NAME", None))
def test_once_it_has_happened_there_is_nothing_to_do(command: Command, past: tuple[DomainEvent, ...], event: DomainEvent) -> None:
    given(decider, *past, event).when(command).then_nothing()


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_one_that_was_never_defined_is_not_found(command: Command) -> None:
    given(decider).when(command).then_refused("recurring_task.not_found")


@pytest.mark.parametrize("command", COMMANDS, ids=lambda command: command.NAME)
def test_one_that_has_ended_is_left_alone(command: Command) -> None:
    tomorrow = on(TODAY + timedelta(days=1))
    given(decider, AWAITING, ENDED_TODAY).when(command, tomorrow).then_refused("recurring_task.ended")


def test_every_command_is_tried_here() -> None:
    assert {type(command) for command in [DEFINE, *COMMANDS]} == set(decider.commands)


def test_one_that_waits_for_its_setup_is_defined() -> None:
    given(decider).when(DEFINE.model_copy(update={"awaits_setup": True})).then(AWAITING)


def test_one_that_has_started_is_not_started_again() -> None:
    given(decider, DEFINED).when(START).then_nothing()


def test_one_starts_on_a_day_that_has_been_or_that_can_be_seen() -> None:
    earlier = START.model_copy(update={"started_on": date(2026, 2, 1)})
    given(decider, AWAITING).when(earlier).then(STARTED.model_copy(update={"started_on": date(2026, 2, 1)}))
    given(decider, AWAITING).when(START.model_copy(update={"started_on": date(2047, 1, 1)})).then_refused("recurring_task.day_too_far")


@pytest.mark.parametrize(
    ("schedule", "code"),
    [
        (GivenSchedule(starts_on=date(2026, 3, 2), rule="FREQ=WEEKLY"), "recurring_task.day_in_past"),
        (GivenSchedule(starts_on=date(2046, 3, 4), months_after_done=6), "recurring_task.day_too_far"),
        (GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=DAILY;INTERVAL=7;BYDAY=TU"), "recurrence.never"),
        (GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY;UNTIL=20260301"), "recurrence.never"),
        (GivenSchedule(starts_on=date(2026, 3, 9), rule="FREQ=DAILY;INTERVAL=999;BYMONTH=3;BYMONTHDAY=5"), "recurrence.never"),
    ],
    ids=["in the past", "too far", "never", "over before it starts", "after ten years"],
)
def test_a_schedule_that_leads_nowhere_is_refused(schedule: GivenSchedule, code: str) -> None:
    given(decider).when(DEFINE.model_copy(update={"schedule": schedule})).then_refused(code)
    given(decider, DEFINED).when(CHANGE.model_copy(update={"schedule": schedule})).then_refused(code)


@pytest.mark.parametrize("command", [DEFINE, ASSIGN], ids=lambda command: command.NAME)
def test_it_is_not_given_to_a_function_that_the_practice_does_not_have(command: Command) -> None:
    to_stranger = command.model_copy(update={"assignment": GivenAssignment(function=OWN_FUNCTION)})
    past = () if command is DEFINE else (DEFINED,)
    given(decider, *past).when(to_stranger, context={"practice": PracticeWith(tuple(Function))}).then_refused("reference.not_found")


def test_changing_the_schedule_keeps_the_plan_until_the_new_one_starts() -> None:
    plan = decider.fold([DEFINED, RESCHEDULED]).plan
    assert plan.days(TODAY, date(2026, 5, 31)) == [
        date(2026, 3, 9),
        date(2026, 3, 16),
        date(2026, 3, 23),
        date(2026, 3, 30),
        date(2026, 4, 30),
        date(2026, 5, 31),
    ]


def test_a_pause_begins_today_unless_it_says_when() -> None:
    command = commands.PauseRecurringTask(recurring_task_id=TEMPLATE, reason="Stengt")
    given(decider, DEFINED).when(command).then(PAUSED.model_copy(update={"from_day": TODAY, "until": None, "reason": "Stengt"}))


@pytest.mark.parametrize(
    ("from_day", "until", "code"),
    [
        (date(2026, 3, 2), None, "recurring_task.day_in_past"),
        (date(2026, 8, 2), date(2026, 8, 1), "recurring_task.pause.ends_before"),
        (date(2026, 6, 1), None, "recurring_task.pause.overlaps"),
        (date(2026, 7, 31), date(2026, 8, 31), "recurring_task.pause.overlaps"),
    ],
)
def test_a_pause_has_its_own_days_ahead(from_day: date, until: date | None, code: str) -> None:
    command = PAUSE.model_copy(update={"from_day": from_day, "until": until})
    given(decider, DEFINED, PAUSED).when(command).then_refused(code)


def test_one_that_is_not_paused_is_not_resumed() -> None:
    given(decider, DEFINED, PAUSED).when(RESUME.model_copy(update={"from_day": None})).then_nothing()


def test_a_pause_that_has_passed_is_not_resumed_in_hindsight() -> None:
    given(decider, DEFINED, PAUSED).when(RESUME, on(date(2026, 7, 25))).then_refused("recurring_task.day_in_past")


def test_one_is_paused_and_resumed_on_days_that_were_said_before() -> None:
    plan = decider.fold([DEFINED, PAUSED, RESUMED]).plan
    assert [plan.status(day) for day in (date(2026, 6, 30), date(2026, 7, 1), date(2026, 7, 19), date(2026, 7, 20))] == [
        TemplateStatus.ACTIVE,
        TemplateStatus.PAUSED,
        TemplateStatus.PAUSED,
        TemplateStatus.ACTIVE,
    ]


def test_one_ends_today_unless_it_says_when() -> None:
    given(decider, DEFINED).when(END.model_copy(update={"last_day": None})).then(ENDED_TODAY)


def test_one_that_has_ended_is_not_ended_again_without_a_day() -> None:
    given(decider, DEFINED, ENDED_TODAY).when(END.model_copy(update={"last_day": None}), on(date(2026, 4, 1))).then_nothing()


def test_one_does_not_end_in_the_past() -> None:
    given(decider, DEFINED).when(END.model_copy(update={"last_day": date(2026, 3, 2)})).then_refused("recurring_task.day_in_past")


def test_an_end_that_lies_ahead_can_be_moved() -> None:
    later = END.model_copy(update={"last_day": date(2026, 12, 31)})
    given(decider, DEFINED, ENDED).when(later).then(ENDED.model_copy(update={"last_day": date(2026, 12, 31)}))
