"""Field types of commands: what a person may type in, bounded and free of characters that no store can hold."""

from datetime import UTC, date, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, StringConstraints
from pydantic_core import PydanticCustomError

EARLIEST = date(2000, 1, 1)
"""No date in a command may lie before this day."""


def _no_control(text: str) -> str:
    if any(character < " " and character not in "\n\t" for character in text):
        raise PydanticCustomError("text.control_character", "remove control characters such as NUL")
    return text


def _not_before_2000(day: date) -> date:
    if day < EARLIEST:
        raise PydanticCustomError("date.too_early", "give a date from 2000 or later")
    return day


def _moment_not_before_2000(moment: datetime) -> datetime:
    _not_before_2000(moment.date())
    return moment.astimezone(UTC)


Title = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=200), AfterValidator(_no_control)]
"""One line, 1 to 200 characters."""
Note = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2_000), AfterValidator(_no_control)]
"""A reason or note, 1 to 2,000 characters."""
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=10_000), AfterValidator(_no_control)]
"""A description, 1 to 10,000 characters."""
Day = Annotated[date, AfterValidator(_not_before_2000)]
"""A calendar day, not before 2000."""
Instant = Annotated[AwareDatetime, AfterValidator(_moment_not_before_2000)]
"""A moment with its offset from UTC, not before 2000; kept in UTC."""
