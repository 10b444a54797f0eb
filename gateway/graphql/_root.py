"""The practice as the root of every answer: it carries the view that everything below it is read through."""

from datetime import date as Day  # noqa: N812 -- the input below has a field called date
from datetime import datetime, time

import strawberry

from events._base import OSLO
from gateway.graphql._reader import Reader
from gateway.graphql._types import field
from gateway.problems import ProblemError
from read_side._as_of import AsOf


@strawberry.type
class PracticeRoot:
    """What each capability's part of `Practice` begins with."""

    reader: strawberry.Private[Reader]


@strawberry.type
class PracticeHead(PracticeRoot):
    """Which practice, and which state of its record."""

    @field("The practice's id.")
    def id(self) -> strawberry.ID:
        return strawberry.ID(self.reader.view.practice)

    @field("Position of the last event that this answer includes.")
    def position(self) -> int:
        return self.reader.view.position

    @field("The instant asked about: now, or the one given by `asOf`. Lateness is judged at this instant.")
    def as_of(self) -> datetime:
        return self.reader.view.time

    @field("Whether an earlier state was asked for.")
    def historical(self) -> bool:
        return self.reader.view.historical

    @field("Position of the last event that the read models include.")
    def latest_position(self) -> int:
        return self.reader.view.latest


@strawberry.input(description="An earlier state of the record; give exactly one.")
class AsOfInput:
    """An earlier state of the record."""

    position: int | None = strawberry.field(default=None, description="As it stood after the event at this position.")
    time: datetime | None = strawberry.field(default=None, description="As it had been recorded at this moment.")
    date: Day | None = strawberry.field(
        default=None, description="As it had been recorded at the end of this day in Norway, or by now if it is not over."
    )


def state_asked_for(asked: AsOfInput, now: datetime) -> AsOf:
    """The state asked for; ProblemError unless exactly one thing is given."""
    given = [value for value in (asked.position, asked.time, asked.date) if value is not None]
    if len(given) != 1:
        raise ProblemError(422, "as_of.ambiguous")
    if asked.position is not None:
        return AsOf(position=asked.position)
    if asked.time is not None:
        return AsOf(time=asked.time)
    assert asked.date is not None
    return AsOf(time=_end_of_day(asked.date, now))


def _end_of_day(day: Day, now: datetime) -> datetime:
    """The end of a day in Norway; now, for the day that is not over."""
    if day == now.astimezone(OSLO).date():
        return now
    return datetime.combine(day, time.max, OSLO)
