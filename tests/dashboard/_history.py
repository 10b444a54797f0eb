"""Years of a practice at random: deviations in every stage of treatment, measures, tasks and risks."""

from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta
from random import Random
from uuid import UUID

from events.deviation import Category, CauseCategory, CauseMethod, HarmLevel, ReporterKind
from events.risk_assessment import Area, Stage
from tests.dashboard._living import Living
from write_side._errors import Refused
from write_side.deviation import commands as deviations
from write_side.risk_assessment import commands as risks
from write_side.risk_assessment.matrices import Template
from write_side.task import commands as tasks

BEGIN = datetime(2024, 1, 2, 8, tzinfo=UTC)
HARM = [HarmLevel.NONE] * 12 + [HarmLevel.LOW, HarmLevel.MODERATE, HarmLevel.SEVERE, HarmLevel.FATAL]

Act = Callable[[], None]


class History:
    """What happens is planned as (moment, act), and carried out in the order of time."""

    def __init__(self, living: Living, *, seed: int, days: int, deviations: int, tasks: int) -> None:
        self._living = living
        self._random = Random(seed)
        self._days = days
        self._acts: list[tuple[datetime, int, Act]] = []
        living.at(BEGIN.isoformat()).register()
        living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
        for _ in range(deviations):
            self._plan_deviation(self._moment(self._random.uniform(0, days)))
        for _ in range(tasks):
            self._plan_task(self._moment(self._random.uniform(0, days)))
        for _ in range(max(days // 180, 1)):
            self._plan_assessment(self._moment(self._random.uniform(0, days)))

    def live(self) -> None:
        """Let it all happen."""
        end = BEGIN + timedelta(days=self._days)
        while self._acts:
            self._acts.sort(key=lambda planned: planned[:2])
            moment, _, act = self._acts.pop(0)
            if moment <= end:
                self._living.at(moment.isoformat())
                act()
        self._living.at(end.isoformat())

    def _moment(self, days: float) -> datetime:
        return BEGIN + timedelta(seconds=round(days * 86_400))

    def _then(self, moment: datetime, act: Act) -> None:
        self._acts.append((moment, len(self._acts), act))

    def _later(self, days: float, act: Act) -> None:
        """Some time from now, exponentially distributed."""
        self._then(self._living.now + timedelta(days=self._random.expovariate(1 / days)), act)

    def _plan_deviation(self, moment: datetime) -> None:
        random = self._random
        category, harm = random.choice(list(Category)), random.choice(HARM)
        reporter = random.choice([ReporterKind.NAMED, ReporterKind.NAMED, ReporterKind.PSEUDONYMOUS, ReporterKind.ANONYMOUS])

        def report() -> None:
            deviation = self._living.report(category=category, harm=harm, reporter=reporter)
            if random.random() < 0.95:
                self._later(3, lambda: self._acknowledge(deviation, harm))

        self._then(moment, report)

    def _acknowledge(self, deviation: UUID, harm: HarmLevel) -> None:
        living, random = self._living, self._random
        living.acknowledge(deviation)
        cause = deviations.GivenCause(id="a", category=CauseCategory.METHOD, text="Fulgte ikke rutinen")
        if harm is not HarmLevel.NONE or random.random() < 0.3:
            living.do(deviations.AnalyseCauses(deviation_id=deviation, method=CauseMethod.FIVE_WHYS, causes=(cause,), root_causes=("a",)))
        measures = random.choice([0, 1, 1, 2])
        for _ in range(measures):
            due = (living.now + timedelta(days=random.randrange(1, 60))).date().isoformat()
            measure = living.plan_measure(deviation, due)
            self._later(30, lambda measure=measure: self._complete(deviation, measure))  # type: ignore[misc]
        if not measures:
            self._later(20, lambda: self._close(deviation))

    def _complete(self, deviation: UUID, measure: UUID) -> None:
        self._living.complete_measure(deviation, measure)
        self._later(20, lambda: self._evaluate(deviation, measure))

    def _evaluate(self, deviation: UUID, measure: UUID) -> None:
        self._living.evaluate_measure(deviation, measure)
        self._later(1, lambda: self._close(deviation))

    def _close(self, deviation: UUID) -> None:
        try:
            self._living.close(deviation)
        except Refused:
            return
        if self._random.random() < 0.1:
            self._later(30, lambda: self._reopen(deviation))

    def _reopen(self, deviation: UUID) -> None:
        self._living.do(deviations.ReopenDeviation(deviation_id=deviation, reason="Skjedde igjen"))
        if self._random.random() < 0.5:
            self._later(30, lambda: self._close(deviation))

    def _plan_task(self, moment: datetime) -> None:
        random = self._random
        due = datetime.combine(moment.date() + timedelta(days=random.randrange(1, 30)), time(12), UTC)
        ends = due + timedelta(days=random.choice([-3, -1, 0, 0, 0, 5, 9]))
        outcome = random.random()

        def plan() -> None:
            task = self._living.plan_task(due.date().isoformat())
            if outcome < 0.85:
                self._then(max(ends, self._living.now), lambda: self._living.complete_task(task))
            elif outcome < 0.9:
                self._then(max(ends, self._living.now), lambda: self._cancel(task))

        self._then(moment, plan)

    def _cancel(self, task: UUID) -> None:
        self._living.do(tasks.CancelTask(task_id=task, reason="Ikke aktuelt"))

    def _plan_assessment(self, moment: datetime) -> None:
        scores = [(self._random.randrange(1, 6), self._random.randrange(1, 6)) for _ in range(8)]
        self._then(moment, lambda: self._assess(scores))

    def _assess(self, scores: list[tuple[int, int]]) -> None:
        living = self._living
        assessment = living.do(
            risks.StartAssessment(area=Area.INFORMATION_SECURITY, title="Vurdering", scope="Alt", reason="Årlig", responsible=living.actor)
        ).new_id()
        for likelihood, consequence in scores:
            scenario = living.do(
                risks.DescribeScenario(assessment_id=assessment, title="Noe skjer", description="Slik", owner=living.actor)
            ).new_id()
            living.do(
                risks.ScoreRisk(
                    assessment_id=assessment,
                    scenario_id=scenario,
                    stage=Stage.INHERENT,
                    likelihood=likelihood,
                    consequence=consequence,
                    knowledge=1,
                    scored_on=living.now.date(),
                    reason="Slik ser vi det",
                )
            )
