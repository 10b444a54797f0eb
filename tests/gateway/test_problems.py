"""Every kind of error has its status."""

import psycopg
import pytest
from eventsourcing import persistence
from psycopg_pool import PoolTimeout
from pydantic import BaseModel, ValidationError, field_validator

from gateway.auth.policy import NotAllowed
from gateway.problems import ProblemError, problem_of
from read_side._errors import InvalidPage, NoSuchPractice, NotYet, OutOfRange
from write_side._errors import Conflict, Invalid, KeyReused, NotFound, Refused


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Refused("x.y"), 409, "x.y"),
        (Invalid("x.y"), 422, "x.y"),
        (NotFound("x.y"), 404, "x.y"),
        (Conflict("version.busy", subject="x"), 409, "version.busy"),
        (Conflict("version.conflict", expected=1, actual=2), 412, "version.conflict"),
        (KeyReused("idempotency.key_reused"), 422, "idempotency.key_reused"),
        (NotYet("reading.not_yet"), 503, "reading.not_yet"),
        (OutOfRange("as_of.ahead"), 422, "as_of.ahead"),
        (NoSuchPractice("practice.not_found"), 404, "practice.not_found"),
        (InvalidPage("page.size"), 422, "page.size"),
        (NotAllowed("access.role"), 403, "access.role"),
        (ProblemError(415, "body.wrong_type"), 415, "body.wrong_type"),
        (psycopg.errors.QueryCanceled(), 503, "timeout"),
        (psycopg.OperationalError(), 503, "unavailable"),
        (psycopg.errors.DiskFull(), 503, "unavailable"),
        (PoolTimeout(), 503, "unavailable"),
        (persistence.OperationalError(), 503, "unavailable"),
    ],
)
def test_an_error_is_a_problem(error: Exception, status: int, code: str) -> None:
    problem = problem_of(error)
    assert problem is not None
    assert (problem.status, problem.code) == (status, code)
    assert ("Retry-After" in problem.headers) == (status == 503 or code == "version.busy")


@pytest.mark.parametrize("error", [ValueError("x"), KeyError("x"), psycopg.ProgrammingError(), persistence.ProgrammingError()])
def test_what_nobody_foresaw_is_no_problem_of_ours(error: Exception) -> None:
    assert problem_of(error) is None


class Command(BaseModel):
    """A command with a rule of its own."""

    email: str

    @field_validator("email")
    @classmethod
    def _has_a_place(cls, email: str) -> str:
        if "@" not in email:
            raise ValueError("give name@place")
        return email


def test_a_field_is_told_in_the_words_of_its_rule() -> None:
    """Without "Value error, ", which pydantic puts before them."""
    with pytest.raises(ValidationError) as refused:
        Command.model_validate({"email": "kari"})
    problem = problem_of(refused.value)
    assert problem is not None
    (wrong,) = problem.fields
    assert (wrong.pointer, wrong.code, wrong.details["reason"]) == ("/email", "field.invalid", "give name@place")
