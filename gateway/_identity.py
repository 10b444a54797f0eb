"""Who is at the door: the token of a request, from its Authorization header or from the cookie of a signed-in browser."""

from collections.abc import Callable
from datetime import datetime
from functools import lru_cache
from urllib.parse import urlsplit

from starlette.requests import HTTPConnection, Request

from gateway.auth.actor import Actor
from gateway.auth.tokens import TokenError, Verifier
from gateway.problems import ProblemError

COOKIE = "sporbar_session"
"""HttpOnly, SameSite=Strict; its value is an access token."""
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
_REMEMBERED = 2_000
_CHALLENGE = 'Bearer realm="sporbar"'

Clock = Callable[[], datetime]


class Identities:
    """Recognises who sends a request. A token that was verified is remembered, and its time is checked anew each time."""

    def __init__(self, verifier: Verifier, clock: Clock) -> None:
        self._clock = clock
        self._verify = lru_cache(maxsize=_REMEMBERED)(lambda token: verifier.verify(token, clock()))

    def of(self, request: Request) -> Actor:
        """Whoever sends the request; ProblemError 401 for nobody, 403 for a cookie sent from another site's page."""
        token = _bearer(request)
        if token is None:
            token = request.cookies.get(COOKIE)
            if token is None:
                raise unauthorised("token.missing")
            same_origin(request)
        actor = self.of_token(token)
        request.state.actor = actor
        return actor

    def of_socket(self, connection: HTTPConnection, given: str | None) -> Actor:
        """Whoever opens a socket, by what stands for Authorization in its first message if anything does; errors as `of`."""
        token = _bearer(connection) if given is None else _token_in(given)
        if token is None:
            token = connection.cookies.get(COOKIE)
            if token is None:
                raise unauthorised("token.missing")
            same_origin(connection)
        return self.of_token(token)

    def of_token(self, token: str) -> Actor:
        """Whom a token speaks for; ProblemError 401 when it is not accepted."""
        try:
            actor = self._verify(token)
        except TokenError as error:
            raise unauthorised(error.code) from None
        if actor.expires_at <= self._clock():
            raise unauthorised("token.expired")
        return actor


def unauthorised(code: str) -> ProblemError:
    """A token that is missing or not accepted (RFC 6750 § 3)."""
    challenge = _CHALLENGE if code == "token.missing" else f'{_CHALLENGE}, error="invalid_token"'
    return ProblemError(401, code, headers={"WWW-Authenticate": challenge})


def _bearer(request: HTTPConnection) -> str | None:
    given = request.headers.get("authorization")
    return None if given is None else _token_in(given)


def _token_in(given: str) -> str:
    scheme, _, token = given.partition(" ")
    if scheme.lower() != "bearer" or not token.strip():
        raise unauthorised("token.malformed")
    return token.strip()


def same_origin(request: HTTPConnection, refusal: str = "origin.refused") -> None:
    """ProblemError 403 with the code `refusal` for a request that changes something and comes from another site's page.

    A cookie goes along with whatever a browser sends, so another site must not be able to use it.
    """
    if request.scope.get("method") in _SAFE:  # a socket has none
        return
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        if site == "same-origin":
            return
    elif (origin := request.headers.get("origin")) and urlsplit(origin).netloc == request.headers.get("host"):
        return
    raise ProblemError(403, refusal, origin=f"{request.url.scheme}://{request.url.netloc}")
