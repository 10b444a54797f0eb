"""Deviations from report to closure, ten at a time, as a busy practice has them: thirteen events each."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from random import Random
from uuid import UUID

from eventsourcing.persistence import StoredEvent

from events import deviation as facts
from events._base import DomainEvent
from events._function import Function
from events.ledger.mapper import LineMapper, StreamEvent

AT_ONCE = 10
"""Deviations under way at the same time."""
_WORDS = (
    "pasienten",
    "feil",
    "dose",
    "legemiddel",
    "utstyr",
    "svikt",
    "rutine",
    "journal",
    "melding",
    "telefon",
    "prøve",
    "svar",
    "ventetid",
)
_MOMENT = facts.Moment(at=datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), precision=facts.Precision.EXACT)
_DAY = date(2026, 1, 2)


def stored_lives(deviations: int, seed: int = 7) -> list[StoredEvent]:
    """The events of some deviations, interleaved, as a ledger takes them."""
    random, mapper = Random(seed), LineMapper()
    waiting = [_life(random) for _ in range(deviations)]
    under_way: list[Iterator[StreamEvent]] = []
    stored: list[StoredEvent] = []
    while waiting or under_way:
        while waiting and len(under_way) < AT_ONCE:
            under_way.append(waiting.pop())
        life = random.choice(under_way)
        event = next(life, None)
        if event is None:
            under_way.remove(life)
        else:
            stored.append(mapper.to_stored_event(event))
    return stored


def _life(random: Random) -> Iterator[StreamEvent]:
    subject = f"deviation/{_id(random)}"
    for version, event in enumerate(_events(random), 1):
        yield StreamEvent(subject, version, event)


def _events(random: Random) -> list[DomainEvent]:
    first, second, who = _id(random), _id(random), _id(random)
    return [
        facts.DeviationReported(
            title=_text(random, 5),
            description=_text(random, 40),
            kind=facts.Kind.NEAR_MISS,
            harm=facts.HarmLevel.NONE,
            category=facts.Category.CLINICAL,
            affected=(facts.AffectedParty.PATIENT,),
            affected_count=1,
            occurred=_MOMENT,
            detected=_MOMENT,
            reporter=facts.Reporter(kind=facts.ReporterKind.NAMED, member_id=who),
            place="Laboratoriet",
            process_step=None,
            potential=facts.Potential(consequence=3, likelihood=2),
        ),
        facts.ImmediateMeasureTaken(description=_text(random, 8)),
        facts.RoutingProposed(function=Function.CLINICAL_LEAD, reason=None),
        facts.RoutingAccepted(function=Function.CLINICAL_LEAD, responsible=who),
        facts.CausesAnalysed(
            method=facts.CauseMethod.FIVE_WHYS,
            causes=(facts.Cause(id="a", category=facts.CauseCategory.METHOD, text=_text(random, 10)),),
            root_causes=("a",),
        ),
        *(_planned(random, measure, who) for measure in (first, second)),
        *(facts.MeasureDone(measure_id=measure, done_on=_DAY, note=_text(random, 5)) for measure in (first, second)),
        facts.DeviationReviewed(reviewed_on=_DAY, forum=facts.Forum.PRACTICE_MEETING, note=_text(random, 8)),
        *(_evaluated(random, measure) for measure in (first, second)),
        facts.DeviationClosed(conclusion=_text(random, 10), lessons=None),
    ]


def _planned(random: Random, measure: UUID, owner: UUID) -> DomainEvent:
    kind, strength = facts.MeasureKind.CORRECTIVE, facts.MeasureStrength.STRONG
    return facts.MeasurePlanned(measure_id=measure, kind=kind, strength=strength, description=_text(random, 10), owner=owner, due=_DAY)


def _evaluated(random: Random, measure: UUID) -> DomainEvent:
    effective = {"effect": facts.Effect.EFFECTIVE, "previous": None, "evaluated_on": _DAY}
    return facts.MeasureEvaluated(measure_id=measure, note=_text(random, 6), **effective)


def _id(random: Random) -> UUID:
    return UUID(int=random.getrandbits(128), version=4)


def _text(random: Random, words: int) -> str:
    return " ".join(random.choice(_WORDS) for _ in range(words))
