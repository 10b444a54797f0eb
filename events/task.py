"""Tasks (oppgaver) and recurring tasks: planned, assigned, reminded of, completed with evidence, skipped, cancelled."""

from collections.abc import Iterable
from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID, uuid5

from events._base import DomainEvent, Value
from events._function import FunctionKey
from events._personal import MemberId, Personal
from events._recurrence import Schedule


class TaskKind(StrEnum):
    """Where a task comes from."""

    ONE_OFF = "one_off"
    OCCURRENCE = "occurrence"
    """One due date of a recurring task."""
    SETUP = "setup"
    """Part of getting the practice's quality work going (etableringsoppgave)."""


class Outcome(StrEnum):
    """How a task ended."""

    COMPLETED = "completed"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class TaskState(StrEnum):
    """Where a task stands on a day; it follows from its dates and is never stored."""

    SCHEDULED = "scheduled"
    DUE = "due"
    """Due on the day itself, or as soon as possible."""
    OVERDUE = "overdue"
    COMPLETED = "completed"
    COMPLETED_LATE = "completed_late"
    SKIPPED = "skipped"
    CANCELLED = "cancelled"


class LinkKind(StrEnum):
    """What a task, or the evidence that it was done, can point to."""

    DEVIATION = "deviation"
    RISK_ASSESSMENT = "risk_assessment"
    TASK = "task"
    DOCUMENT = "document"
    MEETING = "meeting"
    QUALITY_REVIEW = "quality_review"


class ReminderKind(StrEnum):
    """What a reminder says."""

    WEEK_BEFORE = "week_before"
    DAY_BEFORE = "day_before"
    OVERDUE = "overdue"
    FOLLOW_UP = "follow_up"
    """To the one who follows up: it was not done on time."""


class WithdrawalCause(StrEnum):
    """Why an occurrence that was made is no longer planned."""

    ENDED = "ended"
    RESCHEDULED = "rescheduled"


class Assignment(Value):
    """Who does it: members who share it, or a function, whose holder is found as of the due date."""

    members: tuple[MemberId, ...] = ()
    function: FunctionKey | None = None

    def handed_over(self, leaver: UUID, successor: UUID) -> "Assignment":
        """The assignment with one member in another's place; a function's holder changes elsewhere."""
        return Assignment(members=tuple(dict.fromkeys(successor if m == leaver else m for m in self.members)), function=self.function)


class Link(Value):
    """Something related: a subject by its id, or what this record does not hold by its name, never by an address."""

    kind: LinkKind
    target: UUID | None = None
    name: Personal[str | None] = None


class Attachment(Value):
    """A file kept as evidence elsewhere: its content by hash, itself by an id that says nothing."""

    reference: UUID
    sha256: str
    """64 lower-case hexadecimal digits."""


class TaskPlanned(DomainEvent):
    TYPE: ClassVar[str] = "task.planned.v1"
    kind: TaskKind
    title: Personal[str]
    description: Personal[str | None]
    assignment: Assignment
    follow_up: MemberId | None
    """Member who is told when it is not done on time (oppfølgingsansvarlig)."""
    due: date | None
    """None: as soon as possible."""
    links: tuple[Link, ...]
    recurring_task: UUID | None
    """For an occurrence: the template as it stood; for a setup task: the template that starts when it is done."""


class TaskDescribed(DomainEvent):
    TYPE: ClassVar[str] = "task.described.v1"
    title: Personal[str]
    description: Personal[str | None]


class TaskAssigned(DomainEvent):
    TYPE: ClassVar[str] = "task.assigned.v1"
    assignment: Assignment
    previous: Assignment
    reason: Personal[str | None]


class TaskHandedOver(DomainEvent):
    """A successor takes a leaver's place, as one who does it or who follows up."""

    TYPE: ClassVar[str] = "task.handed_over.v1"
    leaver: MemberId
    successor: MemberId
    reason: Personal[str | None]


class TaskFollowUpNamed(DomainEvent):
    TYPE: ClassVar[str] = "task.follow_up_named.v1"
    follow_up: MemberId | None


class DueDateMoved(DomainEvent):
    """The due date is another; the day it was scheduled for stays."""

    TYPE: ClassVar[str] = "task.due_date_moved.v1"
    due: date
    previous_due: date | None
    reason: Personal[str]


class TaskLinked(DomainEvent):
    TYPE: ClassVar[str] = "task.linked.v1"
    link: Link


class TaskCompleted(DomainEvent):
    TYPE: ClassVar[str] = "task.completed.v1"
    done_on: date
    done_by: MemberId
    note: Personal[str | None]
    attachments: tuple[Attachment, ...]
    record: Link | None
    """Where the work itself stands: the minutes, the review, the assessment."""


class EvidenceAdded(DomainEvent):
    """Evidence that came after the completion."""

    TYPE: ClassVar[str] = "task.evidence_added.v1"
    note: Personal[str | None]
    attachments: tuple[Attachment, ...]
    record: Link | None


