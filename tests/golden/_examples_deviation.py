"""One example of each deviation event, for the golden files."""

from events._base import DomainEvent
from events.deviation import Potential
from tests.deviation import _story as story

EXAMPLES: list[DomainEvent] = [
    story.REPORTED.model_copy(update={"place": "Lab", "potential": Potential(consequence=4, likelihood=2)}),
    story.TAKEN_AT_ONCE,
    story.PROPOSED,
    story.ACCEPTED,
    story.CORRECTED,
    story.REASSESSED,
    story.ANALYSED,
    story.REVIEWED,
    story.PLANNED,
    story.RESCHEDULED.model_copy(update={"due": story.PLANNED.due, "previous_due": story.TODAY}),
    story.DONE,
    story.CANCELLED,
    story.EVALUATED,
    story.INEFFECTIVENESS_ACCEPTED,
    story.CLOSED,
    story.REJECTED,
    story.REOPENED,
    story.LINKED,
]
