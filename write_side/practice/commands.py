"""What one may ask of a practice."""

from typing import Annotated, Any, ClassVar, Self
from uuid import UUID

from pydantic import AfterValidator, BeforeValidator, Field, model_validator
from pydantic_core import PydanticCustomError

from events import practice as facts
from events._base import Value
from events._function import FunctionKey
from events._holding import HoldingKind
from events.practice import PracticeType, Profession
from write_side._decider import By, Command
from write_side._text import Day, Note, Title

_WEIGHTS = (3, 2, 7, 6, 5, 4, 3, 2)


def _without_blanks(value: Any) -> Any:
    return "".join(value.split()) if isinstance(value, str) else value


def _check_digit_fits(number: str) -> str:
    """An organisation number's last digit follows from the others, modulo 11 (Brønnøysundregistrene)."""
    remainder = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False)) % 11
    if (11 - remainder) % 11 != int(number[-1]):
        raise PydanticCustomError("practice.organisation_number", "the check digit does not fit: look for a wrong or swapped digit")
    return number


def _each_once(values: tuple[Any, ...]) -> tuple[Any, ...]:
    if len(set(values)) < len(values):
        raise PydanticCustomError("practice.named_twice", "name each of them once")
    return values


def _two_members(one: UUID, other: UUID | None) -> None:
    if one == other:
        raise PydanticCustomError("practice.hand_over.same_member", "name two different members")


