"""A task, an occurrence and a recurring task, and what happens to them, for the tests of this capability."""

from dataclasses import replace
from datetime import date
from uuid import UUID

from events import task as facts
from events._function import Function
from events._recurrence import MissingDay, Schedule
from events.task import Assignment, Attachment, Link, LinkKind, Outcome, ReminderKind, TaskKind, WithdrawalCause, occurrence_id
from tests._given import BY, KARI, OLA

ID = UUID("00000000-0000-4000-8000-0000000000f1")
TEMPLATE = UUID("00000000-0000-4000-8000-0000000000f2")
DEVIATION = UUID("00000000-0000-4000-8000-0000000000d1")
LIV = UUID("00000000-0000-4000-8000-00000000000c")
OWN_FUNCTION = UUID("00000000-0000-4000-8000-0000000000fa")
TODAY = date(2026, 3, 3)
DUE = date(2026, 3, 16)
"""A Monday."""
SHA = "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"
SCHEDULER = replace(BY, actor="system:scheduler")
OCCURRENCE_ID = occurrence_id(TEMPLATE, DUE)

TO_OLA = Assignment(members=(OLA,))
TO_QUALITY = Assignment(function=Function.QUALITY_LEAD)
ATTACHMENT = Attachment(reference=UUID("00000000-0000-4000-8000-0000000000e1"), sha256=SHA)
MINUTES = Link(kind=LinkKind.MEETING, name="Praksismøte mars")
TO_DEVIATION = Link(kind=LinkKind.DEVIATION, target=DEVIATION)

PLANNED = facts.TaskPlanned(
    kind=TaskKind.ONE_OFF,
    title="Kalibrer blodtrykksmåler",
    description=None,
    assignment=TO_OLA,
    follow_up=KARI,
    due=DUE,
    links=(),
    recurring_task=None,
)
SOON = PLANNED.model_copy(update={"due": None})
OCCURRENCE = PLANNED.model_copy(update={"kind": TaskKind.OCCURRENCE, "assignment": TO_QUALITY, "recurring_task": TEMPLATE})
SETUP = PLANNED.model_copy(update={"kind": TaskKind.SETUP, "due": None, "recurring_task": TEMPLATE})
DESCRIBED = facts.TaskDescribed(title="Kalibrer måleren", description="På lab")
ASSIGNED = facts.TaskAssigned(assignment=TO_QUALITY, previous=TO_OLA, reason="Hører til funksjonen")
HANDED_OVER = facts.TaskHandedOver(leaver=OLA, successor=LIV, reason="Ola slutter")
FOLLOW_UP_NAMED = facts.TaskFollowUpNamed(follow_up=LIV)
MOVED = facts.DueDateMoved(due=date(2026, 3, 20), previous_due=DUE, reason="Ferie")
LINKED = facts.TaskLinked(link=TO_DEVIATION)
COMPLETED = facts.TaskCompleted(done_on=TODAY, done_by=KARI, note="Utført", attachments=(ATTACHMENT,), record=MINUTES)
EVIDENCE = facts.EvidenceAdded(note="Sertifikat kom i posten", attachments=(ATTACHMENT,), record=None)
SKIPPED = facts.TaskSkipped(reason="Måleren er på service")
CANCELLED = facts.TaskCancelled(reason="Måleren er kassert")
REOPENED = facts.TaskReopened(reason="Feil måler", previous=Outcome.COMPLETED)
WITHDRAWN = facts.OccurrenceWithdrawn(cause=WithdrawalCause.RESCHEDULED)
REINSTATED = facts.OccurrenceReinstated()
REMINDED = facts.ReminderGiven(kind=ReminderKind.WEEK_BEFORE, due=DUE, given_on=date(2026, 3, 9), to=TO_OLA)

WEEKLY = Schedule(starts_on=date(2026, 3, 9), rule="FREQ=WEEKLY;BYDAY=MO", missing_day=MissingDay.LAST_DAY)
MONTHLY = Schedule(starts_on=date(2026, 4, 1), rule="FREQ=MONTHLY;BYMONTHDAY=31", missing_day=MissingDay.LAST_DAY)
HALF_YEARLY = Schedule(starts_on=date(2026, 4, 1), months_after_done=6)

DEFINED = facts.RecurringTaskDefined(
    title="Kontroller akuttkofferten",
    description="Etter sjekklisten",
    schedule=WEEKLY,
    lead_days=14,
    assignment=TO_QUALITY,
    follow_up=KARI,
    links=(Link(kind=LinkKind.DOCUMENT, name="Prosedyre 4.2"),),
    started_on=TODAY,
)
AWAITING = DEFINED.model_copy(update={"started_on": None})
STARTED = facts.RecurringTaskStarted(started_on=TODAY)
TEMPLATE_DESCRIBED = facts.RecurringTaskDescribed(title="Kontroller kofferten", description=None)
RESCHEDULED = facts.ScheduleChanged(schedule=MONTHLY, previous=WEEKLY, reason="For ofte")
LEAD_CHANGED = facts.LeadTimeChanged(lead_days=30, previous=14)
TEMPLATE_ASSIGNED = facts.RecurringTaskAssigned(assignment=TO_OLA, previous=TO_QUALITY, reason=None)
TEMPLATE_HANDED_OVER = facts.RecurringTaskHandedOver(leaver=KARI, successor=LIV, reason="Kari slutter")
TEMPLATE_FOLLOW_UP_NAMED = facts.RecurringTaskFollowUpNamed(follow_up=None)
TEMPLATE_LINKED = facts.RecurringTaskLinked(link=TO_DEVIATION)
PAUSED = facts.RecurringTaskPaused(from_day=date(2026, 7, 1), until=date(2026, 7, 31), reason="Sommerferie")
RESUMED = facts.RecurringTaskResumed(from_day=date(2026, 7, 20))
ENDED = facts.RecurringTaskEnded(last_day=date(2026, 6, 30), reason="Kofferten er byttet")
ENDED_TODAY = facts.RecurringTaskEnded(last_day=TODAY, reason="Kofferten er byttet")
