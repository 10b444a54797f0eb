"""Which language a page is in, and how it says things."""

import string
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

import pytest

from events._function import Function
from events.deviation import Category, HarmLevel, Status
from events.practice import PracticeType
from events.risk_assessment import Band
from gateway.auth.actor import Role
from gateway.problems import Language
from gateway.web._language import Speech, catalogue, choose_language
from read_side.compliance import Compliance
from read_side.dashboard.figures import AgeBucket
from read_side.regulations import Basis

NO, EN = Speech(Language.NORWEGIAN), Speech(Language.ENGLISH)


@pytest.mark.parametrize(
    ("asked", "remembered", "accepts", "chosen"),
    [
        (None, None, None, "nb"),
        (None, None, "en-GB,en;q=0.9", "en"),
        (None, None, "de,fr;q=0.9", "nb"),
        (None, None, "en;q=0.5, nn;q=0.8", "nb"),
        (None, None, "nb-NO", "nb"),
        (None, None, "en;q=0", "nb"),
        (None, None, "en;q=x,;;,", "nb"),
        (None, "en", "nb", "en"),
        ("nb", "en", "en", "nb"),
        ("klingon", "english", "en", "en"),
    ],
)
def test_the_language_asked_for_then_remembered_then_accepted_then_bokmaal(
    asked: str | None, remembered: str | None, accepts: str | None, chosen: str
) -> None:
    assert choose_language(asked, remembered, accepts) == chosen


def test_both_catalogues_have_the_same_keys() -> None:
    assert sorted(catalogue(Language.NORWEGIAN)) == sorted(catalogue(Language.ENGLISH))


def test_both_catalogues_say_something_with_the_same_values() -> None:
    for key, norwegian in catalogue(Language.NORWEGIAN).items():
        english = catalogue(Language.ENGLISH)[key]
        assert norwegian.strip(), key
        assert english.strip(), key
        assert _values(norwegian) == _values(english), key


@pytest.mark.parametrize("enum", [Function, Category, HarmLevel, Status, PracticeType, Band, Role, Compliance, AgeBucket, Basis])
def test_every_value_has_a_name(enum: type[StrEnum]) -> None:
    for value in enum:
        assert NO.name(value)
        assert EN.name(value)


def test_days_and_numbers_are_written_as_each_language_does() -> None:
    day = date(2026, 3, 3)
    assert (NO.day(day), EN.day(day)) == ("3. mars 2026", "3 March 2026")
    assert (NO.month(day), EN.month(day)) == ("mar 2026", "Mar 2026")
    assert (NO.number(1234.56), EN.number(1234.56)) == ("1\N{NO-BREAK SPACE}234,6", "1,234.6")
    assert (NO.percent(0.734), EN.percent(0.734)) == ("73\N{NO-BREAK SPACE}%", "73%")
    assert (_plain(NO.days(1)), _plain(NO.days(timedelta(days=2, hours=12)))) == ("1 dag", "2,5 dager")
    assert (_plain(EN.days(0)), _plain(EN.days(1.04))) == ("0 days", "1 day")


def test_moments_are_shown_in_oslo() -> None:
    summer = datetime(2026, 6, 30, 22, 30, tzinfo=UTC)
    assert (NO.moment(summer), EN.moment(summer)) == ("1. juli 2026 kl. 00:30", "1 July 2026, 00:30")


def test_one_and_many() -> None:
    assert NO.count("figures.measures_open", 1) == "av 1 åpent tiltak"
    assert NO.count("figures.measures_open", 0) == "av 0 åpne tiltak"
    assert EN.count("figures.reporters", 1) == "by 1 known reporter"


def test_a_key_that_nobody_wrote_is_an_error() -> None:
    with pytest.raises(KeyError):
        NO.text("dashboard.nothing")


def _values(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def _plain(text: str) -> str:
    return text.replace("\N{NO-BREAK SPACE}", " ")