OrganisationNumber = Annotated[str, BeforeValidator(_without_blanks), Field(pattern=r"^[0-9]{9}$"), AfterValidator(_check_digit_fits)]
"""Nine digits with their check digit; blanks between them are dropped."""
Email = Annotated[str, Field(pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+\.[^@\s\x00-\x1f]+$", max_length=254)]
"""An e-mail address as far as its form tells."""
Members = Annotated[tuple[UUID, ...], AfterValidator(_each_once)]
"""Members of the practice, each once."""
Fields = Annotated[tuple[facts.Field, ...], Field(min_length=1, max_length=10), AfterValidator(_each_once)]


class PracticeCommand(Command):
    """A command to the practice that gives it; its one stream holds profile, members and functions."""

    def subject_id(self, by: By) -> str:
        return by.practice


class NewMember(Value):
    """Somebody who works in the practice."""

    name: Title
    email: Email | None = None
    profession: Profession
    employed_from: Day | None = None
    """First day of employment; today, if left out."""


class RegisterPractice(PracticeCommand):
    """Begin the record of a practice, with the general manager who answers for it (§ 3)."""

    NAME: ClassVar[str] = "practice.register"
    name: Title
    practice_type: PracticeType
    fields: Fields
    organisation_number: OrganisationNumber | None = None
    general_manager: NewMember


class ChangeProfile(PracticeCommand):
    """Say how the practice's profile is from now on; whatever is left out is emptied."""

    NAME: ClassVar[str] = "practice.change_profile"
    name: Title
    practice_type: PracticeType
    fields: Fields
    organisation_number: OrganisationNumber | None = None


class JoinMember(PracticeCommand, NewMember):
    """Take in somebody who works in the practice; who comes back after leaving joins anew."""

    NAME: ClassVar[str] = "practice.join_member"


class MemberCommand(PracticeCommand):
    """A command about a member who joined before."""

    member_id: UUID


class CorrectMember(MemberCommand):
    """Correct a member's details; all of them are given, and an e-mail left out is removed."""

    NAME: ClassVar[str] = "practice.correct_member"
    name: Title
    email: Email | None = None
    employed_from: Day


class ChangeProfession(MemberCommand):
    """Record that a member now works as something else."""

    NAME: ClassVar[str] = "practice.change_profession"
    profession: Profession


class Handover(Value):
    """Who takes a function that somebody leaves behind."""

    function: FunctionKey
    to: UUID | None = None
    """The successor; left out where others go on holding it."""


class RecordLeaving(MemberCommand):
    """Record a member's last day, and hand over every function that they hold beyond it; also corrects a last day."""

    NAME: ClassVar[str] = "practice.record_leaving"
    last_day: Day
    handovers: tuple[Handover, ...] = Field(default=(), max_length=100)

    @model_validator(mode="after")
    def _each_function_once_to_somebody_else(self) -> Self:
        _each_once(tuple(handover.function for handover in self.handovers))
        for handover in self.handovers:
            _two_members(self.member_id, handover.to)
        return self


class CancelLeaving(MemberCommand):
    """Record that a member whose last day has not passed stays after all."""

    NAME: ClassVar[str] = "practice.cancel_leaving"


class EstablishFunction(PracticeCommand):
    """Give the practice a responsibility area of its own, beside the ones that every practice has."""

    NAME: ClassVar[str] = "practice.establish_function"
    name: Title


class RenameFunction(PracticeCommand):
    """Rename an own function."""

    NAME: ClassVar[str] = "practice.rename_function"
    function: UUID
    name: Title


class DiscontinueFunction(PracticeCommand):
    """Give up an own function after a last day; nobody holds it from then on."""

    NAME: ClassVar[str] = "practice.discontinue_function"
    function: UUID
    last_day: Day


class AssignFunction(PracticeCommand):
    """Say who holds a function from a day on, or over a span of days.

    The new arrangement takes the place of whatever was arranged for these days. With a last day, what was arranged
    before goes on after it: somebody stands in for a while.
    """

    NAME: ClassVar[str] = "practice.assign_function"
    function: FunctionKey
    kind: HoldingKind = HoldingKind.FIXED
    members: Members = Field(min_length=1, max_length=50)
    """The one holder, all holders, or the order in which they take turns."""
    deputies: Members = Field(default=(), max_length=10)
    """Who steps in, in this order."""
    from_day: Day
    to_day: Day | None = None
    weeks: int | None = Field(default=None, ge=1, le=52)
    """Weeks in a turn of a rotation; the first turn begins on `from_day`."""

    @model_validator(mode="after")
    def _fits_its_kind(self) -> Self:
        if (self.weeks is not None) != (self.kind is HoldingKind.ROTATING):
            raise PydanticCustomError("practice.assign.weeks", "give the weeks in a turn for a rotation, and only for a rotation")
        if self.kind is HoldingKind.FIXED and len(self.members) > 1:
            raise PydanticCustomError("practice.assign.one_holder", "name one member, or make it rotating or simultaneous")
        if self.kind is HoldingKind.ROTATING and len(self.members) == 1:
            raise PydanticCustomError("practice.assign.rotation_of_one", "name two members or more, or make it fixed")
        if set(self.members) & set(self.deputies):
            raise PydanticCustomError("practice.assign.own_deputy", "name somebody else as deputy")
        if self.to_day is not None and self.to_day < self.from_day:
            raise PydanticCustomError("practice.assign.ends_before_start", "give a last day on or after the first")
        return self


class HandOverFunction(PracticeCommand):
    """Let one member take another's place in a function from a day on, be it fixed, rotating or simultaneous."""

    NAME: ClassVar[str] = "practice.hand_over_function"
    function: FunctionKey
    from_member: UUID
    to_member: UUID
    from_day: Day

    @model_validator(mode="after")
    def _to_somebody_else(self) -> Self:
        _two_members(self.from_member, self.to_member)
        return self


class VacateFunction(PracticeCommand):
    """Record that nobody holds a function from a day on."""

    NAME: ClassVar[str] = "practice.vacate_function"
    function: FunctionKey
    from_day: Day


class ConfirmResponsibilities(PracticeCommand):
    """Confirm that it is right who holds what (§§ 3, 6 a); due yearly, and after each change of staff or roles."""

    NAME: ClassVar[str] = "practice.confirm_responsibilities"
    confirmed_on: Day
    note: Note | None = None
