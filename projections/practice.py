"""Folds of the practice: profile, members, functions and who holds them."""

from collections.abc import Iterable

from events import practice as facts
from events._base import DomainEvent, Envelope
from projections._model import Key, ReadModel, by_field, replace
from read_side.practice import AssignmentRow, FunctionRow, MemberRow, PracticeRow


def _own_subject(_event: DomainEvent, envelope: Envelope) -> Iterable[Key]:
    return [(envelope.subject,)]


practice: ReadModel[PracticeRow] = ReadModel(PracticeRow, _own_subject)
member: ReadModel[MemberRow] = ReadModel(MemberRow, by_field("member_id"))
function: ReadModel[FunctionRow] = ReadModel(FunctionRow, by_field("function"))
assignment: ReadModel[AssignmentRow] = ReadModel(AssignmentRow, by_field("assignment_id"))


@practice.on(facts.PracticeRegistered)
def registered(_row: None, event: facts.PracticeRegistered, envelope: Envelope) -> PracticeRow:
    return PracticeRow(
        subject=envelope.subject,
        version=envelope.version,
        name=event.name,
        practice_type=event.practice_type,
        fields=event.fields,
        organisation_number=event.organisation_number,
        registered_at=envelope.time,
        responsibilities_changed_at=None,
        responsibilities_changed_position=None,
        responsibilities_confirmed_on=None,
        responsibilities_confirmed_at=None,
        responsibilities_confirmed_position=None,
        responsibilities_confirmed_by=None,
    )


@practice.on(facts.ProfileChanged)
def profile_changed(row: PracticeRow, event: facts.ProfileChanged, envelope: Envelope) -> PracticeRow:
    return replace(
        row,
        version=envelope.version,
        name=event.name,
        practice_type=event.practice_type,
        fields=event.fields,
        organisation_number=event.organisation_number,
    )


@practice.on(*facts.STAFF_OR_ROLE_CHANGES)
def staff_or_roles_changed(row: PracticeRow, _event: DomainEvent, envelope: Envelope) -> PracticeRow:
    return replace(
        row,
        version=envelope.version,
        responsibilities_changed_at=envelope.time,
        responsibilities_changed_position=envelope.position,
    )


@practice.on(facts.ResponsibilitiesConfirmed)
def responsibilities_confirmed(row: PracticeRow, event: facts.ResponsibilitiesConfirmed, envelope: Envelope) -> PracticeRow:
    return replace(
        row,
        version=envelope.version,
        responsibilities_confirmed_on=event.confirmed_on,
        responsibilities_confirmed_at=envelope.time,
        responsibilities_confirmed_position=envelope.position,
        responsibilities_confirmed_by=envelope.actor,
    )


@practice.on(facts.MemberCorrected, facts.FunctionRenamed)
def details_corrected(row: PracticeRow, _event: DomainEvent, envelope: Envelope) -> PracticeRow:
    return replace(row, version=envelope.version)


@member.on(facts.MemberJoined)
def joined(_row: None, event: facts.MemberJoined, envelope: Envelope) -> MemberRow:
    return MemberRow(
        member_id=event.member_id,
        subject=envelope.subject,
        name=event.name,
        email=event.email,
        profession=event.profession,
        employed_from=event.employed_from,
        last_day=None,
        joined_at=envelope.time,
    )


@member.on(facts.MemberCorrected)
def corrected(row: MemberRow, event: facts.MemberCorrected, _envelope: Envelope) -> MemberRow:
    return replace(row, name=event.name, email=event.email, employed_from=event.employed_from)


@member.on(facts.ProfessionChanged)
def profession_changed(row: MemberRow, event: facts.ProfessionChanged, _envelope: Envelope) -> MemberRow:
    return replace(row, profession=event.profession)


@member.on(facts.LeavingRecorded)
def leaving_recorded(row: MemberRow, event: facts.LeavingRecorded, _envelope: Envelope) -> MemberRow:
    return replace(row, last_day=event.last_day)


@member.on(facts.LeavingCancelled)
def leaving_cancelled(row: MemberRow, _event: facts.LeavingCancelled, _envelope: Envelope) -> MemberRow:
    return replace(row, last_day=None)


@function.on(facts.FunctionEstablished)
def established(_row: None, event: facts.FunctionEstablished, envelope: Envelope) -> FunctionRow:
    return FunctionRow(function=event.function, subject=envelope.subject, name=event.name, established_at=envelope.time, last_day=None)


@function.on(facts.FunctionRenamed)
def renamed(row: FunctionRow, event: facts.FunctionRenamed, _envelope: Envelope) -> FunctionRow:
    return replace(row, name=event.name)


@function.on(facts.FunctionDiscontinued)
def discontinued(row: FunctionRow, event: facts.FunctionDiscontinued, _envelope: Envelope) -> FunctionRow:
    return replace(row, last_day=event.last_day)


@assignment.on(facts.FunctionAssigned)
def assigned(_row: None, event: facts.FunctionAssigned, envelope: Envelope) -> AssignmentRow:
    return AssignmentRow(
        assignment_id=event.assignment_id,
        subject=envelope.subject,
        function=str(event.function),
        kind=event.kind,
        members=event.members,
        deputies=event.deputies,
        from_day=event.from_day,
        to_day=event.to_day,
        turns_from=event.turns_from,
        weeks=event.weeks,
        assigned_at=envelope.time,
    )


@assignment.on(facts.AssignmentEnded)
def ended(row: AssignmentRow, event: facts.AssignmentEnded, _envelope: Envelope) -> AssignmentRow:
    return replace(row, to_day=event.last_day)


@assignment.on(facts.AssignmentWithdrawn)
def withdrawn(_row: AssignmentRow, _event: facts.AssignmentWithdrawn, _envelope: Envelope) -> None:
    return None


READ_MODELS = (practice, member, function, assignment)
