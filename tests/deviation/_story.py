"""A deviation and what happens to it, for the tests of this capability."""

from datetime import UTC, date, datetime
from uuid import UUID

from events import deviation as facts
from events._function import Function
from events.deviation import (
    AffectedParty,
    Category,
    Cause,
    CauseCategory,
    CauseMethod,
    Effect,
    Forum,
    HarmLevel,
    Kind,
    LinkKind,
    MeasureKind,
    MeasureStrength,
    Moment,
    Precision,
    RejectReason,
    Reporter,
    ReporterKind,
)
from tests._given import KARI, OLA

ID = UUID("00000000-0000-4000-8000-0000000000d1")
OTHER = UUID("00000000-0000-4000-8000-0000000000d2")
MEASURE_ID = UUID("00000000-0000-4000-8000-0000000000e1")
TODAY = date(2026, 3, 3)
OCCURRED = datetime(2026, 3, 2, 8, 30, tzinfo=UTC)

REPORTED = facts.DeviationReported(
    title="Feil dose",
    description="Dobbel dose ble skrevet ut.",
    kind=Kind.NEAR_MISS,
    harm=HarmLevel.NONE,
    category=Category.CLINICAL,
    affected=(AffectedParty.PATIENT,),
    affected_count=1,
    occurred=Moment(at=OCCURRED, precision=Precision.EXACT),
    detected=Moment(at=OCCURRED, precision=Precision.EXACT),
    reporter=Reporter(kind=ReporterKind.NAMED, member_id=KARI),
    place=None,
    process_step=None,
    potential=None,
)
PROPOSED = facts.RoutingProposed(function=Function.CLINICAL_LEAD, reason=None)
ACCEPTED = facts.RoutingAccepted(function=Function.CLINICAL_LEAD, responsible=OLA)
PLANNED = facts.MeasurePlanned(
    measure_id=MEASURE_ID,
    kind=MeasureKind.CORRECTIVE,
    strength=MeasureStrength.MEDIUM,
    description="Sjekkliste",
    owner=OLA,
    due=date(2026, 4, 1),
)
DONE = facts.MeasureDone(measure_id=MEASURE_ID, done_on=TODAY, note=None)
CANCELLED = facts.MeasureCancelled(measure_id=MEASURE_ID, reason="Ikke aktuelt")
EVALUATED = facts.MeasureEvaluated(measure_id=MEASURE_ID, effect=Effect.EFFECTIVE, previous=None, evaluated_on=TODAY, note="Virker")
INEFFECTIVE = EVALUATED.model_copy(update={"effect": Effect.NOT_EFFECTIVE})
CLOSED = facts.DeviationClosed(conclusion="Rutinen er endret", lessons=None)
REJECTED = facts.DeviationRejected(reason=RejectReason.NOT_DEVIATION, duplicate_of=None, explanation="Forventet")
ANALYSED = facts.CausesAnalysed(
    method=CauseMethod.FIVE_WHYS,
    causes=(
        Cause(id="a", category=CauseCategory.METHOD, text="Ingen kontroll", because_of=None),
        Cause(id="b", category=CauseCategory.PEOPLE, text="Travelt", because_of="a"),
    ),
    root_causes=("a",),
)
REVIEWED = facts.DeviationReviewed(reviewed_on=TODAY, forum=Forum.PRACTICE_MEETING, note="Gjennomgått")
TAKEN_AT_ONCE = facts.ImmediateMeasureTaken(description="Ringte pasienten")
CORRECTED = facts.CategoryCorrected(category=Category.ICT, previous=Category.CLINICAL, reason="Feil i journalsystemet")
REASSESSED = facts.HarmReassessed(kind=Kind.HARM_EVENT, harm=HarmLevel.SEVERE, reason="Innlagt")
RESCHEDULED = facts.MeasureRescheduled(measure_id=MEASURE_ID, due=date(2026, 5, 1), previous_due=date(2026, 4, 1), reason="Ferie")
INEFFECTIVENESS_ACCEPTED = facts.IneffectivenessAccepted(measure_id=MEASURE_ID, reason="Ingen bedre vei")
DUPLICATE = facts.DeviationRejected(reason=RejectReason.DUPLICATE, duplicate_of=OTHER, explanation="Meldt to ganger")
REOPENED = facts.DeviationReopened(reason="Skjedde igjen")
LINKED = facts.DeviationLinked(kind=LinkKind.TASK, target=OTHER)

NEW = (REPORTED, PROPOSED)
TRIAGED = (*NEW, ACCEPTED)
