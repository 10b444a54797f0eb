"""What is answered of a duty, and how an answer is found to turn."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, timedelta
from enum import StrEnum

from read_side.regulations import Duty


class Compliance(StrEnum):
    """How a duty stands at an instant."""

    MET = "met"
    DUE_SOON = "due_soon"
    STALE = "stale"
    MISSING = "missing"
    NOT_APPLICABLE = "not_applicable"
    NOT_SHOWN = "not_shown"
    """This system cannot show it yet; never to be read as met."""


@dataclass(frozen=True, slots=True)
class Finding:
    """What an evaluator finds on a day: a status, why, and the events it rests on."""

    status: Compliance
    reason_no: str
    reason_en: str
    positions: tuple[int, ...] = ()
    edges: frozenset[date] = frozenset()
    """Days on which the status might become another one if nothing is recorded meanwhile.

    The duty is judged anew on each until it turns: an evaluator names the few that can be the next, not one a fact.
    """


@dataclass(frozen=True, slots=True)
class Answer:
    """How a duty stands, with its evidence, the rule it was judged by, and when that next turns by itself."""

    duty: Duty
    status: Compliance
    reason_no: str
    reason_en: str
    positions: tuple[int, ...]
    """Of the events it rests on, each once."""
    turns_on: date | None
    """First day on which the status differs if nothing is recorded meanwhile; None if it stays for as long as this wording applies."""
    turns_to: Compliance | None


SOON = timedelta(days=30)
"""How long before it goes stale a duty is due soon."""


def answer(duty: Duty, today: date, find: Callable[[date], Finding]) -> Answer:
    """The answer on `today`, with the next day on which `find` itself says something else."""
    finding = find(today)
    positions = tuple(dict.fromkeys(finding.positions))
    for day in sorted(edge for edge in finding.edges if edge > today and duty.in_force(edge)):
        later = find(day)
        if later.status is not finding.status:
            return Answer(duty, finding.status, finding.reason_no, finding.reason_en, positions, day, later.status)
    return Answer(duty, finding.status, finding.reason_no, finding.reason_en, positions, None, None)


@dataclass(frozen=True, slots=True)
class Freshness:
    """Whether evidence from a day is still fresh: met, due soon for the last 30 days, then stale."""

    status: Compliance
    stale_on: date
    edges: frozenset[date] = field(default=frozenset())


def freshness(evidence_day: date, fresh: timedelta, today: date) -> Freshness:
    """The freshness of evidence that holds for `fresh` from `evidence_day`, that many days inclusive."""
    return standing(evidence_day + fresh + timedelta(days=1), today)


def standing(stale_on: date, today: date) -> Freshness:
    """The freshness of what goes stale on a day."""
    soon_on = stale_on - SOON
    edges = frozenset({soon_on, stale_on})
    if today >= stale_on:
        return Freshness(Compliance.STALE, stale_on, edges)
    return Freshness(Compliance.DUE_SOON if today >= soon_on else Compliance.MET, stale_on, edges)


def oldest(evidence_days: Iterable[date], fresh: timedelta, today: date) -> Freshness | None:
    """The freshness of the oldest of several pieces of evidence, which no other is worse than on any day; None without any."""
    first = min(evidence_days, default=None)
    return None if first is None else freshness(first, fresh, today)
