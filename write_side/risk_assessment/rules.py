"""What follows from a command to a risk assessment or the risk matrix: pure functions (command, state, by) -> events."""

from datetime import date, timedelta
from uuid import UUID

from events import risk_assessment as facts
from events._base import DomainEvent
from events.risk_assessment import Renewal, RevocationCause, RiskMatrix, Stage, Strategy, Trigger, takes_over
from write_side._decider import By, Decider, not_in_future
from write_side._errors import Invalid, NotFound, Refused
from write_side.risk_assessment import commands
from write_side.risk_assessment.matrices import TEMPLATES
from write_side.risk_assessment.state import MatrixInForce, RiskAssessment, Scenario, Treatment, evolve, evolve_matrix

risk_matrix: Decider[MatrixInForce] = Decider("risk_matrix", MatrixInForce(), evolve_matrix)
risk_assessment: Decider[RiskAssessment] = Decider("risk_assessment", RiskAssessment(), evolve)
deciders = (risk_assessment, risk_matrix)


@risk_matrix.decides(commands.AdoptMatrix)
def adopt(command: commands.AdoptMatrix, state: MatrixInForce, _by: By) -> list[DomainEvent]:
    """Put a matrix in force under the next version number; the one in force already is not adopted again."""
    matrix = TEMPLATES[command.template] if command.template else _own_matrix(command)
    if matrix == state.matrix:
        return []
    return [facts.RiskMatrixAdopted(version=state.version + 1, matrix=matrix, reason=command.reason)]


def _own_matrix(command: commands.AdoptMatrix) -> RiskMatrix:
    assert command.matrix is not None
    matrix = RiskMatrix.model_validate(command.matrix.model_dump())
    rows, columns = len(matrix.likelihood), len(matrix.consequence)
    if len(matrix.cells) != rows or any(len(row) != columns for row in matrix.cells):
        raise Invalid("risk_matrix.cells_missing", rows=rows, columns=columns)
    ruled = [rule.band for rule in matrix.bands]
    if len(set(ruled)) < len(ruled):
        raise Invalid("risk_matrix.band_twice")
    if unruled := {band for row in matrix.cells for band in row} - set(ruled):
        raise Invalid("risk_matrix.band_without_rule", bands=sorted(unruled))
    _never_falls(matrix)
    return matrix


def _never_falls(matrix: RiskMatrix) -> None:
    for x, row in enumerate(matrix.cells):
        for y, band in enumerate(row):
            lower = [matrix.cells[x - 1][y]] if x else []
            lower += [row[y - 1]] if y else []
            if any(band.rank < other.rank for other in lower):
                raise Invalid("risk_matrix.band_falls", likelihood=x + 1, consequence=y + 1)


