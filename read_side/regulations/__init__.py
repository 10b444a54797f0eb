"""The duties of the regulations as data, each with the days on which its wording was in force."""

import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable


class Basis(StrEnum):
    """Who says so."""

    LAW = "law"
    NORM = "norm"
    PRACTICE_DEFAULT = "practice_default"


class Confidence(StrEnum):
    """How sure the wording is: A letter and text confirmed, B wording seen, C general knowledge."""

    A = "A"
    B = "B"
    C = "C"


@dataclass(frozen=True, slots=True)
class Duty:
    """A duty as one version of a regulation words it; a paraphrase, never the law's text."""

    regulation: str
    code: str
    """Section and letter, for instance `8f`."""
    title_no: str
    title_en: str
    text_no: str
    text_en: str
    basis: Basis
    confidence: Confidence
    effective_from: date
    effective_to: date | None
    """First day on which it no longer applies: as written, or that of the next wording."""
    fresh: timedelta | None
    """How long evidence stays fresh; None where due dates of the evidence itself decide."""
    fresh_basis: Basis | None
    shown_by: str | None
    """Evaluator that can show it; None where this system cannot yet."""
    limits: Mapping[str, float]
    """Further numbers that the evaluator judges by, all of them practice defaults: days, shares and counts by name."""

    @property
    def paragraph(self) -> str:
        """As one writes it: § 8 f."""
        number = self.code.rstrip("abcdefg")
        letter = self.code[len(number) :]
        return f"§ {number} {letter}".rstrip()

    def in_force(self, day: date) -> bool:
        """Did this wording apply on that day?"""
        return self.effective_from <= day and (self.effective_to is None or day < self.effective_to)


@cache
def all_duties() -> tuple[Duty, ...]:
    """Every version of every duty known, in the order of the regulations."""
    return read_duties(files("read_side.regulations"))


def read_duties(folder: Traversable) -> tuple[Duty, ...]:
    """Every version of every duty in the tables (`.toml`) of a folder."""
    written = [
        duty
        for entry in sorted(folder.iterdir(), key=lambda entry: entry.name)
        if entry.name.endswith(".toml")
        for duty in _parse(tomllib.loads(entry.read_text(encoding="utf-8")))
    ]
    return tuple(replace(duty, effective_to=_end(duty, written)) for duty in written)


def _end(duty: Duty, written: Iterable[Duty]) -> date | None:
    same = (other for other in written if (other.regulation, other.code) == (duty.regulation, duty.code))
    ends = [other.effective_from for other in same if other.effective_from > duty.effective_from]
    return min([*ends, *([duty.effective_to] if duty.effective_to else [])], default=None)


def duties_in_force(day: date, duties: Iterable[Duty] | None = None) -> list[Duty]:
    """The duties as they applied on a day, those of `all_duties` unless others are given."""
    return [duty for duty in (all_duties() if duties is None else duties) if duty.in_force(day)]


def _parse(regulation: dict[str, object]) -> Iterable[Duty]:
    entries = regulation["duty"]
    assert isinstance(entries, list)
    for entry in entries:
        days = entry.get("fresh_days")
        yield Duty(
            regulation=str(regulation["id"]),
            code=entry["code"],
            title_no=entry["title_no"],
            title_en=entry["title_en"],
            text_no=entry["text_no"],
            text_en=entry["text_en"],
            basis=Basis(entry["basis"]),
            confidence=Confidence(entry["confidence"]),
            effective_from=entry["effective_from"],
            effective_to=entry.get("effective_to"),
            fresh=timedelta(days=days) if days is not None else None,
            fresh_basis=Basis(entry["fresh_basis"]) if days is not None else None,
            shown_by=entry.get("shown_by"),
            limits=entry.get("limits", {}),
        )
