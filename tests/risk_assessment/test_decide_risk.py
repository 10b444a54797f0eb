"""What may happen to one risk of an assessment: scored, treated, accepted, each of them happening, refused, or nothing to do."""

from datetime import date, timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from events import risk_assessment as facts
from events._base import DomainEvent
from events.risk_assessment import Band, LinkKind, RevocationCause, Stage, Strategy
from tests._given import BY, OLA, given
from tests.risk_assessment._story import (
    ACCEPTED,
    CANCELLED,
    COMPLETED,
    DESCRIBED,
    DONE,
    ID,
    IN_FORCE,
    INHERENT,
    PLANNED,
    RESCHEDULED,
    RESIDUAL,
    REVIEWED,
    REVOKED,
    SCENARIO,
    STARTED,
    TARGET,
    TODAY,
    TOMORROW,
    TREATMENT,
    TREATMENT_LINKED,
    YESTERDAY,
)
from write_side._decider import Command
from write_side.risk_assessment import commands, deciders
from write_side.risk_assessment.matrices import FOUR_BY_FOUR
from write_side.risk_assessment.state import MatrixInForce

assessment, _ = deciders

SCORE = commands.ScoreRisk(
    assessment_id=ID,
    scenario_id=SCENARIO,
    stage=Stage.INHERENT,
    likelihood=3,
    consequence=5,
    knowledge=1,
    scored_on=YESTERDAY,
    reason="Slik uten tiltak",
)
SCORE_RESIDUAL = commands.ScoreRisk(
    assessment_id=ID,
    scenario_id=SCENARIO,
    stage=Stage.RESIDUAL,
    likelihood=2,
    consequence=3,
    knowledge=2,
    scored_on=TODAY,
    reason="Gjenoppretting er prøvd",
)
PLAN = commands.PlanTreatment(
    assessment_id=ID,
    scenario_id=SCENARIO,
    strategy=Strategy.REDUCE_CONSEQUENCE,
    description=PLANNED.description,
    owner=OLA,
    due=PLANNED.due,
)
RESCHEDULE = commands.RescheduleTreatment(assessment_id=ID, treatment_id=TREATMENT, due=RESCHEDULED.due, reason="Ferie")
COMPLETE = commands.CompleteTreatment(assessment_id=ID, treatment_id=TREATMENT, done_on=TODAY, note="Tok to timer")
CANCEL = commands.CancelTreatment(assessment_id=ID, treatment_id=TREATMENT, reason="Ikke aktuelt")
LINK = commands.LinkTreatment(assessment_id=ID, treatment_id=TREATMENT, kind=LinkKind.TASK, target=TARGET)
ACCEPT = commands.AcceptRisk(assessment_id=ID, scenario_id=SCENARIO, reason="Nytt system i juni", approver=OLA, until=date(2026, 6, 30))
REVOKE = commands.RevokeAcceptance(assessment_id=ID, scenario_id=SCENARIO, reason=REVOKED.reason)

DESCRIBED_ONLY = (STARTED, DESCRIBED)
SCORED = (*DESCRIBED_ONLY, INHERENT)
TREATED = (*SCORED, PLANNED, DONE)
REPLACED = {"risk_matrix": MatrixInForce(2, FOUR_BY_FOUR)}


def changed(command: Command, **changes: Any) -> Any:
    return type(command).model_validate(command.model_dump() | changes)


def altered(event: DomainEvent, **changes: Any) -> DomainEvent:
    return event.model_copy(update=changes)


# scoring


def test_a_score_carries_the_band_and_the_version_of_the_matrix_in_force() -> None:
    given(assessment, *DESCRIBED_ONLY).when(SCORE, context=IN_FORCE).then(INHERENT)


def test_a_later_score_is_by_the_matrix_then_in_force() -> None:
    again = changed(SCORE, likelihood=3, consequence=4, scored_on=TODAY)
    expected = altered(
        INHERENT,
        consequence=4,
        matrix_version=2,
        band=Band.VERY_HIGH,
        previous_band=Band.HIGH,
        scored_on=TODAY,
        next_review=TODAY + timedelta(days=90),
    )
    given(assessment, *SCORED).when(again, context=REPLACED).then(expected)


