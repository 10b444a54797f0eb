"""Dates, moments and ids that come in: told how they are written, and dates held to the years that commands are held to."""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, TypeVar
from uuid import UUID

from dateutil.parser import isoparse
from strawberry.exceptions import StrawberryInputCoercionError
from strawberry.types.scalar import ScalarDefinition

from gateway.problems import ProblemError
from write_side._text import EARLIEST, LATEST

T = TypeVar("T")


def _day(value: object) -> date:
    day: date = _parsed(value, date.fromisoformat, "day such as 2026-03-02")
    _require_within(day)
    return day


def _moment(value: object) -> datetime:
    form = "moment with its offset, such as 2026-03-02T09:15:00+01:00"
    moment: datetime = _parsed(value, isoparse, form)
    if moment.tzinfo is None:
        raise _unlike(form, value)
    _require_within(moment.date())
    return moment


def _id(value: object) -> UUID:
    return _parsed(value, UUID, "UUID such as 0192f3a1-5b7c-7d21-9c4e-3f8a6b2d1e50")


def _parsed(value: Any, parse: Callable[[str], T], form: str) -> T:
    try:
        return parse(value)
    except (ValueError, TypeError, AttributeError, OverflowError):
        raise _unlike(form, value) from None


def _unlike(form: str, value: object) -> StrawberryInputCoercionError:
    return StrawberryInputCoercionError(f"Expected a {form}, got {value!r}.")


def _require_within(day: date) -> None:
    if day < EARLIEST:
        raise ProblemError(422, "date.too_early")
    if day > LATEST:
        raise ProblemError(422, "date.too_late")


def _scalar(origin: type[Any], name: str, description: str, parse: Any, serialize: Callable[[Any], str]) -> ScalarDefinition:
    return ScalarDefinition(
        name=name,
        description=description,
        specified_by_url=None,
        serialize=serialize,
        parse_value=parse,
        parse_literal=None,
        origin=origin,
    )


_MOMENT = "A moment with its offset, as in 2026-03-02T09:15:00+01:00; between 2000 and 2100 when it comes in."
SCALARS: Mapping[object, ScalarDefinition] = {
    date: _scalar(date, "Date", "A day, as in 2026-03-02; one that comes in lies between 2000 and 2100.", _day, date.isoformat),
    datetime: _scalar(datetime, "DateTime", _MOMENT, _moment, datetime.isoformat),
    UUID: _scalar(UUID, "UUID", "An id, as in 0192f3a1-5b7c-7d21-9c4e-3f8a6b2d1e50.", _id, str),
}
