"""When recurring work falls due: schedules, pauses, and the plan that they make together.

Both sides ask here, so that the days the scheduler makes and the days a reader is shown cannot differ.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import lru_cache
from itertools import takewhile, zip_longest

from dateutil.relativedelta import relativedelta

from events._base import Value
from events._rrule import RecurrenceRule, parse_rule

DAY = timedelta(days=1)


class MissingDay(StrEnum):
    """What a rule gives in a month that lacks its day, such as the 31st in April."""

    LAST_DAY = "last_day"
    """The month's last day (SKIP=BACKWARD of RFC 7529)."""
    OMIT = "omit"
    """Nothing (RFC 5545)."""


class TemplateStatus(StrEnum):
    """Whether a recurring task gives occurrences on a day."""

    AWAITING_SETUP = "awaiting_setup"
    ACTIVE = "active"
    PAUSED = "paused"
    ENDED = "ended"


class Schedule(Value):
    """From `starts_on`: either a rule of RFC 5545, or a number of months after it was last done."""

    starts_on: date
    """The rule's DTSTART: it gives its first fitting day on or after this one. Or the first due date."""
    rule: str | None = None
    missing_day: MissingDay = MissingDay.LAST_DAY
    months_after_done: int | None = None

    def days(self, first: date, last: date) -> list[date]:
        """Days of a rule from `first` to `last`, both included; none for one that waits until it is done."""
        if self.rule is None or last < first:
            return []
        found = _parsed(self.rule).days(self.starts_on, first, last_day_for_missing=self.missing_day is MissingDay.LAST_DAY)
        return list(takewhile(lambda day: day <= last, found))

    def first_from(self, day: date) -> date | None:
        """The first day of a rule on or after `day`; None when it has none left, or is no rule."""
        if self.rule is None:
            return None
        return _first_from(self.rule, self.starts_on, day, self.missing_day is MissingDay.LAST_DAY)


@lru_cache(maxsize=2_000)
def _parsed(rule: str) -> RecurrenceRule:
    return parse_rule(rule)


@lru_cache(maxsize=20_000)
def _first_from(rule: str, starts_on: date, day: date, clamp: bool) -> date | None:
    return next(_parsed(rule).days(starts_on, day, last_day_for_missing=clamp), None)


class Pause(Value):
    """Days without occurrences, both included; without `until`, until it is resumed."""

    from_day: date
    until: date | None = None

    def covers(self, day: date) -> bool:
        return self.from_day <= day and (self.until is None or day <= self.until)

    def overlaps(self, other: "Pause") -> bool:
        return self.from_day <= (other.until or date.max) and other.from_day <= (self.until or date.max)


@dataclass(frozen=True, slots=True)
class Plan:
    """The plan of a recurring task as it stands: which days it gives, whatever has been made of them."""

    schedules: tuple[Schedule, ...] = ()
    """By `starts_on`; each holds until the next one starts."""
    pauses: tuple[Pause, ...] = ()
    started_on: date | None = None
    """No day before it counts; None while the task that sets it up is not done."""
    ended_after: date | None = None
    """Last day that it may give."""

    def with_schedule(self, schedule: Schedule) -> "Plan":
        """The plan with a new schedule from its first day on; later ones that were announced give way."""
        kept = (earlier for earlier in self.schedules if earlier.starts_on < schedule.starts_on)
        return replace(self, schedules=(*kept, schedule))

    def with_pause(self, pause: Pause) -> "Plan":
        """The plan with a pause added."""
        return replace(self, pauses=(*self.pauses, pause))

    def resumed(self, day: date) -> "Plan":
        """The plan with pauses that cover `day` cut off before it."""
        cut = (Pause(from_day=pause.from_day, until=day - DAY) if pause.covers(day) else pause for pause in self.pauses)
        return replace(self, pauses=tuple(pause for pause in cut if pause.until is None or pause.until >= pause.from_day))

    def status(self, day: date) -> TemplateStatus:
        """Whether it gives occurrences on `day`."""
        if self.ended_after is not None and day > self.ended_after:
            return TemplateStatus.ENDED
        if self.started_on is None:
            return TemplateStatus.AWAITING_SETUP
        return TemplateStatus.PAUSED if self._pause(day) else TemplateStatus.ACTIVE

    def schedule_on(self, day: date) -> Schedule | None:
        """The schedule that holds on `day`."""
        return next((schedule for schedule in reversed(self.schedules) if schedule.starts_on <= day), None)

    def days(self, first: date, last: date) -> list[date]:
        """Days that rules give from `first` to `last`, both included, ascending."""
        found = (day for schedule, begin, end in self._stretches(first, last) for day in schedule.days(begin, end))
        return [day for day in found if not self._pause(day)]

    def next_day(self, first: date) -> date | None:
        """The first day on or after `first` that a rule gives; None when there is none."""
        for schedule, begin, end in self._stretches(first, date.max):
            day = schedule.first_from(begin)
            while day is not None and day <= end:
                pause = self._pause(day)
                if pause is None:
                    return day
                day = schedule.first_from(pause.until + DAY) if pause.until else None
        return None

    def next_after_done(self, last_due: date | None, last_done: date | None) -> date | None:
        """When it is due again under a schedule that counts from when it was last done; None if none does.

        `last_due` is the day of the latest occurrence and `last_done` when that one was done; one that was skipped or
        cancelled counts from its day. The answer always lies after `last_due`, so the chain cannot stop.
        """
        for schedule, _, end in self._stretches(date.min, date.max):
            if schedule.months_after_done is not None and (last_due is None or last_due <= end):
                due = self._past_pauses(self._due_again(schedule, schedule.months_after_done, last_due, last_done))
                if due is not None and due <= end:
                    return due
        return None

    def contains(self, day: date) -> bool:
        """Whether an occurrence on `day` belongs to the plan as it stands; a pause takes none back."""
        schedule = self.schedule_on(day)
        if schedule is None or self.started_on is None or day < self.started_on or (self.ended_after and day > self.ended_after):
            return False
        return schedule.months_after_done is not None or schedule.first_from(day) == day

    def gives(self, day: date) -> bool:
        """Whether an occurrence may be made for `day`: it belongs to the plan, and no pause covers it."""
        return self.contains(day) and not self._pause(day)

    def _pause(self, day: date) -> Pause | None:
        return next((pause for pause in self.pauses if pause.covers(day)), None)

    def _due_again(self, schedule: Schedule, months: int, last_due: date | None, last_done: date | None) -> date:
        if last_due is None or last_due < schedule.starts_on:
            assert self.started_on is not None
            return schedule.starts_on if schedule.starts_on >= self.started_on else _months_later(self.started_on, months)
        steps = 1
        while (due := _months_later(last_done or last_due, months * steps)) <= last_due:
            steps += 1
        return due

    def _past_pauses(self, due: date) -> date | None:
        while (pause := self._pause(due)) is not None:
            if pause.until is None:
                return None
            due = pause.until + DAY
        return due

    def _stretches(self, first: date, last: date) -> Iterator[tuple[Schedule, date, date]]:
        """Each schedule with the days, between `first` and `last`, on which it holds."""
        if self.started_on is None:
            return
        first = max(first, self.started_on)
        last = min(last, self.ended_after or last)
        for schedule, following in zip_longest(self.schedules, self.schedules[1:]):
            begin = max(first, schedule.starts_on)
            end = min(last, following.starts_on - DAY) if following else last
            if begin <= end:
                yield schedule, begin, end


def _months_later(day: date, months: int) -> date:
    """The same day of a later month, or that month's last day."""
    return day + relativedelta(months=months)
