"""Who is at the door: the token of a request, from its Authorization header or from the cookie of a signed-in browser."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import Request

from gateway.auth.actor import Actor
from gateway.auth.tokens import TokenError, Verifier
from gateway.problems import ProblemError

COOKIE = "sporbar_session"
"""HttpOnly, SameSite=Strict; its value is an access token."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REMEMBERED = 2_000

Clock = Callable[[], datetime]


class Identities:
    """Recognises who sends a request. A token that was verified is remembered, and its time is checked anew each time."""

    def __init__(self, verifier: Verifier, clock: Clock) -> None:
        self._clock = clock
        self._verify = lru_cache(maxsize=_REMEMBERED)(lambda token: verifier.verify(token, clock()))

    def of(self, request: Request) -> Actor:
        """Whoever sends the request; TokenError for nobody, ProblemError 403 for a cookie sent from another site's page."""
        token = _bearer(request)
        if token is None:
            token = request.cookies.get(COOKIE)
            if token is None:
                raise TokenError("token.missing")
            _same_origin(request)
        return self.of_token(token)

    def of_token(self, token: str) -> Actor:
        """Whom a token speaks for; raises TokenError."""
        actor = self._verify(token)
        if actor.expires_at <= self._clock():
            raise TokenError("token.expired")
        return actor


def _bearer(request: Request) -> str | None:
    given = request.headers.get("authorization")
    if given is None:
        return None
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise TokenError("token.malformed")
    return token.strip()


def _same_origin(request: Request) -> None:
    """A cookie goes along with whatever a browser sends, so a page of another site must not be able to use it."""
    if request.method in _SAFE:
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
    elif (origin := request.headers.get("origin")) and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise ProblemError(403, "origin.refused")
