"""What the rules need to remember of a risk assessment, and of the practice's risk matrix."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from events import risk_assessment as facts
from events._base import DomainEvent
from events.risk_assessment import Area, LinkKind, RiskMatrix, Stage, Strategy, takes_over


@dataclass(frozen=True, slots=True)
class MatrixInForce:
    """The practice's matrix; version 0 and none before the first is adopted."""

    version: int = 0
    matrix: RiskMatrix | None = None


def evolve_matrix(state: MatrixInForce, event: DomainEvent) -> MatrixInForce:
    """The matrix in force after an event."""
    assert isinstance(event, facts.RiskMatrixAdopted)
    return replace(state, version=event.version, matrix=event.matrix)


@dataclass(frozen=True, slots=True)
class Scenario:
    """A scenario of an assessment; it is scored when `standing` names the score that says how the risk stands."""

    words: tuple[str, str, str | None, UUID | None]
    """Title, description, existing controls, owner."""
    scores: Mapping[Stage, facts.RiskScored] = field(default_factory=lambda: MappingProxyType({}))
    standing: Stage | None = None
    next_review: date | None = None
    last_reviewed_on: date | None = None
    acceptance: facts.RiskAccepted | None = None

    @property
    def score(self) -> facts.RiskScored | None:
        """The score that says how the risk stands."""
        return self.scores[self.standing] if self.standing else None

    def accepted_on(self, day: date) -> bool:
        """Whether an acceptance holds on `day`."""
        return self.acceptance is not None and (self.acceptance.until is None or self.acceptance.until >= day)


@dataclass(frozen=True, slots=True)
class Treatment:
    """A treatment of a scenario's risk."""

    scenario_id: UUID
    strategy: Strategy
    owner: UUID
    due: date
    done: bool = False
    cancelled: bool = False
    links: frozenset[tuple[LinkKind, UUID]] = frozenset()


@dataclass(frozen=True, slots=True)
class RiskAssessment:
    """A risk assessment as far as the rules need it; `started` is False before the first event."""

    started: bool = False
    responsible: UUID | None = None
    area: Area = Area.OTHER
    replaces: UUID | None = None
    scenarios: Mapping[UUID, Scenario] = field(default_factory=lambda: MappingProxyType({}))
    treatments: Mapping[UUID, Treatment] = field(default_factory=lambda: MappingProxyType({}))
    links: frozenset[tuple[LinkKind, UUID, UUID | None]] = frozenset()
    reviews: tuple[facts.RiskAssessmentReviewed, ...] = ()
    completed: bool = False
    just_reopened: bool = False

    def treatments_of(self, scenario_id: UUID) -> list[Treatment]:
        """The treatments of a scenario that were not given up."""
        return [each for each in self.treatments.values() if each.scenario_id == scenario_id and not each.cancelled]


def evolve(state: RiskAssessment, event: DomainEvent) -> RiskAssessment:
    """The state after an event."""
    changed = _EVOLVE[type(event)](state, event)
    return replace(changed, just_reopened=isinstance(event, facts.RiskAssessmentReopened))


def _scenario(state: RiskAssessment, scenario_id: UUID, **changes: Any) -> RiskAssessment:
    changed = replace(state.scenarios[scenario_id], **changes)
    return replace(state, scenarios=MappingProxyType({**state.scenarios, scenario_id: changed}))


def _treatment(state: RiskAssessment, treatment_id: UUID, **changes: Any) -> RiskAssessment:
    changed = replace(state.treatments[treatment_id], **changes)
    return replace(state, treatments=MappingProxyType({**state.treatments, treatment_id: changed}))


def _described(state: RiskAssessment, event: facts.ScenarioDescribed) -> RiskAssessment:
    described = Scenario(words=(event.title, event.description, event.existing_controls, event.owner))
    return replace(state, scenarios=MappingProxyType({**state.scenarios, event.scenario_id: described}))


def _corrected(state: RiskAssessment, event: facts.ScenarioCorrected) -> RiskAssessment:
    return _scenario(state, event.scenario_id, words=(event.title, event.description, event.existing_controls, event.owner))


def _scored(state: RiskAssessment, event: facts.RiskScored) -> RiskAssessment:
    scenario = state.scenarios[event.scenario_id]
    return _scenario(
        state,
        event.scenario_id,
        scores=MappingProxyType({**scenario.scores, event.stage: event}),
        standing=event.stage if takes_over(event.stage, scenario.standing) else scenario.standing,
        next_review=event.next_review,
    )


def _planned(state: RiskAssessment, event: facts.TreatmentPlanned) -> RiskAssessment:
    planned = Treatment(event.scenario_id, event.strategy, event.owner, event.due)
    return replace(state, treatments=MappingProxyType({**state.treatments, event.treatment_id: planned}))


def _treatment_linked(state: RiskAssessment, event: facts.TreatmentLinked) -> RiskAssessment:
    links = state.treatments[event.treatment_id].links | {(event.kind, event.target)}
    return _treatment(state, event.treatment_id, links=links)


def _reviewed(state: RiskAssessment, event: facts.RiskAssessmentReviewed) -> RiskAssessment:
    renewed = {
        renewal.scenario_id: replace(
            state.scenarios[renewal.scenario_id], next_review=renewal.next_review, last_reviewed_on=event.reviewed_on
        )
        for renewal in event.renewed
    }
    return replace(state, scenarios=MappingProxyType({**state.scenarios, **renewed}), reviews=(*state.reviews, event))


_EVOLVE: dict[type[DomainEvent], Callable[[RiskAssessment, Any], RiskAssessment]] = {
    facts.RiskAssessmentStarted: lambda s, e: replace(s, started=True, responsible=e.responsible, area=e.area, replaces=e.replaces),
    facts.ScenarioDescribed: _described,
    facts.ScenarioCorrected: _corrected,
    facts.RiskScored: _scored,
    facts.TreatmentPlanned: _planned,
    facts.TreatmentRescheduled: lambda s, e: _treatment(s, e.treatment_id, due=e.due),
    facts.TreatmentDone: lambda s, e: _treatment(s, e.treatment_id, done=True),
    facts.TreatmentCancelled: lambda s, e: _treatment(s, e.treatment_id, cancelled=True),
    facts.TreatmentLinked: _treatment_linked,
    facts.RiskAccepted: lambda s, e: _scenario(s, e.scenario_id, acceptance=e),
    facts.AcceptanceRevoked: lambda s, e: _scenario(s, e.scenario_id, acceptance=None),
    facts.RiskAssessmentReviewed: _reviewed,
    facts.RiskAssessmentCompleted: lambda s, _: replace(s, completed=True),
    facts.RiskAssessmentReopened: lambda s, _: replace(s, completed=False),
    facts.RiskAssessmentLinked: lambda s, e: replace(s, links=s.links | {(e.kind, e.target, e.scenario_id)}),
}
