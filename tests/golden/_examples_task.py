"""One example of each event of tasks and recurring tasks, for the golden files."""

from events._base import DomainEvent
from tests.task import _story as story

EXAMPLES: list[DomainEvent] = [
    story.OCCURRENCE.model_copy(update={"description": "Etter sjekklisten", "links": (story.TO_DEVIATION, story.MINUTES)}),
    story.DESCRIBED,
    story.ASSIGNED,
    story.HANDED_OVER,
    story.FOLLOW_UP_NAMED,
    story.MOVED,
    story.LINKED,
    story.COMPLETED,
    story.EVIDENCE,
    story.SKIPPED,
    story.CANCELLED,
    story.REOPENED,
    story.WITHDRAWN,
    story.REINSTATED,
    story.REMINDED,
    story.DEFINED,
    story.STARTED,
    story.TEMPLATE_DESCRIBED,
    story.RESCHEDULED,
    story.LEAD_CHANGED,
    story.TEMPLATE_ASSIGNED,
    story.TEMPLATE_HANDED_OVER,
    story.TEMPLATE_FOLLOW_UP_NAMED,
    story.TEMPLATE_LINKED,
    story.PAUSED,
    story.RESUMED,
    story.ENDED,
]
