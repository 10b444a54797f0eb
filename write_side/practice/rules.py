"""What follows from a command to a practice: pure functions (command, state, by) -> events."""

from datetime import date, timedelta
from uuid import UUID

from events import practice as facts
from events._base import DomainEvent
from events._function import Function, FunctionKey
from events._holding import ONE_DAY, HoldingKind, first_gap, in_force
from events.practice import Held
from write_side._decider import By, Decider, not_in_future
from write_side._errors import Invalid, NotFound, Refused
from write_side.practice import commands
from write_side.practice import timeline as days
from write_side.practice.state import Assignment, Member, OwnFunction, Practice, Profile, Timeline, evolve, holders

decider: Decider[Practice] = Decider("practice", Practice(), evolve)

FARTHEST = timedelta(days=5 * 366)
"""How far ahead employment and assignments may be planned; a day beyond is a slip of the pen."""


@decider.decides(commands.RegisterPractice)
def register(command: commands.RegisterPractice, state: Practice, by: By) -> list[DomainEvent]:
    """Begin the record, with a general manager from the first day (§ 3)."""
    profile = Profile(command.name, command.practice_type, command.fields, command.organisation_number)
    if state.profile == profile:
        return []
    if state.profile is not None:
        raise Refused("practice.registered_already", name=state.profile.name)
    manager = _joined(command.general_manager, by.new_id("general_manager"), by)
    if manager.employed_from > by.today:
        raise Refused("practice.member.not_employed", member=manager.member_id, first=by.today.isoformat())
    return [
        facts.PracticeRegistered(
            name=command.name,
            practice_type=command.practice_type,
            fields=command.fields,
            organisation_number=command.organisation_number,
        ),
        manager,
        facts.FunctionAssigned(
            assignment_id=_new_assignment(Function.GENERAL_MANAGER, by)(by.today),
            function=Function.GENERAL_MANAGER,
            kind=HoldingKind.FIXED,
            members=(manager.member_id,),
            deputies=(),
            from_day=by.today,
            to_day=None,
            turns_from=None,
            weeks=None,
        ),
    ]


@decider.decides(commands.ChangeProfile)
def change_profile(command: commands.ChangeProfile, state: Practice, by: By) -> list[DomainEvent]:
    """Record the profile as it is from now on."""
    _registered(state, by)
    if state.profile == Profile(command.name, command.practice_type, command.fields, command.organisation_number):
        return []
    return [
        facts.ProfileChanged(
            name=command.name,
            practice_type=command.practice_type,
            fields=command.fields,
            organisation_number=command.organisation_number,
        )
    ]


@decider.decides(commands.JoinMember)
def join_member(command: commands.JoinMember, state: Practice, by: By) -> list[DomainEvent]:
    """Take in a member; two who work here may not have the same e-mail address."""
    _registered(state, by)
    member_id = by.new_id()
    if member_id in state.members:
        return []
    _email_free(state, command.email, member_id, by)
    return [_joined(command, member_id, by)]


def _joined(new: commands.NewMember, member_id: UUID, by: By) -> facts.MemberJoined:
    employed_from = new.employed_from or by.today
    _not_too_far(employed_from, by)
    return facts.MemberJoined(member_id=member_id, name=new.name, email=new.email, profession=new.profession, employed_from=employed_from)


@decider.decides(commands.CorrectMember)
def correct_member(command: commands.CorrectMember, state: Practice, by: By) -> list[DomainEvent]:
    """Correct details; employment cannot begin after something that the member holds already."""
    member = _member(state, command.member_id, by)
    if (command.name, command.email, command.employed_from) == (member.name, member.email, member.employed_from):
        return []
    _email_free(state, command.email, command.member_id, by)
    _not_too_far(command.employed_from, by)
    if member.last_day is not None and member.last_day < command.employed_from:
        raise Invalid(
            "practice.member.ends_before_start", employed_from=command.employed_from.isoformat(), last_day=member.last_day.isoformat()
        )
    held_from = [a.from_day for line in state.timelines.values() for a in line if command.member_id in (*a.members, *a.deputies)]
    if held_from and min(held_from) < command.employed_from:
        raise Refused("practice.member.holds_earlier", member=command.member_id, first=min(held_from).isoformat())
    return [facts.MemberCorrected(member_id=command.member_id, name=command.name, email=command.email, employed_from=command.employed_from)]


