"""Somebody who was recognised at a door."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from events._base import PRACTICE
from events._function import FunctionKey

PRACTICE_ID = f"^{PRACTICE}$"
"""What the id of a practice looks like."""


class Role(StrEnum):
    """What somebody is to a practice."""

    EMPLOYEE = "employee"
    """Works there."""
    FUNCTION_HOLDER = "function_holder"
    """Works there and holds a function (responsibility area)."""
    MANAGER = "manager"
    """Answers for the practice's quality work (§ 3)."""
    AUDITOR = "auditor"
    """Supervises it from outside; reads everything, writes nothing."""
    ANALYST = "analyst"
    """Studies its figures; reads everything but what may identify a person, writes nothing."""


@dataclass(frozen=True, slots=True)
class Actor:
    """Who asks, and what their token says of them; practice and person come from claims only."""

    subject: str
    """Pseudonymous id that the issuer gives this person."""
    practice: str
    roles: frozenset[Role]
    functions: frozenset[FunctionKey]
    """Functions held when the token was issued."""
    member: UUID | None
    """The member of the practice that this person is; None for auditors and analysts."""
    expires_at: datetime
    """End of the token's validity."""

    @property
    def id(self) -> str:
        """What the ledger calls this person: a member's id, and the subject of everybody else."""
        return str(self.member) if self.member else self.subject
