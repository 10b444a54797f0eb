"""Recurrence rules of RFC 5545 § 3.3.10 for whole days, expanded by python-dateutil.

A rule is text, `FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,TH`, without DTSTART; its days are days in Norway, so no clock and no
daylight saving can move them. What a rule may say is narrower than the RFC: nothing finer than a day, no part where
the RFC forbids it, and nothing that could make the search for its next day run without end.
"""

import re
from calendar import monthrange
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import dropwhile, islice, takewhile
from typing import Any, Literal

from dateutil.rrule import DAILY, MONTHLY, WEEKLY, YEARLY, rrule, weekday

from events._base import OSLO

_FREQUENCIES: dict[str, Literal[0, 1, 2, 3]] = {"DAILY": DAILY, "WEEKLY": WEEKLY, "MONTHLY": MONTHLY, "YEARLY": YEARLY}
_TOO_FREQUENT = ("SECONDLY", "MINUTELY", "HOURLY")
_CYCLE, _LATEST_BEGIN = 400, 9899
_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_LONGEST = dict(zip(range(1, 13), (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31), strict=True))

MAX_LENGTH = 200
"""Characters of a rule's text."""
MAX_COUNT = 1_000
MAX_INTERVAL = 999


class BadRule(ValueError):
    """A rule that cannot be used; `code` says why, `details` where."""

    def __init__(self, code: str, **details: str) -> None:
        super().__init__(f"{code} {details}")
        self.code = code
        self.details = details


