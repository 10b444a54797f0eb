"""Field types of commands: what a person may type in, bounded and free of characters that no store can hold."""

from datetime import UTC, date, datetime
from typing import Annotated
from unicodedata import category

from pydantic import AfterValidator, AwareDatetime, StringConstraints
from pydantic_core import PydanticCustomError

EARLIEST, LATEST = date(2000, 1, 1), date(2100, 12, 31)
"""No date in a command may lie before the first or after the second day."""
_NOT_ON_A_LINE = frozenset({"Cc", "Cf", "Zl", "Zp"})
"""Unicode's control and format characters and its line and paragraph separators."""


_JOINERS = "\u200c\u200d"
"""Zero-width joiners: invisible, but what some emoji and scripts are made with."""


def _no_control(text: str) -> str:
    if any(category(character) == "Cc" and character not in "\n\t" for character in text):
        raise PydanticCustomError("text.control_character", "remove control characters such as NUL")
    return text


def _one_line(text: str) -> str:
    if any(category(character) in _NOT_ON_A_LINE and character not in _JOINERS for character in text):
        raise PydanticCustomError("text.not_one_line", "write it on one line, without invisible characters")
    return text


def _within_days(day: date) -> date:
    if day < EARLIEST:
        raise PydanticCustomError("date.too_early", "give a date from 2000 or later")
    if day > LATEST:
        raise PydanticCustomError("date.too_late", "give a date before 2101")
    return day


def _in_utc(moment: datetime) -> datetime:
    _within_days(moment.date())  # first: at the ends of the calendar the shift to UTC overflows
    return moment.astimezone(UTC)


Title = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=200),
    AfterValidator(_no_control),
    AfterValidator(_one_line),
]
"""One line, 1 to 200 characters, none of them invisible."""
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_no_control)]
"""A reason or note, 1 to 2,000 characters."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), AfterValidator(_no_control)]
"""A description, 1 to 10,000 characters."""
Day = Annotated[date, AfterValidator(_within_days)]
"""A calendar day from 2000 to 2100."""
Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
"""A moment with its offset from UTC, from 2000 to 2100; kept in UTC."""
