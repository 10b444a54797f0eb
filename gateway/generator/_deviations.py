"""Deviations of a generated practice: what truly happens, what is reported, and what is done about it."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from events._base import OSLO
from events._function import Function
from events.deviation import (
    AffectedParty,
    Category,
    CauseCategory,
    CauseMethod,
    Effect,
    Forum,
    HarmLevel,
    Kind,
    MeasureKind,
    MeasureStrength,
    Precision,
    RejectReason,
    ReporterKind,
)
from gateway.generator._profile import Profile
from gateway.generator._simulation import Simulation, after, days_around, moment, overdispersed, weighted, zipf
from gateway.generator._staff import Staff
from gateway.generator._texts import deviation_texts, texts
from write_side.deviation import commands as ask
from write_side.deviation.rules import NEEDS_CAUSES, ROUTES


@dataclass
class Case:
    """A reported deviation on its way."""

    id: UUID
    category: Category
    harm: HarmLevel
    function: Function
    responsible: UUID
    reported: datetime
    closes: datetime
    measures_left: int = 0
    reopened: bool = False
    causes_known: bool = False
    waiting: set[UUID] = field(default_factory=set)
    """Measures that are not yet done and evaluated, or never will be."""


class Deviations:
    """Reports through the years, each followed to its end."""

    def __init__(self, simulation: Simulation, profile: Profile, staff: Staff) -> None:
        self._sim, self._profile, self._staff = simulation, profile, staff
        self._dice = simulation.random("deviations")
        self.ids: list[UUID] = []

    def begin(self) -> None:
        """Put every report on the agenda, month by month."""
        for first, factor in self._months():
            reported = overdispersed(self._dice, self._profile.reports_a_year / 12 * factor)
            missed = overdispersed(self._dice, max(0.0, self._profile.incidents_a_year / 12 - reported), k=20.0)
            self._sim.truth["incidents"].append({"month": first.isoformat()[:7], "happened": reported + missed, "reported": reported})
            for _ in range(reported):
                day = first + timedelta(days=self._dice.randrange(28))
                self._sim.on(moment(self._dice, max(day, self._sim.start + timedelta(days=1))), self._report)

    def _months(self) -> Iterator[tuple[date, float]]:
        """First day and factor of each month: a slow start, quiet in July and December, a busy week of reporting in March."""
        first, number = self._sim.start.replace(day=1), 0
        while first < self._sim.end:
            ramp = 0.15 if number < 3 else 0.6 if number < 6 else 1.0
            season = {7: 0.5, 12: 0.8, 3: 2.0}.get(first.month, 1.0)
            yield first, ramp * season
            first, number = (first + timedelta(days=32)).replace(day=1), number + 1

    def _report(self, at: datetime) -> None:
        kind, harm = weighted(self._dice, self._profile.kinds).split()
        true_category = Category(weighted(self._dice, self._profile.categories))
        wrong = self._dice.random() < self._profile.wrong_category
        category = self._dice.choice([c for c in Category if c is not true_category]) if wrong else true_category
        words = deviation_texts(true_category)
        reporter = weighted(
            self._dice,
            {
                ReporterKind.ANONYMOUS: self._profile.anonymous,
                ReporterKind.PSEUDONYMOUS: self._profile.pseudonymous,
                ReporterKind.NAMED: 1 - self._profile.anonymous - self._profile.pseudonymous,
            },
        )
        deviation_id = self._sim.give(
            at,
            self._reporter(at),
            ask.ReportDeviation(
                title=self._dice.choice(words["titles"]),
                description=words["description"],
                kind=Kind(kind),
                harm=HarmLevel(harm),
                category=category,
                affected=(self._dice.choice([AffectedParty.PATIENT, AffectedParty.PATIENT, *AffectedParty]),),
                affected_count=1,
                occurred=self._occurred(at),
                reporter=reporter,
                place=self._dice.choice(texts()["places"]) if self._dice.random() < 0.6 else None,
                process_step=self._dice.choice(texts()["process_steps"]) if self._dice.random() < 0.5 else None,
                potential=ask.GivenPotential(consequence=self._dice.randint(1, 4), likelihood=self._dice.randint(1, 4))
                if self._dice.random() < 0.4
                else None,
                immediate_measures=(self._dice.choice(texts()["immediate"]),) if self._dice.random() < 0.5 else (),
            ),
        )
        case = Case(
            id=deviation_id,
            category=category,
            harm=HarmLevel(harm),
            function=ROUTES[category],
            responsible=self._staff.holder(ROUTES[category], at),
            reported=at,
            closes=after(self._dice, at, days_around(self._dice, 24, 110)),
            measures_left=weighted(self._dice, self._profile.measures),
        )
        self._then(at, days_around(self._dice, 2, 6), lambda now: self._triage(case, true_category, now))
        self.ids.append(deviation_id)

    def _reporter(self, at: datetime) -> UUID:
        people = self._staff.present(at.astimezone(OSLO).date())
        doctors = [person.id for person in people if person.doctor]
        others = [person.id for person in people if not person.doctor]
        return zipf(self._dice, doctors if self._dice.random() < 0.33 and doctors else others)

    def _occurred(self, at: datetime) -> ask.GivenMoment:
        if self._dice.random() < 0.05:
            return ask.GivenMoment(precision=Precision.UNKNOWN)
        days = 30 + self._dice.random() * 90 if self._dice.random() < self._profile.backdated else min(days_around(self._dice, 1, 9), 29)
        exact = self._dice.random() < 0.7
        return ask.GivenMoment(
            at=(at - timedelta(days=days)).astimezone(UTC).replace(microsecond=0),
            precision=Precision.EXACT if exact else Precision.APPROXIMATE,
        )

    def _then(self, at: datetime, days: float, happens: Callable[[datetime], None]) -> None:
        self._sim.on(after(self._dice, at, max(days, 0.02)), happens)

    def _triage(self, case: Case, true_category: Category, at: datetime) -> None:
        if self._dice.random() < self._profile.rejected:
            self._reject(case, at)
            return
        if case.category is not true_category:
            self._sim.give(
                at,
                case.responsible,
                ask.CorrectCategory(deviation_id=case.id, category=true_category, reason="Feil kategori valgt ved melding."),
            )
            case.category, case.function = true_category, ROUTES[true_category]
        elif self._dice.random() < self._profile.rerouted and case.function is not Function.QUALITY_LEAD:
            self._sim.give(
                at,
                case.responsible,
                ask.ProposeRouting(deviation_id=case.id, function=Function.QUALITY_LEAD, reason="Gjelder hele praksisen."),
            )
            case.function = Function.QUALITY_LEAD
        case.responsible = self._staff.holder(case.function, at)
        self._sim.give(at + timedelta(minutes=5), case.responsible, ask.AcceptRouting(deviation_id=case.id, responsible=case.responsible))
        meeting = next_meeting(at.astimezone(OSLO).date() + timedelta(days=1))
        self._sim.on(moment(self._dice, meeting, 12.0, 12.9), lambda now: self._treat(case, now))

    def _reject(self, case: Case, at: datetime) -> None:
        earlier = [id_ for id_ in self.ids if id_ != case.id]
        duplicate = earlier[-1] if earlier and self._dice.random() < 0.5 else None
        reason = RejectReason.DUPLICATE if duplicate else RejectReason.NOT_DEVIATION
        command = ask.RejectDeviation(deviation_id=case.id, reason=reason, duplicate_of=duplicate, explanation="Vurdert sammen med melder.")
        self._sim.give(at, case.responsible, command)

    def _treat(self, case: Case, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        if self._dice.random() < 0.93:
            command = ask.ReviewDeviation(
                deviation_id=case.id, reviewed_on=today, forum=Forum.PRACTICE_MEETING, note=self._dice.choice(texts()["reviews"])
            )
            self._sim.give(at, case.responsible, command)
        if case.harm in NEEDS_CAUSES or self._dice.random() < 0.25:
            self._analyse(case, at + timedelta(minutes=8))
        for nth in range(case.measures_left):
            self._plan_measure(case, at + timedelta(minutes=10 + nth))
        self._sim.on(max(after(self._dice, at, 1), case.closes), lambda now: self._close(case, now))

    def _analyse(self, case: Case, at: datetime) -> None:
        words = deviation_texts(case.category)["causes"]
        categories = list(CauseCategory)
        causes = tuple(
            ask.GivenCause(id=f"c{n}", category=self._dice.choice(categories), text=text, because_of=f"c{n - 1}" if n else None)
            for n, text in enumerate(words[: self._dice.randint(1, len(words))])
        )
        method = self._dice.choice([CauseMethod.FIVE_WHYS, CauseMethod.FISHBONE, CauseMethod.TIMELINE])
        self._sim.give(at, case.responsible, ask.AnalyseCauses(deviation_id=case.id, method=method, causes=causes, root_causes=("c0",)))
        case.causes_known = True

    def _plan_measure(self, case: Case, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        owner = self._dice.choice(self._staff.present(today)).id
        due = today + timedelta(days=self._dice.randint(3, 12))
        measure = self._sim.give(
            at,
            case.responsible,
            ask.PlanMeasure(
                deviation_id=case.id,
                kind=self._dice.choice([MeasureKind.CORRECTIVE, MeasureKind.CORRECTIVE, MeasureKind.PREVENTIVE, MeasureKind.IMPROVEMENT]),
                strength=self._dice.choice(list(MeasureStrength)),
                description=self._dice.choice(deviation_texts(case.category)["measures"]),
                owner=owner,
                due=due,
            ),
        )
        case.waiting.add(measure)
        if self._dice.random() > self._profile.measures_done:
            self._sim.on(moment(self._dice, due + timedelta(days=90)), lambda now: self._give_up(case, measure, now))
            return
        late = self._dice.random() < self._profile.measures_late
        done = due + timedelta(days=self._dice.randint(2, 30)) if late else due - timedelta(days=self._dice.randint(0, 4))
        self._sim.on(moment(self._dice, max(done, today + timedelta(days=1))), lambda now: self._do(case, measure, owner, now))

    def _give_up(self, case: Case, measure: UUID, at: datetime) -> None:
        self._sim.give(
            at, case.responsible, ask.CancelMeasure(deviation_id=case.id, measure_id=measure, reason="Erstattet av annen løsning.")
        )
        case.waiting.discard(measure)

    def _do(self, case: Case, measure: UUID, owner: UUID, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        self._sim.give(at, owner, ask.CompleteMeasure(deviation_id=case.id, measure_id=measure, done_on=today))
        effect = weighted(self._dice, self._profile.effects)
        self._sim.truth["measures"].append({"measure": str(measure), "true_effect": effect})
        days = self._dice.randint(2, 10) if effect != "none" else self._dice.randint(150, 400)
        self._then(at, days, lambda now: self._evaluate(case, measure, "effective" if effect == "none" else effect, now))

    def _evaluate(self, case: Case, measure: UUID, effect: str, at: datetime) -> None:
        today = at.astimezone(OSLO).date()
        command = ask.EvaluateMeasure(
            deviation_id=case.id, measure_id=measure, effect=Effect(effect), evaluated_on=today, note=texts()["evaluations"][effect]
        )
        self._sim.give(at, case.responsible, command)
        answered = at + timedelta(minutes=15)
        if effect == Effect.NOT_EFFECTIVE and self._dice.random() < 0.7:
            self._plan_measure(case, answered)
        elif effect == Effect.NOT_EFFECTIVE:
            accept = ask.AcceptIneffectiveness(
                deviation_id=case.id, measure_id=measure, reason="Risikoen er liten; ingen bedre løsning nå."
            )
            self._sim.give(answered, case.responsible, accept)
            self._sim.on(answered, lambda _now: case.waiting.discard(measure))  # until then it cannot be closed
            return
        case.waiting.discard(measure)

    def _close(self, case: Case, at: datetime) -> None:
        if case.waiting:
            self._then(at, self._dice.randint(1, 4), lambda now: self._close(case, now))
            return
        lessons = self._dice.choice(texts()["lessons"]) if self._dice.random() < 0.4 else None
        command = ask.CloseDeviation(deviation_id=case.id, conclusion=self._dice.choice(texts()["conclusions"]), lessons=lessons)
        self._sim.give(at, case.responsible, command)
        if not case.reopened and self._dice.random() < self._profile.reopened:
            case.reopened = True
            self._then(at, self._dice.randint(10, 90), lambda now: self._reopen(case, now))

    def _reopen(self, case: Case, at: datetime) -> None:
        self._sim.give(at, case.responsible, ask.ReopenDeviation(deviation_id=case.id, reason=self._dice.choice(texts()["reopen_reasons"])))
        self._plan_measure(case, at + timedelta(minutes=30))
        self._then(at, self._dice.randint(25, 80), lambda now: self._close(case, now))


def next_meeting(day: date) -> date:
    """The next practice meeting: the first Wednesday of a month, none in July."""
    month = day.replace(day=1)
    while True:
        meeting = month + timedelta(days=(2 - month.weekday()) % 7)
        if meeting >= day and meeting.month != 7:
            return meeting
        month = (month + timedelta(days=32)).replace(day=1)
