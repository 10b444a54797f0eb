"""What functions, areas and days are called in the reasons of an answer, in Norwegian and English."""

from collections.abc import Iterable, Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

from babel.dates import format_date

from events._function import Function
from events.risk_assessment import Area

T = TypeVar("T")

FUNCTIONS: Mapping[Function, tuple[str, str]] = {
    Function.GENERAL_MANAGER: ("daglig leder", "general manager"),
    Function.QUALITY_LEAD: ("kvalitetsansvarlig", "quality lead"),
    Function.HSE_LEAD: ("HMS-ansvarlig", "HSE lead"),
    Function.DATA_CONTROLLER_LEAD: ("dataansvarlig", "data controller lead"),
    Function.EQUIPMENT_LEAD: ("utstyrsansvarlig", "equipment lead"),
    Function.CLINICAL_LEAD: ("faglig leder", "clinical lead"),
}
AREAS: Mapping[Area, tuple[str, str]] = {
    Area.INFORMATION_SECURITY: ("informasjonssikkerhet", "information security"),
    Area.ELECTRO_MEDICAL_EQUIPMENT: ("elektromedisinsk utstyr", "electro-medical equipment"),
}


def listed(things: Iterable[T], labels: Mapping[T, tuple[str, str]]) -> tuple[str, str]:
    """The labels of things, joined, in Norwegian and in English."""
    norwegian, english = zip(*(labels[thing] for thing in things), strict=True)
    return ", ".join(norwegian), ", ".join(english)


@lru_cache(maxsize=2_000)
def told(day: date) -> tuple[str, str]:
    """A day, written out in Norwegian and in English."""
    return format_date(day, "long", "nb"), format_date(day, "long", "en_GB")
