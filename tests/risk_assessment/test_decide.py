"""What may happen to a risk assessment: it happens, it is refused, there is nothing to do."""

from datetime import date
from typing import Any

import pytest
from pydantic import ValidationError

from events import risk_assessment as facts
from events._base import DomainEvent
from events.risk_assessment import Area, LinkKind, Trigger
from tests._given import BY, KARI, OLA, given
from tests.risk_assessment._story import (
    ACCEPTED,
    COMPLETED,
    CORRECTED,
    DESCRIBED,
    DONE,
    EARLIER,
    ID,
    IN_FORCE,
    INHERENT,
    LINKED,
    PLANNED,
    REOPENED,
    RESIDUAL,
    REVIEWED,
    SCENARIO,
    SECOND,
    SECOND_DESCRIBED,
    STARTED,
    TARGET,
    TODAY,
    TOMORROW,
    YESTERDAY,
)
from write_side._decider import Command
from write_side.risk_assessment import commands, deciders
from write_side.risk_assessment.state import RiskAssessment

assessment, _ = deciders

START = commands.StartAssessment(
    area=Area.INFORMATION_SECURITY,
    title="Informasjonssikkerhet 2026",
    scope="Journalsystemet og nettet",
    reason="Årlig vurdering",
    responsible=KARI,
)
DESCRIBE = commands.DescribeScenario(
    assessment_id=ID,
    title=DESCRIBED.title,
    description=DESCRIBED.description,
    existing_controls=DESCRIBED.existing_controls,
    owner=OLA,
)
CORRECT = commands.CorrectScenario(
    assessment_id=ID,
    scenario_id=SCENARIO,
    title=CORRECTED.title,
    description=CORRECTED.description,
    existing_controls=CORRECTED.existing_controls,
    owner=OLA,
    reason=CORRECTED.reason,
)
REVIEW = commands.ReviewAssessment(assessment_id=ID, reviewed_on=TODAY, trigger=Trigger.SEVERE_DEVIATION, reason="Angrep hos naboen")
COMPLETE = commands.CompleteAssessment(assessment_id=ID, conclusion=COMPLETED.conclusion)
REOPEN = commands.ReopenAssessment(assessment_id=ID, reason=REOPENED.reason)
LINK = commands.LinkAssessment(assessment_id=ID, kind=LinkKind.DEVIATION, target=TARGET, scenario_id=SCENARIO)

SCORED = (STARTED, DESCRIBED, INHERENT)


def changed(command: Command, **changes: Any) -> Any:
    return type(command).model_validate(command.model_dump() | changes)


def altered(event: DomainEvent, **changes: Any) -> DomainEvent:
    return event.model_copy(update=changes)


# start


def test_a_mandatory_area_is_assessed_on_schedule() -> None:
    given(assessment).when(START).then(STARTED)


def test_starting_under_the_same_command_id_does_nothing() -> None:
    given(assessment, STARTED).when(START).then_nothing()


def test_a_situational_area_needs_something_that_called_for_it() -> None:
    given(assessment).when(changed(START, area=Area.STAFFING)).then_refused("risk_assessment.trigger_needed")


def test_a_situational_area_is_assessed_when_something_called_for_it() -> None:
    given(assessment).when(changed(START, area=Area.STAFFING, trigger=Trigger.STAFF_CHANGE)).then(
        altered(STARTED, area=Area.STAFFING, trigger=Trigger.STAFF_CHANGE)
    )


def test_an_assessment_may_follow_an_earlier_one_of_its_area() -> None:
    follow = changed(START, replaces=EARLIER)
    earlier = RiskAssessment(started=True, area=Area.INFORMATION_SECURITY)
    given(assessment).when(follow, context={"risk_assessment": earlier}).then(altered(STARTED, replaces=EARLIER))


def test_an_assessment_cannot_follow_one_of_another_area() -> None:
    follow = changed(START, replaces=EARLIER)
    earlier = RiskAssessment(started=True, area=Area.ELECTRO_MEDICAL_EQUIPMENT)
    given(assessment).when(follow, context={"risk_assessment": earlier}).then_refused("risk_assessment.replaces_other_area")


