"""Errors of every layer -> problems."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from eventsourcing import persistence
from psycopg import OperationalError
from psycopg.errors import InsufficientResources, QueryCanceled
from psycopg_pool import PoolTimeout, TooManyRequests
from pydantic import ValidationError

from events.ledger.errors import RecordElsewhere
from gateway.auth.policy import NotAllowed
from gateway.problems._fields import FieldProblem, field_problems
from read_side._errors import InvalidPage, NoSuchPractice, NotYet, OutOfRange, QueryError
from write_side._errors import CommandError, Conflict, Invalid, KeyReused, NotFound, Refused


@dataclass(frozen=True, slots=True)
class Problem:
    """What went wrong, without words: the words come from the catalogue, in the reader's language."""

    status: int
    code: str
    details: Mapping[str, Any] = field(default_factory=dict)
    fields: tuple[FieldProblem, ...] = ()
    headers: Mapping[str, str] = field(default_factory=dict)


class ProblemError(Exception):
    """A refusal of the doors themselves; carries its problem."""

    def __init__(self, status: int, code: str, *, headers: Mapping[str, str] | None = None, **details: Any) -> None:
        super().__init__(f"{status} {code} {details}")
        self.problem = Problem(status, code, details, headers=headers or {})


_RETRY = {"Retry-After": "1"}
_AWAY = (OperationalError, PoolTimeout, TooManyRequests, InsufficientResources, persistence.OperationalError)
"""The database cannot be reached, or has no room."""

_STATUS: dict[type[Exception], int] = {
    Refused: 409,
    Invalid: 422,
    NotFound: 404,
    Conflict: 409,
    KeyReused: 422,
    NotYet: 503,
    OutOfRange: 422,
    NoSuchPractice: 404,
    InvalidPage: 422,
}


def problem_of(error: BaseException) -> Problem | None:
    """The problem an error stands for; None for one that nobody foresaw."""
    if isinstance(error, ProblemError):
        return error.problem
    if isinstance(error, CommandError | QueryError):
        return _of_a_rule(error)
    if isinstance(error, NotAllowed):
        return Problem(403, error.code)
    if isinstance(error, ValidationError):
        fields = field_problems(error)
        return Problem(422, "input.invalid", {"count": len(fields)}, fields)
    if isinstance(error, RecordElsewhere):
        return Problem(421, "record.elsewhere")
    if isinstance(error, QueryCanceled):
        return Problem(503, "timeout", headers=_RETRY)
    if isinstance(error, _AWAY):
        return Problem(503, "unavailable", headers=_RETRY)
    return None


def _of_a_rule(error: CommandError | QueryError) -> Problem:
    status = next((status for kind, status in _STATUS.items() if isinstance(error, kind)), 422)
    if isinstance(error, Conflict) and "expected" in error.details:
        status = 412
    headers = _RETRY if isinstance(error, NotYet) or error.code == "version.busy" else {}
    return Problem(status, error.code, error.details, headers=headers)
