"""What one may ask of a recurring task."""

from collections.abc import Iterable, Mapping
from typing import Annotated, ClassVar, Self
from uuid import UUID

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from write_side._decider import By, Command
from write_side._text import Day, Note, Text, Title
from write_side.task.values import GivenAssignment, GivenLink, GivenSchedule, reads_for, references_of

LeadDays = Annotated[int, Field(ge=0, le=366)]
"""How many days before its due date an occurrence is made."""


class DefineRecurringTask(Command):
    """Define a task that recurs; its occurrences are made by themselves."""

    NAME: ClassVar[str] = "recurring_task.define"
    title: Title
    description: Text | None = None
    schedule: GivenSchedule
    lead_days: LeadDays = 14
    assignment: GivenAssignment
    follow_up: UUID | None = None
    """Member who is told when an occurrence is not done on time."""
    links: tuple[GivenLink, ...] = Field(default=(), max_length=20)
    awaits_setup: bool = False
    """It gives no occurrence until a setup task that names it is done, or somebody starts it."""

    def subject_id(self, by: By) -> str:
        return str(by.new_id())

    def reads(self, by: By) -> Mapping[str, str]:
        return reads_for(self.assignment, by)

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(self.assignment, self.follow_up, self.links)


class RecurringTaskCommand(Command):
    """A command to a recurring task that was defined before."""

    recurring_task_id: UUID

    def subject_id(self, by: By) -> str:
        return str(self.recurring_task_id)


class StartRecurringTask(RecurringTaskCommand):
    """Let a recurring task that waits for its setup give occurrences."""

    NAME: ClassVar[str] = "recurring_task.start"
    started_on: Day
    """No day before this one is given; the day on which the setup task was done."""


class DescribeRecurringTask(RecurringTaskCommand):
    """Say better what is to be done; occurrences made before keep their words."""

    NAME: ClassVar[str] = "recurring_task.describe"
    title: Title
    description: Text | None = None


class ChangeSchedule(RecurringTaskCommand):
    """Let another schedule hold from its first day on; occurrences ahead that it does not give are withdrawn."""

    NAME: ClassVar[str] = "recurring_task.change_schedule"
    schedule: GivenSchedule
    reason: Note


class ChangeLeadTime(RecurringTaskCommand):
    """Make occurrences earlier or later before their due date."""

    NAME: ClassVar[str] = "recurring_task.change_lead_time"
    lead_days: LeadDays


class AssignRecurringTask(RecurringTaskCommand):
    """Give the occurrences made from now on to others."""

    NAME: ClassVar[str] = "recurring_task.assign"
    assignment: GivenAssignment
    reason: Note | None = None

    def reads(self, by: By) -> Mapping[str, str]:
        return reads_for(self.assignment, by)

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(self.assignment)


class HandOverRecurringTask(RecurringTaskCommand):
    """Put a successor in the place of a member who leaves, in the occurrences made from now on."""

    NAME: ClassVar[str] = "recurring_task.hand_over"
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


class NameRecurringTaskFollowUp(RecurringTaskCommand):
    """Name the member who is told when an occurrence is not done on time, or nobody."""

    NAME: ClassVar[str] = "recurring_task.name_follow_up"
    follow_up: UUID | None

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(follow_up=self.follow_up)


class LinkRecurringTask(RecurringTaskCommand):
    """Link a recurring task to something related; occurrences made from now on carry the link."""

    NAME: ClassVar[str] = "recurring_task.link"
    link: GivenLink

    def references(self) -> Iterable[tuple[str, UUID]]:
        return references_of(links=[self.link])


class PauseRecurringTask(RecurringTaskCommand):
    """Give no occurrence for some days; occurrences made before stay."""

    NAME: ClassVar[str] = "recurring_task.pause"
    from_day: Day | None = None
    """First day of the pause; today, if left out."""
    until: Day | None = None
    """Last day of the pause; until it is resumed, if left out."""
    reason: Note


class ResumeRecurringTask(RecurringTaskCommand):
    """End the pause that covers a day, before that day; days that passed in the pause are not made up for."""

    NAME: ClassVar[str] = "recurring_task.resume"
    from_day: Day | None = None
    """First day after the pause; today, if left out."""


class EndRecurringTask(RecurringTaskCommand):
    """Give no occurrence after a last day; what was done and missed stays in the record."""

    NAME: ClassVar[str] = "recurring_task.end"
    last_day: Day | None = None
    """The last day that may have an occurrence; today, if left out."""
    reason: Note
