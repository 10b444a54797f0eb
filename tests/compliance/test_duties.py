"""How each duty is judged, and that the day on which an answer turns is the day on which it turns."""

import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events._function import Function
from events._holding import HoldingKind
from events.deviation import HarmLevel, MeasureKind
from events.risk_assessment import Area
from events.task import Outcome
from read_side.compliance import Answer, Compliance, judge
from read_side.compliance._evaluators import EVALUATORS, LEADS
from read_side.compliance._facts import Assessment, Deviation, Facts, Measure, Practice, Risk, Task
from read_side.practice import AssignmentRow
from read_side.regulations import Basis, Duty, all_duties, duties_in_force

TODAY = date(2026, 3, 3)
KARI = UUID("00000000-0000-4000-8000-00000000000a")
EMPTY = Facts(None, {}, {}, (), (), (), (), ())


def duty(code: str) -> Duty:
    return next(d for d in duties_in_force(TODAY) if d.code == code)


def ask(code: str, facts: Facts, day: date = TODAY) -> Answer:
    return judge(duty(code), facts, day)


def held(function: Function, from_day: date = date(2024, 1, 1), to_day: date | None = None) -> AssignmentRow:
    number = list(Function).index(function)
    return AssignmentRow(
        assignment_id=UUID(int=number + 1),
        subject="practice/fjordgata",
        function=function,
        kind=HoldingKind.FIXED,
        members=(KARI,),
        deputies=(),
        from_day=from_day,
        to_day=to_day,
        turns_from=None,
        weeks=None,
        assigned_at=datetime(2024, 1, 1, tzinfo=UTC),
    )


def with_assignments(*rows: AssignmentRow, practice: Practice | None = None) -> Facts:
    return replace(
        EMPTY,
        practice=practice,
        assignments={row.function: (row,) for row in rows},
        assignment_positions={row.assignment_id: 10 + n for n, row in enumerate(rows)},
    )


def ago(days: int) -> date:
    return TODAY - timedelta(days=days)


CONFIRMED = Practice(position=5, staff=9, changed_on=ago(400), changed_position=3, confirmed_on=ago(100), confirmed_position=5)
DEVIATION = Deviation(
    reported_position=20,
    harm=HarmLevel.NONE,
    reported_on=ago(10),
    reporter="a",
    pseudonym=None,
    rejected=False,
    closed_position=None,
    reviewed_on=None,
    reviewed_position=None,
)
MEASURE = Measure(position=30, kind=MeasureKind.CORRECTIVE, due=ago(-10), done_on=None, evaluated=False)
RISK = Risk(position=40, accepted=False, accepted_until=None, next_review=None, treatments_due=())
AREAS = tuple(Assessment(area, ago(100), 50 + n) for n, area in enumerate(a for a in Area if a.mandatory))


def test_all_21_lettered_duties_and_sections_3_to_5_stand_in_the_list() -> None:
    codes = [d.code for d in duties_in_force(TODAY)]
    lettered = [f"6{x}" for x in "abcdefg"] + [f"7{x}" for x in "abcde"] + [f"8{x}" for x in "abcdef"] + [f"9{x}" for x in "abc"]
    assert len(lettered) == 21
    assert codes == ["3", "4", "5", *lettered]


def test_no_interval_is_called_the_laws_before_it_is_confirmed_at_the_source() -> None:
    assert {d.code: d.fresh_basis for d in all_duties() if d.fresh_basis is not Basis.PRACTICE_DEFAULT and d.fresh} == {"8f": Basis.NORM}


def test_before_the_regulation_was_in_force_it_asked_for_nothing() -> None:
    assert duties_in_force(date(2016, 12, 31)) == []


def test_every_evaluator_belongs_to_a_duty_and_the_other_way_round() -> None:
    assert {d.shown_by for d in all_duties()} - {None} == set(EVALUATORS)


def test_what_the_system_cannot_show_is_never_green() -> None:
    unseen = [d for d in all_duties() if d.shown_by is None]
    assert {judge(d, EMPTY, TODAY).status for d in unseen} == {Compliance.NOT_SHOWN}
    assert {"5", "6b", "6c", "6f", "6g", "7a", "7b", "7c", "7e", "8b", "8d", "8f", "9c"} == {d.code for d in unseen}


def test_a_new_practice_has_nothing_met() -> None:
    assert not [d.code for d in all_duties() if judge(d, EMPTY, TODAY).status is Compliance.MET]