def test_what_a_start_names_and_reads() -> None:
    follow = changed(START, replaces=EARLIER)
    assert list(follow.references()) == [("member", KARI), ("risk_assessment", EARLIER)]
    assert (START.reads(BY), follow.reads(BY)) == ({}, {"risk_assessment": str(EARLIER)})
    assert START.subject_id(BY) == str(BY.new_id())


# scenarios


def test_a_scenario_is_described_with_the_next_number_and_the_area() -> None:
    given(assessment, STARTED, SECOND_DESCRIBED).when(DESCRIBE).then(altered(DESCRIBED, scenario_id=BY.new_id(), number=2))


def test_describing_under_the_same_command_id_does_nothing() -> None:
    given(assessment, STARTED, altered(DESCRIBED, scenario_id=BY.new_id())).when(DESCRIBE).then_nothing()


def test_a_scenario_of_an_assessment_that_does_not_exist_is_refused() -> None:
    given(assessment).when(DESCRIBE).then_refused("risk_assessment.not_found")


def test_a_completed_assessment_takes_no_more_scenarios() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED).when(DESCRIBE).then_refused("risk_assessment.completed")


def test_a_scenario_is_corrected() -> None:
    given(assessment, STARTED, DESCRIBED).when(CORRECT).then(CORRECTED)


def test_correcting_to_the_same_words_does_nothing() -> None:
    given(assessment, STARTED, DESCRIBED, CORRECTED).when(CORRECT).then_nothing()


def test_an_unknown_scenario_is_not_corrected() -> None:
    given(assessment, STARTED).when(CORRECT).then_refused("risk_assessment.scenario.not_found")


def test_a_scenario_of_a_completed_assessment_is_not_corrected() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED).when(CORRECT).then_refused("risk_assessment.completed")


# review


def test_a_review_renews_every_scored_scenario_from_its_day() -> None:
    given(assessment, *SCORED, SECOND_DESCRIBED).when(REVIEW, context=IN_FORCE).then(REVIEWED)


def test_a_review_may_name_its_scenarios() -> None:
    named = changed(REVIEW, scenario_ids=(SCENARIO, SCENARIO))
    given(assessment, *SCORED).when(named, context=IN_FORCE).then(REVIEWED)


def test_the_same_review_is_recorded_once() -> None:
    given(assessment, *SCORED, REVIEWED).when(REVIEW, context=IN_FORCE).then_nothing()


def test_a_review_dated_before_the_score_counts_from_the_score() -> None:
    early = changed(REVIEW, reviewed_on=date(2026, 2, 1))
    renewed = (facts.Renewal(scenario_id=SCENARIO, next_review=INHERENT.next_review),)
    given(assessment, *SCORED).when(early, context=IN_FORCE).then(altered(REVIEWED, reviewed_on=date(2026, 2, 1), renewed=renewed))


@pytest.mark.parametrize("past", [(STARTED,), (STARTED, DESCRIBED)])
def test_nothing_that_is_scored_cannot_be_reviewed(past: tuple[DomainEvent, ...]) -> None:
    given(assessment, *past).when(REVIEW, context=IN_FORCE).then_refused("risk_assessment.review.not_scored")


def test_a_named_scenario_that_is_not_scored_cannot_be_reviewed() -> None:
    named = changed(REVIEW, scenario_ids=(SCENARIO, SECOND))
    given(assessment, *SCORED, SECOND_DESCRIBED).when(named, context=IN_FORCE).then_refused("risk_assessment.review.not_scored")


def test_an_unknown_scenario_cannot_be_reviewed() -> None:
    named = changed(REVIEW, scenario_ids=(SECOND,))
    given(assessment, *SCORED).when(named, context=IN_FORCE).then_refused("risk_assessment.scenario.not_found")


def test_a_review_in_the_future_is_refused() -> None:
    given(assessment, *SCORED).when(changed(REVIEW, reviewed_on=TOMORROW), context=IN_FORCE).then_refused("risk_assessment.in_future")


def test_a_review_before_the_last_one_is_refused() -> None:
    early = changed(REVIEW, reviewed_on=YESTERDAY)
    given(assessment, *SCORED, REVIEWED).when(early, context=IN_FORCE).then_refused("risk_assessment.review.before_last")


def test_an_assessment_that_does_not_exist_is_not_reviewed() -> None:
    given(assessment).when(REVIEW, context=IN_FORCE).then_refused("risk_assessment.not_found")


