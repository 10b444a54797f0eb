"""One risk's life, event by event, for the tests of this capability."""

from dataclasses import replace
from datetime import date, timedelta
from uuid import UUID

from events import risk_assessment as facts
from events.risk_assessment import Area, Band, LinkKind, Renewal, RevocationCause, Stage, Strategy, Trigger
from tests._given import BY, KARI, OLA
from write_side.risk_assessment.matrices import FIVE_BY_FIVE
from write_side.risk_assessment.state import MatrixInForce

ID = UUID("00000000-0000-4000-8000-0000000000f1")
EARLIER = UUID("00000000-0000-4000-8000-0000000000f2")
SCENARIO = UUID("00000000-0000-4000-8000-0000000000f3")
SECOND = UUID("00000000-0000-4000-8000-0000000000f4")
TREATMENT = UUID("00000000-0000-4000-8000-0000000000f5")
TARGET = UUID("00000000-0000-4000-8000-0000000000f6")
TODAY = date(2026, 3, 3)
YESTERDAY = TODAY - timedelta(days=1)
TOMORROW = TODAY + timedelta(days=1)
BY_SCENARIO = replace(BY, command_id=UUID("00000000-0000-4000-8000-0000000000c2"))

IN_FORCE = {"risk_matrix": MatrixInForce(1, FIVE_BY_FIVE)}

ADOPTED = facts.RiskMatrixAdopted(version=1, matrix=FIVE_BY_FIVE, reason="Vår første matrise")
STARTED = facts.RiskAssessmentStarted(
    area=Area.INFORMATION_SECURITY,
    title="Informasjonssikkerhet 2026",
    scope="Journalsystemet og nettet",
    trigger=Trigger.SCHEDULED,
    reason="Årlig vurdering",
    responsible=KARI,
    replaces=None,
)
DESCRIBED = facts.ScenarioDescribed(
    scenario_id=SCENARIO,
    number=1,
    area=Area.INFORMATION_SECURITY,
    title="Løsepengevirus",
    description="Journalen krypteres av uvedkommende.",
    existing_controls="Sikkerhetskopi hver natt",
    owner=OLA,
)
SECOND_DESCRIBED = DESCRIBED.model_copy(
    update={"scenario_id": SECOND, "number": 2, "title": "Tapt telefon", "existing_controls": None, "owner": None}
)
CORRECTED = facts.ScenarioCorrected(
    scenario_id=SCENARIO,
    title="Løsepengevirus i journalen",
    description="Journalen krypteres av uvedkommende.",
    existing_controls="Sikkerhetskopi hver natt",
    owner=OLA,
    reason="Klarere ord",
)
INHERENT = facts.RiskScored(
    scenario_id=SCENARIO,
    stage=Stage.INHERENT,
    likelihood=3,
    consequence=5,
    knowledge=1,
    matrix_version=1,
    band=Band.HIGH,
    acceptable=False,
    previous_band=None,
    scored_on=YESTERDAY,
    next_review=date(2026, 5, 31),
    reason="Slik uten tiltak",
)
RESIDUAL = facts.RiskScored(
    scenario_id=SCENARIO,
    stage=Stage.RESIDUAL,
    likelihood=2,
    consequence=3,
    knowledge=2,
    matrix_version=1,
    band=Band.LOW,
    acceptable=True,
    previous_band=Band.HIGH,
    scored_on=TODAY,
    next_review=date(2027, 2, 26),
    reason="Gjenoppretting er prøvd",
)
PLANNED = facts.TreatmentPlanned(
    treatment_id=TREATMENT,
    scenario_id=SCENARIO,
    strategy=Strategy.REDUCE_CONSEQUENCE,
    description="Prøv gjenoppretting hvert kvartal",
    owner=OLA,
    due=date(2026, 4, 1),
)
RESCHEDULED = facts.TreatmentRescheduled(
    treatment_id=TREATMENT, scenario_id=SCENARIO, due=date(2026, 5, 1), previous_due=date(2026, 4, 1), reason="Ferie"
)
DONE = facts.TreatmentDone(treatment_id=TREATMENT, scenario_id=SCENARIO, done_on=TODAY, note="Tok to timer")
CANCELLED = facts.TreatmentCancelled(treatment_id=TREATMENT, scenario_id=SCENARIO, reason="Ikke aktuelt")
TREATMENT_LINKED = facts.TreatmentLinked(treatment_id=TREATMENT, scenario_id=SCENARIO, kind=LinkKind.TASK, target=TARGET)
ACCEPTED = facts.RiskAccepted(
    scenario_id=SCENARIO, band=Band.HIGH, above_criterion=True, approver=OLA, reason="Nytt system i juni", until=date(2026, 6, 30)
)
REVOKED = facts.AcceptanceRevoked(scenario_id=SCENARIO, cause=RevocationCause.DECIDED, reason="Systemet er utsatt")
REVIEWED = facts.RiskAssessmentReviewed(
    reviewed_on=TODAY,
    trigger=Trigger.SEVERE_DEVIATION,
    reason="Angrep hos naboen",
    renewed=(Renewal(scenario_id=SCENARIO, next_review=date(2026, 6, 1)),),
)
COMPLETED = facts.RiskAssessmentCompleted(conclusion="Én høy risiko er under behandling", highest_band=Band.HIGH, replaces=None)
REOPENED = facts.RiskAssessmentReopened(reason="Et scenario mangler")
LINKED = facts.RiskAssessmentLinked(kind=LinkKind.DEVIATION, target=TARGET, scenario_id=SCENARIO)