def test_the_same_score_on_the_same_day_does_nothing() -> None:
    given(assessment, *SCORED).when(SCORE, context=IN_FORCE).then_nothing()


def test_the_same_score_on_another_day_is_a_new_look() -> None:
    expected = altered(INHERENT, scored_on=TODAY, previous_band=Band.HIGH, next_review=date(2026, 6, 1))
    given(assessment, *SCORED).when(changed(SCORE, scored_on=TODAY), context=IN_FORCE).then(expected)


def test_a_score_without_a_matrix_is_refused() -> None:
    given(assessment, *DESCRIBED_ONLY).when(SCORE, context={"risk_matrix": MatrixInForce()}).then_refused("risk_assessment.score.no_matrix")


def test_a_score_by_a_matrix_that_was_replaced_is_refused() -> None:
    given(assessment, *DESCRIBED_ONLY).when(changed(SCORE, matrix_version=1), context=REPLACED).then_refused(
        "risk_assessment.score.matrix_replaced"
    )


def test_a_score_may_name_the_matrix_in_force() -> None:
    given(assessment, *DESCRIBED_ONLY).when(changed(SCORE, matrix_version=1), context=IN_FORCE).then(INHERENT)


@pytest.mark.parametrize("outside", [{"likelihood": 6}, {"consequence": 6}])
def test_a_score_outside_the_matrix_is_refused(outside: dict[str, int]) -> None:
    given(assessment, *DESCRIBED_ONLY).when(changed(SCORE, **outside), context=IN_FORCE).then_refused(
        "risk_assessment.score.outside_matrix"
    )


def test_a_score_in_the_future_is_refused() -> None:
    given(assessment, *DESCRIBED_ONLY).when(changed(SCORE, scored_on=TOMORROW), context=IN_FORCE).then_refused("risk_assessment.in_future")


def test_an_unknown_scenario_is_not_scored() -> None:
    given(assessment, STARTED).when(SCORE, context=IN_FORCE).then_refused("risk_assessment.scenario.not_found")


def test_the_inherent_risk_of_a_completed_assessment_is_not_scored_again() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED).when(changed(SCORE, likelihood=1), context=IN_FORCE).then_refused(
        "risk_assessment.completed"
    )


def test_the_residual_risk_is_scored_once_a_treatment_is_done_also_after_completion() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED, DONE).when(SCORE_RESIDUAL, context=IN_FORCE).then(RESIDUAL)


@pytest.mark.parametrize(
    "treatments",
    [(), (PLANNED,), (PLANNED, CANCELLED), (altered(PLANNED, strategy=Strategy.RETAIN), DONE)],
    ids=["none", "planned", "cancelled", "retained"],
)
def test_the_residual_risk_needs_a_treatment_that_is_done(treatments: tuple[DomainEvent, ...]) -> None:
    given(assessment, *SCORED, *treatments).when(SCORE_RESIDUAL, context=IN_FORCE).then_refused("risk_assessment.score.residual_untreated")


def test_a_corrected_inherent_score_moves_no_review_date_of_a_risk_scored_further_on() -> None:
    again = changed(SCORE, likelihood=1)
    expected = altered(INHERENT, likelihood=1, band=Band.MEDIUM, previous_band=Band.LOW, next_review=RESIDUAL.next_review)
    given(assessment, *TREATED, RESIDUAL).when(again, context=IN_FORCE).then(expected)


def test_the_next_review_counts_from_the_last_look() -> None:
    again = changed(SCORE, likelihood=5)
    expected = altered(INHERENT, likelihood=5, previous_band=Band.HIGH, next_review=date(2026, 6, 1))
    given(assessment, *SCORED, REVIEWED).when(again, context=IN_FORCE).then(expected)


