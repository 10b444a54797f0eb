"""How a page is made: the templates, what each of them can use, and the headers that guard it."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any
from urllib.parse import parse_qsl, urlencode

from jinja2 import Environment, PackageLoader, StrictUndefined
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from gateway.auth.actor import Actor
from gateway.problems import Language
from gateway.web._language import Speech, choose_language

LANGUAGE_COOKIE = "sporbar_lang"
_YEAR = 31_536_000

CONTENT_SECURITY_POLICY = (
    "default-src 'none'; style-src 'self'; img-src 'self' data:; script-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": CONTENT_SECURITY_POLICY,
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "private, no-cache",
    "Vary": "Accept-Language, Cookie",
}


@dataclass(frozen=True, slots=True)
class Viewer:
    """Who looks at a page."""

    name: str
    practice: str


def by_roles(actor: Actor, speech: Speech) -> Viewer:
    """Who looks, by what they are where their name is not at hand."""
    return Viewer(", ".join(speech.name(role) for role in sorted(actor.roles)), actor.practice)


def speech_of(request: Request) -> Speech:
    """The language of a request: `?lang=`, else the cookie, else Accept-Language, else bokmål."""
    asked, remembered = request.query_params.get("lang"), request.cookies.get(LANGUAGE_COOKIE)
    return Speech(choose_language(asked, remembered, request.headers.get("accept-language")))


def page(
    request: Request,
    template: str,
    /,
    *,
    viewer: Viewer | None = None,
    status: int = 200,
    headers: dict[str, str] | None = None,
    **context: Any,
) -> Response:
    """A page in the request's language. A language asked for by `?lang=` is remembered."""
    speech = speech_of(request)
    html = (
        _environment()
        .get_template(template)
        .render(speech=speech, t=speech.text, n=speech.count, viewer=viewer, languages=_languages(request), **context)
    )
    response = HTMLResponse(html, status, headers={**HEADERS, "Content-Language": speech.language, **(headers or {})})
    if request.query_params.get("lang") == speech.language:
        response.set_cookie(LANGUAGE_COOKIE, speech.language, max_age=_YEAR, httponly=True, samesite="lax", secure=_secure(request))
    return response


def asset(name: str) -> str:
    """Address of a static file; it changes with the content, so a browser may keep it for good."""
    return f"/static/{name}?v={_digest(name)}"


def static_file(name: str) -> bytes:
    """Content of a static file."""
    return (files("gateway.web") / "static" / name).read_bytes()


@cache
def _digest(name: str) -> str:
    return hashlib.sha256(static_file(name)).hexdigest()[:12]


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("gateway.web"), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    functions: dict[str, Callable[..., Any]] = {"asset": asset}
    environment.globals.update(functions)
    return environment


def _languages(request: Request) -> list[tuple[Language, str, str]]:
    """Each language with its own name and the address of this page in it."""
    kept = [pair for pair in parse_qsl(request.url.query) if pair[0] != "lang"]
    names = {Language.NORWEGIAN: "Norsk", Language.ENGLISH: "English"}
    return [(language, names[language], "?" + urlencode([*kept, ("lang", language.value)])) for language in Language]


def _secure(request: Request) -> bool:
    return request.url.scheme == "https"


@cache
def look() -> str:
    """Changes whenever charts may look different."""
    return hashlib.sha256((files("gateway.web") / "charts.py").read_bytes()).hexdigest()[:8]
