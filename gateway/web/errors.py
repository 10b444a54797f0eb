"""Errors as pages: the same codes and sentences as the problem details, in the same style as every other page."""

from datetime import date

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from gateway.auth.actor import Actor
from gateway.problems import Catalogue, Problem, problem_of
from gateway.problems._http import unforeseen
from gateway.web._language import Speech, catalogue
from gateway.web._render import Viewer, by_roles, page, speech_of

_CODES = {404: "route.not_found", 405: "route.method_not_allowed"}


def wants_page(request: Request) -> bool:
    """Whether whoever asks is a person with a browser, and not a program."""
    return request.method in ("GET", "HEAD") and "text/html" in request.headers.get("accept", "")


def error_page(request: Request, error: BaseException) -> Response:
    """The page of an error; one that nobody foresaw is logged, and the page tells only the id it was logged under."""
    problem = _known(request, error) or problem_of(error) or unforeseen(error)
    speech = speech_of(request)
    heading = f"error.heading.{problem.status}"
    return page(
        request,
        "error.html",
        viewer=_viewer(request, speech),
        status=problem.status,
        headers=dict(problem.headers),
        shown_status=problem.status,
        heading=speech.text(heading if heading in catalogue(speech.language) else "error.heading.500"),
        sentence=Catalogue.load().sentence(problem.code, speech.language, _written(problem, speech)),
        code=problem.code,
    )


def _viewer(request: Request, speech: Speech) -> Viewer | None:
    """Who is signed in, found without the database, which may be what is away."""
    actor: Actor | None = request.app.state.web.actor(request)
    return by_roles(actor, speech) if actor else None


def _written(problem: Problem, speech: Speech) -> dict[str, object]:
    """The details, with days as the page's language writes them."""
    return {name: speech.day(value) if isinstance(value, date) else value for name, value in problem.details.items()}


def _known(request: Request, error: BaseException) -> Problem | None:
    """The framework's own errors, which carry no code."""
    if isinstance(error, HTTPException) and error.status_code in _CODES:
        return Problem(error.status_code, _CODES[error.status_code], {"method": request.method})
    return None