def test_a_risk_that_rises_above_what_was_accepted_ends_the_acceptance() -> None:
    accepted_low = altered(ACCEPTED, band=Band.LOW, above_criterion=False, approver=None, until=None)
    current = changed(SCORE_RESIDUAL, stage=Stage.CURRENT, likelihood=3, reason="Angrep hos naboen")
    scored = altered(
        RESIDUAL,
        stage=Stage.CURRENT,
        likelihood=3,
        band=Band.MEDIUM,
        acceptable=False,
        previous_band=Band.LOW,
        next_review=date(2026, 8, 30),
        reason="Angrep hos naboen",
    )
    revoked = facts.AcceptanceRevoked(scenario_id=SCENARIO, cause=RevocationCause.RISK_ROSE, reason="Angrep hos naboen")
    given(assessment, *TREATED, RESIDUAL, accepted_low).when(current, context=IN_FORCE).then(scored, revoked)


def test_an_acceptance_survives_a_score_that_it_reaches() -> None:
    current = changed(SCORE_RESIDUAL, stage=Stage.CURRENT)
    given(assessment, *SCORED, ACCEPTED).when(current, context=IN_FORCE).then(altered(RESIDUAL, stage=Stage.CURRENT))


def test_a_score_reads_the_matrix_in_force() -> None:
    assert SCORE.reads(BY) == {"risk_matrix": BY.practice}


# treatments


def test_a_treatment_is_planned_also_after_completion() -> None:
    given(assessment, *SCORED, ACCEPTED, COMPLETED).when(PLAN).then(altered(PLANNED, treatment_id=BY.new_id()))


def test_planning_under_the_same_command_id_does_nothing() -> None:
    given(assessment, *SCORED, altered(PLANNED, treatment_id=BY.new_id())).when(PLAN).then_nothing()


def test_a_treatment_due_in_the_past_is_refused() -> None:
    given(assessment, *SCORED).when(changed(PLAN, due=YESTERDAY)).then_refused("risk_assessment.treatment.due_in_past")


def test_a_treatment_of_an_unknown_scenario_is_refused() -> None:
    given(assessment, STARTED).when(PLAN).then_refused("risk_assessment.scenario.not_found")


def test_a_due_date_is_moved() -> None:
    given(assessment, *SCORED, PLANNED).when(RESCHEDULE).then(RESCHEDULED)


def test_moving_to_the_same_date_does_nothing() -> None:
    given(assessment, *SCORED, PLANNED, RESCHEDULED).when(RESCHEDULE).then_nothing()


def test_a_due_date_is_not_moved_into_the_past() -> None:
    given(assessment, *SCORED, PLANNED).when(changed(RESCHEDULE, due=YESTERDAY)).then_refused("risk_assessment.treatment.due_in_past")


@pytest.mark.parametrize(("end", "code"), [(DONE, "risk_assessment.treatment.done"), (CANCELLED, "risk_assessment.treatment.cancelled")])
def test_the_due_date_of_an_ended_treatment_is_not_moved(end: DomainEvent, code: str) -> None:
    given(assessment, *SCORED, PLANNED, end).when(RESCHEDULE).then_refused(code)


def test_a_treatment_is_done() -> None:
    given(assessment, *SCORED, PLANNED).when(COMPLETE).then(DONE)


def test_a_treatment_done_twice_does_nothing() -> None:
    given(assessment, *SCORED, PLANNED, DONE).when(COMPLETE).then_nothing()


def test_a_cancelled_treatment_is_not_done() -> None:
    given(assessment, *SCORED, PLANNED, CANCELLED).when(COMPLETE).then_refused("risk_assessment.treatment.cancelled")


def test_a_treatment_is_not_done_in_the_future() -> None:
    given(assessment, *SCORED, PLANNED).when(changed(COMPLETE, done_on=TOMORROW)).then_refused("risk_assessment.in_future")


def test_a_treatment_is_cancelled() -> None:
    given(assessment, *SCORED, PLANNED).when(CANCEL).then(CANCELLED)


