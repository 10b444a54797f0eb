"""What a person may type in: one line or many, within bounds, and days of this century."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from write_side._text import EARLIEST, LATEST, Day, Instant, Note, Text, Title

TITLE: TypeAdapter[str] = TypeAdapter(Title)
NOTE: TypeAdapter[str] = TypeAdapter(Note)
TEXT: TypeAdapter[str] = TypeAdapter(Text)
DAY: TypeAdapter[date] = TypeAdapter(Day)
INSTANT: TypeAdapter[datetime] = TypeAdapter(Instant)


def refused(type_: TypeAdapter[Any], given_: object) -> str:
    """The code of the one thing that is wrong."""
    with pytest.raises(ValidationError) as refusal:
        type_.validate_python(given_)
    (error,) = refusal.value.errors()
    return error["type"]


@pytest.mark.parametrize("title", ["Feil dose", "  Stikkuhell på lab  ", "Ærlig – «så», 50 % / 2 µg", "E-post 📧", "日本語"])
def test_a_title_is_any_words_on_one_line(title: str) -> None:
    assert TITLE.validate_python(title) == title.strip()


CONTROL = ["\x00", "\t", "\n", "\v", "\r\n", "\x1b", "\x7f", "\x85"]
INVISIBLE = ["\xad", "\u200b", "\u200f", "\u2028", "\u2029", "\u202e", "\u2066", "\ufeff"]


@pytest.mark.parametrize("character", [*CONTROL, *INVISIBLE], ids=ascii)
def test_a_title_has_no_line_break_and_nothing_invisible(character: str) -> None:
    assert refused(TITLE, f"Feil{character}dose") in {"text.control_character", "text.not_one_line"}


def test_a_line_break_is_told_apart_from_a_control_character() -> None:
    assert (refused(TITLE, "Feil\ndose"), refused(TITLE, "Feil\x7fdose")) == ("text.not_one_line", "text.control_character")


@pytest.mark.parametrize("type_", [NOTE, TEXT])
def test_a_text_has_lines_but_no_control_characters(type_: TypeAdapter[str]) -> None:
    assert type_.validate_python("Først dette\n\tså dette\u200d\n") == "Først dette\n\tså dette\u200d"
    for character in ("\x00", "\x08", "\x1b", "\x7f", "\x9f"):
        assert refused(type_, f"Feil{character}dose") == "text.control_character"


@given(st.text())
def test_a_title_that_is_taken_prints_as_one_line(text: str) -> None:
    try:
        taken = TITLE.validate_python(text)
    except ValidationError:
        return
    assert len(taken.splitlines()) == 1
    assert 1 <= len(taken) <= 200


@pytest.mark.parametrize("day", [EARLIEST, date(2026, 3, 3), LATEST])
def test_a_day_lies_between_2000_and_2100(day: date) -> None:
    assert DAY.validate_python(day) == day


@pytest.mark.parametrize(
    ("day", "code"),
    [
        (date.min, "date.too_early"),
        (date(1999, 12, 31), "date.too_early"),
        (date(2101, 1, 1), "date.too_late"),
        (date.max, "date.too_late"),
    ],
)
def test_any_other_day_is_refused(day: date, code: str) -> None:
    assert refused(DAY, day) == code


@pytest.mark.parametrize(
    ("moment", "code"),
    [
        ("0001-01-01T00:00:00+01:00", "date.too_early"),
        ("1999-12-31T23:59:59Z", "date.too_early"),
        ("2101-01-01T00:00:00Z", "date.too_late"),
        ("9999-12-31T23:59:59-01:00", "date.too_late"),
        ("2026-03-03T12:00:00", "timezone_aware"),
    ],
)
def test_a_moment_outside_is_refused_also_where_utc_would_overflow(moment: str, code: str) -> None:
    assert refused(INSTANT, moment) == code


def test_a_moment_is_kept_in_utc() -> None:
    assert INSTANT.validate_python("2100-12-31T23:30:00+01:00") == datetime(2100, 12, 31, 22, 30, tzinfo=UTC)
    assert INSTANT.validate_python("2000-01-01T00:30:00+01:00").tzinfo is UTC
