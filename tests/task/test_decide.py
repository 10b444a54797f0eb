"""What may happen to a task: it happens, it is refused, there is nothing to do."""

from dataclasses import dataclass, replace
from datetime import date, timedelta

import pytest

from events._base import DomainEvent
from events._function import Function, FunctionKey
from events.task import Assignment, LinkKind, Outcome, ReminderKind, TaskKind
from tests._given import BY, KARI, NOW, OLA, given
from tests.task._story import (
    ASSIGNED,
    ATTACHMENT,
    CANCELLED,
    COMPLETED,
    DEFINED,
    DESCRIBED,
    DEVIATION,
    DUE,
    EVIDENCE,
    FOLLOW_UP_NAMED,
    HANDED_OVER,
    ID,
    LINKED,
    LIV,
    MINUTES,
    MOVED,
    OCCURRENCE,
    OCCURRENCE_ID,
    OWN_FUNCTION,
    PLANNED,
    REOPENED,
    SCHEDULER,
    SETUP,
    SKIPPED,
    SOON,
    TEMPLATE,
    TODAY,
    WITHDRAWN,
)
from write_side._decider import By, Command
from write_side.task import commands, recurring_task
from write_side.task import task as decider
from write_side.task.recurring.state import RecurringTask
from write_side.task.values import GivenAssignment, GivenAttachment, GivenLink

ATTACHED = GivenAttachment(reference=ATTACHMENT.reference, sha256=ATTACHMENT.sha256)

PLAN = commands.PlanTask(title=PLANNED.title, assignment=GivenAssignment(members=(OLA,)), follow_up=KARI, due=DUE)
PLAN_OCCURRENCE = commands.PlanOccurrence(recurring_task_id=TEMPLATE, scheduled_on=DUE)
DESCRIBE = commands.DescribeTask(task_id=ID, title="Kalibrer måleren", description="På lab")
ASSIGN = commands.AssignTask(task_id=ID, assignment=GivenAssignment(function=Function.QUALITY_LEAD), reason="Hører til funksjonen")
HAND_OVER = commands.HandOverTask(task_id=ID, leaver=OLA, successor=LIV, reason="Ola slutter")
NAME_FOLLOW_UP = commands.NameTaskFollowUp(task_id=ID, follow_up=LIV)
MOVE = commands.MoveDueDate(task_id=ID, due=MOVED.due, reason="Ferie")
LINK = commands.LinkTask(task_id=ID, link=GivenLink(kind=LinkKind.DEVIATION, target=DEVIATION))
COMPLETE = commands.CompleteTask(
    task_id=ID, done_on=TODAY, note="Utført", attachments=(ATTACHED,), record=GivenLink(kind=MINUTES.kind, name=MINUTES.name)
)
ADD_EVIDENCE = commands.AddEvidence(task_id=ID, note="Sertifikat kom i posten", attachments=(ATTACHED,))
SKIP = commands.SkipTask(task_id=ID, reason=SKIPPED.reason)
CANCEL = commands.CancelTask(task_id=ID, reason=CANCELLED.reason)
REOPEN = commands.ReopenTask(task_id=ID, reason="Feil måler")
REMIND = commands.GiveReminder(task_id=ID, kind=ReminderKind.WEEK_BEFORE, due=DUE)
WITHDRAW = commands.WithdrawOccurrence(task_id=OCCURRENCE_ID, recurring_task_id=TEMPLATE)

BY_HAND: list[commands.TaskCommand] = [
    DESCRIBE, ASSIGN, HAND_OVER, NAME_FOLLOW_UP, MOVE, LINK, COMPLETE, ADD_EVIDENCE, SKIP, CANCEL, REOPEN,
]  # fmt: skip


def on(day: date, by: By = SCHEDULER) -> By:
    return replace(by, now=NOW + (day - TODAY))


def template(*events: DomainEvent) -> dict[str, RecurringTask]:
    return {"recurring_task": recurring_task.fold(events)}


@dataclass(frozen=True)
class PracticeWith:
    """What a decision reads of a practice."""

    functions: tuple[FunctionKey, ...]


def test_a_task_is_planned() -> None:
    given(decider).when(PLAN).then(PLANNED)


def test_a_task_can_be_wanted_as_soon_as_possible() -> None:
    given(decider).when(PLAN.model_copy(update={"due": None})).then(SOON)


def test_a_setup_task_names_what_it_starts() -> None:
    command = PLAN.model_copy(update={"kind": TaskKind.SETUP, "due": None, "recurring_task": TEMPLATE})
    given(decider).when(command).then(SETUP)
    assert ("recurring_task", TEMPLATE) in command.references()


def test_a_task_planned_already_is_not_planned_again() -> None:
    given(decider, PLANNED).when(PLAN).then_nothing()


