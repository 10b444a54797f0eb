"""A practice (virksomhet): its profile, its members, and who holds which function."""

from datetime import date
from enum import StrEnum
from typing import ClassVar
from uuid import UUID

from events._base import DomainEvent, Value
from events._function import FunctionKey
from events._holding import HoldingKind
from events._personal import MemberId, Personal


class PracticeType(StrEnum):
    """What sort of practice it is."""

    GP_OFFICE = "gp_office"
    OUT_OF_HOURS = "out_of_hours"
    SPECIALIST = "specialist"
    DENTAL = "dental"
    PSYCHOLOGY = "psychology"
    PHYSIOTHERAPY = "physiotherapy"
    CHIROPRACTIC = "chiropractic"
    MIDWIFERY = "midwifery"
    OTHER = "other"


class Field(StrEnum):
    """A field of health care that a practice works in."""

    GENERAL_PRACTICE = "general_practice"
    EMERGENCY_CARE = "emergency_care"
    INTERNAL_MEDICINE = "internal_medicine"
    CARDIOLOGY = "cardiology"
    DERMATOLOGY = "dermatology"
    EAR_NOSE_THROAT = "ear_nose_throat"
    GYNAECOLOGY = "gynaecology"
    NEUROLOGY = "neurology"
    OPHTHALMOLOGY = "ophthalmology"
    ORTHOPAEDICS = "orthopaedics"
    PAEDIATRICS = "paediatrics"
    PSYCHIATRY = "psychiatry"
    RADIOLOGY = "radiology"
    RHEUMATOLOGY = "rheumatology"
    OCCUPATIONAL_MEDICINE = "occupational_medicine"
    DENTISTRY = "dentistry"
    PSYCHOLOGY = "psychology"
    PHYSIOTHERAPY = "physiotherapy"
    CHIROPRACTIC = "chiropractic"
    MIDWIFERY = "midwifery"
    LABORATORY = "laboratory"
    OTHER = "other"


class Profession(StrEnum):
    """What a member works as."""

    GENERAL_PRACTITIONER = "general_practitioner"
    SPECIALIST_PHYSICIAN = "specialist_physician"
    JUNIOR_DOCTOR = "junior_doctor"
    """Doctor in part 1 of specialist training (LIS1)."""
    LOCUM_DOCTOR = "locum_doctor"
    NURSE = "nurse"
    MIDWIFE = "midwife"
    MEDICAL_SECRETARY = "medical_secretary"
    BIOMEDICAL_SCIENTIST = "biomedical_scientist"
    DENTIST = "dentist"
    DENTAL_HYGIENIST = "dental_hygienist"
    PSYCHOLOGIST = "psychologist"
    PHYSIOTHERAPIST = "physiotherapist"
    CHIROPRACTOR = "chiropractor"
    MANAGER = "manager"
    OTHER = "other"


class Held(Value):
    """Who held a function."""

    function: FunctionKey
    holders: tuple[MemberId, ...]


class PracticeRegistered(DomainEvent):
    TYPE: ClassVar[str] = "practice.registered.v1"
    name: str
    practice_type: PracticeType
    fields: tuple[Field, ...]
    organisation_number: str | None


class ProfileChanged(DomainEvent):
    """The whole profile as it is from now on."""

    TYPE: ClassVar[str] = "practice.profile_changed.v1"
    name: str
    practice_type: PracticeType
    fields: tuple[Field, ...]
    organisation_number: str | None


class MemberJoined(DomainEvent):
    TYPE: ClassVar[str] = "practice.member_joined.v1"
    member_id: MemberId
    name: Personal[str]
    email: Personal[str | None]
    profession: Profession
    employed_from: date
    """First day of employment."""


class MemberCorrected(DomainEvent):
    """The details as they should have been recorded; none of them is a change of role."""

    TYPE: ClassVar[str] = "practice.member_corrected.v1"
    member_id: MemberId
    name: Personal[str]
    email: Personal[str | None]
    employed_from: date


class ProfessionChanged(DomainEvent):
    """A member works as something else now, a change of role (§ 6 a)."""

    TYPE: ClassVar[str] = "practice.profession_changed.v1"
    member_id: MemberId
    profession: Profession
    previous: Profession


class LeavingRecorded(DomainEvent):
    """A member leaves, or has left; whatever they held after the last day was handed over before."""

    TYPE: ClassVar[str] = "practice.leaving_recorded.v1"
    member_id: MemberId
    last_day: date
    previous_last_day: date | None
    """The last day recorded before, where this one corrects it."""


class LeavingCancelled(DomainEvent):
    """A member whose leaving was recorded stays; functions handed over stay where they are."""

    TYPE: ClassVar[str] = "practice.leaving_cancelled.v1"
    member_id: MemberId
    last_day: date
    """The last day that is no longer one."""


class FunctionEstablished(DomainEvent):
    """The practice has given itself a responsibility area of its own."""

    TYPE: ClassVar[str] = "practice.function_established.v1"
    function: UUID
    name: str


class FunctionRenamed(DomainEvent):
    TYPE: ClassVar[str] = "practice.function_renamed.v1"
    function: UUID
    name: str
    previous: str


class FunctionDiscontinued(DomainEvent):
    """An own function is given up; its assignments were ended before."""

    TYPE: ClassVar[str] = "practice.function_discontinued.v1"
    function: UUID
    last_day: date


class FunctionAssigned(DomainEvent):
    """Who holds a function over a span of days; spans of one function never overlap."""

    TYPE: ClassVar[str] = "practice.function_assigned.v1"
    assignment_id: UUID
    function: FunctionKey
    kind: HoldingKind
    members: tuple[MemberId, ...]
    """The holder, the holders, or the order in which they take turns."""
    deputies: tuple[MemberId, ...]
    """Who steps in, in this order."""
    from_day: date
    to_day: date | None
    turns_from: date | None
    """First day of the first turn of a rotation; before `from_day` where a running rotation goes on."""
    weeks: int | None
    """Weeks in a turn of a rotation."""


class AssignmentEnded(DomainEvent):
    """An assignment has a last day, or an earlier one than before."""

    TYPE: ClassVar[str] = "practice.assignment_ended.v1"
    assignment_id: UUID
    function: FunctionKey
    last_day: date
    previous_last_day: date | None


class AssignmentWithdrawn(DomainEvent):
    """An assignment no longer counts on any day: another arrangement covers all of its days."""

    TYPE: ClassVar[str] = "practice.assignment_withdrawn.v1"
    assignment_id: UUID
    function: FunctionKey


class ResponsibilitiesConfirmed(DomainEvent):
    """Somebody has gone through who holds what, and it is right (§§ 3, 6 a)."""

    TYPE: ClassVar[str] = "practice.responsibilities_confirmed.v1"
    confirmed_on: date
    held: tuple[Held, ...]
    """Every function with its holders on that day; none for one that nobody held."""
    note: Personal[str | None]


STAFF_OR_ROLE_CHANGES: tuple[type[DomainEvent], ...] = (
    MemberJoined,
    ProfessionChanged,
    LeavingRecorded,
    LeavingCancelled,
    FunctionEstablished,
    FunctionDiscontinued,
    FunctionAssigned,
    AssignmentEnded,
    AssignmentWithdrawn,
)
"""What re-opens the confirmation of responsibilities (§ 6 a)."""
