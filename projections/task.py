"""Folds of tasks, recurring tasks and reminders."""

from collections.abc import Iterable
from datetime import date
from typing import Any

from events import task as facts
from events._base import Envelope
from events._recurrence import DAY, Pause, Plan
from events.task import Assignment, Link, LinkKind, Outcome, TaskKind
from projections._model import Key, ReadModel, replace
from read_side.task import RecurringTaskRow, ReminderRow, TaskRow


def _reminder_key(event: facts.ReminderGiven, envelope: Envelope) -> Iterable[Key]:
    return [(envelope.subject_id, event.kind, event.due)]


def _template_key(event: facts.TaskPlanned, _envelope: Envelope) -> Iterable[Key]:
    return [(event.recurring_task,)] if event.kind is TaskKind.OCCURRENCE else []


task: ReadModel[TaskRow] = ReadModel(TaskRow)
recurring_task: ReadModel[RecurringTaskRow] = ReadModel(RecurringTaskRow)
reminder: ReadModel[ReminderRow] = ReadModel(ReminderRow, _reminder_key)

_LINKED = {
    LinkKind.DEVIATION: "linked_deviations",
    LinkKind.RISK_ASSESSMENT: "linked_risks",
    LinkKind.TASK: "linked_tasks",
}


def _linked(links: Iterable[Link]) -> dict[str, Any]:
    """The columns that links fill."""
    links = tuple(links)
    by_id = {column: tuple(link.target for link in links if link.kind is kind) for kind, column in _LINKED.items()}
    return {**by_id, "related": [{"kind": link.kind.value, "name": link.name} for link in links if link.kind not in _LINKED]}


def _with_link(row: TaskRow | RecurringTaskRow, link: Link) -> dict[str, Any]:
    return {column: getattr(row, column) + added for column, added in _linked([link]).items()}


def _assigned(assignment: Assignment) -> dict[str, Any]:
    """The columns that an assignment fills."""
    return {"members": assignment.members, "function": str(assignment.function) if assignment.function else None}


def _handed_over(row: TaskRow | RecurringTaskRow, event: facts.TaskHandedOver | facts.RecurringTaskHandedOver) -> dict[str, Any]:
    members = Assignment(members=row.members).handed_over(event.leaver, event.successor).members
    return {"members": members, "follow_up": event.successor if row.follow_up == event.leaver else row.follow_up}


def _step(row: TaskRow, envelope: Envelope, **changes: Any) -> TaskRow:
    """The row after one more event of its own."""
    return replace(row, version=envelope.version, **changes)


@task.on(facts.TaskPlanned)
def planned(_row: None, event: facts.TaskPlanned, envelope: Envelope) -> TaskRow:
    return TaskRow(
        task_id=envelope.subject_id,
        subject=envelope.subject,
        version=envelope.version,
        number=envelope.position,
        kind=event.kind,
        title=event.title,
        description=event.description,
        recurring_task=event.recurring_task,
        follow_up=event.follow_up,
        scheduled_on=event.due,
        due=event.due,
        due_since=envelope.time,
        moves=0,
        planned_at=envelope.time,
        planned_by=envelope.actor,
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
        **_assigned(event.assignment),
        **_linked(event.links),
    )


@task.on(facts.TaskDescribed)
def described(row: TaskRow, event: facts.TaskDescribed, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, title=event.title, description=event.description)


@task.on(facts.TaskAssigned)
def assigned(row: TaskRow, event: facts.TaskAssigned, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, **_assigned(event.assignment))


@task.on(facts.TaskHandedOver)
def handed_over(row: TaskRow, event: facts.TaskHandedOver, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, **_handed_over(row, event))


@task.on(facts.TaskFollowUpNamed)
def follow_up_named(row: TaskRow, event: facts.TaskFollowUpNamed, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, follow_up=event.follow_up)


@task.on(facts.DueDateMoved)
def due_date_moved(row: TaskRow, event: facts.DueDateMoved, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, due=event.due, due_since=envelope.time, moves=row.moves + 1)