def test_a_task_is_not_planned_for_a_day_that_has_passed() -> None:
    given(decider).when(PLAN.model_copy(update={"due": TODAY - timedelta(days=1)})).then_refused("task.day_in_past")


def test_a_task_is_not_planned_for_a_day_that_nobody_will_see() -> None:
    given(decider).when(PLAN.model_copy(update={"due": date(2046, 3, 4)})).then_refused("task.day_too_far")


def test_a_task_is_given_to_a_function_of_the_practices_own() -> None:
    command = PLAN.model_copy(update={"assignment": GivenAssignment(function=OWN_FUNCTION)})
    assert command.reads(BY) == {"practice": "fjordgata"}
    planned = PLANNED.model_copy(update={"assignment": Assignment(function=OWN_FUNCTION)})
    given(decider).when(command, context={"practice": PracticeWith((OWN_FUNCTION,))}).then(planned)


@pytest.mark.parametrize("command", [PLAN, ASSIGN], ids=lambda command: command.NAME)
def test_a_task_is_not_given_to_a_function_that_the_practice_does_not_have(command: Command) -> None:
    to_stranger = command.model_copy(update={"assignment": GivenAssignment(function=OWN_FUNCTION)})
    past = () if command is PLAN else (PLANNED,)
    given(decider, *past).when(to_stranger, context={"practice": PracticeWith(tuple(Function))}).then_refused("reference.not_found")


def test_a_task_names_everybody_who_must_exist() -> None:
    command = PLAN.model_copy(update={"links": (GivenLink(kind=LinkKind.DEVIATION, target=DEVIATION),)})
    assert list(command.references()) == [("member", OLA), ("member", KARI), ("deviation", DEVIATION)]


@pytest.mark.parametrize("command", [*BY_HAND, REMIND, WITHDRAW], ids=lambda command: command.NAME)
def test_a_task_that_was_never_planned_is_not_found(command: Command) -> None:
    given(decider).when(command, SCHEDULER, template(DEFINED)).then_refused("task.not_found")


NEED_AN_OPEN_TASK = [DESCRIBE, ASSIGN, HAND_OVER, NAME_FOLLOW_UP, MOVE, REMIND]


@pytest.mark.parametrize("end", [COMPLETED, SKIPPED, CANCELLED], ids=lambda event: event.TYPE)
@pytest.mark.parametrize("command", NEED_AN_OPEN_TASK, ids=lambda command: command.NAME)
def test_an_ended_task_is_left_alone(command: Command, end: DomainEvent) -> None:
    given(decider, OCCURRENCE, end).when(command, SCHEDULER).then_refused("task.ended")


ENDINGS = [(COMPLETE, COMPLETED), (SKIP, SKIPPED), (CANCEL, CANCELLED)]


@pytest.mark.parametrize(("command", "end"), [(c, e) for c, own in ENDINGS for _, e in ENDINGS if e is not own])
def test_a_task_does_not_end_twice_in_two_ways(command: Command, end: DomainEvent) -> None:
    given(decider, OCCURRENCE, end).when(command).then_refused("task.ended")


@pytest.mark.parametrize(("command", "end"), ENDINGS)
def test_to_end_a_task_in_the_same_way_again_does_nothing(command: Command, end: DomainEvent) -> None:
    given(decider, OCCURRENCE, end).when(command).then_nothing()


def test_a_task_is_described_better() -> None:
    given(decider, PLANNED).when(DESCRIBE).then(DESCRIBED)


def test_the_same_words_change_nothing() -> None:
    given(decider, PLANNED, DESCRIBED).when(DESCRIBE).then_nothing()


def test_a_task_is_given_to_others() -> None:
    given(decider, PLANNED).when(ASSIGN).then(ASSIGNED)


def test_a_task_is_not_given_to_those_who_have_it() -> None:
    given(decider, PLANNED, ASSIGNED).when(ASSIGN).then_nothing()


def test_a_leavers_task_is_handed_over() -> None:
    given(decider, PLANNED).when(HAND_OVER).then(HANDED_OVER)
    assert decider.fold([PLANNED, HANDED_OVER]).assignment == Assignment(members=(LIV,))


def test_a_leaver_who_follows_up_is_replaced_too() -> None:
    command = HAND_OVER.model_copy(update={"leaver": KARI})
    given(decider, PLANNED).when(command).then(HANDED_OVER.model_copy(update={"leaver": KARI}))
    assert decider.fold([PLANNED, HANDED_OVER.model_copy(update={"leaver": KARI})]).follow_up == LIV


def test_a_successor_who_shares_the_task_already_is_named_once() -> None:
    shared = PLANNED.model_copy(update={"assignment": Assignment(members=(LIV, OLA))})
    assert decider.fold([shared, HANDED_OVER]).assignment == Assignment(members=(LIV,))


