"""The language of a page: which one, its sentences, and how it writes dates and numbers."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Any

from babel import Locale
from babel.dates import format_date, format_datetime
from babel.numbers import format_decimal, format_percent

from events._base import OSLO
from gateway.problems import Language, preferred_language

_UNBROKEN = "\N{NO-BREAK SPACE}"


def choose_language(asked: str | None, remembered: str | None, accepts: str | None) -> Language:
    """The language asked for, else the one remembered, else the first that the browser accepts, else bokmål."""
    for name in (asked, remembered):
        if name in set(Language):
            return Language(name)
    return preferred_language(accepts, Language.NORWEGIAN)


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every sentence of a language, by dotted key."""
    source = files("gateway.web") / "messages" / f"{language.value}.toml"
    return dict(_flat(tomllib.loads(source.read_text(encoding="utf-8"))))


def _flat(table: Mapping[str, Any], prefix: str = "") -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    for name, value in table.items():
        found += _flat(value, f"{prefix}{name}.") if isinstance(value, dict) else [(prefix + name, value)]
    return found


@dataclass(frozen=True, slots=True)
class Speech:
    """One language's sentences and formats, as the templates and charts use them. Times are shown in Oslo's."""

    language: Language

    @property
    def _locale(self) -> Locale:
        return Locale.parse({Language.NORWEGIAN: "nb_NO", Language.ENGLISH: "en_GB"}[self.language])

    def text(self, key: str, /, **values: Any) -> str:
        """The sentence under `key` with its values put in; KeyError for a key that no catalogue has."""
        sentence = catalogue(self.language)[key]
        return sentence.format(**values) if values else sentence

    def count(self, key: str, n: int, /, **values: Any) -> str:
        """The sentence for that many: `<key>.one` or `<key>.other`."""
        return self.text(f"{key}.{self._locale.plural_form(n)}", n=self.number(n), **values)

    def name(self, value: StrEnum) -> str:
        """What a value of an enumeration is called."""
        return self.text(f"name.{type(value).__name__}.{value.value}")

    def day(self, day: date) -> str:
        """A day, written out: 3. mars 2026."""
        return format_date(day, "long", self._locale)

    def short_day(self, day: date) -> str:
        """A day in a table: 3. mars 2026, 3 Mar 2026."""
        return format_date(day, "medium", self._locale).replace(" ", _UNBROKEN)

    def month(self, first: date) -> str:
        """A month: mars 2026."""
        return format_date(first, "LLL yyyy", self._locale)

    def moment(self, instant: datetime) -> str:
        """A moment to the minute."""
        pattern = {Language.NORWEGIAN: "d. MMMM yyyy 'kl.' HH:mm", Language.ENGLISH: "d MMMM yyyy, HH:mm"}[self.language]
        return format_datetime(instant, pattern, tzinfo=OSLO, locale=self._locale)

    def number(self, value: float) -> str:
        """A number with at most one decimal."""
        return format_decimal(value, "#,##0.#", self._locale)

    def percent(self, share: float) -> str:
        """A share of one, in whole percent."""
        return format_percent(share, locale=self._locale)

    def days(self, duration: timedelta | float) -> str:
        """A duration in days."""
        days = duration / timedelta(days=1) if isinstance(duration, timedelta) else duration
        shown = round(days, 1)
        return self.text(f"unit.days.{'one' if shown == 1 else 'other'}", n=self.number(shown)).replace(" ", _UNBROKEN)
