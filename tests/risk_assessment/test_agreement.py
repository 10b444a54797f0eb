"""Whatever is commanded: the state that the rules see and the rows that people see say the same."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from hypothesis import given as given_any
from hypothesis import settings
from hypothesis import strategies as st

from events._base import DomainEvent
from events.risk_assessment import AssessmentStatus, Stage, Strategy
from read_side.risk_assessment import RiskAssessmentRow, RiskScenarioRow, RiskTreatmentRow
from tests._given import BY, OLA
from tests.risk_assessment._folded import Folded
from tests.risk_assessment._story import ACCEPTED, DESCRIBED, ID, INHERENT, PLANNED, SECOND_DESCRIBED, STARTED, TODAY
from write_side._decider import By, Command
from write_side._errors import CommandError
from write_side.risk_assessment import commands, deciders
from write_side.risk_assessment.matrices import FIVE_BY_FIVE, FOUR_BY_FOUR
from write_side.risk_assessment.state import MatrixInForce, RiskAssessment

decider, _ = deciders

BEGUN = [STARTED, DESCRIBED, SECOND_DESCRIBED, INHERENT, PLANNED, ACCEPTED]
SCENARIOS = [DESCRIBED.scenario_id, SECOND_DESCRIBED.scenario_id]
TREATMENTS = [PLANNED.treatment_id, *(replace(BY, command_id=UUID(int=number)).new_id() for number in (11, 12))]
MATRICES = [MatrixInForce(1, FIVE_BY_FIVE), MatrixInForce(2, FOUR_BY_FOUR)]

a_day = st.integers(0, 5).map(lambda days: TODAY - timedelta(days=days))
a_scenario = st.sampled_from(SCENARIOS)
a_treatment = st.sampled_from(TREATMENTS)
a_note = st.sampled_from(["Fordi", "Derfor"])


def commanding(kind: type[Command], **fields: st.SearchStrategy[Any]) -> st.SearchStrategy[Command]:
    return st.builds(kind, assessment_id=st.just(ID), **fields)


def under(ids: list[int], command: st.SearchStrategy[Command]) -> st.SearchStrategy[tuple[Command, By]]:
    return st.tuples(command, st.sampled_from(ids).map(lambda number: replace(BY, command_id=UUID(int=number))))


STEPS = st.one_of(
    under([9], commanding(commands.CorrectScenario, scenario_id=a_scenario, title=a_note, description=a_note, reason=a_note)),
    under(
        [9],
        commanding(
            commands.ScoreRisk,
            scenario_id=a_scenario,
            stage=st.sampled_from(Stage),
            likelihood=st.integers(1, 5),
            consequence=st.integers(1, 5),
            knowledge=st.integers(0, 2),
            scored_on=a_day,
            reason=a_note,
        ),
    ),
    under(
        [11, 12],
        commanding(
            commands.PlanTreatment,
            scenario_id=a_scenario,
            strategy=st.sampled_from(Strategy),
            description=a_note,
            owner=st.just(OLA),
            due=st.just(TODAY),
        ),
    ),
    under([9], commanding(commands.RescheduleTreatment, treatment_id=a_treatment, due=st.just(TODAY + timedelta(7)), reason=a_note)),
    under([9], commanding(commands.CompleteTreatment, treatment_id=a_treatment, done_on=a_day)),
    under([9], commanding(commands.CancelTreatment, treatment_id=a_treatment, reason=a_note)),
    under(
        [9],
        commanding(
            commands.AcceptRisk,
            scenario_id=a_scenario,
            reason=a_note,
            approver=st.none() | st.just(OLA),
            until=st.none() | st.just(date(2026, 6, 30)),
        ),
    ),
    under([9], commanding(commands.RevokeAcceptance, scenario_id=a_scenario, reason=a_note)),
    under([9], commanding(commands.ReviewAssessment, reviewed_on=a_day, reason=a_note)),
    under([9], commanding(commands.CompleteAssessment, conclusion=a_note)),
    under([9], commanding(commands.ReopenAssessment, reason=a_note)),
)


@given_any(steps=st.lists(st.tuples(STEPS, st.sampled_from(MATRICES)), min_size=5, max_size=40))
@settings(max_examples=60, deadline=None)
def test_state_and_rows_agree(steps: list[tuple[tuple[Command, By], MatrixInForce]]) -> None:
    events: list[DomainEvent] = [*BEGUN]
    state = decider.fold(events)
    for (command, by), matrix in steps:
        try:
            decided = decider.decide(command, state, replace(by, context={"risk_matrix": matrix}))
        except CommandError:
            continue
        state = decider.fold(decided, state)
        events += decided
    agree(state, Folded(*events))


def agree(state: RiskAssessment, rows: Folded) -> None:
    assessment = rows.one(RiskAssessmentRow)
    assert (assessment.status is AssessmentStatus.COMPLETED) == state.completed
    assert assessment.scenarios == len(state.scenarios)
    assert assessment.scored_scenarios == sum(scenario.score is not None for scenario in state.scenarios.values())
    assert assessment.open_treatments == sum(not each.done and not each.cancelled for each in state.treatments.values())
    for id_, scenario in state.scenarios.items():
        row = rows.get(RiskScenarioRow, id_)
        assert (row.standing, row.next_review, row.last_reviewed_on) == (
            scenario.standing,
            scenario.next_review,
            scenario.last_reviewed_on,
        )
        assert row.band == (scenario.score.band if scenario.score else None)
        assert (row.accepted_at is not None) == (scenario.acceptance is not None)
        assert row.open_treatments + row.done_treatments == len(state.treatments_of(id_))
        if scenario.acceptance and scenario.score:
            within = scenario.score.band.rank <= scenario.acceptance.band.rank
            assert within, "a risk above what was accepted is not accepted"
    for id_, treatment in state.treatments.items():
        treated = rows.get(RiskTreatmentRow, id_)
        assert (treated.due, treated.done_on is not None, treated.cancelled) == (treatment.due, treatment.done, treatment.cancelled)
