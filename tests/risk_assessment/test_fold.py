"""What the events come to: the rows of assessments, scenarios, treatments and matrices."""

from datetime import date, timedelta
from uuid import UUID

import pytest

from events._base import DomainEvent
from events._registry import event_types, load_all
from events.risk_assessment import AssessmentStatus, Band, LinkKind, RevocationCause, Stage, Trigger
from projections import risk_assessment as folds
from read_side.risk_assessment import RiskAssessmentRow, RiskMatrixRow, RiskScenarioRow, RiskTreatmentRow
from tests._given import KARI, OLA
from tests.risk_assessment._folded import ACTOR, BEGIN, Folded
from tests.risk_assessment._story import (
    ACCEPTED,
    ADOPTED,
    CANCELLED,
    COMPLETED,
    CORRECTED,
    DESCRIBED,
    DONE,
    EARLIER,
    ID,
    INHERENT,
    LINKED,
    PLANNED,
    REOPENED,
    RESCHEDULED,
    RESIDUAL,
    REVIEWED,
    REVOKED,
    SCENARIO,
    SECOND_DESCRIBED,
    STARTED,
    TARGET,
    TODAY,
    TREATMENT,
    TREATMENT_LINKED,
    YESTERDAY,
)
from write_side.risk_assessment.matrices import FIVE_BY_FIVE, FOUR_BY_FOUR

SCORED = (STARTED, DESCRIBED, INHERENT)


def altered(event: DomainEvent, **changes: object) -> DomainEvent:
    return event.model_copy(update=changes)


def at(position: int) -> object:
    return BEGIN + timedelta(minutes=position)


def test_every_event_of_the_capability_is_folded() -> None:
    load_all()
    own = {event for name, event in event_types().items() if name.startswith(("risk_assessment.", "risk_matrix."))}
    assert {event for model in folds.READ_MODELS for event in model.steps} == own


# assessments


def test_a_started_assessment() -> None:
    row = Folded(STARTED).one(RiskAssessmentRow)
    assert (row.assessment_id, row.version, row.number, row.status) == (ID, 1, 1, AssessmentStatus.IN_PROGRESS)
    assert (row.area, row.trigger, row.responsible, row.started_by) == (STARTED.area, Trigger.SCHEDULED, KARI, ACTOR)
    assert (row.started_at, row.replaces, row.replaced_by) == (at(1), None, None)


def test_what_an_assessment_counts() -> None:
    folded = Folded(*SCORED, SECOND_DESCRIBED, PLANNED)
    row = folded.one(RiskAssessmentRow)
    assert (row.scenarios, row.scored_scenarios, row.open_treatments, row.version) == (2, 1, 1, 5)
    assert folded.then(DONE, RESIDUAL).one(RiskAssessmentRow).scored_scenarios == 1
    assert folded.one(RiskAssessmentRow).open_treatments == 0


def test_completed_and_reopened_keeps_the_first_completion() -> None:
    folded = Folded(*SCORED, PLANNED, COMPLETED)
    row = folded.one(RiskAssessmentRow)
    assert (row.status, row.highest_band, row.completed_at) == (AssessmentStatus.COMPLETED, Band.HIGH, at(5))
    row = folded.then(REOPENED).one(RiskAssessmentRow)
    assert (row.status, row.completed_at, row.first_completed_at, row.reopened_count) == (
        AssessmentStatus.IN_PROGRESS,
        None,
        at(5),
        1,
    )
    assert folded.then(COMPLETED).one(RiskAssessmentRow).first_completed_at == at(5)


def test_a_completed_assessment_takes_the_place_of_the_one_it_follows() -> None:
    earlier = f"risk_assessment/{EARLIER}"
    folded = Folded(STARTED, subject=earlier).then(altered(STARTED, replaces=EARLIER), DESCRIBED, INHERENT, PLANNED)
    assert folded.get(RiskAssessmentRow, EARLIER).replaced_by is None
    folded.then(altered(COMPLETED, replaces=EARLIER))
    assert (folded.get(RiskAssessmentRow, EARLIER).replaced_by, folded.get(RiskAssessmentRow, EARLIER).version) == (ID, 1)
    assert folded.get(RiskAssessmentRow, ID).status is AssessmentStatus.COMPLETED


def test_a_review_is_dated_on_the_assessment() -> None:
    row = Folded(*SCORED, REVIEWED).one(RiskAssessmentRow)
    assert (row.last_reviewed_on, row.review_trigger, row.review_reason) == (TODAY, Trigger.SEVERE_DEVIATION, REVIEWED.reason)


def test_a_link_stands_on_the_assessment_and_on_its_scenario_once() -> None:
    whole = altered(LINKED, scenario_id=None)
    task = altered(LINKED, kind=LinkKind.TASK)
    folded = Folded(STARTED, DESCRIBED, LINKED, whole, task)
    for row in (folded.one(RiskAssessmentRow), folded.one(RiskScenarioRow)):
        assert (row.linked_deviations, row.linked_tasks) == ((TARGET,), (TARGET,))
    only_whole = Folded(STARTED, DESCRIBED, whole)
    assert (only_whole.one(RiskAssessmentRow).linked_deviations, only_whole.one(RiskScenarioRow).linked_deviations) == ((TARGET,), ())


@pytest.mark.parametrize("event", [CORRECTED, RESCHEDULED, TREATMENT_LINKED, ACCEPTED, REVOKED])
def test_what_changes_a_part_raises_the_version_of_the_whole(event: DomainEvent) -> None:
    assert Folded(*SCORED, PLANNED, event).one(RiskAssessmentRow).version == 5


