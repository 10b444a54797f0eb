"""Dates and moments that come in, held to the years that commands are held to."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar

from dateutil.parser import isoparse
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from gateway.problems import ProblemError
from write_side._text import EARLIEST, LATEST

T = TypeVar("T")


def _day(value: object) -> date:
    day: date = _parsed(value, date.fromisoformat, "Date")
    _require_within(day)
    return day


def _moment(value: object) -> datetime:
    moment: datetime = _parsed(value, isoparse, "DateTime")
    _require_within(moment.date())
    return moment


def _parsed(value: Any, parse: Callable[[str], T], name: str) -> T:
    try:
        return parse(value)
    except (ValueError, TypeError, OverflowError):
        raise StrawberryInputCoercionError(f"Value cannot represent a {name}: {value!r}.") from None


def _require_within(day: date) -> None:
    if day < EARLIEST:
        raise ProblemError(422, "date.too_early")
    if day > LATEST:
        raise ProblemError(422, "date.too_late")


def _scalar(origin: type[date], name: str, description: str, parse: Any) -> ScalarDefinition:
    return ScalarDefinition(
        name=name,
        description=description,
        specified_by_url=None,
        serialize=origin.isoformat,
        parse_value=parse,
        parse_literal=None,
        origin=origin,
    )


SCALARS: Mapping[object, ScalarDefinition] = {
    date: _scalar(date, "Date", "A day, as in 2026-03-02; one that comes in lies between 2000 and 2100.", _day),
    datetime: _scalar(datetime, "DateTime", "A moment, as in 2026-03-02T09:15:00+01:00; between 2000 and 2100 when it comes in.", _moment),
}
