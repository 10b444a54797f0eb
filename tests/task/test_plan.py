"""The plan of a recurring task: schedules that follow each other, pauses, beginning and end."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from events._recurrence import MissingDay, Pause, Plan, Schedule, TemplateStatus
from tests.task._story import HALF_YEARLY, MONTHLY, WEEKLY

BEGIN = date(2026, 3, 3)
FAR = date(2029, 12, 31)

a_day = st.integers(0, 900).map(lambda days: BEGIN + timedelta(days=days))
a_rule = st.sampled_from(["FREQ=WEEKLY", "FREQ=DAILY;INTERVAL=5", "FREQ=MONTHLY", "FREQ=MONTHLY;BYDAY=1MO,3TH", "FREQ=WEEKLY;COUNT=4"])
a_schedule = st.builds(Schedule, starts_on=a_day, rule=a_rule, missing_day=st.sampled_from(MissingDay))
a_pause = st.tuples(a_day, st.none() | st.integers(0, 90)).map(
    lambda given: Pause(from_day=given[0], until=None if given[1] is None else given[0] + timedelta(days=given[1]))
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    plan = Plan(started_on=draw(a_day), ended_after=draw(st.none() | a_day))
    for schedule in draw(st.lists(a_schedule, min_size=1, max_size=3)):
        plan = plan.with_schedule(schedule)
    for pause in draw(st.lists(a_pause, max_size=3)):
        plan = plan.with_pause(pause)
    return plan


@given(plans(), a_day)
def test_the_next_day_is_the_first_of_the_days(plan: Plan, first: date) -> None:
    following = plan.next_day(first)
    assert plan.days(first, FAR)[:1] == ([] if following is None or following > FAR else [following])


@given(plans(), st.lists(a_day, min_size=1, max_size=6))
def test_windows_put_together_give_the_whole(plan: Plan, borders: list[date]) -> None:
    begin, found = BEGIN, list[date]()
    for border in [*sorted(set(borders)), FAR]:
        found += plan.days(begin, border)
        begin = border + timedelta(days=1)
    assert found == plan.days(BEGIN, FAR)
    assert found == sorted(set(found))


@given(plans(), a_day)
def test_it_gives_what_it_lists_and_nothing_else(plan: Plan, day: date) -> None:
    assert plan.gives(day) is (day in plan.days(BEGIN, FAR))
    assert plan.contains(day) or not plan.gives(day)


@given(plans(), a_day)
def test_a_resumed_plan_gives_the_days_again_and_keeps_the_others(plan: Plan, day: date) -> None:
    before, after = set(plan.days(BEGIN, FAR)), set(plan.resumed(day).days(BEGIN, FAR))
    assert before <= after
    assert all(added >= day for added in after - before)


@given(plans(), a_schedule)
def test_a_new_schedule_leaves_the_days_before_it(plan: Plan, schedule: Schedule) -> None:
    before = schedule.starts_on - timedelta(days=1)
    assert plan.with_schedule(schedule).days(BEGIN, before) == plan.days(BEGIN, before)


def test_a_schedule_that_was_announced_gives_way_to_one_that_starts_before() -> None:
    sooner = Schedule(starts_on=date(2026, 3, 20), rule="FREQ=DAILY")
    assert Plan((WEEKLY,)).with_schedule(MONTHLY).with_schedule(sooner).schedules == (WEEKLY, sooner)


def test_the_status_of_a_day_follows_from_the_days_that_were_said() -> None:
    plan = Plan((WEEKLY,), (Pause(from_day=date(2026, 7, 1), until=date(2026, 7, 31)),), BEGIN, date(2026, 12, 31))
    days = [date(2026, 6, 30), date(2026, 7, 31), date(2026, 8, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [plan.status(day) for day in days] == [
        TemplateStatus.ACTIVE,
        TemplateStatus.PAUSED,
        TemplateStatus.ACTIVE,
        TemplateStatus.ACTIVE,
        TemplateStatus.ENDED,
    ]
    assert Plan((WEEKLY,)).status(BEGIN) is TemplateStatus.AWAITING_SETUP


def test_a_plan_that_has_not_started_gives_nothing() -> None:
    assert Plan((WEEKLY,)).days(BEGIN, FAR) == []
    assert Plan((HALF_YEARLY,)).next_after_done(None, None) is None
    assert not Plan((WEEKLY,)).contains(date(2026, 3, 9))


START = HALF_YEARLY.starts_on


def test_the_first_time_is_due_when_it_was_said() -> None:
    assert Plan((HALF_YEARLY,), started_on=BEGIN).next_after_done(None, None) == START


def test_one_set_up_later_is_first_due_months_after_its_setup() -> None:
    assert Plan((HALF_YEARLY,), started_on=date(2026, 8, 31)).next_after_done(None, None) == date(2027, 2, 28)


def test_it_is_due_again_months_after_it_was_done_and_not_after_it_was_due() -> None:
    plan = Plan((HALF_YEARLY,), started_on=BEGIN)
    assert plan.next_after_done(START, date(2026, 5, 10)) == date(2026, 11, 10)
    assert plan.next_after_done(START, date(2026, 3, 20)) == date(2026, 9, 20)


def test_one_that_was_skipped_counts_from_its_day() -> None:
    assert Plan((HALF_YEARLY,), started_on=BEGIN).next_after_done(START, None) == date(2026, 10, 1)


@given(a_day, st.integers(-2_000, 400), st.integers(1, 120))
def test_the_chain_never_stops(due: date, done_after: int, months: int) -> None:
    plan = Plan((Schedule(starts_on=BEGIN, months_after_done=months),), started_on=BEGIN)
    again = plan.next_after_done(due, due + timedelta(days=done_after))
    assert again is not None
    assert again > due


def test_one_that_falls_due_in_a_pause_waits_for_its_end() -> None:
    plan = Plan((HALF_YEARLY,), (Pause(from_day=date(2026, 9, 15), until=date(2026, 10, 15)),), BEGIN)
    assert plan.next_after_done(START, START) == date(2026, 10, 16)
    assert plan.with_pause(Pause(from_day=date(2026, 10, 16))).next_after_done(START, START) is None


def test_one_that_ends_is_not_due_again() -> None:
    assert Plan((HALF_YEARLY,), (), BEGIN, date(2026, 9, 30)).next_after_done(START, START) is None


def test_a_rule_takes_over_from_a_chain_on_its_first_day() -> None:
    plan = Plan((HALF_YEARLY,), started_on=BEGIN).with_schedule(Schedule(starts_on=date(2026, 9, 1), rule="FREQ=MONTHLY"))
    assert plan.next_after_done(START, START) is None
    assert plan.next_after_done(START, date(2026, 2, 20)) == date(2026, 8, 20)
    assert plan.next_day(START) == date(2026, 9, 1)


def test_a_chain_takes_over_from_a_rule_on_its_first_due_date() -> None:
    plan = Plan((WEEKLY,), started_on=BEGIN).with_schedule(HALF_YEARLY)
    assert plan.next_after_done(date(2026, 3, 30), date(2026, 3, 30)) == START
    assert plan.days(BEGIN, FAR)[-1] == date(2026, 3, 30)


@given(a_pause, a_pause)
def test_pauses_overlap_when_they_share_a_day(one: Pause, other: Pause) -> None:
    shared = one.covers(max(one.from_day, other.from_day)) and other.covers(max(one.from_day, other.from_day))
    assert one.overlaps(other) is other.overlaps(one) is shared
