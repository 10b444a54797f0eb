"""The days of a rule: against the calendar itself, across New Year, leap days, month ends and clock changes."""

from calendar import monthrange
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import islice, pairwise, takewhile

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from events._recurrence import MissingDay, Schedule
from events._rrule import BadRule, RecurrenceRule, parse_rule, write_rule

ONE_DAY = timedelta(days=1)
WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")

a_start = st.dates(date(2024, 1, 1), date(2031, 12, 31))
weekdays = st.lists(st.sampled_from(WEEKDAYS), unique=True, max_size=3).map(
    lambda days: tuple((0, day) for day in sorted(days, key=WEEKDAYS.index))
)


def between(rule: RecurrenceRule, start: date, first: date, last: date, *, clamp: bool = True) -> list[date]:
    return list(takewhile(lambda day: day <= last, rule.days(start, first, last_day_for_missing=clamp)))


def days(text: str, start: date, last: date, *, clamp: bool = True) -> list[date]:
    return between(parse_rule(text), start, start, last, clamp=clamp)


def calendar(first: date, last: date) -> Iterator[date]:
    return (first + timedelta(days=number) for number in range((last - first).days + 1))


@given(a_start, st.integers(1, 9), weekdays)
def test_weeks_follow_each_other_over_new_year_and_clock_changes(start: date, interval: int, by_day: tuple[tuple[int, str], ...]) -> None:
    rule = RecurrenceRule("WEEKLY", interval, by_day=by_day)
    last = start + timedelta(days=800)
    monday = start - timedelta(days=start.weekday())
    wanted = {WEEKDAYS.index(name) for _, name in by_day} or {start.weekday()}
    expected = [day for day in calendar(start, last) if day.weekday() in wanted and (day - monday).days // 7 % interval == 0]
    assert between(rule, start, start, last) == expected


@given(a_start, st.integers(1, 400))
def test_days_follow_each_other_without_gap_or_double(start: date, interval: int) -> None:
    found = days(f"FREQ=DAILY;INTERVAL={interval}", start, start + timedelta(days=3_000))
    assert found[0] == start
    assert {later - earlier for earlier, later in pairwise(found)} <= {timedelta(days=interval)}


@given(a_start, st.integers(1, 18), st.integers(1, 31))
def test_every_month_has_its_day_or_its_last_one(start: date, interval: int, day: int) -> None:
    last = start + timedelta(days=4_000)
    expected = []
    for number in range(0, 140, interval):
        year, month = divmod(start.year * 12 + start.month - 1 + number, 12)
        found = date(year, month + 1, min(day, monthrange(year, month + 1)[1]))
        expected += [found] if start <= found <= last else []
    assert days(f"FREQ=MONTHLY;INTERVAL={interval};BYMONTHDAY={day}", start, last) == expected


@given(a_start, st.integers(1, 4))
def test_every_year_has_its_day_also_when_it_began_on_a_leap_day(start: date, interval: int) -> None:
    found = days(f"FREQ=YEARLY;INTERVAL={interval}", start, start.replace(year=start.year + 20, day=1))
    assert found[0] == start
    assert [day.year for day in found] == list(range(start.year, found[-1].year + 1, interval))
    assert all(day.month == start.month and day.day == min(start.day, monthrange(day.year, day.month)[1]) for day in found)


@given(a_start, st.integers(-5, 5).filter(bool), st.sampled_from(WEEKDAYS))
def test_the_nth_weekday_of_a_month_is_found_from_either_end(start: date, ordinal: int, name: str) -> None:
    last = start + timedelta(days=1_500)

    def wanted(day: date) -> bool:
        length = monthrange(day.year, day.month)[1]
        number = (day.day - 1) // 7 + 1 if ordinal > 0 else -((length - day.day) // 7 + 1)
        return day.weekday() == WEEKDAYS.index(name) and number == ordinal

    expected = [day for day in calendar(start, last) if wanted(day)]
    assert days(f"FREQ=MONTHLY;BYDAY={ordinal}{name}", start, last) == expected


@given(a_start, st.sampled_from(WEEKDAYS), st.integers(1, 53))
@example(date(2031, 1, 1), "SA", 52)
def test_a_week_of_the_year_is_the_iso_week(start: date, name: str, week: int) -> None:
    last = start + timedelta(days=3_000)
    expected = [day for day in calendar(start, last) if day.isocalendar().week == week and day.weekday() == WEEKDAYS.index(name)]
    assert days(f"FREQ=YEARLY;BYWEEKNO={week};BYDAY={name}", start, last) == expected


@given(a_start)
def test_the_last_working_day_of_each_month(start: date) -> None:
    last = start + timedelta(days=1_500)
    working = [day for day in calendar(start, last + timedelta(days=40)) if day.weekday() < 5]
    expected = [day for day, following in pairwise(working) if day.month != following.month and day <= last]
    assert days("FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1", start, last) == expected


rules = st.sampled_from(
    [
        "FREQ=DAILY;INTERVAL=3",
        "FREQ=WEEKLY;BYDAY=MO,FR",
        "FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,MO",
        "FREQ=MONTHLY",
        "FREQ=MONTHLY;BYMONTHDAY=1,15,-1",
        "FREQ=MONTHLY;BYMONTHDAY=30,31;COUNT=40",
        "FREQ=YEARLY;BYMONTH=2,6",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=29;UNTIL=20360301",
        "FREQ=YEARLY;BYYEARDAY=-1,366",
        "FREQ=YEARLY;INTERVAL=2;BYMONTHDAY=31",
        "FREQ=YEARLY;BYWEEKNO=1,53;BYDAY=MO,SU",
        "FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1,-1;BYDAY=MO,SU",
        "FREQ=YEARLY;INTERVAL=3;BYDAY=-1FR",
        "FREQ=MONTHLY;INTERVAL=5;BYDAY=2TU",
        "FREQ=MONTHLY;INTERVAL=7",
    ]
)


@given(rules, a_start, st.lists(st.integers(0, 400), min_size=1, max_size=8), st.booleans())
def test_windows_put_together_give_the_whole_without_gap_or_double(rule: str, start: date, widths: list[int], clamp: bool) -> None:
    parsed, begin, found = parse_rule(rule), start, list[date]()
    for width in widths:
        found += between(parsed, start, begin, begin + timedelta(days=width), clamp=clamp)
        begin += timedelta(days=width) + ONE_DAY
    assert found == days(rule, start, begin - ONE_DAY, clamp=clamp)
    assert found == sorted(set(found))


@given(rules, a_start, st.integers(0, 900))
def test_the_first_day_from_a_day_is_the_first_of_its_window(rule: str, start: date, after: int) -> None:
    schedule = Schedule(starts_on=start, rule=rule)
    first = schedule.first_from(start + timedelta(days=after))
    assert first is None or schedule.days(start + timedelta(days=after), first) == [first]


@given(rules)
def test_a_rule_written_and_read_again_is_the_same(rule: str) -> None:
    parsed = parse_rule(rule)
    assert parse_rule(write_rule(parsed)) == parsed
    assert write_rule(parse_rule(write_rule(parsed))) == write_rule(parsed)


def test_a_week_without_a_weekday_means_the_one_it_starts_on() -> None:
    assert days("FREQ=YEARLY;BYWEEKNO=34", date(2026, 3, 5), date(2027, 12, 31)) == [date(2026, 8, 20), date(2027, 8, 26)]


def test_weeks_can_be_counted_from_the_end_of_the_year() -> None:
    assert days("FREQ=YEARLY;BYWEEKNO=-1;BYDAY=FR", date(2026, 1, 1), date(2029, 12, 31)) == [
        date(2027, 1, 1),
        date(2027, 12, 31),
        date(2028, 12, 29),
        date(2029, 12, 28),
    ]
    assert days("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1;BYDAY=MO", date(2025, 6, 1), date(2030, 6, 1)) == [date(2027, 1, 4), date(2029, 1, 1)]


def test_a_weekly_task_goes_on_after_new_year() -> None:
    assert days("FREQ=WEEKLY", date(2026, 12, 14), date(2027, 1, 18)) == [
        date(2026, 12, 14),
        date(2026, 12, 21),
        date(2026, 12, 28),
        date(2027, 1, 4),
        date(2027, 1, 11),
        date(2027, 1, 18),
    ]


def test_the_31st_is_left_out_of_short_months_only_on_request() -> None:
    assert days("FREQ=MONTHLY", date(2026, 1, 31), date(2026, 4, 30)) == [
        date(2026, 1, 31),
        date(2026, 2, 28),
        date(2026, 3, 31),
        date(2026, 4, 30),
    ]
    assert days("FREQ=MONTHLY", date(2026, 1, 31), date(2026, 4, 30), clamp=False) == [date(2026, 1, 31), date(2026, 3, 31)]


def test_a_leap_day_is_kept_on_the_last_of_february_or_every_fourth_year() -> None:
    assert days("FREQ=YEARLY", date(2028, 2, 29), date(2032, 3, 1)) == [
        date(2028, 2, 29),
        date(2029, 2, 28),
        date(2030, 2, 28),
        date(2031, 2, 28),
        date(2032, 2, 29),
    ]
    assert days("FREQ=YEARLY", date(2028, 2, 29), date(2032, 3, 1), clamp=False) == [date(2028, 2, 29), date(2032, 2, 29)]


def test_the_30th_and_31st_of_february_are_one_day() -> None:
    assert days("FREQ=MONTHLY;BYMONTHDAY=30,31", date(2026, 2, 1), date(2026, 3, 31)) == [
        date(2026, 2, 28),
        date(2026, 3, 30),
        date(2026, 3, 31),
    ]


def test_a_count_counts_the_days_that_are_given() -> None:
    assert days("FREQ=MONTHLY;COUNT=3", date(2026, 1, 31), date(2030, 1, 1)) == [date(2026, 1, 31), date(2026, 2, 28), date(2026, 3, 31)]


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20260316", date(2026, 3, 16)),
        ("20260316T000000", date(2026, 3, 16)),
        ("20260315T225959Z", date(2026, 3, 9)),
        ("20260315T230000Z", date(2026, 3, 16)),
        ("20260329T220000Z", date(2026, 3, 30)),
    ],
    ids=["day", "local", "utc, still the day before", "utc, winter time", "utc, summer time"],
)
def test_until_means_a_day_in_norway(until: str, last: date) -> None:
    assert days(f"FREQ=WEEKLY;UNTIL={until}", date(2026, 3, 2), date(2027, 1, 1))[-1] == last


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("", "recurrence.unreadable"),
        ("FREQ", "recurrence.unreadable"),
        ("INTERVAL=2", "recurrence.unreadable"),
        ("FREQ=WEEKLY;FREQ=DAILY", "recurrence.unreadable"),
        ("FREQ=FORTNIGHTLY", "recurrence.unreadable"),
        ("FREQ=WEEKLY;INTERVAL=0", "recurrence.unreadable"),
        ("FREQ=WEEKLY;INTERVAL=-1", "recurrence.unreadable"),
        ("FREQ=WEEKLY;INTERVAL=1000", "recurrence.unreadable"),
        ("FREQ=WEEKLY;INTERVAL=²", "recurrence.unreadable"),
        ("FREQ=WEEKLY;COUNT=0", "recurrence.unreadable"),
        ("FREQ=WEEKLY;COUNT=1001", "recurrence.unreadable"),
        ("FREQ=WEEKLY;UNTIL=99", "recurrence.unreadable"),
        ("FREQ=WEEKLY;UNTIL=20260230", "recurrence.unreadable"),
        ("FREQ=WEEKLY;UNTIL=00010101T000000Z", "recurrence.unreadable"),
        ("FREQ=WEEKLY;BYDAY=", "recurrence.unreadable"),
        ("FREQ=WEEKLY;BYDAY=MAN", "recurrence.unreadable"),
        ("FREQ=MONTHLY;BYDAY=0MO", "recurrence.unreadable"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "recurrence.unreadable"),
        ("FREQ=MONTHLY;BYMONTHDAY=0", "recurrence.unreadable"),
        ("FREQ=YEARLY;BYMONTH=13", "recurrence.unreadable"),
        ("FREQ=YEARLY;BYEASTER=0", "recurrence.unreadable"),
        ("FREQ=DAILY;BYHOUR=9", "recurrence.unreadable"),
        ("DTSTART:20260101\nRRULE:FREQ=DAILY", "recurrence.unreadable"),
        ("FREQ=WEEKLY;WKST=8", "recurrence.unreadable"),
        ("FREQ=YEARLY;BYMONTH=" + ",".join(["1"] * 100), "recurrence.unreadable"),
        ("FREQ=HOURLY", "recurrence.too_frequent"),
        ("FREQ=MINUTELY;INTERVAL=90", "recurrence.too_frequent"),
        ("FREQ=SECONDLY", "recurrence.too_frequent"),
        ("FREQ=WEEKLY;COUNT=2;UNTIL=20261231", "recurrence.count_and_until"),
        ("FREQ=WEEKLY;BYMONTHDAY=1", "recurrence.part_not_allowed"),
        ("FREQ=WEEKLY;BYDAY=1MO", "recurrence.part_not_allowed"),
        ("FREQ=MONTHLY;BYWEEKNO=4", "recurrence.part_not_allowed"),
        ("FREQ=MONTHLY;BYYEARDAY=4", "recurrence.part_not_allowed"),
        ("FREQ=YEARLY;BYWEEKNO=4;BYDAY=1MO", "recurrence.part_not_allowed"),
        ("FREQ=YEARLY;BYWEEKNO=4;BYMONTH=1", "recurrence.part_not_allowed"),
        ("FREQ=YEARLY;BYWEEKNO=4;WKST=SU", "recurrence.part_not_allowed"),
        ("FREQ=DAILY;BYDAY=MO;BYSETPOS=1", "recurrence.part_not_allowed"),
        ("FREQ=MONTHLY;BYSETPOS=1", "recurrence.part_not_allowed"),
        ("FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "recurrence.never"),
        ("FREQ=YEARLY;BYMONTH=4,6;BYMONTHDAY=31", "recurrence.never"),
        ("FREQ=WEEKLY;BYDAY=MO,TU;BYSETPOS=3", "recurrence.never"),
    ],
)
def test_a_rule_that_cannot_be_used_says_why(text: str, code: str) -> None:
    with pytest.raises(BadRule) as bad:
        parse_rule(text)
    assert bad.value.code == code


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("rrule:freq=weekly;byday=fr,mo;", "FREQ=WEEKLY;BYDAY=MO,FR"),
        ("BYMONTHDAY=15,1;FREQ=MONTHLY;INTERVAL=1", "FREQ=MONTHLY;BYMONTHDAY=1,15"),
        ("FREQ=MONTHLY;BYDAY=-1FR;WKST=MO", "FREQ=MONTHLY;BYDAY=-1FR"),
        ("FREQ=YEARLY;BYMONTH=06;UNTIL=20261231T225959Z", "FREQ=YEARLY;UNTIL=20261231;BYMONTH=6"),
    ],
)
def test_a_rule_is_kept_in_one_form(text: str, kept: str) -> None:
    assert write_rule(parse_rule(text)) == kept


