"""What the events come to: the rows of tasks, recurring tasks and reminders."""

from datetime import date, datetime, timedelta
from uuid import uuid4

import pytest

from events._base import DomainEvent
from events._function import Function
from events._registry import event_types, load_all
from events.task import Outcome, TaskState, WithdrawalCause, task_state
from projections import task as folds
from read_side.task import RecurringTaskRow, ReminderRow, TaskRow
from tests._given import KARI, OLA
from tests.task._folded import ACTOR, BEGIN, Folded
from tests.task._story import (
    ASSIGNED,
    AWAITING,
    CANCELLED,
    COMPLETED,
    DEFINED,
    DESCRIBED,
    DEVIATION,
    DUE,
    ENDED,
    EVIDENCE,
    FOLLOW_UP_NAMED,
    HANDED_OVER,
    ID,
    LEAD_CHANGED,
    LINKED,
    LIV,
    MINUTES,
    MONTHLY,
    MOVED,
    OCCURRENCE,
    OCCURRENCE_ID,
    OWN_FUNCTION,
    PAUSED,
    PLANNED,
    REINSTATED,
    REMINDED,
    REOPENED,
    RESCHEDULED,
    RESUMED,
    SETUP,
    SHA,
    SKIPPED,
    SOON,
    STARTED,
    TEMPLATE,
    TEMPLATE_ASSIGNED,
    TEMPLATE_DESCRIBED,
    TEMPLATE_FOLLOW_UP_NAMED,
    TEMPLATE_HANDED_OVER,
    TEMPLATE_LINKED,
    TODAY,
    WEEKLY,
    WITHDRAWN,
)

TEMPLATE_SUBJECT = f"recurring_task/{TEMPLATE}"


def at(position: int) -> datetime:
    return BEGIN + timedelta(minutes=position)


def task(*events: DomainEvent) -> TaskRow:
    folded = Folded().then(DEFINED, subject=TEMPLATE_SUBJECT)
    folded.position = 0
    return folded.then(*events).one(TaskRow)


def template(*events: DomainEvent) -> RecurringTaskRow:
    return Folded().then(*events, subject=TEMPLATE_SUBJECT).one(RecurringTaskRow)


def test_every_event_of_the_capability_is_folded() -> None:
    load_all()
    own = {event for name, event in event_types().items() if name.startswith(("task.", "recurring_task."))}
    assert {event for model in folds.READ_MODELS for event in model.steps} == own


def test_a_planned_task() -> None:
    assert task(PLANNED) == TaskRow(
        task_id=ID,
        subject=f"task/{ID}",
        version=1,
        number=1,
        kind=PLANNED.kind,
        title=PLANNED.title,
        description=None,
        recurring_task=None,
        members=(OLA,),
        function=None,
        follow_up=KARI,
        scheduled_on=DUE,
        due=DUE,
        due_since=at(1),
        moves=0,
        linked_deviations=(),
        linked_risks=(),
        linked_tasks=(),
        related=[],
        planned_at=at(1),
        planned_by=ACTOR,
        outcome=None,
        withdrawal=None,
        reason=None,
        ended_at=None,
        done_on=None,
        done_by=None,
        evidence=[],
        attachments=0,
        first_completed_at=None,
        reopened_count=0,
    )


def test_a_function_is_kept_by_its_name_or_id() -> None:
    own = PLANNED.model_copy(update={"assignment": ASSIGNED.assignment.model_copy(update={"function": OWN_FUNCTION})})
    assert (task(PLANNED, ASSIGNED).function, task(PLANNED, ASSIGNED).members) == (Function.QUALITY_LEAD.value, ())
    assert task(own).function == str(OWN_FUNCTION)


def test_words_links_and_follow_up() -> None:
    row = task(OCCURRENCE.model_copy(update={"links": (MINUTES,)}), DESCRIBED, LINKED, FOLLOW_UP_NAMED)
    assert (row.title, row.description, row.follow_up, row.version) == ("Kalibrer måleren", "På lab", LIV, 4)
    assert (row.linked_deviations, row.related) == ((DEVIATION,), [{"kind": "meeting", "name": "Praksismøte mars"}])


def test_a_leavers_place_is_taken() -> None:
    row = task(PLANNED, HANDED_OVER)
    assert (row.members, row.follow_up) == ((LIV,), KARI)
    assert task(PLANNED, HANDED_OVER.model_copy(update={"leaver": KARI})).follow_up == LIV


