"""What the pages need of the rest of the house, and how a page is guarded."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import date, datetime, time
from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool
from starlette.requests import Request
from starlette.responses import Response

from gateway._identity import Clock, Identities
from gateway.auth.actor import Actor
from gateway.auth.policy import Resource, require
from gateway.auth.tokens import LocalIssuer
from gateway.problems import ProblemError
from gateway.web._draw import Drawer
from gateway.web._language import OSLO
from gateway.web.errors import error_page
from read_side._as_of import AsOf, View, open_view
from write_side._text import EARLIEST

Endpoint = Callable[[Request], Awaitable[Response]]

_LONGEST_POSITION = 15


@dataclass(frozen=True)
class Web:
    """Parts that the pages are made with; hand-wired by the composition root."""

    pool: AsyncConnectionPool[AsyncConnection[Any]]
    identities: Identities
    issuer: LocalIssuer
    clock: Clock
    demo_sign_in: bool
    """Whether the start page lets anybody sign in as anybody."""
    patience: float = 5.0
    """Seconds to wait for the read models to reach a position that is asked for."""
    drawer: Drawer = field(default_factory=Drawer)

    def close(self) -> None:
        """Stop drawing charts."""
        self.drawer.close()

    def actor(self, request: Request) -> Actor | None:
        """Who is signed in; None for nobody."""
        try:
            return self.identities.of(request)
        except ProblemError:
            return None

    def require(self, request: Request, *actions: str) -> Actor:
        """Who is signed in and may do all these in the practice of the address; ProblemError 401, or NotAllowed."""
        actor = self.actor(request)
        if actor is None:
            raise ProblemError(401, "sign_in.required")
        for action in actions:
            require(actor, action, Resource(request.path_params["practice"]), self.clock())
        return actor

    @asynccontextmanager
    async def view(self, practice: str, *, day: date | None = None, at_least: int | None = None) -> AsyncIterator[View]:
        """A view of a practice, now or as of the end of a day in Norway."""
        as_of = AsOf(time=end_of(day)) if day else None
        async with open_view(self.pool, practice, now=self.clock(), as_of=as_of, at_least=at_least, patience=self.patience) as view:
            yield view

    @property
    def today(self) -> date:
        """The day in Norway."""
        return self.clock().astimezone(OSLO).date()

    def day_asked(self, request: Request) -> date | None:
        """The day of `?as_of=`; None for today, or when there is none. ProblemError 400 for what is no day."""
        given = request.query_params.get("as_of")
        if not given:
            return None
        try:
            day = date.fromisoformat(given)
        except ValueError:
            raise ProblemError(400, "as_of.malformed") from None
        if day < EARLIEST:
            raise ProblemError(422, "date.too_early")
        return None if day == self.today else day


def end_of(day: date) -> datetime:
    """The last moment of a day in Norway."""
    return datetime.combine(day, time.max, OSLO)


def position_asked(request: Request) -> int | None:
    """The position of `?position=`, which the answer must have reached; None for anything else."""
    given = request.query_params.get("position", "")
    return int(given) if given.isdecimal() and given.isascii() and len(given) <= _LONGEST_POSITION else None


def as_page(endpoint: Endpoint) -> Endpoint:
    """The endpoint, with its errors shown as pages."""

    async def guarded(request: Request) -> Response:
        try:
            return await endpoint(request)
        except Exception as error:  # noqa: BLE001 -- the last door; error_page logs what nobody foresaw
            return error_page(request, error)

    return guarded