texts = st.text(alphabet="FREQ=WKLYDAIMONTHBYUSP;,-+0123456789:", max_size=80) | st.text(max_size=40)


@given(texts | st.builds("FREQ={};{}".format, st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]), texts))
def test_any_text_is_a_rule_or_a_bad_rule(text: str) -> None:
    try:
        rule = parse_rule(text)
    except BadRule:
        return
    assert parse_rule(write_rule(rule)) == rule


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(["DAILY", "WEEKLY", "MONTHLY", "YEARLY"]),
    st.integers(1, 40),
    st.sets(st.integers(1, 12), max_size=3),
    st.sets(st.integers(-31, 31).filter(bool), max_size=3),
    st.booleans(),
)
def test_any_rule_gives_ascending_days_that_fit(freq: str, interval: int, months: set[int], month_days: set[int], clamp: bool) -> None:
    parts = [f"FREQ={freq}", f"INTERVAL={interval}"]
    parts += [f"BYMONTH={','.join(map(str, months))}"] if months else []
    parts += [f"BYMONTHDAY={','.join(map(str, month_days))}"] if month_days and freq != "WEEKLY" else []
    try:
        rule = parse_rule(";".join(parts))
    except BadRule:
        return
    begin = date(2027, 1, 4)
    found = list(islice(rule.days(begin, begin, last_day_for_missing=clamp), 30))
    assert found == sorted(set(found))
    assert all(not months or day.month in months for day in found)
    for day in found[1:]:
        assert next(rule.days(begin, day, last_day_for_missing=clamp)) == day


def test_a_schedule_without_a_rule_gives_no_days_by_itself() -> None:
    schedule = Schedule(starts_on=date(2026, 1, 1), months_after_done=6)
    assert schedule.days(date(2026, 1, 1), date(2030, 1, 1)) == []
    assert schedule.first_from(date(2026, 1, 1)) is None
    assert schedule.missing_day is MissingDay.LAST_DAY