@risk_assessment.decides(commands.StartAssessment)
def start(command: commands.StartAssessment, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Start an assessment; an area that is not mandatory is assessed because something called for it."""
    if state.started:
        return []
    if command.trigger is Trigger.SCHEDULED and not command.area.mandatory:
        raise Invalid("risk_assessment.trigger_needed", area=command.area)
    if command.replaces:
        earlier: RiskAssessment = by.context["risk_assessment"]
        if earlier.area is not command.area:
            raise Invalid("risk_assessment.replaces_other_area", area=earlier.area)
    return [facts.RiskAssessmentStarted(**command.model_dump())]


@risk_assessment.decides(commands.DescribeScenario)
def describe_scenario(command: commands.DescribeScenario, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Add a scenario."""
    _in_progress(state, command.assessment_id)
    if by.new_id() in state.scenarios:
        return []
    return [
        facts.ScenarioDescribed(
            scenario_id=by.new_id(),
            number=len(state.scenarios) + 1,
            area=state.area,
            title=command.title,
            description=command.description,
            existing_controls=command.existing_controls,
            owner=command.owner,
        )
    ]


@risk_assessment.decides(commands.CorrectScenario)
def correct_scenario(command: commands.CorrectScenario, state: RiskAssessment, _by: By) -> list[DomainEvent]:
    """Replace a scenario's words."""
    scenario = _scenario(state, command)
    _in_progress(state, command.assessment_id)
    if scenario.words == (command.title, command.description, command.existing_controls, command.owner):
        return []
    return [facts.ScenarioCorrected(**command.model_dump(exclude={"assessment_id"}))]


@risk_assessment.decides(commands.ScoreRisk)
def score(command: commands.ScoreRisk, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Score a scenario by the matrix in force; an acceptance that does not reach so far ends with it."""
    scenario = _scenario(state, command)
    if command.stage is Stage.INHERENT:
        _in_progress(state, command.assessment_id)
    not_in_future("risk_assessment.in_future", command.scored_on, by)
    in_force: MatrixInForce = by.context["risk_matrix"]
    matrix = _fitting_matrix(command, in_force)
    if command.stage is Stage.RESIDUAL and not any(each.done for each in _reducing(state, command.scenario_id)):
        raise Refused("risk_assessment.score.residual_untreated", scenario=command.scenario_id)
    scored = _scored(command, scenario, matrix, in_force.version)
    if _same_score(scored, scenario.scores.get(command.stage)):
        return []
    return [scored, *_lapsed_acceptance(scored, scenario)]


def _fitting_matrix(command: commands.ScoreRisk, in_force: MatrixInForce) -> RiskMatrix:
    if in_force.matrix is None:
        raise Refused("risk_assessment.score.no_matrix")
    if command.matrix_version not in (None, in_force.version):
        raise Refused("risk_assessment.score.matrix_replaced", given=command.matrix_version, in_force=in_force.version)
    rows, columns = len(in_force.matrix.likelihood), len(in_force.matrix.consequence)
    if command.likelihood > rows or command.consequence > columns:
        raise Invalid("risk_assessment.score.outside_matrix", likelihood=rows, consequence=columns)
    return in_force.matrix


def _scored(command: commands.ScoreRisk, scenario: Scenario, matrix: RiskMatrix, version: int) -> facts.RiskScored:
    band = matrix.band(command.likelihood, command.consequence)
    next_review = scenario.next_review
    if next_review is None or takes_over(command.stage, scenario.standing):
        seen_on = max(command.scored_on, scenario.last_reviewed_on or command.scored_on)
        next_review = seen_on + timedelta(days=matrix.review_days(band))
    return facts.RiskScored(
        scenario_id=command.scenario_id,
        stage=command.stage,
        likelihood=command.likelihood,
        consequence=command.consequence,
        knowledge=command.knowledge,
        matrix_version=version,
        band=band,
        acceptable=matrix.acceptable(band),
        previous_band=scenario.score.band if scenario.score else None,
        scored_on=command.scored_on,
        next_review=next_review,
        reason=command.reason,
    )


def _same_score(scored: facts.RiskScored, before: facts.RiskScored | None) -> bool:
    compared = {"likelihood", "consequence", "knowledge", "matrix_version", "scored_on"}
    return before is not None and scored.model_dump(include=compared) == before.model_dump(include=compared)


def _lapsed_acceptance(scored: facts.RiskScored, scenario: Scenario) -> list[DomainEvent]:
    accepted = scenario.acceptance
    if accepted is None or not takes_over(scored.stage, scenario.standing):
        return []
    reaches = scored.band.rank <= accepted.band.rank and (scored.acceptable or accepted.above_criterion)
    if reaches:
        return []
    return [facts.AcceptanceRevoked(scenario_id=scored.scenario_id, cause=RevocationCause.RISK_ROSE, reason=scored.reason)]


@risk_assessment.decides(commands.PlanTreatment)
def plan_treatment(command: commands.PlanTreatment, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Plan a treatment (§ 6 e); also after the assessment is completed."""
    _scenario(state, command)
    if by.new_id() in state.treatments:
        return []
    _not_past("risk_assessment.treatment.due_in_past", command.due, by)
    return [facts.TreatmentPlanned(treatment_id=by.new_id(), **command.model_dump(exclude={"assessment_id"}))]


@risk_assessment.decides(commands.RescheduleTreatment)
def reschedule_treatment(command: commands.RescheduleTreatment, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Move the due date of a treatment that is still open."""
    treatment = _treatment(state, command)
    if treatment.done:
        raise Refused("risk_assessment.treatment.done", treatment=command.treatment_id)
    if treatment.cancelled:
        raise Refused("risk_assessment.treatment.cancelled", treatment=command.treatment_id)
    if command.due == treatment.due:
        return []
    _not_past("risk_assessment.treatment.due_in_past", command.due, by)
    return [
        facts.TreatmentRescheduled(
            treatment_id=command.treatment_id,
            scenario_id=treatment.scenario_id,
            due=command.due,
            previous_due=treatment.due,
            reason=command.reason,
        )
    ]


@risk_assessment.decides(commands.CompleteTreatment)
def complete_treatment(command: commands.CompleteTreatment, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Record that a treatment is done; from here the residual risk can be scored."""
    treatment = _treatment(state, command)
    if treatment.done:
        return []
    if treatment.cancelled:
        raise Refused("risk_assessment.treatment.cancelled", treatment=command.treatment_id)
    not_in_future("risk_assessment.in_future", command.done_on, by)
    return [
        facts.TreatmentDone(
            treatment_id=command.treatment_id, scenario_id=treatment.scenario_id, done_on=command.done_on, note=command.note
        )
    ]


@risk_assessment.decides(commands.CancelTreatment)
def cancel_treatment(command: commands.CancelTreatment, state: RiskAssessment, _by: By) -> list[DomainEvent]:
    """Give up a treatment; one that is done stays done."""
    treatment = _treatment(state, command)
    if treatment.cancelled:
        return []
    if treatment.done:
        raise Refused("risk_assessment.treatment.done", treatment=command.treatment_id)
    return [facts.TreatmentCancelled(treatment_id=command.treatment_id, scenario_id=treatment.scenario_id, reason=command.reason)]


@risk_assessment.decides(commands.LinkTreatment)
def link_treatment(command: commands.LinkTreatment, state: RiskAssessment, _by: By) -> list[DomainEvent]:
    """Link a treatment to a task or a deviation."""
    treatment = _treatment(state, command)
    if (command.kind, command.target) in treatment.links:
        return []
    return [
        facts.TreatmentLinked(
            treatment_id=command.treatment_id, scenario_id=treatment.scenario_id, kind=command.kind, target=command.target
        )
    ]


@risk_assessment.decides(commands.AcceptRisk)
def accept_risk(command: commands.AcceptRisk, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Accept a risk as scored; above the criterion it takes a named approver and a last day."""
    standing = _scenario(state, command).score
    if standing is None:
        raise Refused("risk_assessment.accept.not_scored", scenario=command.scenario_id)
    if command.until:
        _not_past("risk_assessment.accept.until_in_past", command.until, by)
    if not standing.acceptable and (command.approver is None or command.until is None):
        raise Refused("risk_assessment.accept.needs_approver", band=standing.band)
    accepted = facts.RiskAccepted(
        scenario_id=command.scenario_id,
        band=standing.band,
        above_criterion=not standing.acceptable,
        approver=command.approver,
        reason=command.reason,
        until=command.until,
    )
    return [] if accepted == state.scenarios[command.scenario_id].acceptance else [accepted]


@risk_assessment.decides(commands.RevokeAcceptance)
def revoke_acceptance(command: commands.RevokeAcceptance, state: RiskAssessment, _by: By) -> list[DomainEvent]:
    """Take an acceptance back."""
    if _scenario(state, command).acceptance is None:
        return []
    return [facts.AcceptanceRevoked(scenario_id=command.scenario_id, cause=RevocationCause.DECIDED, reason=command.reason)]


@risk_assessment.decides(commands.ReviewAssessment)
def review(command: commands.ReviewAssessment, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Record a review; each risk's next review counts from it, by the interval that the matrix in force has for its band."""
    _started(state, command.assessment_id)
    not_in_future("risk_assessment.in_future", command.reviewed_on, by)
    in_force: MatrixInForce = by.context["risk_matrix"]
    reviewed = facts.RiskAssessmentReviewed(
        reviewed_on=command.reviewed_on,
        trigger=command.trigger,
        reason=command.reason,
        renewed=tuple(
            Renewal(scenario_id=id_, next_review=_renewed(standing, command.reviewed_on, in_force))
            for id_, standing in _to_review(command, state).items()
        ),
    )
    if reviewed in state.reviews:
        return []
    for renewal in reviewed.renewed:
        last = state.scenarios[renewal.scenario_id].last_reviewed_on
        if last and last > command.reviewed_on:
            raise Invalid("risk_assessment.review.before_last", last=last.isoformat(), scenario=renewal.scenario_id)
    return [reviewed]


def _to_review(command: commands.ReviewAssessment, state: RiskAssessment) -> dict[UUID, facts.RiskScored]:
    chosen = command.scenario_ids or tuple(id_ for id_, scenario in state.scenarios.items() if scenario.score)
    for id_ in chosen:
        if id_ not in state.scenarios:
            raise NotFound("risk_assessment.scenario.not_found", scenario=id_)
    scored = {id_: standing for id_ in chosen if (standing := state.scenarios[id_].score)}
    if not chosen or len(scored) < len(set(chosen)):
        raise Refused("risk_assessment.review.not_scored", scenarios=[id_ for id_ in chosen or state.scenarios if id_ not in scored])
    return scored


def _renewed(standing: facts.RiskScored, reviewed_on: date, in_force: MatrixInForce) -> date:
    assert in_force.matrix is not None, "a risk is scored by a matrix"
    return max(reviewed_on, standing.scored_on) + timedelta(days=in_force.matrix.review_days(standing.band))


@risk_assessment.decides(commands.CompleteAssessment)
def complete(command: commands.CompleteAssessment, state: RiskAssessment, by: By) -> list[DomainEvent]:
    """Complete an assessment: every scenario scored, and each risk above the criterion being treated or accepted."""
    if state.completed:
        return []
    _started(state, command.assessment_id)
    if not state.scenarios:
        raise Refused("risk_assessment.complete.no_scenarios")
    scores = {id_: scenario.score for id_, scenario in state.scenarios.items()}
    if unscored := [id_ for id_, standing in scores.items() if standing is None]:
        raise Refused("risk_assessment.complete.not_scored", scenarios=unscored)
    standing = {id_: each for id_, each in scores.items() if each}
    if untreated := [id_ for id_, each in standing.items() if not each.acceptable and not _answered(state, id_, by)]:
        raise Refused("risk_assessment.complete.untreated", scenarios=untreated)
    highest = max((each.band for each in standing.values()), key=lambda band: band.rank)
    return [facts.RiskAssessmentCompleted(conclusion=command.conclusion, highest_band=highest, replaces=state.replaces)]


def _answered(state: RiskAssessment, scenario_id: UUID, by: By) -> bool:
    return state.scenarios[scenario_id].accepted_on(by.today) or any(not each.done for each in _reducing(state, scenario_id))


@risk_assessment.decides(commands.ReopenAssessment)
def reopen(command: commands.ReopenAssessment, state: RiskAssessment, _by: By) -> list[DomainEvent]:
    """Take up a completed assessment again; when it was first completed stays in the record."""
    _started(state, command.assessment_id)
    if state.just_reopened:
        return []
    if not state.completed:
        raise Refused("risk_assessment.reopen.not_completed")
    return [facts.RiskAssessmentReopened(reason=command.reason)]


@risk_assessment.decides(commands.LinkAssessment)
def link(command: commands.LinkAssessment, state: RiskAssessment, _by: By) -> list[DomainEvent]:
    """Link an assessment or a scenario to a deviation or a task; also after it is completed."""
    _started(state, command.assessment_id)
    if command.scenario_id and command.scenario_id not in state.scenarios:
        raise NotFound("risk_assessment.scenario.not_found", scenario=command.scenario_id)
    if (command.kind, command.target, command.scenario_id) in state.links:
        return []
    return [facts.RiskAssessmentLinked(kind=command.kind, target=command.target, scenario_id=command.scenario_id)]


def _started(state: RiskAssessment, assessment_id: UUID) -> None:
    if not state.started:
        raise NotFound("risk_assessment.not_found", assessment=assessment_id)


def _in_progress(state: RiskAssessment, assessment_id: UUID) -> None:
    _started(state, assessment_id)
    if state.completed:
        raise Refused("risk_assessment.completed")


def _scenario(state: RiskAssessment, command: commands.ScenarioCommand) -> Scenario:
    _started(state, command.assessment_id)
    if command.scenario_id not in state.scenarios:
        raise NotFound("risk_assessment.scenario.not_found", scenario=command.scenario_id)
    return state.scenarios[command.scenario_id]


def _treatment(state: RiskAssessment, command: commands.TreatmentCommand) -> Treatment:
    _started(state, command.assessment_id)
    if command.treatment_id not in state.treatments:
        raise NotFound("risk_assessment.treatment.not_found", treatment=command.treatment_id)
    return state.treatments[command.treatment_id]


def _reducing(state: RiskAssessment, scenario_id: UUID) -> list[Treatment]:
    """The treatments that change the risk; retaining it leaves it as it is."""
    return [each for each in state.treatments_of(scenario_id) if each.strategy is not Strategy.RETAIN]


def _not_past(code: str, day: date, by: By) -> None:
    if day < by.today:
        raise Invalid(code, given=day.isoformat())