def test_a_moved_due_date_keeps_the_scheduled_day() -> None:
    row = task(PLANNED, MOVED)
    assert (row.scheduled_on, row.due, row.due_since, row.moves) == (DUE, MOVED.due, at(2), 1)


def test_a_completion_with_evidence_that_grows() -> None:
    row = task(PLANNED, COMPLETED, EVIDENCE)
    assert (row.outcome, row.done_on, row.done_by, row.ended_at, row.first_completed_at) == (Outcome.COMPLETED, TODAY, KARI, at(2), at(2))
    attached = [{"reference": "00000000-0000-4000-8000-0000000000e1", "sha256": SHA}]
    record = {"kind": "meeting", "target": None, "name": "Praksismøte mars"}
    assert row.evidence == [
        {"at": at(2).isoformat(), "by": ACTOR, "note": "Utført", "attachments": attached, "record": record},
        {"at": at(3).isoformat(), "by": ACTOR, "note": "Sertifikat kom i posten", "attachments": attached, "record": None},
    ]
    assert row.attachments == 2


def test_a_bare_completion_has_no_evidence() -> None:
    assert task(PLANNED, COMPLETED.model_copy(update={"note": None, "attachments": (), "record": None})).evidence == []


@pytest.mark.parametrize(("end", "outcome"), [(SKIPPED, Outcome.SKIPPED), (CANCELLED, Outcome.CANCELLED)])
def test_an_end_with_a_reason(end: DomainEvent, outcome: Outcome) -> None:
    row = task(OCCURRENCE, end)
    assert (row.outcome, row.reason, row.ended_at) == (outcome, end.model_dump()["reason"], at(2))


def test_a_reopened_task_keeps_when_it_was_first_completed_and_its_evidence() -> None:
    row = task(PLANNED, COMPLETED, REOPENED)
    assert (row.outcome, row.done_on, row.done_by, row.ended_at, row.reopened_count) == (None, None, None, None, 1)
    assert (row.first_completed_at, len(row.evidence)) == (at(2), 1)
    assert task(PLANNED, COMPLETED, REOPENED, COMPLETED).first_completed_at == at(2)


def test_a_withdrawn_occurrence_is_cancelled_until_it_is_reinstated() -> None:
    row = task(OCCURRENCE, WITHDRAWN)
    assert (row.outcome, row.withdrawal, row.ended_at) == (Outcome.CANCELLED, WithdrawalCause.RESCHEDULED, at(2))
    again = task(OCCURRENCE, WITHDRAWN, REINSTATED)
    assert (again.outcome, again.withdrawal, again.ended_at, again.reopened_count) == (None, None, None, 0)


def test_a_reminder_is_a_row_of_its_own() -> None:
    folded = Folded().then(PLANNED, REMINDED)
    assert folded.one(ReminderRow) == ReminderRow(
        task_id=ID,
        kind=REMINDED.kind,
        due=DUE,
        subject=f"task/{ID}",
        given_on=REMINDED.given_on,
        given_at=at(2),
        members=(OLA,),
        function=None,
    )
    assert folded.one(TaskRow).version == 2


def test_a_defined_recurring_task() -> None:
    row = template(DEFINED)
    assert row == RecurringTaskRow(
        recurring_task_id=TEMPLATE,
        subject=TEMPLATE_SUBJECT,
        version=1,
        number=1,
        title=DEFINED.title,
        description=DEFINED.description,
        schedules=[{"starts_on": "2026-03-09", "rule": "FREQ=WEEKLY;BYDAY=MO", "missing_day": "last_day", "months_after_done": None}],
        pauses=[],
        started_on=TODAY,
        ended_after=None,
        revision=0,
        change_reason=None,
        lead_days=14,
        members=(),
        function="QUALITY_LEAD",
        follow_up=KARI,
        linked_deviations=(),
        linked_risks=(),
        linked_tasks=(),
        related=[{"kind": "document", "name": "Prosedyre 4.2"}],
        defined_at=at(1),
        defined_by=ACTOR,
        planned_through=None,
        occurrences=0,
    )
    assert row.plan.schedules == (WEEKLY,)


def test_one_that_waits_is_started() -> None:
    assert template(AWAITING).started_on is None
    assert template(AWAITING, STARTED).started_on == TODAY


