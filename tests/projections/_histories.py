"""What may happen in a practice, at random: the lives of a few deviations, interleaved."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from hypothesis import strategies as st

from events import deviation as facts
from events._base import DomainEvent
from events._function import Function

Happened = tuple[str, DomainEvent]
"""Subject and event."""

texts = st.text(st.characters(codec="utf-8", exclude_characters="\0"), min_size=1, max_size=20)
days = st.dates(date(2000, 1, 1), date(2100, 1, 1))
instants = st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 -- Hypothesis adds the zone
moments = st.builds(facts.Moment, at=instants | st.none(), precision=st.sampled_from(facts.Precision))


@dataclass
class Life:
    """A deviation on its way."""

    id: UUID
    begun: bool = False
    closed: bool = False
    measures: int = 0
    done: int = 0

    @property
    def subject(self) -> str:
        return f"deviation/{self.id}"

    def measure(self, number: int) -> UUID:
        return UUID(int=self.id.int + number)

    def next(self, draw: st.DrawFn) -> DomainEvent:
        """What happens to it next."""
        if not self.begun:
            self.begun = True
            return draw(_reported)
        if self.closed:
            self.closed = False
            return draw(_reopened)
        way: Callable[[st.DrawFn], DomainEvent] = draw(st.sampled_from([self._plan, self._work, self._treat, self._close]))
        return way(draw)

    def _plan(self, draw: st.DrawFn) -> DomainEvent:
        self.measures += 1
        return draw(st.builds(facts.MeasurePlanned, measure_id=st.just(self.measure(self.measures)), description=texts, due=days))

    def _work(self, draw: st.DrawFn) -> DomainEvent:
        if self.done == self.measures:
            return draw(_treated)
        self.done += 1
        measure_id = self.measure(self.done)
        done = st.builds(facts.MeasureDone, measure_id=st.just(measure_id), done_on=days, note=texts | st.none())
        worked: DomainEvent = draw(done | st.builds(facts.MeasureCancelled, measure_id=st.just(measure_id), reason=texts))
        return worked

    def _treat(self, draw: st.DrawFn) -> DomainEvent:
        return draw(_treated)

    def _close(self, draw: st.DrawFn) -> DomainEvent:
        self.closed = True
        return draw(st.builds(facts.DeviationClosed, conclusion=texts, lessons=texts | st.none()))


_causes = st.lists(st.builds(facts.Cause, id=st.uuids().map(str), text=texts, because_of=st.none()), max_size=3).map(tuple)
_reported: st.SearchStrategy[DomainEvent] = st.builds(
    facts.DeviationReported,
    title=texts,
    description=texts,
    affected=st.lists(st.sampled_from(facts.AffectedParty), max_size=3).map(tuple),
    affected_count=st.integers(0, 2**40),
    occurred=moments,
    detected=moments,
    reporter=st.builds(facts.Reporter, member_id=st.uuids() | st.none(), pseudonym=texts | st.none()),
    place=texts | st.none(),
    process_step=texts | st.none(),
    potential=st.builds(facts.Potential, consequence=st.integers(1, 5), likelihood=st.integers(1, 5)) | st.none(),
)
_reopened: st.SearchStrategy[DomainEvent] = st.builds(facts.DeviationReopened, reason=texts)
_treated: st.SearchStrategy[DomainEvent] = st.one_of(
    st.builds(facts.ImmediateMeasureTaken, description=texts),
    st.builds(facts.RoutingProposed, function=st.sampled_from(Function), reason=texts | st.none()),
    st.builds(facts.RoutingAccepted, function=st.sampled_from(Function), responsible=st.uuids()),
    st.builds(facts.HarmReassessed, reason=texts),
    st.builds(facts.CausesAnalysed, causes=_causes, root_causes=st.just(())),
    st.builds(facts.DeviationReviewed, reviewed_on=days, note=texts),
    st.builds(facts.DeviationLinked, target=st.uuids()),
)


@st.composite
def histories(draw: st.DrawFn, *, most: int = 30) -> list[Happened]:
    """Events of up to four deviations of one practice, in the order of its record."""
    lives = [Life(UUID(int=number << 64)) for number in range(1, draw(st.integers(1, 4)) + 1)]
    return [(life.subject, life.next(draw)) for life in draw(st.lists(st.sampled_from(lives), min_size=1, max_size=most))]


def cuts(length: int) -> st.SearchStrategy[list[int]]:
    """Sizes of batches that add up to a length."""
    return st.lists(st.integers(1, max(length, 1)), min_size=1, max_size=length or 1).map(lambda sizes: _fitted(sizes, length))


def _fitted(sizes: list[int], length: int) -> list[int]:
    fitted: list[int] = []
    while sum(fitted) < length:
        fitted.append(min(sizes[len(fitted) % len(sizes)], length - sum(fitted)))
    return fitted


def a_life(number: int = 1, *, events: int = 12) -> list[Happened]:
    """The same deviation each time: reported, treated by measures, closed and reopened, as often as events are asked for."""
    subject, day = f"deviation/{UUID(int=number << 64)}", date(2026, 1, 2)
    moment: dict[str, Any] = {"at": datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), "precision": facts.Precision.EXACT}
    reported = facts.DeviationReported(
        title="Feil dose",
        description="Pasienten fikk dobbel dose",
        kind=facts.Kind.NEAR_MISS,
        harm=facts.HarmLevel.NONE,
        category=facts.Category.CLINICAL,
        affected=(facts.AffectedParty.PATIENT,),
        affected_count=1,
        occurred=facts.Moment(**moment),
        detected=facts.Moment(**moment),
        reporter=facts.Reporter(kind=facts.ReporterKind.NAMED, member_id=UUID(int=7)),
        place="Laboratoriet",
        process_step=None,
        potential=None,
    )
    life: list[DomainEvent] = [reported]
    while len(life) < events:
        measure = UUID(int=(number << 64) + len(life))
        planned = {"kind": facts.MeasureKind.CORRECTIVE, "strength": facts.MeasureStrength.STRONG, "owner": UUID(int=8)}
        life += [
            facts.MeasurePlanned(measure_id=measure, description="Ny rutine", due=day, **planned),
            facts.MeasureDone(measure_id=measure, done_on=day, note=None),
            facts.MeasureEvaluated(measure_id=measure, effect=facts.Effect.EFFECTIVE, previous=None, evaluated_on=day, note="Virker"),
            facts.DeviationClosed(conclusion="Løst", lessons=None),
            facts.DeviationReopened(reason="Skjedde igjen"),
        ]
    return [(subject, event) for event in life[:events]]
