"""The start page, and signing in and out."""

from dataclasses import dataclass
from urllib.parse import parse_qs
from uuid import UUID

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from events._function import Function
from gateway._body import read_body
from gateway._identity import COOKIE, same_origin
from gateway._standing import standing
from gateway.auth.actor import Actor, Role
from gateway.problems import ProblemError
from gateway.web._language import Speech
from gateway.web._render import Viewer, by_roles, page, speech_of
from gateway.web._web import Web
from read_side import practice as practices
from read_side._as_of import View
from read_side._errors import NotYet
from read_side.directory import practice_ids

_LARGEST_FORM = 4_096
_OUTSIDERS = {"auditor": Role.AUDITOR, "analyst": Role.ANALYST}
"""People from outside, who are no members of the practice."""


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody to sign in as."""

    id: str
    name: str
    functions: str
    suggested: bool
    """Chosen until somebody else is: who leads the practice sees most."""


@dataclass(frozen=True, slots=True)
class PracticeCard:
    """A practice on the start page."""

    id: str
    name: str
    kind: str
    people: list[Person]


class StartPage:
    """The page at `/`, and the forms on it."""

    def __init__(self, web: Web) -> None:
        self._web = web

    async def show(self, request: Request) -> Response:
        """The start page; practices are listed only where anybody may sign in as anybody."""
        web, speech = self._web, speech_of(request)
        actor = web.actor(request)
        cards = [await self._card(id_, speech) for id_ in await practice_ids(web.reads.pool)] if web.demo_sign_in else []
        return page(
            request,
            "start.html",
            viewer=_viewer(actor, cards, speech) if actor else None,
            practices=[card for card in cards if card],
            sign_in_open=web.demo_sign_in,
        )

    async def sign_in(self, request: Request) -> Response:
        """Sign in as somebody of a practice."""
        web = self._web
        if not web.demo_sign_in:
            raise ProblemError(403, "sign_in.off")
        same_origin(request, "form.origin")
        form = parse_qs((await read_body(request, _LARGEST_FORM)).decode("utf-8", "replace"), max_num_fields=10)
        practice, person = form.get("practice", [""])[0], form.get("person", [""])[0]
        token = await self._token(practice, person)
        response = RedirectResponse(f"/p/{practice}", 303)
        lifetime = int(web.issuer.lifetime.total_seconds())
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, token, max_age=lifetime, path="/", httponly=True, samesite="strict", secure=secure)
        return response

    async def sign_out(self, request: Request) -> Response:
        """Forget who is signed in."""
        same_origin(request, "form.origin")
        response = RedirectResponse("/", 303)
        response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
        return response

    async def _token(self, practice: str, person: str) -> str:
        web, now = self._web, self._web.reads.clock()
        if person in _OUTSIDERS:
            async with web.view(practice):
                return web.issuer.issue(practice=practice, roles=[_OUTSIDERS[person]], subject=f"demo-{person}", now=now)
        try:
            member_id = UUID(person)
        except ValueError:
            raise ProblemError(422, "sign_in.person") from None
        async with web.view(practice) as view:
            stands = await standing(view, member_id)
        if stands is None:
            raise ProblemError(422, "sign_in.person")
        return web.issuer.issue(practice=practice, roles=stands.roles, functions=stands.functions, member=member_id, now=now)

    async def _card(self, practice: str, speech: Speech) -> PracticeCard | None:
        """The practice; None for one that is not registered, or whose read models are not made yet."""
        try:
            async with self._web.view(practice) as view:
                profile = await practices.profile(view)
                people = await _people(view, speech)
        except NotYet:
            return None
        if profile is None:
            return None
        return PracticeCard(practice, profile.name, speech.name(profile.practice_type), people)


async def _people(view: View, speech: Speech) -> list[Person]:
    held: dict[UUID, list[str]] = {}
    for entry in await practices.functions(view):
        name = speech.name(entry.function) if isinstance(entry.function, Function) else entry.name or ""
        for holder in entry.holders:
            held.setdefault(holder, []).append(name)
    leader = speech.name(Function.GENERAL_MANAGER)
    return [
        Person(str(row.member_id), row.name, ", ".join(held.get(row.member_id, [])), leader in held.get(row.member_id, []))
        for row in await practices.members(view)
    ]


def _viewer(actor: Actor, cards: list[PracticeCard | None], speech: Speech) -> Viewer:
    people = {person.id: person.name for card in cards if card for person in card.people}
    name = people.get(actor.id)
    return by_roles(actor, speech) if name is None else Viewer(name, actor.practice)