@decider.decides(commands.ChangeProfession)
def change_profession(command: commands.ChangeProfession, state: Practice, by: By) -> list[DomainEvent]:
    """Record a change of role."""
    member = _member(state, command.member_id, by)
    if command.profession is member.profession:
        return []
    if member.last_day is not None and member.last_day < by.today:
        raise Refused("practice.member.left", member=command.member_id, last_day=member.last_day.isoformat())
    return [facts.ProfessionChanged(member_id=command.member_id, profession=command.profession, previous=member.profession)]


@decider.decides(commands.RecordLeaving)
def record_leaving(command: commands.RecordLeaving, state: Practice, by: By) -> list[DomainEvent]:
    """Record a last day; what the member holds beyond it goes to the successors named, what they deputise for ends."""
    member = _member(state, command.member_id, by)
    if command.last_day == member.last_day:
        return []
    _not_too_far(command.last_day, by)
    if command.last_day < member.employed_from:
        raise Invalid(
            "practice.member.ends_before_start", employed_from=member.employed_from.isoformat(), last_day=command.last_day.isoformat()
        )
    return [
        *_left_behind(command, state, by),
        facts.LeavingRecorded(member_id=command.member_id, last_day=command.last_day, previous_last_day=member.last_day),
    ]


def _left_behind(command: commands.RecordLeaving, state: Practice, by: By) -> list[DomainEvent]:
    leaver, first = command.member_id, command.last_day + ONE_DAY
    successors = {handover.function: handover.to for handover in command.handovers}
    held = [function for function in state.functions if _holds(state.timeline(function), leaver, first)]
    for function, successor in successors.items():
        if function not in held:
            _handed_over(state, function, leaver, successor, first)
    events: list[DomainEvent] = []
    for function in state.functions:
        new_id = _new_assignment(function, by)
        after = days.left(state.timeline(function), first, leaver, successors.get(function), new_id)
        events += _rearranged(state, function, after)
    if missing := [function for function in held if function not in successors]:
        raise Refused("practice.leaving.functions_held", functions=[str(function) for function in missing])
    for function in held:
        if successors[function] is None and _only_holder(state.timeline(function), leaver, first):
            raise Refused("practice.leaving.only_holder", function=function)
    return events


@decider.decides(commands.CancelLeaving)
def cancel_leaving(command: commands.CancelLeaving, state: Practice, by: By) -> list[DomainEvent]:
    """Keep a member whose last day has not passed; a colleague who has left joins anew."""
    member = _member(state, command.member_id, by)
    if member.last_day is None:
        return []
    if member.last_day < by.today:
        raise Refused("practice.member.left", member=command.member_id, last_day=member.last_day.isoformat())
    return [facts.LeavingCancelled(member_id=command.member_id, last_day=member.last_day)]


@decider.decides(commands.EstablishFunction)
def establish_function(command: commands.EstablishFunction, state: Practice, by: By) -> list[DomainEvent]:
    """Establish an own function; two in use may not have the same name."""
    _registered(state, by)
    if by.new_id() in state.own_functions:
        return []
    _name_free(state, command.name, by.new_id())
    return [facts.FunctionEstablished(function=by.new_id(), name=command.name)]


@decider.decides(commands.RenameFunction)
def rename_function(command: commands.RenameFunction, state: Practice, by: By) -> list[DomainEvent]:
    """Rename an own function that is in use."""
    _registered(state, by)
    own = _own_function(state, command.function)
    if command.name == own.name:
        return []
    if own.last_day is not None:
        raise Refused("practice.function.discontinued", function=command.function)
    _name_free(state, command.name, command.function)
    return [facts.FunctionRenamed(function=command.function, name=command.name, previous=own.name)]


