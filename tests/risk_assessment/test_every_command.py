"""No command to risk assessments and the matrix is left untried: it happens, then there is nothing to do, and it is refused."""

from dataclasses import replace

import pytest

from events.risk_assessment import Area, Stage
from tests._given import BY
from tests._tried import Tried, untried
from tests.risk_assessment import test_decide as assessing
from tests.risk_assessment import test_decide_risk as risking
from tests.risk_assessment._story import (
    ACCEPTED,
    COMPLETED,
    DESCRIBED,
    IN_FORCE,
    INHERENT,
    PLANNED,
    STARTED,
    TOMORROW,
    YESTERDAY,
)
from tests.risk_assessment.test_decide_matrix import ADOPT, own
from write_side.risk_assessment import deciders
from write_side.risk_assessment.matrices import FOUR_BY_FOUR

assessment, matrix = deciders

SCORED = (STARTED, DESCRIBED, INHERENT)
TREATED = (*SCORED, PLANNED)
NOT_FOUND = "risk_assessment.not_found"
LATER = replace(BY, command_id=BY.new_id("later"))

TRIED = [
    Tried(assessing.START, (), "risk_assessment.trigger_needed", (), {"area": Area.STAFFING}),
    Tried(assessing.DESCRIBE, (STARTED,), NOT_FOUND),
    Tried(assessing.CORRECT, (STARTED, DESCRIBED), "risk_assessment.scenario.not_found", (STARTED,)),
    Tried(assessing.REVIEW, SCORED, "risk_assessment.in_future", SCORED, {"reviewed_on": TOMORROW}),
    Tried(assessing.COMPLETE, TREATED, "risk_assessment.complete.no_scenarios", (STARTED,)),
    Tried(assessing.REOPEN, (*TREATED, COMPLETED), "risk_assessment.reopen.not_completed", TREATED),
    Tried(assessing.LINK, (STARTED, DESCRIBED), "risk_assessment.scenario.not_found", (STARTED,)),
    Tried(risking.SCORE, (STARTED, DESCRIBED), "risk_assessment.score.residual_untreated", SCORED, {"stage": Stage.RESIDUAL}),
    Tried(risking.PLAN, SCORED, "risk_assessment.treatment.due_in_past", SCORED, {"due": YESTERDAY}, LATER),
    Tried(risking.RESCHEDULE, TREATED, "risk_assessment.treatment.not_found", SCORED),
    Tried(risking.COMPLETE, TREATED, "risk_assessment.in_future", TREATED, {"done_on": TOMORROW}),
    Tried(risking.CANCEL, TREATED, "risk_assessment.treatment.not_found", SCORED),
    Tried(risking.LINK, TREATED, "risk_assessment.treatment.not_found", SCORED),
    Tried(risking.ACCEPT, SCORED, "risk_assessment.accept.not_scored", (STARTED, DESCRIBED)),
    Tried(risking.REVOKE, (*SCORED, ACCEPTED), "risk_assessment.scenario.not_found", (STARTED,)),
]
OF_THE_MATRIX = [Tried(ADOPT, (), "risk_matrix.cells_missing", (), {"template": None, "matrix": own(cells=FOUR_BY_FOUR.cells[:3]).matrix})]


@pytest.mark.parametrize("tried", TRIED, ids=lambda tried: tried.command.NAME)
def test_it_happens_once_and_is_refused(tried: Tried) -> None:
    tried.check(assessment, IN_FORCE)


@pytest.mark.parametrize("tried", OF_THE_MATRIX, ids=lambda tried: tried.command.NAME)
def test_a_matrix_is_adopted_once_and_refused(tried: Tried) -> None:
    tried.check(matrix)


def test_every_command_is_tried() -> None:
    assert (untried(assessment, TRIED), untried(matrix, OF_THE_MATRIX)) == (set(), set())
