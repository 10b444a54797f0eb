"""Whatever is asked of a practice, some things hold: it is managed, holders are employed, rows and state agree."""

from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from events import _holding
from events._base import DomainEvent
from events._function import Function, FunctionKey
from read_side.practice import AssignmentRow, MemberRow
from tests._given import BY, KARI, OLA
from tests.practice._folded import folded
from tests.practice._story import ESTABLISHED, LISE, OWN, PER, PRACTICE, START
from write_side._decider import Command
from write_side._errors import CommandError
from write_side.practice import commands, decider, holders
from write_side.practice.commands import Handover
from write_side.practice.state import Practice

LAST = START + timedelta(days=900)
ALL_DAYS = [START + timedelta(days=n) for n in range(0, (LAST - START).days, 5)]

members = st.sampled_from([KARI, OLA, LISE, PER])
functions: st.SearchStrategy[FunctionKey] = st.sampled_from([Function.GENERAL_MANAGER, Function.QUALITY_LEAD, OWN])
days = st.dates(START, LAST)


@st.composite
def assignments(draw: st.DrawFn) -> commands.AssignFunction:
    kind, least, most = draw(st.sampled_from([("fixed", 1, 1), ("rotating", 2, 4), ("simultaneous", 1, 3)]))
    chosen = draw(st.lists(members, min_size=least, max_size=most, unique=True))
    first = draw(days)
    return commands.AssignFunction.model_validate(
        {
            "function": draw(functions),
            "kind": kind,
            "members": chosen,
            "deputies": [each for each in draw(st.lists(members, max_size=2, unique=True)) if each not in chosen],
            "from_day": first,
            "to_day": draw(st.none() | st.dates(first, LAST)),
            "weeks": draw(st.integers(1, 4)) if kind == "rotating" else None,
        }
    )


@st.composite
def leavings(draw: st.DrawFn) -> commands.RecordLeaving:
    leaver = draw(members)
    others = st.none() | members.filter(lambda member: member != leaver)
    successors = draw(st.dictionaries(functions, others))
    return commands.RecordLeaving(
        member_id=leaver,
        last_day=draw(days),
        handovers=tuple(Handover(function=function, to=to) for function, to in successors.items()),
    )


@st.composite
def handovers(draw: st.DrawFn) -> commands.HandOverFunction:
    one, other = draw(st.lists(members, min_size=2, max_size=2, unique=True))
    return commands.HandOverFunction(function=draw(functions), from_member=one, to_member=other, from_day=draw(days))


stories = st.builds(
    list.__add__,
    st.lists(assignments(), min_size=1, max_size=4),
    st.lists(
        st.one_of(
            assignments(),
            leavings(),
            leavings(),
            handovers(),
            st.builds(commands.VacateFunction, function=functions, from_day=days),
            st.builds(commands.CancelLeaving, member_id=members),
            st.builds(commands.DiscontinueFunction, function=st.just(OWN), last_day=days),
        ),
        max_size=8,
    ),
)


def lived(story: list[Command]) -> tuple[list[DomainEvent], Practice]:
    """What happens when commands are given one after the other, and the refused ones change nothing."""
    events: list[DomainEvent] = [*PRACTICE, ESTABLISHED]
    state = decider.fold(events)
    for number, command in enumerate(story, 1):
        new = decided(command, state, number)
        state = decider.fold(new, state)
        events += new
    return events, state


def decided(command: Command, state: Practice, number: int) -> list[DomainEvent]:
    """What follows from a command, nothing where it is refused; who leaves hands over only what they hold."""
    if isinstance(command, commands.RecordLeaving):
        held = {
            function
            for function, timeline in state.timelines.items()
            if any(command.member_id in a.members and (a.to_day is None or a.to_day > command.last_day) for a in timeline)
        }
        command = command.model_copy(update={"handovers": tuple(each for each in command.handovers if each.function in held)})
    try:
        return decider.decide(command, state, replace(BY, command_id=UUID(int=number)))
    except CommandError:
        return []


@settings(max_examples=80, deadline=None)
@given(stories)
def test_the_practice_is_managed_on_every_day(story: list[Command]) -> None:
    _, state = lived(story)
    assert _holding.first_gap(state.timeline(Function.GENERAL_MANAGER), START) is None
    assert all(holders(state, Function.GENERAL_MANAGER, day) for day in ALL_DAYS)


@settings(max_examples=80, deadline=None)
@given(stories)
def test_assignments_never_overlap_and_whoever_is_in_one_is_employed(story: list[Command]) -> None:
    _, state = lived(story)
    for timeline in state.timelines.values():
        for one, other in pairwise(timeline):
            assert one.to_day is not None
            assert one.from_day <= one.to_day < other.from_day
        for assignment in timeline:
            for member in (*assignment.members, *assignment.deputies):
                assert state.members[member].employed(assignment.from_day, assignment.to_day)


@settings(max_examples=80, deadline=None)
@given(stories)
def test_rows_and_state_name_the_same_holders(story: list[Command]) -> None:
    events, state = lived(story)
    tables = folded(events)
    rows: list[AssignmentRow] = list(tables[AssignmentRow].values())
    for function in state.functions:
        timeline = [row for row in rows if row.function == str(function)]
        for day in ALL_DAYS:
            assert _holding.holders(timeline, day) == holders(state, function, day)
    for member_id, member in state.members.items():
        row: MemberRow = tables[MemberRow][(member_id,)]
        assert (row.employed_from, row.last_day) == (member.employed_from, member.last_day)


@settings(max_examples=60, deadline=None)
@given(stories, stories)
def test_a_command_given_twice_has_no_second_effect(before: list[Command], then: list[Command]) -> None:
    _, state = lived(before)
    for number, command in enumerate(then, 1000):
        by = replace(BY, command_id=UUID(int=number))
        try:
            after = decider.fold(decider.decide(command, state, by), state)
        except CommandError:
            continue
        assert decider.decide(command, after, by) == []


@settings(max_examples=60, deadline=None)
@given(stories, assignments())
def test_an_assignment_changes_no_day_outside_its_span(story: list[Command], command: commands.AssignFunction) -> None:
    _, state = lived(story)
    try:
        after = decider.fold(decider.decide(command, state, BY), state)
    except CommandError:
        return
    last = command.to_day or date.max
    for day in ALL_DAYS:
        if not command.from_day <= day <= last:
            assert holders(after, command.function, day) == holders(state, command.function, day)
