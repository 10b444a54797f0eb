"""What the dashboard says of a practice whose story is known by heart."""

from datetime import date

import pytest

from events.deviation import Category, HarmLevel, RejectReason, ReporterKind
from events.risk_assessment import Area, Band, Stage
from read_side.dashboard import attention, dashboard
from read_side.dashboard.figures import AgeBucket, Dashboard, MedianDays, MonthFigures
from tests._database import Database
from tests.dashboard._living import Living
from write_side.deviation import commands as deviations
from write_side.risk_assessment import commands as risks
from write_side.risk_assessment.matrices import Template
from write_side.task import commands as tasks
from write_side.task.values import GivenAssignment

pytestmark = pytest.mark.anyio


@pytest.fixture
def living(database: Database) -> Living:
    living = Living(database)
    living.at("2024-01-02").register()
    return living


async def figures(living: Living, moment: str | None = None) -> Dashboard:
    living.fold()
    async with living.view(moment) as view:
        return await dashboard(view)


def month(found: Dashboard, day: str) -> MonthFigures:
    (wanted,) = [month for month in found.months if month.first_day == date.fromisoformat(day)]
    return wanted


async def test_a_practice_where_nothing_happened_has_zeros_everywhere(living: Living) -> None:
    found = await figures(living)
    assert (found.deviations.open, found.deviations.to_close) == (0, MedianDays(None, 0))
    assert [group.count for group in found.deviations.open_groups] == [0] * len(Category) * len(AgeBucket)
    assert (found.tasks.due, found.tasks.on_time_rate) == (0, None)
    assert (found.risks.matrix, found.risks.cells) == (None, ())
    assert [month.first_day for month in found.months][:: len(found.months) - 1] == [date(2022, 2, 1), date(2024, 1, 1)]
    assert {(month.reported, month.closed, month.tasks_due) for month in found.months} == {(0, 0, 0)}


async def test_open_deviations_by_category_and_age(living: Living) -> None:
    ages = {"2025-01-01": 91, "2025-01-02": 90, "2025-02-01": 60, "2025-03-03": 30, "2025-03-19": 14, "2025-04-02": 0}
    for day in ages:
        living.at(day).report(category=Category.HSE)
    closed = living.report()
    living.acknowledge(closed)
    living.close(closed)
    found = (await figures(living)).deviations
    by_age = {entry.age: entry.count for entry in found.open_by_age}
    assert by_age == {
        AgeBucket.UP_TO_14: 2,
        AgeBucket.UP_TO_30: 1,
        AgeBucket.UP_TO_60: 1,
        AgeBucket.UP_TO_90: 1,
        AgeBucket.OVER_90: 1,
    }
    assert {entry.category: entry.count for entry in found.open_by_category if entry.count} == {Category.HSE: 6}
    assert (found.open, found.reported) == (6, 7)


async def test_medians_run_from_report_to_triage_and_to_the_first_closure(living: Living) -> None:
    three = [living.at("2024-03-01").report() for _ in range(3)]
    for deviation, acknowledged in zip(three, ("2024-03-02", "2024-03-03", "2024-03-10"), strict=True):
        living.at(acknowledged).acknowledge(deviation)
    for deviation, closed in zip(three, ("2024-03-11", "2024-03-21", "2024-04-30"), strict=True):
        living.at(closed).close(deviation)
    reopened = living.at("2024-05-02").report()
    living.acknowledge(reopened)
    living.at("2024-05-12").close(reopened)
    living.at("2024-06-12").do(deviations.ReopenDeviation(deviation_id=reopened, reason="Skjedde igjen"))
    living.at("2024-07-12").close(reopened)
    found = await figures(living)
    assert found.deviations.to_triage == MedianDays(1.5, 4)
    assert found.deviations.to_close == MedianDays(15, 4)
    assert (month(found, "2024-05-01").closed, month(found, "2024-07-01").closed) == (1, 0)
    assert month(found, "2024-05-01").median_days_to_close == 10


async def test_a_rejected_report_is_neither_open_nor_closed(living: Living) -> None:
    rejected = living.report()
    living.do(deviations.RejectDeviation(deviation_id=rejected, reason=RejectReason.NOT_DEVIATION, explanation="Et ønske, ikke et avvik"))
    found = await figures(living)
    assert (found.deviations.open, found.deviations.reported, found.deviations.to_close.count) == (0, 1, 0)


async def test_anonymous_reports_count_but_name_no_reporter(living: Living) -> None:
    for kind in (ReporterKind.NAMED, ReporterKind.NAMED, ReporterKind.PSEUDONYMOUS, ReporterKind.ANONYMOUS):
        living.report(reporter=kind)
    found = await figures(living)
    assert (found.deviations.reported, found.deviations.reporters) == (4, 2)