LEADS_HELD = with_assignments(*map(held, LEADS), practice=CONFIRMED)

CASES: list[tuple[str, Facts, Compliance, int | None]] = [
    ("3", EMPTY, Compliance.MISSING, None),
    ("3", LEADS_HELD, Compliance.MET, 236),
    ("3", with_assignments(held(Function.GENERAL_MANAGER, ago(400))), Compliance.STALE, None),
    ("3", with_assignments(held(Function.GENERAL_MANAGER, ago(340))), Compliance.DUE_SOON, 26),
    ("3", with_assignments(held(Function.GENERAL_MANAGER, ago(10), ago(-5))), Compliance.MET, 6),
    ("4", EMPTY, Compliance.NOT_APPLICABLE, None),
    ("6a", with_assignments(held(Function.GENERAL_MANAGER), practice=CONFIRMED), Compliance.MISSING, None),
    ("6a", with_assignments(*map(held, LEADS), practice=replace(CONFIRMED, confirmed_position=None)), Compliance.MISSING, None),
    ("6a", LEADS_HELD, Compliance.MET, 236),
    ("6a", replace(LEADS_HELD, practice=replace(CONFIRMED, changed_on=ago(10), changed_position=9)), Compliance.DUE_SOON, 21),
    ("6a", replace(LEADS_HELD, practice=replace(CONFIRMED, changed_on=ago(31), changed_position=9)), Compliance.STALE, None),
    ("6d", EMPTY, Compliance.MISSING, None),
    ("6d", replace(EMPTY, assessments=AREAS[:1]), Compliance.MISSING, None),
    ("6d", replace(EMPTY, assessments=AREAS), Compliance.MET, 236),
    ("6d", replace(EMPTY, assessments=(AREAS[0], replace(AREAS[1], completed_on=ago(366)))), Compliance.STALE, None),
    ("6e", EMPTY, Compliance.MISSING, None),
    ("6e", replace(EMPTY, assessments=AREAS), Compliance.MET, None),
    ("6e", replace(EMPTY, assessments=AREAS, risks=(RISK,)), Compliance.STALE, None),
    ("6e", replace(EMPTY, assessments=AREAS, risks=(replace(RISK, treatments_due=(ago(-30),)),)), Compliance.MET, 1),
    ("6e", replace(EMPTY, assessments=AREAS, risks=(replace(RISK, treatments_due=(ago(-29),)),)), Compliance.DUE_SOON, 30),
    ("6e", replace(EMPTY, assessments=AREAS, risks=(replace(RISK, accepted=True, accepted_until=ago(-3)),)), Compliance.DUE_SOON, 4),
    ("6e", replace(EMPTY, assessments=AREAS, risks=(replace(RISK, accepted=True, accepted_until=ago(1)),)), Compliance.STALE, None),
    ("6e", replace(EMPTY, assessments=AREAS, risks=(replace(RISK, accepted=True, next_review=ago(-3)),)), Compliance.DUE_SOON, 4),
    (
        "6e",
        replace(EMPTY, assessments=AREAS, risks=(replace(RISK, treatments_due=(ago(-9),), next_review=ago(1)),)),
        Compliance.STALE,
        None,
    ),
    ("7d", EMPTY, Compliance.MISSING, None),
    (
        "7d",
        replace(
            EMPTY,
            deviations=(
                replace(DEVIATION, reviewed_on=ago(1), reviewed_position=21),
                replace(DEVIATION, reporter=None, pseudonym="p-1"),
            ),
        ),
        Compliance.STALE,
        None,
    ),
    ("7d", replace(EMPTY, deviations=(DEVIATION,)), Compliance.STALE, None),
    (
        "7d",
        replace(EMPTY, deviations=(replace(DEVIATION, reviewed_on=ago(1), reviewed_position=21), replace(DEVIATION, reporter="b"))),
        Compliance.MET,
        51,
    ),
    (
        "7d",
        replace(
            EMPTY,
            deviations=(replace(DEVIATION, reviewed_on=ago(61), reviewed_position=21), replace(DEVIATION, reporter="b")),
        ),
        Compliance.DUE_SOON,
        30,
    ),
    ("8a", EMPTY, Compliance.MISSING, None),
    ("8a", replace(EMPTY, tasks=(Task(ago(5), Outcome.COMPLETED, 60),)), Compliance.MET, 56),
    ("8a", replace(EMPTY, tasks=(Task(ago(5), Outcome.COMPLETED, 60), Task(ago(-30), None, 61))), Compliance.MET, 1),
    ("8a", replace(EMPTY, tasks=(Task(ago(5), Outcome.COMPLETED, 60), Task(ago(-29), None, 61))), Compliance.DUE_SOON, 30),
    ("8a", replace(EMPTY, tasks=(Task(ago(5), None, 60), Task(ago(4), Outcome.SKIPPED, 61))), Compliance.STALE, 86),
    ("8c", EMPTY, Compliance.NOT_APPLICABLE, None),
    ("8c", replace(EMPTY, measures=(replace(MEASURE, done_on=ago(10)),)), Compliance.MET, 51),
    ("8c", replace(EMPTY, measures=(replace(MEASURE, done_on=ago(91)),)), Compliance.STALE, None),
    ("8c", replace(EMPTY, measures=(replace(MEASURE, done_on=ago(900)),)), Compliance.STALE, None),
    ("8c", replace(EMPTY, measures=(replace(MEASURE, done_on=ago(91), evaluated=True),)), Compliance.MET, 275),
    ("8e", EMPTY, Compliance.NOT_APPLICABLE, None),
    ("8e", replace(EMPTY, deviations=(DEVIATION,)), Compliance.MET, 21),
    ("8e", replace(EMPTY, deviations=(replace(DEVIATION, reported_on=ago(61)),)), Compliance.STALE, None),
    ("8e", replace(EMPTY, deviations=(replace(DEVIATION, reported_on=ago(900)),)), Compliance.STALE, None),
    (
        "8e",
        replace(EMPTY, deviations=(replace(DEVIATION, reported_on=ago(61), reviewed_on=ago(9), reviewed_position=21),)),
        Compliance.MET,
        305,
    ),
    ("9a", EMPTY, Compliance.NOT_APPLICABLE, None),
    ("9a", replace(EMPTY, deviations=(replace(DEVIATION, harm=HarmLevel.SEVERE),)), Compliance.MET, 51),
    ("9a", replace(EMPTY, deviations=(replace(DEVIATION, harm=HarmLevel.FATAL, reported_on=ago(91)),)), Compliance.STALE, None),
    ("9b", EMPTY, Compliance.NOT_APPLICABLE, None),
    ("9b", replace(EMPTY, measures=(replace(MEASURE, due=ago(-30)),)), Compliance.MET, 1),
    ("9b", replace(EMPTY, measures=(MEASURE,)), Compliance.DUE_SOON, 11),
    ("9b", replace(EMPTY, measures=(replace(MEASURE, due=ago(1)),)), Compliance.STALE, None),
]