@task.on(facts.TaskLinked)
def linked(row: TaskRow, event: facts.TaskLinked, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, **_with_link(row, event.link))


@task.on(facts.TaskCompleted)
def completed(row: TaskRow, event: facts.TaskCompleted, envelope: Envelope) -> TaskRow:
    return _step(
        row,
        envelope,
        outcome=Outcome.COMPLETED,
        ended_at=envelope.time,
        done_on=event.done_on,
        done_by=event.done_by,
        first_completed_at=row.first_completed_at or envelope.time,
        **_with_evidence(row, event, envelope),
    )


@task.on(facts.EvidenceAdded)
def evidence_added(row: TaskRow, event: facts.EvidenceAdded, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, **_with_evidence(row, event, envelope))


def _with_evidence(row: TaskRow, event: facts.TaskCompleted | facts.EvidenceAdded, envelope: Envelope) -> dict[str, Any]:
    if not (event.note or event.attachments or event.record):
        return {}
    content = event.model_dump(mode="json", include={"note", "attachments", "record"})
    added = {"at": envelope.time.isoformat(), "by": envelope.actor, **content}
    return {"evidence": [*row.evidence, added], "attachments": row.attachments + len(event.attachments)}


@task.on(facts.TaskSkipped)
def skipped(row: TaskRow, event: facts.TaskSkipped, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, outcome=Outcome.SKIPPED, ended_at=envelope.time, reason=event.reason)


@task.on(facts.TaskCancelled)
def cancelled(row: TaskRow, event: facts.TaskCancelled, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, outcome=Outcome.CANCELLED, ended_at=envelope.time, reason=event.reason)


@task.on(facts.OccurrenceWithdrawn)
def withdrawn(row: TaskRow, event: facts.OccurrenceWithdrawn, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, outcome=Outcome.CANCELLED, ended_at=envelope.time, withdrawal=event.cause)


@task.on(facts.OccurrenceReinstated)
def reinstated(row: TaskRow, _event: facts.OccurrenceReinstated, envelope: Envelope) -> TaskRow:
    return _step(row, envelope, outcome=None, ended_at=None, withdrawal=None)


@task.on(facts.TaskReopened)
def reopened(row: TaskRow, _event: facts.TaskReopened, envelope: Envelope) -> TaskRow:
    ended = {"outcome": None, "withdrawal": None, "reason": None, "ended_at": None, "done_on": None, "done_by": None}
    return _step(row, envelope, reopened_count=row.reopened_count + 1, **ended)


@task.on(facts.ReminderGiven)
def reminded(row: TaskRow, _event: facts.ReminderGiven, envelope: Envelope) -> TaskRow:
    return _step(row, envelope)


@reminder.on(facts.ReminderGiven)
def reminder_given(_row: None, event: facts.ReminderGiven, envelope: Envelope) -> ReminderRow:
    return ReminderRow(
        task_id=envelope.subject_id,
        kind=event.kind,
        due=event.due,
        subject=envelope.subject,
        given_on=event.given_on,
        given_at=envelope.time,
        **_assigned(event.to),
    )


def _template_step(row: RecurringTaskRow, envelope: Envelope, **changes: Any) -> RecurringTaskRow:
    """The template's row after one more event of its own."""
    return replace(row, version=envelope.version, **changes)


def _plan(plan: Plan) -> dict[str, Any]:
    """The columns that a plan fills."""
    return {
        "schedules": [schedule.model_dump(mode="json") for schedule in plan.schedules],
        "pauses": [pause.model_dump(mode="json") for pause in plan.pauses],
        "started_on": plan.started_on,
        "ended_after": plan.ended_after,
    }


def _open_again(row: RecurringTaskRow, day: date) -> dict[str, Any]:
    """From `day` on, the plan may give days that have no occurrence yet."""
    before = day - DAY
    return {"planned_through": min(row.planned_through, before) if row.planned_through else None}