# scenarios


def test_a_described_scenario_is_corrected() -> None:
    folded = Folded(STARTED, DESCRIBED)
    row = folded.one(RiskScenarioRow)
    assert (row.scenario_id, row.assessment_id, row.number, row.area, row.owner) == (SCENARIO, ID, 1, STARTED.area, OLA)
    assert (row.title, row.standing, row.band, row.next_review) == (DESCRIBED.title, None, None, None)
    assert folded.then(CORRECTED).one(RiskScenarioRow).title == CORRECTED.title


def test_a_score_says_how_the_risk_stands() -> None:
    row = Folded(*SCORED).one(RiskScenarioRow)
    assert (row.standing, row.band, row.acceptable, row.likelihood, row.consequence) == (Stage.INHERENT, Band.HIGH, False, 3, 5)
    assert (row.matrix_version, row.scored_on, row.scored_by, row.next_review) == (1, YESTERDAY, ACTOR, date(2026, 5, 31))
    score = row.score(Stage.INHERENT)
    assert score is not None
    assert (score.band, score.scored_on, score.scored_by, score.reason) == (Band.HIGH, YESTERDAY, ACTOR, INHERENT.reason)
    assert row.score(Stage.RESIDUAL) is None


def test_an_inherent_score_does_not_take_over_from_a_residual_one() -> None:
    again = altered(INHERENT, likelihood=5, previous_band=Band.LOW, next_review=RESIDUAL.next_review)
    row = Folded(*SCORED, PLANNED, DONE, RESIDUAL, again).one(RiskScenarioRow)
    assert (row.standing, row.band, row.likelihood, row.next_review) == (Stage.RESIDUAL, Band.LOW, 2, RESIDUAL.next_review)
    score = row.score(Stage.INHERENT)
    assert score is not None
    assert score.likelihood == 5


def test_a_new_matrix_never_scores_again() -> None:
    folded = Folded(*SCORED)
    before = folded.one(RiskScenarioRow)
    folded.then(altered(ADOPTED, version=2, matrix=FOUR_BY_FOUR), subject="risk_matrix/fjordgata")
    assert folded.one(RiskScenarioRow) is before


def test_a_review_moves_the_next_review_of_its_scenarios() -> None:
    folded = Folded(*SCORED, SECOND_DESCRIBED, REVIEWED)
    row = folded.get(RiskScenarioRow, SCENARIO)
    assert (row.next_review, row.last_reviewed_on, row.review_reason) == (date(2026, 6, 1), TODAY, REVIEWED.reason)
    assert folded.get(RiskScenarioRow, SECOND_DESCRIBED.scenario_id).last_reviewed_on is None


def test_an_accepted_risk_says_who_why_and_until_and_a_revoked_one_why_not() -> None:
    folded = Folded(*SCORED, ACCEPTED)
    row = folded.one(RiskScenarioRow)
    assert (row.accepted_at, row.accepted_by, row.approver, row.accept_reason) == (at(4), ACTOR, OLA, ACCEPTED.reason)
    assert (row.accepted_until, row.accepted_band) == (date(2026, 6, 30), Band.HIGH)
    row = folded.then(REVOKED).one(RiskScenarioRow)
    assert (row.accepted_at, row.approver, row.accepted_until, row.accepted_band) == (None, None, None, None)
    assert (row.revoked_at, row.revocation_cause, row.revocation_reason) == (at(5), RevocationCause.DECIDED, REVOKED.reason)
    row = folded.then(ACCEPTED).one(RiskScenarioRow)
    assert (row.accepted_at, row.revoked_at, row.revocation_cause) == (at(6), None, None)


def test_a_scenario_counts_its_treatments() -> None:
    other = UUID(int=7)
    folded = Folded(*SCORED, PLANNED, altered(PLANNED, treatment_id=other))
    assert folded.one(RiskScenarioRow).open_treatments == 2
    row = folded.then(DONE, altered(CANCELLED, treatment_id=other)).one(RiskScenarioRow)
    assert (row.open_treatments, row.done_treatments) == (0, 1)


# treatments and matrices


def test_a_treatment_from_plan_to_done() -> None:
    folded = Folded(*SCORED, PLANNED)
    row = folded.one(RiskTreatmentRow)
    assert (row.treatment_id, row.scenario_id, row.assessment_id, row.owner) == (TREATMENT, SCENARIO, ID, OLA)
    assert (row.due, row.first_due, row.done_on, row.cancelled) == (PLANNED.due, PLANNED.due, None, False)
    row = folded.then(RESCHEDULED, TREATMENT_LINKED, DONE).one(RiskTreatmentRow)
    assert (row.due, row.first_due, row.done_on, row.done_note) == (RESCHEDULED.due, PLANNED.due, TODAY, DONE.note)
    assert (row.linked_tasks, row.linked_deviations) == ((TARGET,), ())


def test_a_cancelled_treatment() -> None:
    row = Folded(*SCORED, PLANNED, CANCELLED).one(RiskTreatmentRow)
    assert (row.cancelled, row.cancel_reason, row.done_on) == (True, CANCELLED.reason, None)


def test_every_version_of_the_matrix_is_kept() -> None:
    second = altered(ADOPTED, version=2, matrix=FOUR_BY_FOUR)
    first_row, second_row = Folded(ADOPTED, second, subject="risk_matrix/fjordgata").all(RiskMatrixRow)
    assert (first_row.version, first_row.content, first_row.adopted_at) == (1, FIVE_BY_FIVE, at(1))
    assert (second_row.version, second_row.content, second_row.adopted_by) == (2, FOUR_BY_FOUR, ACTOR)
