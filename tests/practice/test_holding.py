"""Who holds a function on a day: fixed, rotating, simultaneous; gaps, turns of the year, clock changes, leap years."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from uuid import UUID

import pytest

from events._holding import ONE_DAY, HoldingKind, Turn, first_gap, holders, in_force, turn
from tests._given import BY, KARI, OLA
from tests.practice._story import LISE, PER
from write_side.practice.state import Assignment


def assignment(
    *members: UUID,
    from_day: date,
    to_day: date | None = None,
    kind: HoldingKind = HoldingKind.FIXED,
    weeks: int | None = None,
    turns_from: date | None = None,
) -> Assignment:
    if weeks:
        kind, turns_from = HoldingKind.ROTATING, turns_from or from_day
    return Assignment(UUID(int=from_day.toordinal()), kind, members, (), from_day, to_day, turns_from, weeks)


def days(first: date, last: date) -> list[date]:
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def test_a_fixed_holder_holds_from_the_first_to_the_last_day() -> None:
    held = [assignment(KARI, from_day=date(2026, 3, 3), to_day=date(2026, 3, 31))]
    assert holders(held, date(2026, 3, 2)) == ()
    assert holders(held, date(2026, 3, 3)) == (KARI,)
    assert holders(held, date(2026, 3, 31)) == (KARI,)
    assert holders(held, date(2026, 4, 1)) == ()


def test_without_a_last_day_it_goes_on() -> None:
    assert holders([assignment(KARI, from_day=date(2026, 3, 3))], date(2999, 12, 31)) == (KARI,)


def test_nobody_ever_assigned_is_nobody() -> None:
    assert holders([], date(2026, 3, 3)) == ()
    assert in_force([], date(2026, 3, 3)) is None


def test_assignments_follow_each_other_with_a_gap_between() -> None:
    held = [
        assignment(KARI, from_day=date(2026, 1, 1), to_day=date(2026, 1, 31)),
        assignment(OLA, from_day=date(2026, 2, 1), to_day=date(2026, 2, 28)),
        assignment(LISE, from_day=date(2026, 3, 2)),
    ]
    assert [holders(held, day) for day in (date(2026, 1, 31), date(2026, 2, 1), date(2026, 2, 28), date(2026, 3, 1), date(2026, 3, 2))] == [
        (KARI,),
        (OLA,),
        (OLA,),
        (),
        (LISE,),
    ]


def test_the_order_of_assignments_does_not_matter() -> None:
    held = [assignment(KARI, from_day=date(2026, 1, 1), to_day=date(2026, 1, 31)), assignment(OLA, from_day=date(2026, 2, 1))]
    for day in days(date(2025, 12, 30), date(2026, 2, 3)):
        assert holders(held, day) == holders(held[::-1], day)


def test_simultaneous_holders_hold_all_of_the_time() -> None:
    held = [assignment(KARI, OLA, LISE, from_day=date(2026, 1, 1), kind=HoldingKind.SIMULTANEOUS)]
    assert {holders(held, day) for day in days(date(2026, 1, 1), date(2026, 12, 31))} == {(KARI, OLA, LISE)}


@pytest.mark.parametrize("weeks", [1, 2, 3, 13, 52])
@pytest.mark.parametrize("members", [(KARI, OLA), (KARI, OLA, LISE), (KARI, OLA, LISE, PER)])
@pytest.mark.parametrize("start", [date(2023, 12, 25), date(2024, 2, 28), date(2026, 1, 1), date(2026, 3, 25), date(2026, 10, 24)])
def test_a_rotation_gives_everybody_whole_turns_in_order(start: date, members: tuple[UUID, ...], weeks: int) -> None:
    """Over nine years with two leap days and every clock change in them; days are counted one by one as the oracle."""
    held = [assignment(*members, from_day=start, weeks=weeks)]
    for number, day in enumerate(days(start, start + timedelta(days=9 * 366))):
        assert holders(held, day) == (members[number // (7 * weeks) % len(members)],)


def test_a_turn_runs_over_new_year() -> None:
    held = [assignment(KARI, OLA, from_day=date(2025, 12, 29), weeks=1)]
    assert [holders(held, day) for day in (date(2025, 12, 29), date(2025, 12, 31), date(2026, 1, 1), date(2026, 1, 4))] == [(KARI,)] * 4
    assert holders(held, date(2026, 1, 5)) == (OLA,)


def test_a_leap_day_is_a_day_of_its_turn() -> None:
    held = [assignment(KARI, OLA, from_day=date(2028, 2, 23), weeks=1)]
    assert holders(held, date(2028, 2, 29)) == (KARI,)
    assert holders(held, date(2028, 3, 1)) == (OLA,)


@pytest.mark.parametrize(
    ("instant", "holder"),
    [
        (datetime(2026, 3, 28, 22, 59, 59, tzinfo=UTC), KARI),  # 23:59 in Norway, winter time
        (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), OLA),  # midnight: the 29th, on which the clock goes forward
        (datetime(2026, 4, 4, 21, 59, 59, tzinfo=UTC), OLA),  # 23:59, summer time
        (datetime(2026, 4, 4, 22, 0, tzinfo=UTC), KARI),
        (datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC), KARI),
        (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), OLA),  # the 25th, on which the clock goes back
        (datetime(2026, 10, 31, 22, 59, 59, tzinfo=UTC), OLA),  # 23:59, winter time again
        (datetime(2026, 10, 31, 23, 0, tzinfo=UTC), KARI),
    ],
)
def test_turns_change_at_midnight_in_norway_also_where_the_clock_changes(instant: datetime, holder: UUID) -> None:
    held = [assignment(KARI, OLA, from_day=date(2026, 3, 22), weeks=1)]
    assert holders(held, replace(BY, now=instant).today) == (holder,)


def test_a_rotation_ends_in_mid_turn_and_nobody_follows() -> None:
    held = [assignment(KARI, OLA, from_day=date(2026, 3, 2), to_day=date(2026, 3, 10), weeks=1)]
    assert holders(held, date(2026, 3, 10)) == (OLA,)
    assert holders(held, date(2026, 3, 11)) == ()


def test_a_rotation_that_goes_on_keeps_its_step() -> None:
    whole = assignment(KARI, OLA, LISE, from_day=date(2026, 3, 2), weeks=2)
    rest = assignment(KARI, OLA, LISE, from_day=date(2026, 4, 1), weeks=2, turns_from=date(2026, 3, 2))
    for day in days(date(2026, 4, 1), date(2027, 4, 1)):
        assert holders([rest], day) == holders([whole], day)


def test_a_turn_has_its_days() -> None:
    rotation = assignment(KARI, OLA, from_day=date(2026, 3, 4), to_day=date(2026, 3, 12), weeks=1, turns_from=date(2026, 3, 2))
    assert turn(rotation, date(2026, 3, 4)) == Turn((KARI,), date(2026, 3, 4), date(2026, 3, 8))
    assert turn(rotation, date(2026, 3, 9)) == Turn((OLA,), date(2026, 3, 9), date(2026, 3, 12))
    open_end = assignment(KARI, OLA, from_day=date(2026, 3, 2), weeks=1)
    assert turn(open_end, date(2026, 3, 9)) == Turn((OLA,), date(2026, 3, 9), date(2026, 3, 15))


def test_turns_of_a_rotation_meet_without_gap_or_overlap() -> None:
    rotation = assignment(KARI, OLA, LISE, from_day=date(2027, 12, 20), weeks=3)
    turns = sorted({turn(rotation, day) for day in days(date(2027, 12, 20), date(2029, 1, 1))}, key=lambda each: each.first_day)
    for one, other in pairwise(turns):
        assert one.last_day is not None
        assert one.last_day + ONE_DAY == other.first_day
        assert one.holders != other.holders


def test_a_fixed_holder_has_one_turn() -> None:
    fixed = assignment(KARI, from_day=date(2026, 3, 2), to_day=date(2026, 3, 31))
    assert turn(fixed, date(2026, 3, 15)) == Turn((KARI,), date(2026, 3, 2), date(2026, 3, 31))


JANUARY = assignment(KARI, from_day=date(2026, 1, 1), to_day=date(2026, 1, 31))
FEBRUARY = assignment(OLA, from_day=date(2026, 2, 1), to_day=date(2026, 2, 28))
FROM_MARCH = assignment(LISE, from_day=date(2026, 3, 1))


@pytest.mark.parametrize(
    ("held", "asked_from", "gap"),
    [
        ([], date(2026, 1, 1), date(2026, 1, 1)),
        ([JANUARY, FEBRUARY, FROM_MARCH], date(2026, 1, 1), None),
        ([FROM_MARCH, JANUARY, FEBRUARY], date(2026, 1, 1), None),
        ([JANUARY, FEBRUARY, FROM_MARCH], date(2025, 12, 31), date(2025, 12, 31)),
        ([JANUARY, FROM_MARCH], date(2026, 1, 1), date(2026, 2, 1)),
        ([JANUARY, FROM_MARCH], date(2026, 2, 14), date(2026, 2, 14)),
        ([JANUARY, FROM_MARCH], date(2026, 3, 1), None),
        ([JANUARY, FEBRUARY], date(2026, 1, 15), date(2026, 3, 1)),
        ([JANUARY, FEBRUARY], date(2026, 5, 1), date(2026, 5, 1)),
    ],
)
def test_the_first_day_that_nobody_covers(held: list[Assignment], asked_from: date, gap: date | None) -> None:
    assert first_gap(held, asked_from) == gap
