"""A simulated calendar: what happens next is on an agenda, and each happening may put commands and further ones on it."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from math import exp, log
from random import Random
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, UUID, uuid5

from events._base import OSLO
from write_side._decider import Command

T = TypeVar("T")

SCHEDULER = "system:scheduler"
"""Actor of what the clock brings."""


@dataclass(frozen=True, slots=True)
class Step:
    """A command that somebody gives at a moment; the id makes it happen once however often it is run."""

    at: datetime
    actor: str
    command: Command
    command_id: UUID


@dataclass
class Simulation:
    """An agenda from `start` to `end`. The same practice, seed and days give the same steps."""

    practice: str
    seed: int
    start: date
    end: date
    steps: list[Step] = field(default_factory=list)
    truth: dict[str, list[dict[str, Any]]] = field(default_factory=lambda: {"incidents": [], "measures": []})
    _agenda: list[tuple[datetime, int, Callable[[datetime], None]]] = field(default_factory=list)
    _count: int = 0

    def random(self, part: str) -> Random:
        """The dice of one part; parts do not disturb each other."""
        return Random(f"{self.seed}/{self.practice}/{part}")

    def on(self, when: datetime, happens: Callable[[datetime], None]) -> None:
        """Put something on the agenda; what lies after the end never happens."""
        if when.astimezone(OSLO).date() < self.end:
            self._count += 1
            heapq.heappush(self._agenda, (when, self._count, happens))

    def give(self, at: datetime, actor: UUID | str, command: Command, command_id: UUID | None = None) -> UUID:
        """Somebody gives a command now; answers the id of the thing that it makes, if it makes one."""
        chosen = command_id or uuid5(NAMESPACE_URL, f"sporbar/{self.seed}/{self.practice}/{len(self.steps)}")
        self.steps.append(Step(at, str(actor), command, chosen))
        return uuid5(chosen, "")

    def run(self) -> list[Step]:
        """Let everything on the agenda happen, in order."""
        while self._agenda:
            when, _, happens = heapq.heappop(self._agenda)
            happens(when)
        return self.steps


def workday(day: date) -> date:
    """That day, or the Monday after a weekend."""
    return day + timedelta(days=max(0, 7 - day.weekday()) if day.weekday() >= 5 else 0)


def moment(dice: Random, day: date, first: float = 8.0, last: float = 15.5) -> datetime:
    """A moment within office hours on that day, or on the Monday after."""
    minutes = dice.uniform(first, last) * 60
    local = datetime.combine(workday(day), time(0), tzinfo=OSLO) + timedelta(minutes=int(minutes), milliseconds=dice.randrange(60_000))
    return local.astimezone(UTC)


def after(dice: Random, at: datetime, days: float) -> datetime:
    """A moment in office hours some days later; later the same day for less than one."""
    target = at + timedelta(days=days)
    local = target.astimezone(OSLO)
    if local.weekday() < 5 and 8 <= local.hour < 16:
        return target
    following = local.date() + timedelta(days=1 if local.hour >= 16 else 0)
    return max(moment(dice, following), at + timedelta(minutes=1))


def days_around(dice: Random, median: float, ninetieth: float) -> float:
    """Lognormal days, by median and 90th percentile."""
    return dice.lognormvariate(log(median), log(ninetieth / median) / 1.2816)


def weighted(dice: Random, weights: dict[T, float]) -> T:
    """One of the keys, by weight."""
    return dice.choices(list(weights), list(weights.values()))[0]


def zipf(dice: Random, items: Sequence[T]) -> T:
    """One of the items, the n-th with weight 1/n."""
    return dice.choices(items, [1 / (n + 1) for n in range(len(items))])[0]


def poisson(dice: Random, mean: float) -> int:
    """A Poisson count (Knuth), for means below some dozens."""
    limit, count, product = exp(-mean), 0, dice.random()
    while product > limit:
        count += 1
        product *= dice.random()
    return count


def overdispersed(dice: Random, mean: float, k: float = 2.0) -> int:
    """A negative binomial count, as a Poisson whose mean is gamma distributed."""
    return poisson(dice, dice.gammavariate(k, mean / k)) if mean > 0 else 0
