"""What can be asked of the risk work of a practice, now and as of an earlier day."""

from datetime import date
from uuid import UUID

import pytest

from events.risk_assessment import Area, AssessmentStatus, Band, LinkKind, Stage
from read_side import risk_assessment as asked
from read_side._as_of import View
from read_side._errors import InvalidPage
from read_side._page import Window
from read_side.risk_assessment import AssessmentFilter, RiskFilter
from tests._database import Database
from tests.risk_assessment._living import Story

pytestmark = pytest.mark.anyio


@pytest.fixture
def story(database: Database) -> Story:
    return Story(database)


async def titles(view: View, wanted: RiskFilter | None = None) -> list[str]:
    return [row.title for row in (await asked.register(view, wanted)).items]


async def test_the_register_shows_the_most_serious_first_and_leaves_replaced_assessments_out(story: Story) -> None:
    async with story.view() as view:
        assert await titles(view) == ["E-post til feil mottaker", "Nettet er nede", "Alene på laboratoriet"]
        assert await titles(view, RiskFilter(assessment_id=story.first, replaced=True)) == ["Tapt telefon", "Løsepengevirus"]
    async with story.view("2024-03-01") as view:
        assert await titles(view) == ["Løsepengevirus", "Tapt telefon"]
    async with story.view("2025-02-05") as view:
        in_between = await titles(view)
    assert set(in_between) == {"E-post til feil mottaker", "Nettet er nede", "Løsepengevirus", "Tapt telefon"}


async def test_the_register_is_filtered(story: Story) -> None:
    async with story.view() as view:
        assert await titles(view, RiskFilter(areas=(Area.STAFFING, Area.HSE))) == ["Alene på laboratoriet"]
        assert await titles(view, RiskFilter(bands=(Band.MEDIUM,))) == ["Nettet er nede"]
        assert await titles(view, RiskFilter(above_criterion=True)) == ["E-post til feil mottaker", "Nettet er nede"]
        assert await titles(view, RiskFilter(above_criterion=False)) == []
        assert len(await titles(view, RiskFilter(owner=story.manager))) == 3
        assert await titles(view, RiskFilter(owner=UUID(int=1))) == []


async def test_overdue_reviews_depend_on_the_day_asked_about(story: Story) -> None:
    overdue = RiskFilter(review_overdue=True)
    async with story.view("2025-05-02") as view:
        assert await titles(view, overdue) == []
        assert await titles(view, RiskFilter(review_overdue=False)) == ["E-post til feil mottaker", "Nettet er nede"]
    async with story.view("2025-05-03") as view:
        assert await titles(view, overdue) == ["E-post til feil mottaker"]
    async with story.view() as view:
        assert await titles(view, overdue) == ["E-post til feil mottaker", "Nettet er nede"]


async def test_acceptances_that_end_soon_or_have_ended(story: Story) -> None:
    soon = RiskFilter(acceptance_ends_within=30)
    async with story.view("2025-05-30") as view:
        assert await titles(view, soon) == []
    async with story.view("2025-05-31") as view:
        assert await titles(view, soon) == ["E-post til feil mottaker"]
    async with story.view() as view:
        assert await titles(view, RiskFilter(acceptance_ends_within=0)) == ["E-post til feil mottaker"]
        assert await titles(view, RiskFilter(acceptance_ends_within=2**31 - 1)) == ["E-post til feil mottaker"]
        assert await titles(view, RiskFilter(acceptance_ends_within=-(2**31))) == []


async def test_the_register_comes_in_pages(story: Story) -> None:
    async with story.view() as view:
        first = await asked.register(view, window=Window(first=2))
        rest = await asked.register(view, window=Window(first=2, after=first.cursors[-1]))
        back = await asked.register(view, window=Window(last=1, before=rest.cursors[0]))
        assert [row.title for row in first.items + rest.items] == await titles(view)
        assert (first.total, first.has_next, rest.has_next, rest.has_previous) == (3, True, False, True)
        assert [row.title for row in back.items] == ["Nettet er nede"]
        with pytest.raises(InvalidPage):
            await asked.register(view, window=Window(after="?"))


async def test_assessments_are_listed_and_filtered(story: Story) -> None:
    async with story.view() as view:
        everything = await asked.assessments(view)
        assert [row.assessment_id for row in everything.items] == [story.staffing, story.second, story.first]
        standing = await asked.assessments(view, AssessmentFilter(areas=(Area.INFORMATION_SECURITY,), replaced=False))
        assert [row.assessment_id for row in standing.items] == [story.second]
        begun = await asked.assessments(view, AssessmentFilter(status=AssessmentStatus.IN_PROGRESS))
        assert [row.assessment_id for row in begun.items] == [story.staffing]


