"""What the pages need of the rest of the house, and how a page is guarded."""

from collections.abc import Awaitable, Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import date, datetime, time

from starlette.requests import Request
from starlette.responses import Response

from events._base import OSLO
from gateway._identity import Identities
from gateway._reads import Reads
from gateway.auth.actor import Actor
from gateway.auth.policy import Resource, require
from gateway.auth.tokens import LocalIssuer
from gateway.problems import ProblemError
from gateway.web._draw import Drawer
from gateway.web.errors import error_page
from read_side._as_of import AsOf, View
from write_side._text import EARLIEST

Endpoint = Callable[[Request], Awaitable[Response]]

_LONGEST_POSITION = 15


@dataclass(frozen=True)
class Web:
    """Parts that the pages are made with; hand-wired by the composition root."""

    reads: Reads
    identities: Identities
    issuer: LocalIssuer
    demo_sign_in: bool
    """Whether the start page lets anybody sign in as anybody."""
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
            require(actor, action, Resource(request.path_params["practice"]), self.reads.clock())
        return actor

    def view(self, practice: str, *, day: date | None = None, at_least: int | None = None) -> AbstractAsyncContextManager[View]:
        """A view of a practice, now or as of the end of a day in Norway."""
        as_of = AsOf(time=end_of(day)) if day else None
        return self.reads.view(practice, self.reads.clock(), as_of=as_of, at_least=at_least)

    @property
    def today(self) -> date:
        """The day in Norway."""
        return self.reads.clock().astimezone(OSLO).date()

    def day_asked(self, request: Request) -> date | None:
        """The day of `?as_of=`; None for today, or when there is none. ProblemError 400 for what is no day, 422 for one out of range."""
        given = request.query_params.get("as_of")
        if not given:
            return None
        try:
            day = date.fromisoformat(given)
        except ValueError:
            raise ProblemError(400, "as_of.malformed") from None
        if day < EARLIEST:
            raise ProblemError(422, "date.too_early")
        if day > self.today:
            raise ProblemError(422, "as_of.future", time=day)
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