@recurring_task.on(facts.RecurringTaskDefined)
def defined(_row: None, event: facts.RecurringTaskDefined, envelope: Envelope) -> RecurringTaskRow:
    return RecurringTaskRow(
        recurring_task_id=envelope.subject_id,
        subject=envelope.subject,
        version=envelope.version,
        number=envelope.position,
        title=event.title,
        description=event.description,
        revision=0,
        change_reason=None,
        lead_days=event.lead_days,
        follow_up=event.follow_up,
        defined_at=envelope.time,
        defined_by=envelope.actor,
        planned_through=None,
        occurrences=0,
        **_plan(Plan((event.schedule,), started_on=event.started_on)),
        **_assigned(event.assignment),
        **_linked(event.links),
    )


@recurring_task.on(facts.TaskPlanned, keys=_template_key)
def occurrence_made(row: RecurringTaskRow, event: facts.TaskPlanned, _envelope: Envelope) -> RecurringTaskRow:
    through = max(row.planned_through or date.min, event.due or date.min)
    return replace(row, planned_through=through, occurrences=row.occurrences + 1)


@recurring_task.on(facts.RecurringTaskStarted)
def started(row: RecurringTaskRow, event: facts.RecurringTaskStarted, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, started_on=event.started_on)


@recurring_task.on(facts.RecurringTaskDescribed)
def template_described(row: RecurringTaskRow, event: facts.RecurringTaskDescribed, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, title=event.title, description=event.description)


@recurring_task.on(facts.ScheduleChanged)
def schedule_changed(row: RecurringTaskRow, event: facts.ScheduleChanged, envelope: Envelope) -> RecurringTaskRow:
    changed: dict[str, Any] = {**_plan(row.plan.with_schedule(event.schedule)), **_open_again(row, event.schedule.starts_on)}
    return _template_step(row, envelope, revision=row.revision + 1, change_reason=event.reason, **changed)


@recurring_task.on(facts.LeadTimeChanged)
def lead_time_changed(row: RecurringTaskRow, event: facts.LeadTimeChanged, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, lead_days=event.lead_days)


@recurring_task.on(facts.RecurringTaskAssigned)
def template_assigned(row: RecurringTaskRow, event: facts.RecurringTaskAssigned, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, **_assigned(event.assignment))


@recurring_task.on(facts.RecurringTaskHandedOver)
def template_handed_over(row: RecurringTaskRow, event: facts.RecurringTaskHandedOver, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, **_handed_over(row, event))


@recurring_task.on(facts.RecurringTaskFollowUpNamed)
def template_follow_up_named(row: RecurringTaskRow, event: facts.RecurringTaskFollowUpNamed, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, follow_up=event.follow_up)


@recurring_task.on(facts.RecurringTaskLinked)
def template_linked(row: RecurringTaskRow, event: facts.RecurringTaskLinked, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, **_with_link(row, event.link))


@recurring_task.on(facts.RecurringTaskPaused)
def paused(row: RecurringTaskRow, event: facts.RecurringTaskPaused, envelope: Envelope) -> RecurringTaskRow:
    plan = row.plan.with_pause(Pause(from_day=event.from_day, until=event.until))
    return _template_step(row, envelope, change_reason=event.reason, **_plan(plan))


@recurring_task.on(facts.RecurringTaskResumed)
def resumed(row: RecurringTaskRow, event: facts.RecurringTaskResumed, envelope: Envelope) -> RecurringTaskRow:
    return _template_step(row, envelope, **_plan(row.plan.resumed(event.from_day)), **_open_again(row, event.from_day))


@recurring_task.on(facts.RecurringTaskEnded)
def ended(row: RecurringTaskRow, event: facts.RecurringTaskEnded, envelope: Envelope) -> RecurringTaskRow:
    changed = {"ended_after": event.last_day, **_open_again(row, event.last_day + DAY)}
    return _template_step(row, envelope, revision=row.revision + 1, change_reason=event.reason, **changed)


READ_MODELS = (task, recurring_task, reminder)