async def test_a_measure_is_late_from_the_day_after_its_due_date(living: Living) -> None:
    deviation = living.report()
    living.acknowledge(deviation)
    measure = living.plan_measure(deviation, due="2024-02-01")
    living.at("2024-02-20").complete_measure(deviation, measure)
    living.at("2024-03-20").evaluate_measure(deviation, measure)
    living.fold()
    late = {}
    for day in ("2024-02-01", "2024-02-02", "2024-02-21", "2024-03-21"):
        stood = (await figures(living.at("2024-04-01"), f"{day}T10:00:00+01:00")).deviations
        late[day] = (stood.measures_open, stood.measures_late, stood.awaiting_evaluation)
    assert late == {"2024-02-01": (1, 0, 0), "2024-02-02": (1, 1, 0), "2024-02-21": (0, 0, 1), "2024-03-21": (0, 0, 0)}


async def test_months_begin_at_midnight_in_oslo(living: Living) -> None:
    living.at("2024-06-30T21:59:00+00:00").report()
    living.at("2024-06-30T22:01:00+00:00").report()
    found = await figures(living)
    assert (month(found, "2024-06-01").reported, month(found, "2024-07-01").reported) == (1, 1)


async def test_a_month_without_anything_stays_in_the_series(living: Living) -> None:
    living.at("2024-02-10").report()
    living.at("2024-04-10").report()
    found = await figures(living)
    assert [month.reported for month in found.months[-3:]] == [1, 0, 1]
    assert len(found.months) == 24


async def test_tasks_on_time_late_skipped_and_still_open(living: Living) -> None:
    due = {outcome: living.plan_task(due="2024-01-20", title=outcome) for outcome in ("on time", "late", "skipped", "cancelled", "open")}
    living.plan_task(due=None)
    living.plan_task(due="2024-03-01")
    living.at("2024-01-20").complete_task(due["on time"])
    living.at("2024-01-29").complete_task(due["late"])
    living.do(tasks.CancelTask(task_id=due["cancelled"], reason="Ikke aktuelt"))
    stood = (await figures(living)).tasks
    assert (stood.due, stood.on_time, stood.late, stood.unfinished) == (4, 1, 1, 2)
    assert (stood.open, stood.overdue, stood.on_time_rate, stood.late_rate) == (4, 2, 0.25, 0.25)
    found = await figures(living.at("2024-03-01"))
    assert (month(found, "2024-01-01").tasks_due, month(found, "2024-01-01").tasks_on_time) == (4, 1)
    assert month(found, "2024-03-01").tasks_due == 0


async def test_risks_stand_in_the_matrix_that_they_were_scored_by(living: Living) -> None:
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    assessment, first, second = _assess(living, Area.INFORMATION_SECURITY, (5, 5), (1, 1))
    found = (await figures(living)).risks
    assert {(cell.likelihood, cell.consequence, cell.band): cell.count for cell in found.cells if cell.count} == {
        (5, 5, Band.HIGH): 1,
        (1, 1, Band.LOW): 1,
    }
    assert (len(found.cells), found.scored, found.above_criterion, found.scored_by_earlier_matrix) == (25, 2, 1, 0)

    living.at("2024-02-02").do(risks.AdoptMatrix(template=Template.FOUR_BY_FOUR, reason="Enklere"))
    _score(living, assessment, second, 2, 2, Stage.CURRENT)
    changed = (await figures(living)).risks
    assert {(cell.likelihood, cell.consequence): cell.count for cell in changed.cells if cell.count} == {(2, 2): 1}
    assert (len(changed.cells), changed.matrix_version, changed.scored_by_earlier_matrix, changed.above_criterion) == (16, 2, 1, 1)
    assert (await figures(living, "2024-02-01T12:00:00+00:00")).risks == found
    assert first != second


async def test_reviews_are_overdue_when_their_day_has_passed(living: Living) -> None:
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    _assess(living, Area.INFORMATION_SECURITY, (5, 5))
    assert (await figures(living.at("2024-04-01"))).risks.reviews_overdue == 0  # 90 days from 2 January
    assert (await figures(living.at("2024-04-02"))).risks.reviews_overdue == 1


async def test_acceptances_expire_and_are_over(living: Living) -> None:
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    assessment, risk = _assess(living, Area.INFORMATION_SECURITY, (5, 5))
    living.do(
        risks.AcceptRisk(assessment_id=assessment, scenario_id=risk, approver=living.actor, reason="Nytt anlegg", until=date(2024, 3, 1))
    )
    expiring = {}
    for day in ("2024-01-30", "2024-01-31", "2024-03-01", "2024-03-02"):
        stood = (await figures(living.at(day))).risks
        expiring[day] = (stood.acceptances_expiring, stood.acceptances_expired)
    assert expiring == {"2024-01-30": (0, 0), "2024-01-31": (1, 0), "2024-03-01": (1, 0), "2024-03-02": (0, 1)}


