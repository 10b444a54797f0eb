"""What one may ask of a task."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import ClassVar, Literal, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from events.task import ReminderKind, TaskKind, occurrence_id
from write_side._decider import By, Command
from write_side._text import Day, Note, Text, Title
from write_side.task.values import GivenAssignment, GivenAttachment, GivenLink, reads_for, references_of


class PlanTask(Command):
    """Plan a task that is done once: as soon as possible, or by a due date."""

    NAME: ClassVar[str] = "task.plan"
    kind: Literal[TaskKind.ONE_OFF, TaskKind.SETUP] = TaskKind.ONE_OFF
    title: Title
    description: Text | None = None
    assignment: GivenAssignment
    follow_up: UUID | None = None
    """Member who is told when it is not done on time."""
    due: Day | None = None
    """As soon as possible, if left out."""
    links: tuple[GivenLink, ...] = Field(default=(), max_length=20)
    recurring_task: UUID | None = None
    """For a setup task: the recurring task that starts when it is done."""

    @model_validator(mode="after")
    def _only_setup_starts_another(self) -> Self:
        if self.recurring_task and self.kind is not TaskKind.SETUP:
            raise PydanticCustomError("task.starts_only_from_setup", "only a setup task starts a recurring task")
        return self

    def subject_id(self, by: By) -> str:
        return str(by.new_id())

    def reads(self, by: By) -> Mapping[str, str]:
        return reads_for(self.assignment, by)

    def references(self) -> Iterable[tuple[str, UUID]]:
        template = [("recurring_task", self.recurring_task)] if self.recurring_task else []
        return [*references_of(self.assignment, self.follow_up, self.links), *template]


class PlanOccurrence(Command):
    """Make the task for one day of a recurring task, as the template stands; the scheduler asks for it."""

    NAME: ClassVar[str] = "task.plan_occurrence"
    recurring_task_id: UUID
    scheduled_on: date

    def subject_id(self, by: By) -> str:
        return str(occurrence_id(self.recurring_task_id, self.scheduled_on))

    def reads(self, by: By) -> Mapping[str, str]:
        return {"recurring_task": str(self.recurring_task_id)}


class TaskCommand(Command):
    """A command to a task that was planned before."""

    task_id: UUID

    def subject_id(self, by: By) -> str:
        return str(self.task_id)


class DescribeTask(TaskCommand):
    """Say better what is to be done."""

    NAME: ClassVar[str] = "task.describe"
    title: Title
    description: Text | None = None


class AssignTask(TaskCommand):
    """Give an open task to others."""

    NAME: ClassVar[str] = "task.assign"
    assignment: GivenAssignment
    reason: Note | None = None

    def reads(self, by: By) -> Mapping[str, str]:
        return reads_for(self.assignment, by)

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(self.assignment)


class HandOverTask(TaskCommand):
    """Put a successor in the place of a member who leaves."""

    NAME: ClassVar[str] = "task.hand_over"
    leaver: UUID
    successor: UUID
    reason: Note | None = None

    @model_validator(mode="after")
    def _to_somebody_else(self) -> Self:
        if self.leaver == self.successor:
            raise PydanticCustomError("task.hand_over.same_member", "name another member as successor")
        return self

    def references(self) -> Iterable[tuple[str, UUID]]:
        return [("member", self.successor)]


class NameTaskFollowUp(TaskCommand):
    """Name the member who is told when it is not done on time, or nobody."""

    NAME: ClassVar[str] = "task.name_follow_up"
    follow_up: UUID | None

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(follow_up=self.follow_up)


class MoveDueDate(TaskCommand):
    """Move the due date of an open task; the day it was scheduled for stays in the record."""

    NAME: ClassVar[str] = "task.move_due_date"
    due: Day
    reason: Note


class LinkTask(TaskCommand):
    """Link a task to something related."""

    NAME: ClassVar[str] = "task.link"
    link: GivenLink

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(links=[self.link])


class CompleteTask(TaskCommand):
    """Record that a task is done, with evidence."""

    NAME: ClassVar[str] = "task.complete"
    done_on: Day
    done_by: UUID | None = None
    """Member who did it; the one who records it, if left out."""
    note: Note | None = None
    attachments: tuple[GivenAttachment, ...] = Field(default=(), max_length=20)
    record: GivenLink | None = None
    """Where the work itself stands: minutes, a review, a risk assessment."""

    def references(self) -> Iterable[tuple[str, UUID]]:
        done_by = [("member", self.done_by)] if self.done_by else []
        return [*done_by, *references_of(links=[self.record] if self.record else [])]


class AddEvidence(TaskCommand):
    """Add evidence to a task that is done."""

    NAME: ClassVar[str] = "task.add_evidence"
    note: Note | None = None
    attachments: tuple[GivenAttachment, ...] = Field(default=(), max_length=20)
    record: GivenLink | None = None

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not (self.note or self.attachments or self.record):
            raise PydanticCustomError("task.evidence.empty", "give a note, an attachment or a record")
        return self

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(links=[self.record] if self.record else [])


class SkipTask(TaskCommand):
    """Leave one occurrence of a recurring task undone, for a reason."""

    NAME: ClassVar[str] = "task.skip"
    reason: Note


class CancelTask(TaskCommand):
    """Give up an open task."""

    NAME: ClassVar[str] = "task.cancel"
    reason: Note


class ReopenTask(TaskCommand):
    """Take up a task again that was completed, skipped or cancelled."""

    NAME: ClassVar[str] = "task.reopen"
    reason: Note


class GiveReminder(TaskCommand):
    """Remind of a task's due date; the scheduler asks for it."""

    NAME: ClassVar[str] = "task.give_reminder"
    kind: ReminderKind
    due: date


class WithdrawOccurrence(TaskCommand):
    """Cancel an occurrence ahead that its template gives no more; the scheduler asks for it."""

    NAME: ClassVar[str] = "task.withdraw_occurrence"
    recurring_task_id: UUID

    def reads(self, by: By) -> Mapping[str, str]:
        return {"recurring_task": str(self.recurring_task_id)}