@pytest.mark.parametrize(("code", "facts", "status", "turns_in"), CASES)
def test_a_duty_is_judged(code: str, facts: Facts, status: Compliance, turns_in: int | None) -> None:
    answer = ask(code, facts)
    assert answer.status is status
    assert answer.turns_on == (None if turns_in is None else TODAY + timedelta(days=turns_in))


def test_an_answer_names_the_events_it_rests_on() -> None:
    assert ask("3", LEADS_HELD).positions == (10, 5)
    assert ask("6d", replace(EMPTY, assessments=AREAS)).positions == (50, 51)
    assert ask("6e", replace(EMPTY, assessments=AREAS, risks=(RISK,))).positions == (40,)
    assert ask("9b", replace(EMPTY, measures=(MEASURE, replace(MEASURE, position=31, due=ago(1))))).positions == (31,)


def test_an_event_that_several_facts_rest_on_is_named_once() -> None:
    everything = with_assignments(*map(held, LEADS), practice=CONFIRMED)
    one_event = replace(everything, assignment_positions=dict.fromkeys(everything.assignment_positions, 5))
    assert ask("6a", one_event).positions == (5,)


def test_reporters_are_told_of_the_staff_and_not_as_a_fraction() -> None:
    facts = next(facts for code, facts, *_ in CASES if code == "7d" and facts.deviations)
    told = ask("7d", replace(facts, practice=CONFIRMED))
    assert re.search(r"minst \d+ av \d+ ansatte", told.reason_no)
    assert re.search(r"at least \d+ of \d+ members of staff", told.reason_en)