def test_cancelling_twice_does_nothing() -> None:
    given(assessment, *SCORED, PLANNED, CANCELLED).when(CANCEL).then_nothing()


def test_a_treatment_that_is_done_is_not_cancelled() -> None:
    given(assessment, *SCORED, PLANNED, DONE).when(CANCEL).then_refused("risk_assessment.treatment.done")


def test_a_treatment_is_linked_to_the_task_that_carries_it_out() -> None:
    given(assessment, *SCORED, PLANNED).when(LINK).then(TREATMENT_LINKED)
    assert list(LINK.references()) == [("task", TARGET)]


def test_linking_a_treatment_twice_does_nothing() -> None:
    given(assessment, *SCORED, PLANNED, TREATMENT_LINKED).when(LINK).then_nothing()


@pytest.mark.parametrize("command", [RESCHEDULE, COMPLETE, CANCEL, LINK])
def test_an_unknown_treatment_is_refused(command: Command) -> None:
    given(assessment, *SCORED).when(command).then_refused("risk_assessment.treatment.not_found")


@pytest.mark.parametrize("command", [SCORE, PLAN, RESCHEDULE, ACCEPT, REVOKE])
def test_an_assessment_that_does_not_exist_is_refused(command: Command) -> None:
    given(assessment).when(command, context=IN_FORCE).then_refused("risk_assessment.not_found")


# acceptance


def test_a_risk_above_the_criterion_is_accepted_by_a_named_approver_until_a_day() -> None:
    given(assessment, *SCORED).when(ACCEPT).then(ACCEPTED)


@pytest.mark.parametrize("without", [{"approver": None}, {"until": None}])
def test_a_risk_above_the_criterion_is_not_accepted_without_approver_and_expiry(without: dict[str, None]) -> None:
    given(assessment, *SCORED).when(changed(ACCEPT, **without)).then_refused("risk_assessment.accept.needs_approver")


def test_a_risk_within_the_criterion_is_accepted_without_either() -> None:
    accepted = altered(ACCEPTED, band=Band.LOW, above_criterion=False, approver=None, until=None)
    given(assessment, *TREATED, RESIDUAL).when(changed(ACCEPT, approver=None, until=None)).then(accepted)


def test_a_risk_that_is_not_scored_is_not_accepted() -> None:
    given(assessment, *DESCRIBED_ONLY).when(ACCEPT).then_refused("risk_assessment.accept.not_scored")


def test_an_acceptance_does_not_end_before_it_begins() -> None:
    given(assessment, *SCORED).when(changed(ACCEPT, until=YESTERDAY)).then_refused("risk_assessment.accept.until_in_past")


def test_accepting_on_the_same_terms_does_nothing() -> None:
    given(assessment, *SCORED, ACCEPTED).when(ACCEPT).then_nothing()


def test_an_acceptance_may_be_prolonged() -> None:
    given(assessment, *SCORED, ACCEPTED).when(changed(ACCEPT, until=date(2026, 9, 30))).then(altered(ACCEPTED, until=date(2026, 9, 30)))


def test_an_acceptance_is_revoked() -> None:
    given(assessment, *SCORED, ACCEPTED).when(REVOKE).then(REVOKED)


def test_revoking_what_is_not_accepted_does_nothing() -> None:
    given(assessment, *SCORED).when(REVOKE).then_nothing()


def test_an_unknown_risk_is_neither_accepted_nor_revoked() -> None:
    for command in (ACCEPT, REVOKE):
        given(assessment, STARTED).when(command).then_refused("risk_assessment.scenario.not_found")


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (SCORE, {"knowledge": 3}),
        (SCORE, {"likelihood": 0}),
        (SCORE, {"stage": "imagined"}),
        (PLAN, {"strategy": "hope"}),
        (PLAN, {"due": date(1999, 1, 1)}),
        (ACCEPT, {"reason": " "}),
    ],
)
def test_bad_input_is_no_command(command: Command, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(command, **wrong)
