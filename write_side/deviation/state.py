"""What the rules need to remember of a deviation."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Any
from uuid import UUID

from events import deviation as facts
from events._base import DomainEvent
from events._function import Function
from events.deviation import Category, Cause, CauseMethod, Effect, HarmLevel, Kind, LinkKind, Status


@dataclass(frozen=True, slots=True)
class Measure:
    """A measure of a deviation."""

    owner: UUID
    due: date
    done: bool = False
    cancelled: bool = False
    effect: Effect | None = None
    evaluated_on: date | None = None
    answered: bool = False
    """Not effective, but followed by a newer measure or accepted for a reason."""

    @property
    def open(self) -> bool:
        return not self.done and not self.cancelled


@dataclass(frozen=True, slots=True)
class Deviation:
    """A deviation as far as the rules need it; `reported` is False before the first event."""

    reported: bool = False
    kind: Kind = Kind.UNSAFE_CONDITION
    harm: HarmLevel = HarmLevel.NONE
    category: Category = Category.ADMINISTRATIVE
    proposed_to: Function | None = None
    responsible: UUID | None = None
    method: CauseMethod | None = None
    causes: tuple[Cause, ...] = ()
    root_causes: tuple[str, ...] = ()
    reviews: tuple[facts.DeviationReviewed, ...] = ()
    immediate_measures: tuple[str, ...] = ()
    measures: Mapping[UUID, Measure] = field(default_factory=lambda: MappingProxyType({}))
    links: frozenset[tuple[LinkKind, UUID]] = frozenset()
    ended: Status | None = None
    """CLOSED or REJECTED; None while it is open."""
    just_reopened: bool = False

    @property
    def open_measures(self) -> list[UUID]:
        return [id_ for id_, measure in self.measures.items() if measure.open]

    @property
    def unevaluated_measures(self) -> list[UUID]:
        return [id_ for id_, measure in self.measures.items() if measure.done and measure.effect is None]

    @property
    def unanswered_measures(self) -> list[UUID]:
        return [id_ for id_, measure in self.measures.items() if measure.effect is Effect.NOT_EFFECTIVE and not measure.answered]


def evolve(state: Deviation, event: DomainEvent) -> Deviation:
    """The state after an event."""
    changed = _EVOLVE[type(event)](state, event)
    return replace(changed, just_reopened=isinstance(event, facts.DeviationReopened))


def _measure(state: Deviation, measure_id: UUID, **changes: Any) -> Deviation:
    return replace(state, measures=MappingProxyType({**state.measures, measure_id: replace(state.measures[measure_id], **changes)}))


def _reported(state: Deviation, event: facts.DeviationReported) -> Deviation:
    return replace(state, reported=True, kind=event.kind, harm=event.harm, category=event.category)


def _measure_planned(state: Deviation, event: facts.MeasurePlanned) -> Deviation:
    answered = {
        id_: replace(measure, answered=True) if measure.effect is Effect.NOT_EFFECTIVE else measure
        for id_, measure in state.measures.items()
    }
    return replace(state, measures=MappingProxyType({**answered, event.measure_id: Measure(event.owner, event.due)}))


_EVOLVE: dict[type[DomainEvent], Callable[[Deviation, Any], Deviation]] = {
    facts.DeviationReported: _reported,
    facts.ImmediateMeasureTaken: lambda s, e: replace(s, immediate_measures=(*s.immediate_measures, e.description)),
    facts.RoutingProposed: lambda s, e: replace(s, proposed_to=e.function, responsible=None),
    facts.RoutingAccepted: lambda s, e: replace(s, responsible=e.responsible),
    facts.CategoryCorrected: lambda s, e: replace(s, category=e.category),
    facts.HarmReassessed: lambda s, e: replace(s, kind=e.kind, harm=e.harm),
    facts.CausesAnalysed: lambda s, e: replace(s, method=e.method, causes=e.causes, root_causes=e.root_causes),
    facts.DeviationReviewed: lambda s, e: replace(s, reviews=(*s.reviews, e)),
    facts.MeasurePlanned: _measure_planned,
    facts.MeasureRescheduled: lambda s, e: _measure(s, e.measure_id, due=e.due),
    facts.MeasureDone: lambda s, e: _measure(s, e.measure_id, done=True),
    facts.MeasureCancelled: lambda s, e: _measure(s, e.measure_id, cancelled=True),
    facts.MeasureEvaluated: lambda s, e: _measure(s, e.measure_id, effect=e.effect, evaluated_on=e.evaluated_on, answered=False),
    facts.IneffectivenessAccepted: lambda s, e: _measure(s, e.measure_id, answered=True),
    facts.DeviationClosed: lambda s, _: replace(s, ended=Status.CLOSED),
    facts.DeviationRejected: lambda s, _: replace(s, ended=Status.REJECTED),
    facts.DeviationReopened: lambda s, _: replace(s, ended=None),
    facts.DeviationLinked: lambda s, e: replace(s, links=s.links | {(e.kind, e.target)}),
}
