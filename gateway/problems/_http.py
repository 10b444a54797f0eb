"""Problems as HTTP answers."""

import logging
from typing import Any
from uuid import UUID, uuid4

import orjson
from starlette.requests import Request
from starlette.responses import Response

from gateway.problems._catalogue import Catalogue, Language, preferred_language
from gateway.problems._error import Problem, problem_of

MEDIA_TYPE = "application/problem+json"

_log = logging.getLogger("sporbar.gateway")


def problem_response(request: Request, error: BaseException) -> Response:
    """The problem details of an error, in the language of the request.

    An error that nobody foresaw is logged under a new id, and the answer tells only that id.
    """
    problem = problem_of(error) or unforeseen(error)
    language = preferred_language(request.headers.get("accept-language"))
    return Response(
        orjson.dumps(body(problem, language, instance=request.url.path), default=str),
        status_code=problem.status,
        media_type=MEDIA_TYPE,
        headers={"Content-Language": language, "Cache-Control": "no-store", **problem.headers},
    )


def unforeseen(error: BaseException) -> Problem:
    """Log an error that has no code of its own, and give the id it was logged under."""
    error_id: UUID = uuid4()
    _log.error("unforeseen error %s", error_id, exc_info=error)
    return Problem(500, "internal", {"error_id": str(error_id)})


def body(problem: Problem, language: Language, *, instance: str | None = None) -> dict[str, Any]:
    """The members of a problem details object; `type` resolves to a page about the code."""
    catalogue = Catalogue.load()
    told: dict[str, Any] = {
        "type": f"/problems/{problem.code}",
        "title": _TITLES[language].get(problem.status, _TITLES[language][500]),
        "status": problem.status,
        "code": problem.code,
        "detail": catalogue.sentence(problem.code, language, problem.details),
    }
    if instance is not None:
        told["instance"] = instance
    if problem.details:
        told["details"] = {name: _plain(value) for name, value in problem.details.items()}
    if problem.fields:
        told["errors"] = [
            {"pointer": wrong.pointer, "code": wrong.code, "detail": catalogue.sentence(wrong.code, language, wrong.details)}
            for wrong in problem.fields
        ]
    return told


def _plain(value: Any) -> Any:
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(item) for item in value]
    return value if isinstance(value, int | float | bool | None) else str(value)


_TITLES: dict[Language, dict[int, str]] = {
    Language.ENGLISH: {
        400: "The request cannot be read",
        401: "Sign in first",
        403: "Not allowed",
        404: "Not found",
        405: "Method not allowed",
        409: "Not possible now",
        412: "Changed in the meantime",
        413: "Too large",
        415: "Wrong content type",
        421: "Not at this server",
        422: "Cannot be so",
        429: "Too many requests",
        500: "Something went wrong",
        503: "Not available just now",
    },
    Language.NORWEGIAN: {
        400: "Forespørselen kan ikke leses",
        401: "Logg inn først",
        403: "Ikke tillatt",
        404: "Ikke funnet",
        405: "Metoden er ikke tillatt",
        409: "Ikke mulig nå",
        412: "Endret i mellomtiden",
        413: "For stort",
        415: "Feil innholdstype",
        421: "Ikke hos denne serveren",
        422: "Kan ikke være slik",
        429: "For mange forespørsler",
        500: "Noe gikk galt",
        503: "Ikke tilgjengelig akkurat nå",
    },
}
