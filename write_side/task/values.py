"""Values inside the commands to tasks and recurring tasks, and the checks that both kinds share."""

import re
from collections.abc import Iterable, Mapping
from datetime import date
from typing import Annotated, Protocol, Self
from uuid import UUID

from dateutil.relativedelta import relativedelta
from pydantic import AfterValidator, Field, StringConstraints, model_validator
from pydantic_core import PydanticCustomError

from events._base import Value
from events._function import FunctionKey
from events._recurrence import MissingDay, Schedule
from events._rrule import MAX_LENGTH, BadRule, parse_rule, write_rule
from events.task import Assignment, Attachment, Link, LinkKind, involved
from write_side._decider import By
from write_side._errors import Invalid
from write_side._text import Day, Title

SUBJECTS = frozenset({LinkKind.DEVIATION, LinkKind.RISK_ASSESSMENT, LinkKind.TASK})
"""Kinds of links that point to a subject of this record; the others are named."""
YEARS_AHEAD = 20
"""No day of a plan may lie further ahead."""
_ADDRESS = re.compile(r"://|\bwww\.", re.IGNORECASE)


def _canonical(text: str) -> str:
    try:
        return write_rule(parse_rule(text))
    except BadRule as error:
        raise PydanticCustomError(error.code, "the recurrence rule cannot be used", error.details) from None


RuleText = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_LENGTH), AfterValidator(_canonical)]
"""A recurrence rule of RFC 5545 for whole days, such as `FREQ=MONTHLY;BYDAY=1MO`; kept in one fixed form."""


class GivenAssignment(Value):
    """Who does it: one to twenty members who share it, or a function."""

    members: tuple[UUID, ...] = Field(default=(), max_length=20)
    function: FunctionKey | None = None

    @model_validator(mode="after")
    def _members_or_a_function(self) -> Self:
        if bool(self.members) == (self.function is not None):
            raise PydanticCustomError("task.assignment", "name members or a function, and not both")
        return self

    def value(self) -> Assignment:
        """The assignment with each member once."""
        return Assignment(members=tuple(dict.fromkeys(self.members)), function=self.function)


class GivenLink(Value):
    """Something related: the id of a deviation, risk assessment or task, or the name of something kept elsewhere."""

    kind: LinkKind
    target: UUID | None = None
    name: Title | None = None

    @model_validator(mode="after")
    def _id_or_name(self) -> Self:
        if (self.target is not None) != (self.kind in SUBJECTS) or (self.name is None) != (self.kind in SUBJECTS):
            raise PydanticCustomError("task.link", "give the id of a deviation, risk assessment or task, and the name of anything else")
        if self.name and _ADDRESS.search(self.name):
            raise PydanticCustomError("task.link.address", "give a name or number, not an address")
        return self

    def value(self) -> Link:
        """The link as it is stored."""
        return Link(kind=self.kind, target=self.target, name=self.name)


class GivenAttachment(Value):
    """A file kept elsewhere, by its id there and the SHA-256 of its bytes."""

    reference: UUID
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")

    def value(self) -> Attachment:
        """The attachment as it is stored."""
        return Attachment(reference=self.reference, sha256=self.sha256)


class GivenSchedule(Value):
    """When it recurs: by a rule, or a number of months after it was last done."""

    starts_on: Day
    """The rule gives its first fitting day on or after this one; without a rule, the first due date."""
    rule: RuleText | None = None
    missing_day: MissingDay = MissingDay.LAST_DAY
    """What a month without the rule's day gives: its last day, or nothing."""
    months_after_done: int | None = Field(default=None, ge=1, le=120)

    @model_validator(mode="after")
    def _rule_or_months(self) -> Self:
        if (self.rule is None) == (self.months_after_done is None):
            raise PydanticCustomError("recurring_task.schedule", "give a rule or months_after_done, and not both")
        return self

    def value(self) -> Schedule:
        """The schedule as it is stored."""
        return Schedule(starts_on=self.starts_on, rule=self.rule, missing_day=self.missing_day, months_after_done=self.months_after_done)


class _Practice(Protocol):
    @property
    def functions(self) -> tuple[FunctionKey, ...]: ...


def reads_for(assignment: GivenAssignment, by: By) -> Mapping[str, str]:
    """An own function of the practice is looked up in the practice's stream."""
    return {"practice": by.practice} if isinstance(assignment.function, UUID) else {}


def require_function(assignment: GivenAssignment, by: By) -> None:
    """Refuse an own function that the practice does not have."""
    if isinstance(assignment.function, UUID):
        practice: _Practice = by.context["practice"]
        if assignment.function not in practice.functions:
            raise Invalid("reference.not_found", kind="function", id=assignment.function)


def references_of(
    assignment: GivenAssignment | None = None, follow_up: UUID | None = None, links: Iterable[GivenLink] = ()
) -> list[tuple[str, UUID]]:
    """The members and subjects that a command names."""
    members = involved(assignment.value() if assignment else Assignment(), follow_up)
    return [*(("member", member) for member in members), *((link.kind, link.target) for link in links if link.target)]


def require_ahead(capability: str, day: date, by: By) -> None:
    """Refuse a day of a plan that has passed, or lies more than twenty years ahead."""
    if day < by.today:
        raise Invalid(f"{capability}.day_in_past", given=day.isoformat())
    latest = by.today + relativedelta(years=YEARS_AHEAD)
    if day > latest:
        raise Invalid(f"{capability}.day_too_far", given=day.isoformat(), latest=latest.isoformat())