days = st.integers(-700, 120).map(lambda n: TODAY + timedelta(days=n))
past_days = st.integers(-700, 0).map(lambda n: TODAY + timedelta(days=n))


@st.composite
def assignments(draw: st.DrawFn) -> dict[str, tuple[AssignmentRow, ...]]:
    rows: dict[str, tuple[AssignmentRow, ...]] = {}
    for function in LEADS:
        first = draw(past_days)
        days = draw(st.none() | st.integers(0, 900))
        rows[str(function)] = (held(function, first, None if days is None else first + timedelta(days=days)),)
    return rows


deviations = st.builds(
    Deviation,
    reported_position=st.integers(1, 99),
    harm=st.sampled_from(HarmLevel),
    reported_on=past_days,
    reporter=st.none() | st.sampled_from("ab"),
    pseudonym=st.none() | st.sampled_from("cd"),
    rejected=st.booleans(),
    closed_position=st.none() | st.integers(1, 99),
    reviewed_on=st.none(),
    reviewed_position=st.none(),
).flatmap(lambda d: st.sampled_from([d, replace(d, reviewed_on=min(d.reported_on + timedelta(days=9), TODAY), reviewed_position=9)]))
facts_about_a_practice = st.builds(
    Facts,
    practice=st.none()
    | st.builds(Practice, st.integers(1, 9), st.integers(1, 9), past_days, st.integers(1, 9), past_days, st.integers(1, 9)),
    assignments=assignments(),
    assignment_positions=st.just({UUID(int=n + 1): n for n in range(len(Function))}),
    deviations=st.lists(deviations, max_size=4).map(tuple),
    measures=st.lists(
        st.builds(Measure, st.integers(1, 99), st.sampled_from(MeasureKind), days, st.none() | past_days, st.booleans()), max_size=4
    ).map(tuple),
    assessments=st.lists(st.builds(Assessment, st.sampled_from(Area), past_days, st.integers(1, 99)), max_size=4).map(tuple),
    risks=st.lists(
        st.builds(
            Risk, st.integers(1, 99), st.booleans(), st.none() | days, st.none() | days, st.lists(days, max_size=2).map(sorted).map(tuple)
        ),
        max_size=3,
    ).map(tuple),
    tasks=st.lists(st.builds(Task, days, st.none() | st.sampled_from(Outcome), st.integers(1, 99)), max_size=5).map(
        lambda tasks: tuple(sorted(tasks, key=lambda task: task.due))
    ),
)


@settings(max_examples=60, deadline=None)
@given(facts=facts_about_a_practice, judged=st.sampled_from([d for d in all_duties() if d.shown_by]))
def test_an_answer_turns_on_the_first_day_that_differs(facts: Facts, judged: Duty) -> None:
    now = judge(judged, facts, TODAY)
    later = ((day, judge(judged, facts, day).status) for day in (TODAY + timedelta(days=n) for n in range(1, 1_000)))
    first: Any = next(((day, status) for day, status in later if status is not now.status), (None, None))
    assert (now.turns_on, now.turns_to) == first


@pytest.mark.parametrize("code", ["6d", "6e", "7d", "8a", "8c", "8e", "9a", "9b"])
def test_a_duty_is_judged_on_few_days_however_much_it_rests_on(code: str) -> None:
    many = Facts(
        practice=CONFIRMED,
        assignments={},
        assignment_positions={},
        deviations=tuple(replace(DEVIATION, harm=HarmLevel.SEVERE, reported_on=ago(n), reporter=str(n % 5)) for n in range(400))
        + tuple(replace(DEVIATION, reported_on=ago(n), reviewed_on=ago(n), reviewed_position=99) for n in range(400)),
        measures=tuple(replace(MEASURE, due=ago(-n)) for n in range(400))
        + tuple(replace(MEASURE, done_on=ago(n), evaluated=n % 2 == 0) for n in range(400)),
        assessments=tuple(replace(assessment, completed_on=ago(n)) for n in range(300) for assessment in AREAS),
        risks=tuple(replace(RISK, treatments_due=(ago(-n),), next_review=ago(-2 * n)) for n in range(400)),
        tasks=tuple(Task(ago(n), Outcome.COMPLETED if n > 0 else None, 60) for n in range(399, -200, -1)),
    )
    judged = duty(code)
    assert judged.shown_by
    assert len(EVALUATORS[judged.shown_by](many, judged, TODAY).edges) <= 2
