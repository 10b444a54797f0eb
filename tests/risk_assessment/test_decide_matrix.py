"""What may happen to the practice's risk matrix: it happens, it is refused, there is nothing to do."""

from typing import Any

import pytest
from pydantic import ValidationError

from events import risk_assessment as facts
from events.risk_assessment import Band, RiskMatrix
from tests._given import BY, given
from tests.risk_assessment._story import ADOPTED
from write_side.risk_assessment import commands, deciders
from write_side.risk_assessment.commands import GivenMatrix
from write_side.risk_assessment.matrices import FIVE_BY_FIVE, FOUR_BY_FOUR, TEMPLATES, Template

_, matrix = deciders
ADOPT = commands.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første matrise")


def own(**changes: Any) -> commands.AdoptMatrix:
    return commands.AdoptMatrix(matrix=GivenMatrix.model_validate(FOUR_BY_FOUR.model_dump() | changes), reason="Egen matrise")


def test_a_template_is_adopted_as_version_1() -> None:
    given(matrix).when(ADOPT).then(ADOPTED)


def test_an_own_matrix_follows_as_the_next_version() -> None:
    given(matrix, ADOPTED).when(own()).then(facts.RiskMatrixAdopted(version=2, matrix=FOUR_BY_FOUR, reason="Egen matrise"))


def test_the_matrix_in_force_is_not_adopted_again() -> None:
    given(matrix, ADOPTED).when(ADOPT).then_nothing()


def test_an_earlier_matrix_may_come_back() -> None:
    second = facts.RiskMatrixAdopted(version=2, matrix=FOUR_BY_FOUR, reason="Egen matrise")
    given(matrix, ADOPTED, second).when(ADOPT).then(ADOPTED.model_copy(update={"version": 3}))


def test_it_is_the_practice_s_only_one() -> None:
    assert ADOPT.subject_id(BY) == BY.practice


@pytest.mark.parametrize("cells", [FOUR_BY_FOUR.cells[:3], (*FOUR_BY_FOUR.cells[:3], FOUR_BY_FOUR.cells[3][:3])])
def test_a_matrix_with_a_cell_missing_is_refused(cells: tuple[tuple[Band, ...], ...]) -> None:
    given(matrix).when(own(cells=cells)).then_refused("risk_matrix.cells_missing")


def test_a_band_described_twice_is_refused() -> None:
    given(matrix).when(own(bands=(*FOUR_BY_FOUR.model_dump()["bands"], FOUR_BY_FOUR.model_dump()["bands"][0]))).then_refused(
        "risk_matrix.band_twice"
    )


def test_a_band_in_a_cell_without_a_rule_is_refused() -> None:
    given(matrix).when(own(bands=FOUR_BY_FOUR.model_dump()["bands"][:3])).then_refused("risk_matrix.band_without_rule")


@pytest.mark.parametrize(("likelihood", "consequence"), [(4, 1), (1, 4)])
def test_a_risk_that_falls_where_likelihood_or_consequence_rises_is_refused(likelihood: int, consequence: int) -> None:
    cells = [list(row) for row in FOUR_BY_FOUR.cells]
    cells[likelihood - 1][consequence - 1] = Band.INSIGNIFICANT
    bands = FOUR_BY_FOUR.model_dump()["bands"]
    bands = (*bands, {**bands[0], "band": Band.INSIGNIFICANT})
    given(matrix).when(own(cells=cells, bands=bands)).then_refused("risk_matrix.band_falls")


@pytest.mark.parametrize("both", [{}, {"template": "five_by_five", "matrix": FOUR_BY_FOUR.model_dump()}])
def test_either_a_template_or_an_own_matrix_is_given(both: dict[str, Any]) -> None:
    with pytest.raises(ValidationError) as error:
        commands.AdoptMatrix(reason="Matrise", **both)
    assert error.value.errors()[0]["type"] == "risk_matrix.template_or_matrix"


@pytest.mark.parametrize("template", Template)
def test_every_template_could_be_given_as_an_own_matrix(template: Template) -> None:
    given_by_hand = commands.AdoptMatrix(matrix=GivenMatrix.model_validate(TEMPLATES[template].model_dump()), reason="Matrise")
    given(matrix).when(given_by_hand).then(facts.RiskMatrixAdopted(version=1, matrix=TEMPLATES[template], reason="Matrise"))


def test_the_default_is_five_by_five_with_the_review_intervals_of_its_bands() -> None:
    assert (len(FIVE_BY_FIVE.likelihood), len(FIVE_BY_FIVE.consequence)) == (5, 5)
    assert {rule.band: rule.review_days for rule in FIVE_BY_FIVE.bands} == {Band.LOW: 360, Band.MEDIUM: 180, Band.HIGH: 90}
    assert (FIVE_BY_FIVE.band(1, 1), FIVE_BY_FIVE.band(1, 5), FIVE_BY_FIVE.band(5, 1)) == (Band.LOW, Band.MEDIUM, Band.LOW)


def test_a_band_of_an_earlier_matrix_is_reviewed_like_the_next_more_serious_one() -> None:
    days = {band: FIVE_BY_FIVE.review_days(band) for band in (Band.INSIGNIFICANT, Band.MEDIUM, Band.VERY_HIGH)}
    assert days == {Band.INSIGNIFICANT: 360, Band.MEDIUM: 180, Band.VERY_HIGH: 90}


def test_the_criterion_divides_the_bands() -> None:
    medium = RiskMatrix.model_validate(FIVE_BY_FIVE.model_dump() | {"acceptable_up_to": Band.MEDIUM})
    assert [medium.acceptable(band) for band in Band] == [True, True, True, False, False]