async def test_one_assessment_with_all_that_belongs_to_it(story: Story) -> None:
    async with story.view() as view:
        whole = await asked.assessment(view, story.first)
        assert await asked.assessment(view, story.deviation) is None
    assert whole is not None
    assert (whole.assessment.replaced_by, [row.title for row in whole.scenarios]) == (story.second, ["Løsepengevirus", "Tapt telefon"])
    assert [(row.treatment_id, row.done_on) for row in whole.treatments] == [(story.backup, date(2024, 5, 1)), (story.training, None)]
    assert whole.next_review == date(2025, 1, 26)
    inherent, residual = (whole.scenarios[0].score(stage) for stage in (Stage.INHERENT, Stage.RESIDUAL))
    assert inherent is not None
    assert residual is not None
    assert (inherent.band, residual.band, residual.reason, inherent.scored_by) == (
        Band.HIGH,
        Band.LOW,
        "Slik ser vi det",
        str(story.manager),
    )


async def test_an_assessment_that_has_not_begun_has_no_next_review(story: Story) -> None:
    async with story.view() as view:
        whole = await asked.assessment(view, story.staffing)
    assert whole is not None
    assert whole.next_review is None


async def test_a_deviation_finds_the_assessments_that_are_linked_to_it(story: Story) -> None:
    async with story.view() as view:
        found, nothing = await asked.linked_to(view, LinkKind.DEVIATION, [story.deviation, story.first])
        assert ([row.assessment_id for row in found], nothing) == ([story.staffing], [])
        assert await asked.linked_to(view, LinkKind.TASK, [story.deviation]) == [[]]


async def test_how_far_each_area_has_come(story: Story) -> None:
    async with story.view() as view:
        states = {state.area: state for state in await asked.areas(view)}
    security, equipment, staffing = (states[area] for area in (Area.INFORMATION_SECURITY, Area.ELECTRO_MEDICAL_EQUIPMENT, Area.STAFFING))
    assert (security.completed and security.completed.assessment_id, security.in_progress) == (story.second, None)
    assert (equipment.completed, equipment.in_progress) == (None, None)
    assert (staffing.completed, staffing.in_progress and staffing.in_progress.assessment_id) == (None, story.staffing)
    async with story.view("2025-02-05") as view:
        security = (await asked.areas(view))[0]
    assert security.completed is not None
    assert security.in_progress is not None
    assert (security.completed.assessment_id, security.in_progress.assessment_id) == (story.first, story.second)


async def counts(view: View, version: int | None = None, stage: Stage | None = None) -> tuple[dict[tuple[int, int], int], int, int]:
    found = await asked.heat_map(view, version, stage)
    assert found is not None
    filled = {(cell.likelihood, cell.consequence): cell.count for cell in found.cells if cell.count}
    return filled, found.by_other_versions, found.not_scored


async def test_the_matrix_in_force_counts_what_was_scored_by_it_and_scores_nothing_again(story: Story) -> None:
    async with story.view("2024-03-01") as view:
        assert await counts(view) == ({(3, 5): 1, (2, 1): 1}, 0, 0)
    async with story.view("2024-06-01") as view:
        assert await counts(view) == ({(2, 3): 1, (2, 1): 1}, 0, 0)
        assert await counts(view, stage=Stage.INHERENT) == ({(3, 5): 1, (2, 1): 1}, 0, 0)
        assert await counts(view, stage=Stage.RESIDUAL) == ({(2, 3): 1}, 0, 1)
    async with story.view("2025-01-20") as view:
        assert await counts(view) == ({}, 2, 0)
        assert await counts(view, version=1) == ({(2, 3): 1, (2, 1): 1}, 0, 0)
    async with story.view() as view:
        assert await counts(view) == ({(4, 4): 1, (3, 2): 1}, 0, 1)


async def test_every_cell_of_the_matrix_is_there_with_its_band(story: Story) -> None:
    async with story.view() as view:
        found = await asked.heat_map(view)
        assert await asked.heat_map(view, version=3) is None
        assert [row.version for row in await asked.matrices(view)] == [1, 2]
    assert found is not None
    assert (len(found.cells), found.matrix.version) == (16, 2)
    assert {cell.band for cell in found.cells if (cell.likelihood, cell.consequence) == (4, 4)} == {Band.VERY_HIGH}
    async with story.view("2024-01-09") as view:
        assert await asked.heat_map(view) is None


async def test_treatments_are_late_the_day_after_they_were_due_also_of_replaced_assessments(story: Story) -> None:
    async with story.view("2024-04-01") as view:
        assert await asked.late_treatments(view) == []
    async with story.view("2024-04-02") as view:
        assert [row.treatment_id for row in await asked.late_treatments(view)] == [story.backup]
    async with story.view("2024-06-01") as view:
        assert await asked.late_treatments(view) == []
    async with story.view() as view:
        assert [row.due for row in await asked.late_treatments(view)] == [date(2025, 3, 1), date(2025, 4, 1)]
