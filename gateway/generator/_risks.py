"""Risk assessments of a generated practice: matrices, yearly and situational assessments, treatments, reviews."""

from datetime import datetime, timedelta
from functools import partial
from random import Random
from uuid import UUID

from events._base import OSLO
from events._function import Function
from events.risk_assessment import Area, Band, Stage, Strategy, Trigger
from gateway.generator._profile import Profile
from gateway.generator._simulation import Simulation, moment, weighted
from gateway.generator._staff import Staff
from gateway.generator._texts import risk_texts
from write_side.risk_assessment import commands as ask
from write_side.risk_assessment.matrices import TEMPLATES, Template

RESPONSIBLE = {
    Area.INFORMATION_SECURITY: Function.DATA_CONTROLLER_LEAD,
    Area.ELECTRO_MEDICAL_EQUIPMENT: Function.EQUIPMENT_LEAD,
    Area.MEDICATION: Function.CLINICAL_LEAD,
    Area.HANDOVER: Function.CLINICAL_LEAD,
    Area.STAFFING: Function.QUALITY_LEAD,
}
SITUATIONAL = (Area.MEDICATION, Area.HANDOVER, Area.STAFFING)
MATRIX_CHANGE = timedelta(days=430)
"""In its second year the practice adopts another matrix."""