def test_somebody_without_a_part_in_it_hands_nothing_over() -> None:
    given(decider, PLANNED, HANDED_OVER).when(HAND_OVER).then_nothing()


def test_a_follow_up_responsible_is_named() -> None:
    given(decider, PLANNED).when(NAME_FOLLOW_UP).then(FOLLOW_UP_NAMED)


def test_the_same_follow_up_responsible_is_not_named_again() -> None:
    given(decider, PLANNED, FOLLOW_UP_NAMED).when(NAME_FOLLOW_UP).then_nothing()


def test_a_due_date_moves_and_the_scheduled_day_stays() -> None:
    given(decider, PLANNED).when(MOVE).then(MOVED)
    assert decider.fold([PLANNED, MOVED]).scheduled_on == DUE


def test_a_task_without_a_due_date_can_get_one() -> None:
    given(decider, SOON).when(MOVE).then(MOVED.model_copy(update={"previous_due": None}))


def test_a_due_date_that_stands_is_not_moved() -> None:
    given(decider, PLANNED, MOVED).when(MOVE).then_nothing()


def test_a_due_date_does_not_move_into_the_past() -> None:
    given(decider, PLANNED).when(MOVE.model_copy(update={"due": TODAY - timedelta(days=1)})).then_refused("task.day_in_past")


@pytest.mark.parametrize("past", [(PLANNED,), (PLANNED, COMPLETED)], ids=["open", "completed"])
def test_a_task_is_linked_also_after_its_end(past: tuple[DomainEvent, ...]) -> None:
    given(decider, *past).when(LINK).then(LINKED)


def test_a_link_is_made_once() -> None:
    given(decider, PLANNED, LINKED).when(LINK).then_nothing()


def test_a_task_is_completed_with_evidence() -> None:
    given(decider, PLANNED).when(COMPLETE).then(COMPLETED)


def test_a_task_was_done_by_somebody_else() -> None:
    by_ola = COMPLETE.model_copy(update={"done_by": OLA})
    given(decider, PLANNED).when(by_ola, SCHEDULER).then(COMPLETED.model_copy(update={"done_by": OLA}))
    assert list(by_ola.references()) == [("member", OLA)]


def test_a_process_does_no_task_itself() -> None:
    given(decider, PLANNED).when(COMPLETE, SCHEDULER).then_refused("task.done_by_missing")


def test_a_task_is_not_done_tomorrow() -> None:
    given(decider, PLANNED).when(COMPLETE.model_copy(update={"done_on": TODAY + timedelta(days=1)})).then_refused("task.done_in_future")


def test_evidence_comes_after_completion() -> None:
    given(decider, PLANNED, COMPLETED).when(ADD_EVIDENCE).then(EVIDENCE)


def test_an_open_task_has_no_evidence_yet() -> None:
    given(decider, PLANNED).when(ADD_EVIDENCE).then_refused("task.not_completed")


def test_the_same_evidence_is_added_once() -> None:
    given(decider, PLANNED, COMPLETED, EVIDENCE).when(ADD_EVIDENCE).then_nothing()


def test_an_occurrence_is_skipped_for_a_reason() -> None:
    given(decider, OCCURRENCE).when(SKIP).then(SKIPPED)


@pytest.mark.parametrize("planned", [PLANNED, SETUP], ids=["one-off", "setup"])
def test_a_task_that_does_not_recur_is_not_skipped(planned: DomainEvent) -> None:
    given(decider, planned).when(SKIP).then_refused("task.skip.not_recurring")


def test_a_task_is_cancelled() -> None:
    given(decider, PLANNED).when(CANCEL).then(CANCELLED)


@pytest.mark.parametrize(
    ("end", "outcome"),
    [(COMPLETED, Outcome.COMPLETED), (SKIPPED, Outcome.SKIPPED), (CANCELLED, Outcome.CANCELLED), (WITHDRAWN, Outcome.CANCELLED)],
)
def test_an_ended_task_is_reopened(end: DomainEvent, outcome: Outcome) -> None:
    given(decider, OCCURRENCE, end).when(REOPEN).then(REOPENED.model_copy(update={"previous": outcome}))


def test_a_task_just_reopened_is_not_reopened_again() -> None:
    given(decider, PLANNED, COMPLETED, REOPENED).when(REOPEN).then_nothing()


def test_an_open_task_is_not_reopened() -> None:
    given(decider, PLANNED).when(REOPEN).then_refused("task.reopen.not_ended")


def test_a_reopened_task_can_be_completed_again() -> None:
    given(decider, PLANNED, COMPLETED, REOPENED).when(COMPLETE).then(COMPLETED)


def test_every_command_is_tried_here() -> None:
    tried = {type(command) for command in [PLAN, PLAN_OCCURRENCE, *BY_HAND, REMIND, WITHDRAW]}
    assert tried == set(decider.commands)