class TaskSkipped(DomainEvent):
    """An occurrence is not done this time, for a reason; the next one comes as planned."""

    TYPE: ClassVar[str] = "task.skipped.v1"
    reason: Personal[str]


class TaskCancelled(DomainEvent):
    TYPE: ClassVar[str] = "task.cancelled.v1"
    reason: Personal[str]


class TaskReopened(DomainEvent):
    TYPE: ClassVar[str] = "task.reopened.v1"
    reason: Personal[str]
    previous: Outcome


class OccurrenceWithdrawn(DomainEvent):
    """An occurrence ahead is cancelled because its template gives that day no more."""

    TYPE: ClassVar[str] = "task.withdrawn.v1"
    cause: WithdrawalCause


class OccurrenceReinstated(DomainEvent):
    """A withdrawn occurrence is open again because its template gives that day after all."""

    TYPE: ClassVar[str] = "task.reinstated.v1"


class ReminderGiven(DomainEvent):
    TYPE: ClassVar[str] = "task.reminder_given.v1"
    kind: ReminderKind
    due: date
    """The due date that it is about; a moved date is reminded of anew."""
    given_on: date
    to: Assignment
    """Whom it is for; a function's holder is found as of the due date."""


class RecurringTaskDefined(DomainEvent):
    TYPE: ClassVar[str] = "recurring_task.defined.v1"
    title: Personal[str]
    description: Personal[str | None]
    schedule: Schedule
    lead_days: int
    """How many days before its due date an occurrence is made."""
    assignment: Assignment
    follow_up: MemberId | None
    links: tuple[Link, ...]
    started_on: date | None
    """None: it waits for a setup task, or to be started."""


class RecurringTaskStarted(DomainEvent):
    """It gives occurrences from this day on."""

    TYPE: ClassVar[str] = "recurring_task.started.v1"
    started_on: date


class RecurringTaskDescribed(DomainEvent):
    TYPE: ClassVar[str] = "recurring_task.described.v1"
    title: Personal[str]
    description: Personal[str | None]


class ScheduleChanged(DomainEvent):
    """Another schedule holds from its first day on; until then the previous one does."""

    TYPE: ClassVar[str] = "recurring_task.schedule_changed.v1"
    schedule: Schedule
    previous: Schedule
    reason: Personal[str]


class LeadTimeChanged(DomainEvent):
    TYPE: ClassVar[str] = "recurring_task.lead_time_changed.v1"
    lead_days: int
    previous: int


class RecurringTaskAssigned(DomainEvent):
    """Occurrences made from now on go to somebody else; those made before stay."""

    TYPE: ClassVar[str] = "recurring_task.assigned.v1"
    assignment: Assignment
    previous: Assignment
    reason: Personal[str | None]


class RecurringTaskHandedOver(DomainEvent):
    """A successor takes a leaver's place in the occurrences made from now on."""

    TYPE: ClassVar[str] = "recurring_task.handed_over.v1"
    leaver: MemberId
    successor: MemberId
    reason: Personal[str | None]


class RecurringTaskFollowUpNamed(DomainEvent):
    TYPE: ClassVar[str] = "recurring_task.follow_up_named.v1"
    follow_up: MemberId | None


class RecurringTaskLinked(DomainEvent):
    TYPE: ClassVar[str] = "recurring_task.linked.v1"
    link: Link


class RecurringTaskPaused(DomainEvent):
    """No occurrence is made for these days, both included; those made before stay."""

    TYPE: ClassVar[str] = "recurring_task.paused.v1"
    from_day: date
    until: date | None
    reason: Personal[str]


class RecurringTaskResumed(DomainEvent):
    """The pause that covers this day ends before it."""

    TYPE: ClassVar[str] = "recurring_task.resumed.v1"
    from_day: date


class RecurringTaskEnded(DomainEvent):
    TYPE: ClassVar[str] = "recurring_task.ended.v1"
    last_day: date
    """The last day that may have an occurrence."""
    reason: Personal[str]


def occurrence_id(recurring_task: UUID, scheduled_on: date) -> UUID:
    """Id of the task for one day of a recurring task: the same day never gives two."""
    return uuid5(recurring_task, scheduled_on.isoformat())


def task_state(outcome: Outcome | None, due: date | None, done_on: date | None, today: date) -> TaskState:
    """Where a task stands on a day."""
    if outcome is Outcome.COMPLETED:
        return TaskState.COMPLETED_LATE if due and done_on and done_on > due else TaskState.COMPLETED
    if outcome is not None:
        return TaskState(outcome)
    if due is None or due == today:
        return TaskState.DUE
    return TaskState.OVERDUE if due < today else TaskState.SCHEDULED


def involved(assignment: Assignment, follow_up: UUID | None) -> Iterable[UUID]:
    """Members who are named: those it is assigned to and the one who follows up."""
    return (*assignment.members, follow_up) if follow_up else assignment.members