@decider.decides(commands.DiscontinueFunction)
def discontinue_function(command: commands.DiscontinueFunction, state: Practice, by: By) -> list[DomainEvent]:
    """Give up an own function; its assignments end with it."""
    _registered(state, by)
    own = _own_function(state, command.function)
    if command.last_day == own.last_day:
        return []
    if own.last_day is not None:
        raise Refused("practice.function.discontinued", function=command.function)
    _not_too_far(command.last_day, by)
    after = days.cut(state.timeline(command.function), command.last_day + ONE_DAY, None, _new_assignment(command.function, by))
    return [
        *_rearranged(state, command.function, after),
        facts.FunctionDiscontinued(function=command.function, last_day=command.last_day),
    ]


@decider.decides(commands.AssignFunction)
def assign_function(command: commands.AssignFunction, state: Practice, by: By) -> list[DomainEvent]:
    """Arrange who holds a function over a span of days; what was arranged for other days stays."""
    _registered(state, by)
    if not _in_use(state, command.function, command.to_day):
        raise Refused("practice.function.discontinued", function=command.function)
    for day in filter(None, (command.from_day, command.to_day)):
        _not_too_far(day, by)
    new_id = _new_assignment(command.function, by)
    wanted = Assignment(
        assignment_id=new_id(command.from_day),
        kind=command.kind,
        members=command.members,
        deputies=command.deputies,
        from_day=command.from_day,
        to_day=command.to_day,
        turns_from=command.from_day if command.kind is HoldingKind.ROTATING else None,
        weeks=command.weeks,
    )
    timeline = state.timeline(command.function)
    running = in_force(timeline, command.from_day)
    if running and days.same_arrangement(running, wanted) and days.covers(running, wanted):
        return []
    return _rearranged(state, command.function, days.laid_over(timeline, wanted, new_id))


@decider.decides(commands.HandOverFunction)
def hand_over_function(command: commands.HandOverFunction, state: Practice, by: By) -> list[DomainEvent]:
    """Let a member take another's place, also in arrangements that begin later."""
    _member(state, command.from_member, by)
    _member(state, command.to_member, by)
    _known(state, command.function)
    _not_too_far(command.from_day, by)
    timeline = state.timeline(command.function)
    if not _holds(timeline, command.from_member, command.from_day):
        _handed_over(state, command.function, command.from_member, command.to_member, command.from_day)
        return []
    after = days.changed_from(
        timeline,
        command.from_day,
        lambda assignment: days.succeeded(assignment, command.from_member, command.to_member),
        _new_assignment(command.function, by),
    )
    return _rearranged(state, command.function, after)


@decider.decides(commands.VacateFunction)
def vacate_function(command: commands.VacateFunction, state: Practice, by: By) -> list[DomainEvent]:
    """Leave a function without a holder; a practice always has a general manager."""
    _registered(state, by)
    _known(state, command.function)
    _not_too_far(command.from_day, by)
    after = days.cut(state.timeline(command.function), command.from_day, None, _new_assignment(command.function, by))
    return _rearranged(state, command.function, after)


@decider.decides(commands.ConfirmResponsibilities)
def confirm_responsibilities(command: commands.ConfirmResponsibilities, state: Practice, by: By) -> list[DomainEvent]:
    """Record who holds what as gone through and right (§§ 3, 6 a)."""
    _registered(state, by)
    not_in_future("practice.in_future", command.confirmed_on, by)
    if state.confirmed_on is not None and command.confirmed_on < state.confirmed_on:
        raise Invalid("practice.confirmed_later", given=command.confirmed_on.isoformat(), confirmed_on=state.confirmed_on.isoformat())
    if command.confirmed_on == state.confirmed_on and not state.changed_since:
        return []
    held = tuple(
        Held(function=function, holders=holders(state, function, command.confirmed_on))
        for function in state.functions
        if _in_use(state, function, command.confirmed_on)
    )
    return [facts.ResponsibilitiesConfirmed(confirmed_on=command.confirmed_on, held=held, note=command.note)]


