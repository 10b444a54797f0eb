"""One example of each risk assessment event, for the golden files."""

from events._base import DomainEvent
from tests.risk_assessment import _story as story

EXAMPLES: list[DomainEvent] = [
    story.ADOPTED,
    story.STARTED.model_copy(update={"replaces": story.EARLIER}),
    story.DESCRIBED,
    story.CORRECTED,
    story.RESIDUAL,
    story.PLANNED,
    story.RESCHEDULED,
    story.DONE,
    story.CANCELLED,
    story.TREATMENT_LINKED,
    story.ACCEPTED,
    story.REVOKED,
    story.REVIEWED,
    story.COMPLETED.model_copy(update={"replaces": story.EARLIER}),
    story.REOPENED,
    story.LINKED,
]