def test_a_review_reads_the_matrix_in_force() -> None:
    assert REVIEW.reads(BY) == {"risk_matrix": BY.practice}


# complete and reopen


@pytest.mark.parametrize("answer", [PLANNED, ACCEPTED])
def test_an_assessment_is_complete_when_what_is_above_the_criterion_is_treated_or_accepted(answer: DomainEvent) -> None:
    given(assessment, *SCORED, answer).when(COMPLETE).then(COMPLETED)


def test_an_assessment_is_complete_when_every_risk_meets_the_criterion() -> None:
    given(assessment, *SCORED, PLANNED, DONE, RESIDUAL).when(COMPLETE).then(altered(COMPLETED, highest_band=RESIDUAL.band))


def test_completing_names_the_assessment_that_it_follows() -> None:
    given(assessment, altered(STARTED, replaces=EARLIER), DESCRIBED, INHERENT, PLANNED).when(COMPLETE).then(
        altered(COMPLETED, replaces=EARLIER)
    )


def test_completing_twice_does_nothing() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED).when(COMPLETE).then_nothing()


def test_an_assessment_without_scenarios_is_not_complete() -> None:
    given(assessment, STARTED).when(COMPLETE).then_refused("risk_assessment.complete.no_scenarios")


def test_an_assessment_with_an_unscored_scenario_is_not_complete() -> None:
    given(assessment, *SCORED, PLANNED, SECOND_DESCRIBED).when(COMPLETE).then_refused("risk_assessment.complete.not_scored")


@pytest.mark.parametrize(
    "answer",
    [
        (),
        (PLANNED, DONE),
        (altered(PLANNED, strategy=facts.Strategy.RETAIN),),
        (altered(ACCEPTED, until=YESTERDAY),),
    ],
    ids=["nothing", "treated but still high", "retained without acceptance", "acceptance expired"],
)
def test_an_assessment_with_an_unanswered_risk_is_not_complete(answer: tuple[DomainEvent, ...]) -> None:
    given(assessment, *SCORED, *answer).when(COMPLETE).then_refused("risk_assessment.complete.untreated")


def test_an_assessment_that_does_not_exist_is_not_completed() -> None:
    given(assessment).when(COMPLETE).then_refused("risk_assessment.not_found")


def test_a_completed_assessment_is_reopened() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED).when(REOPEN).then(REOPENED)


def test_reopening_twice_does_nothing() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED, REOPENED).when(REOPEN).then_nothing()


def test_an_assessment_in_progress_is_not_reopened() -> None:
    given(assessment, *SCORED).when(REOPEN).then_refused("risk_assessment.reopen.not_completed")


# links


def test_a_scenario_is_linked_to_a_deviation() -> None:
    given(assessment, STARTED, DESCRIBED).when(LINK).then(LINKED)


def test_a_whole_assessment_is_linked_also_after_it_is_completed() -> None:
    given(assessment, *SCORED, PLANNED, COMPLETED).when(changed(LINK, scenario_id=None)).then(altered(LINKED, scenario_id=None))


def test_linking_twice_does_nothing() -> None:
    given(assessment, STARTED, DESCRIBED, LINKED).when(LINK).then_nothing()


def test_an_unknown_scenario_is_not_linked() -> None:
    given(assessment, STARTED).when(LINK).then_refused("risk_assessment.scenario.not_found")


def test_an_assessment_that_does_not_exist_is_not_linked() -> None:
    given(assessment).when(LINK).then_refused("risk_assessment.not_found")


def test_a_link_names_what_must_exist() -> None:
    assert list(LINK.references()) == [("deviation", TARGET)]


# what a client may send


@pytest.mark.parametrize(
    ("command", "wrong"),
    [
        (START, {"title": ""}),
        (START, {"area": "GARDEN"}),
        (START, {"colour": "red"}),
        (START, {"scope": "x" * 10_001}),
        (DESCRIBE, {"title": "a\x00b"}),
        (DESCRIBE, {"description": "\ud800"}),
        (REVIEW, {"reviewed_on": date(1999, 12, 31)}),
        (LINK, {"kind": "risk_assessment"}),
    ],
)
def test_bad_input_is_no_command(command: Command, wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        changed(command, **wrong)
