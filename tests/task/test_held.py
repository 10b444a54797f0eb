"""On which days a member holds which functions: the same as asking for the holders of each day."""

from dataclasses import dataclass, replace
from datetime import date, timedelta
from uuid import UUID

from hypothesis import given
from hypothesis import strategies as st

from events._holding import HoldingKind, holders
from read_side._held import held_by
from tests._given import KARI, OLA
from tests.task._story import LIV

BEGIN = date(2026, 1, 1)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Span:
    """An assignment of a function."""

    kind: HoldingKind
    members: tuple[UUID, ...]
    from_day: date
    to_day: date | None
    turns_from: date | None
    weeks: int | None


@st.composite
def timelines(draw: st.DrawFn) -> list[Span]:
    spans, day = list[Span](), BEGIN
    endless = draw(st.booleans())
    for _ in range(draw(st.integers(0, 3))):
        day += timedelta(days=draw(st.integers(0, 30)))
        last = day + timedelta(days=draw(st.integers(0, 60)))
        members = tuple(draw(st.permutations([KARI, OLA, LIV]))[: draw(st.integers(1, 3))])
        weeks = draw(st.none() | st.integers(1, 3))
        turns_from = day - timedelta(days=draw(st.integers(0, 20))) if weeks else None
        kind = HoldingKind.ROTATING if weeks else HoldingKind.SIMULTANEOUS
        spans.append(Span(kind, members, day, last, turns_from, weeks))
        day = last + DAY
    if spans and endless:
        spans[-1] = replace(spans[-1], to_day=None)
    return spans


@given(timelines(), timelines(), st.integers(0, 100), st.integers(0, 150))
def test_a_member_holds_a_function_on_the_days_on_which_they_are_among_its_holders(
    quality: list[Span], hse: list[Span], begin: int, width: int
) -> None:
    assignments = {"QUALITY_LEAD": quality, "HSE_LEAD": hse}
    first = BEGIN + timedelta(days=begin)
    last = first + timedelta(days=width)
    found = held_by(KARI, assignments, first, last)
    for number in range(-3, width + 4):
        day = first + timedelta(days=number)
        told = {held.function for held in found if held.first_day <= day <= held.last_day}
        inside = first <= day <= last
        assert told == {function for function, spans in assignments.items() if inside and KARI in holders(spans, day)}