async def test_a_risk_of_a_replaced_assessment_counts_no_more(living: Living) -> None:
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    old, *_ = _assess(living, Area.INFORMATION_SECURITY, (1, 1), (1, 2))
    living.do(risks.CompleteAssessment(assessment_id=old, conclusion="Alt lavt"))
    new, _ = _assess(living, Area.INFORMATION_SECURITY, (2, 2), replaces=old)
    assert (await figures(living)).risks.scored == 3
    living.do(risks.CompleteAssessment(assessment_id=new, conclusion="Alt lavt"))
    assert (await figures(living)).risks.scored == 1


async def test_attention_names_the_worst_and_oldest_first(living: Living) -> None:
    ola = living.join("Ola Hansen")
    severe = living.at("2024-02-01").report("Fall i trapp", harm=HarmLevel.SEVERE)
    fatal = living.at("2024-03-01").report("Uventet dødsfall", harm=HarmLevel.FATAL)
    living.report("Liten skade", harm=HarmLevel.LOW)
    living.acknowledge(severe)
    measure = living.plan_measure(severe, due="2024-03-10", owner=ola)
    task = living.plan_task(due="2024-03-05", assignment=GivenAssignment(members=(ola,)))
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    _, risk, _ = _assess(living, Area.INFORMATION_SECURITY, (5, 5), (1, 1))
    living.at("2024-03-15").fold()
    async with living.view() as view:
        found = await attention(view)
        one = await attention(view, limit=1)
    assert [(entry.deviation_id, entry.days_open) for entry in found.severe_deviations] == [(fatal, 14), (severe, 43)]
    assert [(entry.measure_id, entry.days_late, entry.owner) for entry in found.late_measures] == [(measure, 5, ola)]
    assert [(entry.task_id, entry.days_late, entry.members) for entry in found.overdue_tasks] == [(task, 10, (ola,))]
    assert [(entry.scenario_id, entry.band) for entry in found.high_risks] == [(risk, Band.HIGH)]
    assert len(one.severe_deviations) == 1


async def test_expired_acceptances_come_first_then_risks_without_one_then_those_nearest_to_expiry(living: Living) -> None:
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    assessment, *scenarios = _assess(living, Area.INFORMATION_SECURITY, *[(5, 5)] * 5)
    far, expired, unaccepted, near, long_expired = scenarios
    for scenario, until in ((far, "2024-12-01"), (expired, "2024-03-01"), (near, "2024-03-02"), (long_expired, "2024-02-01")):
        living.do(
            risks.AcceptRisk(
                assessment_id=assessment, scenario_id=scenario, approver=living.actor, reason="Nytt anlegg", until=date.fromisoformat(until)
            )
        )
    living.fold()
    async with living.at("2024-03-02").view() as view:
        found = [risk.scenario_id for risk in (await attention(view)).high_risks]
    assert found == [long_expired, expired, unaccepted, near, far]


async def test_the_practices_of_a_database_do_not_mix(database: Database) -> None:
    here, there = Living(database), Living(database, "storgata")
    for living, reports in ((here, 1), (there, 3)):
        living.at("2024-01-02").register()
        for _ in range(reports):
            living.report()
    assert (await figures(here)).deviations.open == 1
    assert (await figures(there)).deviations.open == 3


def _assess(living: Living, area: Area, *scores: tuple[int, int], **fields: object) -> tuple:  # type: ignore[type-arg]
    """An assessment with a scenario a score; the ids of all of them."""
    started = living.do(
        risks.StartAssessment.model_validate(
            {"area": area, "title": "Vurdering", "scope": "Alt", "reason": "Årlig", "responsible": living.actor, **fields}
        )
    ).new_id()
    scenarios = []
    for likelihood, consequence in scores:
        described = risks.DescribeScenario(assessment_id=started, title="Noe skjer", description="Slik", owner=living.actor)
        scenarios.append(living.do(described).new_id())
        _score(living, started, scenarios[-1], likelihood, consequence, Stage.INHERENT)
    return started, *scenarios


def _score(living: Living, assessment: object, scenario: object, likelihood: int, consequence: int, stage: Stage) -> None:
    living.do(
        risks.ScoreRisk.model_validate(
            {
                "assessment_id": assessment,
                "scenario_id": scenario,
                "stage": stage,
                "likelihood": likelihood,
                "consequence": consequence,
                "knowledge": 1,
                "scored_on": living.now.date(),
                "reason": "Slik ser vi det",
            }
        )
    )
