"""One example of each deviation event, for the golden files."""

from uuid import UUID

from events import deviation as facts
from events._base import DomainEvent
from events.deviation import LinkKind, Potential
from tests.deviation import test_decide as story

EXAMPLES: list[DomainEvent] = [
    story.REPORTED.model_copy(update={"place": "Lab", "potential": Potential(consequence=4, likelihood=2)}),
    facts.ImmediateMeasureTaken(description="Ringte pasienten"),
    story.PROPOSED,
    story.ACCEPTED,
    facts.CategoryCorrected(category=facts.Category.ICT, previous=facts.Category.CLINICAL, reason="Feil i journalsystemet"),
    facts.HarmReassessed(kind=facts.Kind.HARM_EVENT, harm=facts.HarmLevel.SEVERE, reason="Innlagt"),
    story.ANALYSED,
    story.REVIEWED,
    story.PLANNED,
    facts.MeasureRescheduled(measure_id=story.MEASURE_ID, due=story.PLANNED.due, previous_due=story.TODAY, reason="Ferie"),
    story.DONE,
    story.CANCELLED,
    story.EVALUATED,
    facts.IneffectivenessAccepted(measure_id=story.MEASURE_ID, reason="Ingen bedre vei"),
    story.CLOSED,
    story.REJECTED,
    facts.DeviationReopened(reason="Skjedde igjen"),
    facts.DeviationLinked(kind=LinkKind.TASK, target=UUID("00000000-0000-4000-8000-0000000000d2")),
]