@dataclass(frozen=True, slots=True)
class RecurrenceRule:
    """A parsed rule; empty parts are those it does not name."""

    freq: str
    interval: int = 1
    count: int | None = None
    until: date | None = None
    """Last day that it may give."""
    by_day: tuple[tuple[int, str], ...] = ()
    """(ordinal or 0, weekday): (-1, "FR") is the last Friday of the period."""
    by_month_day: tuple[int, ...] = ()
    by_year_day: tuple[int, ...] = ()
    by_week: tuple[int, ...] = ()
    by_month: tuple[int, ...] = ()
    by_position: tuple[int, ...] = ()
    week_start: str = "MO"

    def days(self, starts_on: date, first: date, *, last_day_for_missing: bool) -> Iterator[date]:
        """Its days from `first` on when it starts on `starts_on`, ascending, without doubles.

        A month that lacks the day asked for (the 31st in April, 29 February) gives its last day if
        `last_day_for_missing` (SKIP=BACKWARD of RFC 7529), and none otherwise (RFC 5545).
        """
        rule = self._explicit(starts_on)
        clamp = last_day_for_missing and rule._is_by_day_of_month
        begin = rule._near(starts_on, first)
        found = rule._in_weeks(begin) if rule.by_week else rule._clamped(begin) if clamp else rule._exact(begin)
        if self.until is not None:
            until = self.until
            found = takewhile(lambda day: day <= until, found)
        return dropwhile(lambda day: day < first, islice(found, self.count))

    def _explicit(self, starts_on: date) -> "RecurrenceRule":
        """The rule with what it leaves to its first day written out (RFC 5545: derived from DTSTART)."""
        if self.by_day or self.by_month_day or self.by_year_day or self.freq == "DAILY":
            return self
        if self.freq == "WEEKLY" or self.by_week:
            return replace(self, by_day=((0, _WEEKDAYS[starts_on.weekday()]),))
        months = self.by_month or ((starts_on.month,) if self.freq == "YEARLY" else ())
        return replace(self, by_month=months, by_month_day=(starts_on.day,))

    def _near(self, starts_on: date, day: date) -> date:
        """A beginning that gives the same days from `day` on, as late as can be: looking through the past takes time."""
        if self.count is not None or day <= starts_on:
            return starts_on
        if self.freq in ("DAILY", "WEEKLY"):
            step = self.interval * (7 if self.freq == "WEEKLY" else 1)
            return starts_on + timedelta(days=(day - starts_on).days // step * step)
        months = (day.year - starts_on.year) * 12 + (day.month - starts_on.month if self.freq == "MONTHLY" else 0)
        step = self.interval * (1 if self.freq == "MONTHLY" else 12)
        year, month = divmod(starts_on.year * 12 + (starts_on.month - 1 if self.freq == "MONTHLY" else 0) + months // step * step, 12)
        return max(starts_on, date(year, month + 1, 1))

    @property
    def _is_by_day_of_month(self) -> bool:
        return self.freq in ("MONTHLY", "YEARLY") and not (self.by_day or self.by_year_day or self.by_week or self.by_position)

    def _exact(self, begin: date) -> Iterator[date]:
        return _expand(
            self,
            begin,
            bymonth=self.by_month or None,
            bymonthday=self.by_month_day or None,
            byyearday=self.by_year_day or None,
            bysetpos=self.by_position or None,
            byweekday=self._weekdays,
        )

    @property
    def _weekdays(self) -> list[weekday] | None:
        return [weekday(_WEEKDAYS.index(name), ordinal or None) for ordinal, name in self.by_day] or None

    def _in_weeks(self, begin: date) -> Iterator[date]:
        """Days of ISO weeks; python-dateutil's BYWEEKNO misses some that lie in the first days of January."""
        for day in _expand(RecurrenceRule("WEEKLY"), begin, byweekday=self._weekdays):
            year, week, _ = day.isocalendar()
            from_the_end = week - date(year, 12, 28).isocalendar().week - 1
            if (year - begin.year) % self.interval == 0 and (week in self.by_week or from_the_end in self.by_week):
                yield day

    def _clamped(self, begin: date) -> Iterator[date]:
        for month in _expand(self, begin.replace(day=1), bymonth=self.by_month or None, bymonthday=1):
            last = monthrange(month.year, month.month)[1]
            for day in sorted({min(day, last) if day > 0 else last + 1 + day for day in self.by_month_day}):
                if day >= 1 and (found := month.replace(day=day)) >= begin:
                    yield found


def _expand(rule: RecurrenceRule, begin: date, **parts: Any) -> Iterator[date]:
    """Days by python-dateutil, for 100 to 500 years.

    It looks for the next day up to the year 9999, which takes seconds when there is none. The calendar repeats itself
    every 400 years, weekdays included, so the rule is expanded in the last such cycles and its days brought back.
    """
    years = (_LATEST_BEGIN - begin.year) // _CYCLE * _CYCLE
    start = datetime.combine(begin.replace(year=begin.year + years), time())
    week_start = _WEEKDAYS.index(rule.week_start)
    for moment in rrule(_FREQUENCIES[rule.freq], dtstart=start, interval=rule.interval, wkst=week_start, **parts):
        yield moment.date().replace(year=moment.year - years)


def parse_rule(text: str) -> RecurrenceRule:
    """The rule that a text says; raises BadRule."""
    if len(text) > MAX_LENGTH:
        raise BadRule("recurrence.unreadable", part=text[:20])
    parts: dict[str, str] = {}
    for part in text.strip().upper().removeprefix("RRULE:").removesuffix(";").split(";"):
        name, equals, value = part.partition("=")
        if not equals or name in parts or name not in _READ:
            raise BadRule("recurrence.unreadable", part=part)
        parts[name] = value
    rule = RecurrenceRule(**{_READ[name][0]: _read(name, value) for name, value in ({"FREQ": ""} | parts).items()})
    _require_parts_that_fit(rule, parts)
    _require_days_that_exist(rule)
    return rule


def write_rule(rule: RecurrenceRule) -> str:
    """The rule as text in one fixed order, with what is the default left out."""
    by_day = ",".join(f"{ordinal or ''}{name}" for ordinal, name in rule.by_day)
    parts = {
        "FREQ": rule.freq,
        "INTERVAL": str(rule.interval) if rule.interval > 1 else "",
        "COUNT": str(rule.count or ""),
        "UNTIL": f"{rule.until:%Y%m%d}" if rule.until else "",
        "BYMONTH": _joined(rule.by_month),
        "BYWEEKNO": _joined(rule.by_week),
        "BYYEARDAY": _joined(rule.by_year_day),
        "BYMONTHDAY": _joined(rule.by_month_day),
        "BYDAY": by_day,
        "BYSETPOS": _joined(rule.by_position),
        "WKST": rule.week_start if rule.week_start != "MO" else "",
    }
    return ";".join(f"{name}={value}" for name, value in parts.items() if value)


def _joined(numbers: tuple[int, ...]) -> str:
    return ",".join(map(str, numbers))


def _read(name: str, value: str) -> Any:
    try:
        return _READ[name][1](value)
    except ValueError as error:
        if isinstance(error, BadRule):
            raise
        raise BadRule("recurrence.unreadable", part=f"{name}={value}") from None


def _frequency(value: str) -> str:
    if value in _TOO_FREQUENT:
        raise BadRule("recurrence.too_frequent", freq=value)
    if value not in _FREQUENCIES:
        raise ValueError(value)
    return value


def _number(lowest: int, highest: int, *, negative: bool = False) -> Callable[[str], int]:
    def read(value: str) -> int:
        if not re.fullmatch(r"[+-]?[0-9]{1,4}", value):
            raise ValueError(value)
        number = int(value)
        if not (lowest <= number <= highest or (negative and lowest <= -number <= highest)):
            raise ValueError(value)
        return number

    return read


def _numbers(lowest: int, highest: int, *, negative: bool = False) -> Callable[[str], tuple[int, ...]]:
    one = _number(lowest, highest, negative=negative)
    return lambda value: tuple(sorted({one(item) for item in value.split(",")}))


def _until(value: str) -> date:
    match = re.fullmatch(r"(2[0-9]{7})(?:T([0-9]{6})(Z?))?", value)
    if match is None:
        raise ValueError(value)
    day, clock, utc = match.groups()
    moment = datetime.strptime(day + (clock or "000000"), "%Y%m%d%H%M%S").replace(tzinfo=UTC if utc else OSLO)
    return moment.astimezone(OSLO).date()


def _weekday(value: str) -> str:
    if value not in _WEEKDAYS:
        raise ValueError(value)
    return value


def _weekdays(value: str) -> tuple[tuple[int, str], ...]:
    found = set()
    for item in value.split(","):
        ordinal, name = item[:-2], _weekday(item[-2:])
        found.add((_number(1, 53, negative=True)(ordinal) if ordinal else 0, name))
    return tuple(sorted(found, key=lambda day: (day[0], _WEEKDAYS.index(day[1]))))


_READ: dict[str, tuple[str, Callable[[str], Any]]] = {
    "FREQ": ("freq", _frequency),
    "INTERVAL": ("interval", _number(1, MAX_INTERVAL)),
    "COUNT": ("count", _number(1, MAX_COUNT)),
    "UNTIL": ("until", _until),
    "BYDAY": ("by_day", _weekdays),
    "BYMONTHDAY": ("by_month_day", _numbers(1, 31, negative=True)),
    "BYYEARDAY": ("by_year_day", _numbers(1, 366, negative=True)),
    "BYWEEKNO": ("by_week", _numbers(1, 53, negative=True)),
    "BYMONTH": ("by_month", _numbers(1, 12)),
    "BYSETPOS": ("by_position", _numbers(1, 366, negative=True)),
    "WKST": ("week_start", _weekday),
}

_NOT_WITH = {
    "DAILY": {"BYYEARDAY", "BYWEEKNO", "BYSETPOS"},
    "WEEKLY": {"BYYEARDAY", "BYWEEKNO", "BYMONTHDAY"},
    "MONTHLY": {"BYYEARDAY", "BYWEEKNO"},
    "YEARLY": set[str](),
}
"""Parts that the RFC does not allow with a frequency (its table on page 44), and BYSETPOS among the one day of a day.
With BYWEEKNO only BYDAY makes sense."""


def _require_parts_that_fit(rule: RecurrenceRule, parts: dict[str, str]) -> None:
    for name in sorted(_NOT_WITH[rule.freq] & set(parts)):
        raise BadRule("recurrence.part_not_allowed", part=name, freq=rule.freq)
    for name in sorted({"BYMONTH", "BYMONTHDAY", "BYYEARDAY", "BYSETPOS", "WKST"} & set(parts) if rule.by_week else ()):
        raise BadRule("recurrence.part_not_allowed", part=name, freq="BYWEEKNO")
    if any(ordinal for ordinal, _ in rule.by_day) and (rule.freq in ("DAILY", "WEEKLY") or rule.by_week):
        raise BadRule("recurrence.part_not_allowed", part="BYDAY", freq=rule.freq)
    if rule.by_position and not (rule.by_day or rule.by_month_day or rule.by_year_day or rule.by_week or rule.by_month):
        raise BadRule("recurrence.part_not_allowed", part="BYSETPOS", freq=rule.freq)
    if rule.count is not None and rule.until is not None:
        raise BadRule("recurrence.count_and_until")


def _require_days_that_exist(rule: RecurrenceRule) -> None:
    """Refuse what can be seen to give no day at all, such as 30 February, without the search."""
    months = rule.by_month or tuple(_LONGEST)
    if rule.by_month_day and not any(abs(day) <= _LONGEST[month] for day in rule.by_month_day for month in months):
        raise BadRule("recurrence.never")
    if rule.freq == "WEEKLY" and any(abs(position) > max(1, len(rule.by_day)) for position in rule.by_position):
        raise BadRule("recurrence.never")