class Risks:
    """Assessments through the years."""

    def __init__(self, simulation: Simulation, profile: Profile, staff: Staff) -> None:
        self._sim, self._profile, self._staff = simulation, profile, staff
        self._dice = simulation.random("risks")
        self._matrix = Template.FIVE_BY_FIVE
        self._latest: dict[Area, UUID] = {}

    def begin(self) -> None:
        """Put matrices and assessments on the agenda."""
        start, days = self._sim.start, (self._sim.end - self._sim.start).days
        self._sim.on(moment(self._dice, start + timedelta(days=7)), lambda at: self._adopt(Template.FIVE_BY_FIVE, at))
        self._sim.on(moment(self._dice, start + MATRIX_CHANGE), lambda at: self._adopt(Template.FOUR_BY_FOUR, at))
        for area, first in ((Area.INFORMATION_SECURITY, 30), (Area.ELECTRO_MEDICAL_EQUIPMENT, 60)):
            for year in range(days // 365 + 1):
                day = start + timedelta(days=first + 365 * year + self._dice.randint(-20, 20))
                self._sim.on(moment(self._dice, day), partial(self._start, area, Trigger.SCHEDULED))
        for nth in range(round(self._profile.situational_assessments_a_year * days / 365)):
            day = start + timedelta(days=90 + int((days - 120) * self._dice.random()))
            trigger = self._dice.choice([Trigger.NEW_SYSTEM, Trigger.STAFF_CHANGE, Trigger.SEVERE_DEVIATION])
            self._sim.on(moment(self._dice, day), partial(self._start, SITUATIONAL[nth % len(SITUATIONAL)], trigger))

    def _adopt(self, template: Template, at: datetime) -> None:
        reason = "Første matrise for praksisen." if template is Template.FIVE_BY_FIVE else "Felles matrise i samarbeidet med kommunen."
        self._matrix = template
        self._sim.give(at, self._staff.manager, ask.AdoptMatrix(template=template, reason=reason))

    def _start(self, area: Area, trigger: Trigger, at: datetime) -> None:
        words = risk_texts(area)
        lead = self._staff.holder(RESPONSIBLE[area], at)
        assessment = self._sim.give(
            at,
            lead,
            ask.StartAssessment(
                area=area,
                title=f"{words['title']} {at.astimezone(OSLO).year}",
                scope=words["scope"],
                trigger=trigger,
                reason="Årlig vurdering av obligatorisk område." if trigger is Trigger.SCHEDULED else "Noe er endret i praksisen.",
                responsible=lead,
                replaces=self._latest.get(area),
            ),
        )
        scenarios = [
            self._sim.give(
                at + timedelta(minutes=5 + nth),
                lead,
                ask.DescribeScenario(
                    assessment_id=assessment,
                    title=title,
                    description=f"{title}: hva som kan skje, og hva som hindrer det i dag.",
                    owner=lead,
                ),
            )
            for nth, title in enumerate(words["scenarios"])
        ]
        self._sim.on(moment(self._dice, at.date() + timedelta(days=7)), lambda now: self._score(area, assessment, scenarios, now))

    def _score(self, area: Area, assessment: UUID, scenarios: list[UUID], at: datetime) -> None:
        lead = self._staff.holder(RESPONSIBLE[area], at)
        for nth, scenario in enumerate(scenarios):
            band = Band(weighted(self._dice, self._profile.risk_bands))
            self._give_score(at + timedelta(minutes=nth), lead, assessment, scenario, Stage.INHERENT, band)
            if band is Band.LOW:
                continue
            minute = at + timedelta(minutes=20 + nth)
            if band is Band.MEDIUM and self._dice.random() < 0.5:
                accept = ask.AcceptRisk(
                    assessment_id=assessment,
                    scenario_id=scenario,
                    reason="Lav sannsynlighet og god beredskap.",
                    approver=self._staff.manager,
                    until=at.date() + timedelta(days=self._dice.randint(330, 420)),
                )
                self._sim.give(minute, self._staff.manager, accept)
            else:
                self._treat(area, assessment, scenario, minute)
        complete = ask.CompleteAssessment(assessment_id=assessment, conclusion="Risikoene er vurdert, og tiltak er planlagt.")
        self._sim.give(at + timedelta(minutes=60), lead, complete)
        self._latest[area] = assessment
        review = moment(self._dice, at.date() + timedelta(days=self._dice.randint(85, 120)))
        self._sim.on(review, lambda now: self._review(area, assessment, now))

    def _give_score(self, at: datetime, lead: UUID, assessment: UUID, scenario: UUID, stage: Stage, band: Band) -> None:
        likelihood, consequence = cell_of(self._dice, self._matrix, band)
        self._sim.give(
            at,
            lead,
            ask.ScoreRisk(
                assessment_id=assessment,
                scenario_id=scenario,
                stage=stage,
                likelihood=likelihood,
                consequence=consequence,
                knowledge=self._dice.choice([0, 1, 1, 2]),
                scored_on=at.astimezone(OSLO).date(),
                reason="Vurdert i gruppen ut fra egne hendelser.",
            ),
        )

    def _treat(self, area: Area, assessment: UUID, scenario: UUID, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        owner = self._dice.choice(self._staff.present(today)).id
        due = today + timedelta(days=self._dice.randint(30, 90))
        treatment = self._sim.give(
            at,
            self._staff.holder(RESPONSIBLE[area], at),
            ask.PlanTreatment(
                assessment_id=assessment,
                scenario_id=scenario,
                strategy=self._dice.choice([Strategy.REDUCE_LIKELIHOOD, Strategy.REDUCE_CONSEQUENCE]),
                description=self._dice.choice(risk_texts(area)["treatments"]),
                owner=owner,
                due=due,
            ),
        )
        late = self._dice.random() < 0.15
        done = moment(self._dice, due + timedelta(days=self._dice.randint(3, 30) if late else -self._dice.randint(0, 20)))
        self._sim.on(done, lambda now: self._finish(area, assessment, scenario, treatment, owner, now))

    def _finish(self, area: Area, assessment: UUID, scenario: UUID, treatment: UUID, owner: UUID, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        self._sim.give(at, owner, ask.CompleteTreatment(assessment_id=assessment, treatment_id=treatment, done_on=today))
        left = Band.MEDIUM if self._dice.random() < 0.1 else Band.LOW
        lead = self._staff.holder(RESPONSIBLE[area], at)
        self._give_score(at + timedelta(minutes=20), lead, assessment, scenario, Stage.RESIDUAL, left)
        if left is not Band.LOW:
            accept = ask.AcceptRisk(
                assessment_id=assessment,
                scenario_id=scenario,
                reason="Restrisikoen er vurdert som forsvarlig.",
                approver=self._staff.manager,
                until=today + timedelta(days=365),
            )
            self._sim.give(at + timedelta(minutes=30), self._staff.manager, accept)

    def _review(self, area: Area, assessment: UUID, at: datetime) -> None:
        if self._latest.get(area) != assessment:
            return
        lead = self._staff.holder(RESPONSIBLE[area], at)
        reviewed_on = at.astimezone(OSLO).date()
        self._sim.give(
            at, lead, ask.ReviewAssessment(assessment_id=assessment, reviewed_on=reviewed_on, reason="Gjennomgått i praksismøtet.")
        )
        again = moment(self._dice, at.date() + timedelta(days=self._dice.randint(85, 130)))
        self._sim.on(again, lambda now: self._review(area, assessment, now))


def cell_of(dice: Random, template: Template, band: Band) -> tuple[int, int]:
    """A cell of the matrix that lies in a band, as (likelihood, consequence) counted from 1."""
    cells = TEMPLATES[template].cells
    fitting = [(x + 1, y + 1) for x, row in enumerate(cells) for y, each in enumerate(row) if each is band]
    return dice.choice(fitting)