def test_what_is_changed_for_the_occurrences_to_come() -> None:
    row = template(
        DEFINED, TEMPLATE_DESCRIBED, LEAD_CHANGED, TEMPLATE_ASSIGNED, TEMPLATE_HANDED_OVER, TEMPLATE_FOLLOW_UP_NAMED, TEMPLATE_LINKED
    )
    assert (row.title, row.description, row.lead_days, row.members, row.function) == ("Kontroller kofferten", None, 30, (OLA,), None)
    assert (row.follow_up, row.linked_deviations, row.version, row.revision) == (None, (DEVIATION,), 7, 0)
    assert template(DEFINED, TEMPLATE_HANDED_OVER).follow_up == LIV


def test_a_changed_schedule_stands_beside_the_one_before_it() -> None:
    row = template(DEFINED, RESCHEDULED)
    assert (row.plan.schedules, row.revision, row.change_reason) == ((WEEKLY, MONTHLY), 1, "For ofte")


def test_pauses_and_the_end_are_kept_as_days() -> None:
    row = template(DEFINED, PAUSED, RESUMED, ENDED)
    assert row.pauses == [{"from_day": "2026-07-01", "until": "2026-07-19"}]
    assert (row.ended_after, row.revision, row.change_reason) == (ENDED.last_day, 1, ENDED.reason)


def test_a_template_knows_how_far_its_occurrences_are_made() -> None:
    folded = Folded().then(DEFINED, subject=TEMPLATE_SUBJECT)
    folded.then(OCCURRENCE, subject=f"task/{OCCURRENCE_ID}")
    row = folded.one(RecurringTaskRow)
    assert (row.planned_through, row.occurrences, row.version) == (DUE, 1, 1)
    folded.then(OCCURRENCE.model_copy(update={"due": date(2026, 3, 9)}), subject=f"task/{uuid4()}")
    assert folded.one(RecurringTaskRow).planned_through == DUE
    assert len(folded.all(TaskRow)) == 2


def test_a_setup_task_makes_no_occurrence_of_what_it_starts() -> None:
    folded = Folded().then(AWAITING, subject=TEMPLATE_SUBJECT).then(SETUP)
    assert (folded.one(RecurringTaskRow).occurrences, folded.one(TaskRow).recurring_task) == (0, TEMPLATE)


@pytest.mark.parametrize(
    ("event", "through"),
    [
        (RESCHEDULED.model_copy(update={"schedule": MONTHLY.model_copy(update={"starts_on": date(2026, 3, 12)})}), date(2026, 3, 11)),
        (RESCHEDULED, DUE),
        (RESUMED.model_copy(update={"from_day": date(2026, 3, 10)}), date(2026, 3, 9)),
        (ENDED.model_copy(update={"last_day": TODAY}), TODAY),
    ],
    ids=["another schedule", "another schedule later", "resumed", "ended"],
)
def test_days_that_a_change_can_open_are_to_be_looked_at_again(event: DomainEvent, through: date) -> None:
    folded = Folded().then(DEFINED, subject=TEMPLATE_SUBJECT).then(OCCURRENCE, subject=f"task/{OCCURRENCE_ID}")
    assert folded.then(event, subject=TEMPLATE_SUBJECT).one(RecurringTaskRow).planned_through == through


@pytest.mark.parametrize(
    ("outcome", "due", "done_on", "state"),
    [
        (None, DUE, None, TaskState.SCHEDULED),
        (None, TODAY, None, TaskState.DUE),
        (None, None, None, TaskState.DUE),
        (None, TODAY - timedelta(days=1), None, TaskState.OVERDUE),
        (Outcome.COMPLETED, DUE, DUE, TaskState.COMPLETED),
        (Outcome.COMPLETED, None, DUE, TaskState.COMPLETED),
        (Outcome.COMPLETED, DUE, DUE + timedelta(days=1), TaskState.COMPLETED_LATE),
        (Outcome.SKIPPED, TODAY - timedelta(days=1), None, TaskState.SKIPPED),
        (Outcome.CANCELLED, TODAY - timedelta(days=1), None, TaskState.CANCELLED),
    ],
)
def test_the_state_follows_from_the_dates(outcome: Outcome | None, due: date | None, done_on: date | None, state: TaskState) -> None:
    assert task_state(outcome, due, done_on, TODAY) is state


def test_how_long_it_is_overdue_is_asked_on_a_day() -> None:
    row = task(PLANNED)
    assert (row.on_day(DUE + timedelta(days=9)).days_overdue, row.on_day(DUE).days_overdue) == (9, 0)
    assert task(SOON).on_day(TODAY).answerable_on(TODAY) == TODAY
    assert row.on_day(TODAY).answerable_on(TODAY) == DUE