def _registered(state: Practice, by: By) -> None:
    if state.profile is None:
        raise NotFound("practice.not_found", practice=by.practice)


def _member(state: Practice, member_id: UUID, by: By) -> Member:
    _registered(state, by)
    if member_id not in state.members:
        raise NotFound("practice.member.not_found", member=member_id)
    return state.members[member_id]


def _own_function(state: Practice, function: UUID) -> OwnFunction:
    if function not in state.own_functions:
        raise NotFound("practice.function.not_found", function=function)
    return state.own_functions[function]


def _known(state: Practice, function: FunctionKey) -> None:
    if not isinstance(function, Function):
        _own_function(state, function)


def _in_use(state: Practice, function: FunctionKey, day: date | None) -> bool:
    """Whether a function is not given up before a day, or not at all where the day is None."""
    if isinstance(function, Function):
        return True
    last_day = _own_function(state, function).last_day
    return last_day is None or (day is not None and day <= last_day)


def _email_free(state: Practice, email: str | None, member_id: UUID, by: By) -> None:
    taken = {
        member.email.casefold()
        for other, member in state.members.items()
        if member.email and other != member_id and (member.last_day is None or member.last_day >= by.today)
    }
    if email and email.casefold() in taken:
        raise Refused("practice.member.email_taken")


def _name_free(state: Practice, name: str, function: UUID) -> None:
    taken = {own.name.casefold() for other, own in state.own_functions.items() if other != function and own.last_day is None}
    if name.casefold() in taken:
        raise Refused("practice.function.name_taken", name=name)


def _not_too_far(day: date, by: By) -> None:
    if day > by.today + FARTHEST:
        raise Invalid("practice.too_far_ahead", given=day.isoformat(), latest=(by.today + FARTHEST).isoformat())


def _holds(timeline: Timeline, member_id: UUID, from_day: date) -> bool:
    return any(member_id in assignment.members and not days.runs_before(assignment, from_day) for assignment in timeline)


def _only_holder(timeline: Timeline, member_id: UUID, from_day: date) -> bool:
    return any(assignment.members == (member_id,) and not days.runs_before(assignment, from_day) for assignment in timeline)


def _handed_over(state: Practice, function: FunctionKey, leaver: UUID, successor: UUID | None, day: date) -> None:
    """Accept a handover of what is not held only where the successor has it already."""
    _known(state, function)
    if successor is None or not _holds(state.timeline(function), successor, day):
        raise Refused("practice.function.not_held", function=function, member=leaver, first=day.isoformat())


def _new_assignment(function: FunctionKey, by: By) -> days.NewId:
    return lambda day: by.new_id(f"{function}/{day}")


def _rearranged(state: Practice, function: FunctionKey, after: Timeline) -> list[DomainEvent]:
    """The events that lead to a timeline, when everybody new in it is employed and the practice stays managed."""
    before = state.timeline(function)
    for assignment in after:
        if assignment not in before:
            _employed(state, assignment)
    _managed(state, function, after)
    return days.events_between(function, before, after)


def _employed(state: Practice, assignment: Assignment) -> None:
    for member_id in (*assignment.members, *assignment.deputies):
        if member_id not in state.members:
            raise NotFound("practice.member.not_found", member=member_id)
        if not state.members[member_id].employed(assignment.from_day, assignment.to_day):
            raise Refused("practice.member.not_employed", member=member_id, first=assignment.from_day.isoformat())


def _managed(state: Practice, function: FunctionKey, after: Timeline) -> None:
    if function is not Function.GENERAL_MANAGER:
        return
    gap = first_gap(after, state.timeline(function)[0].from_day)
    if gap is not None:
        raise Refused("practice.general_manager_required", first=gap.isoformat())
