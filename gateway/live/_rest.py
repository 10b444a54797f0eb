"""Server-Sent Events: `GET /v1/practices/{practice}/events/live` (WHATWG HTML § 9.2)."""

import logging
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass

import orjson
from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import Send

from gateway._identity import Identities
from gateway._parts import InParts
from gateway.auth.policy import Resource, require
from gateway.export._question import known_types, stored_types
from gateway.live import _describe
from gateway.live._follower import Piece
from gateway.live._hub import Ending
from gateway.live._live import Live
from gateway.problems import Language, ProblemError, body, preferred_language, problem_of, unforeseen

PATH = "/v1/practices/{practice}/events/live"
RETRY = 2_000
"""Milliseconds after which a client connects again."""
_LONGEST_POSITION = 15
"""Digits."""
_PARAMETERS = ("after", "type")

_log = logging.getLogger("sporbar.live")


def mount_live(app: FastAPI, live: Live, identities: Identities) -> None:
    """Give the stream its address."""
    doors = Doors(live, identities)
    router = APIRouter(tags=["export"], default_response_class=Response)
    name, told = "events.live", _describe.operation()
    router.add_api_route(PATH, doors.follow, methods=["GET"], name=name, operation_id=name, response_model=None, openapi_extra=told)
    app.include_router(router)


@dataclass(frozen=True)
class Doors:
    """Who may follow, and how it is sent."""

    live: Live
    identities: Identities

    async def follow(self, request: Request) -> Response:
        """The lines of a practice as they come."""
        actor, practice = self.identities.of(request), request.path_params["practice"]
        require(actor, "read.export", Resource(practice), self.live.clock())
        after, types = _asked(request)
        place = self.live.places.take(actor)
        try:
            pieces = self.live.follower(actor).lines(practice, after, types)
            first = await anext(pieces)
        except BaseException:
            place.leave()
            raise
        language = preferred_language(request.headers.get("accept-language"))
        headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no", "Sporbar-Position": str(first.upto)}
        return EventStream(_frames(first.upto, pieces, language), place.leave, self.live.patience, headers, "text/event-stream")


class EventStream(InParts):
    """Frames, until there are no more."""

    async def stream_response(self, send: Send) -> None:
        """Send all of it; a client that takes nothing is cut off, and can go on from the last position that it has."""
        try:
            await super().stream_response(send)
        except TimeoutError:
            _log.warning("a stream was cut off: its client took nothing for %g s", self._patience)


async def _frames(begins: int, pieces: AsyncGenerator[Piece, None], language: Language) -> AsyncGenerator[bytes, None]:
    yield b"retry: %d\nid: %d\n\n" % (RETRY, begins)
    told = begins
    try:
        async with aclosing(pieces):
            async for piece in pieces:
                if piece.lines:
                    yield b"".join(line.frame for line in piece.lines)
                    told = piece.lines[-1].position
                elif piece.upto != told:  # lines of other types: whoever comes again need not pass over them
                    yield b"id: %d\n\n" % piece.upto
                    told = piece.upto
                else:
                    yield b":\n\n"
    except Ending:
        return
    except Exception as error:  # noqa: BLE001 -- told as everywhere else, and logged if nobody foresaw it
        yield _closed(error, language)


def _closed(error: Exception, language: Language) -> bytes:
    """Why nothing more comes; without an id, so that it takes no position's place."""
    problem = problem_of(error) or unforeseen(error)
    return b"event: closed\ndata: %b\n\n" % orjson.dumps(body(problem, language), default=str)


def _asked(request: Request) -> tuple[int | None, frozenset[str]]:
    """The position to begin behind, and the types that are wanted, none for all. A header is newer than the address."""
    given = request.query_params
    for name in given:
        if name not in _PARAMETERS or (name == "after" and len(given.getlist(name)) > 1):
            raise ProblemError(400, "live.parameter", given=name[:100], expected=_PARAMETERS)
    types = frozenset(stored_types(known_types(given.getlist("type"))))
    if last := request.headers.get("last-event-id"):
        return _position("Last-Event-ID", last), types
    return _position("after", given["after"]) if "after" in given else None, types


def _position(name: str, given: str) -> int:
    if not (given.isascii() and given.isdecimal() and len(given) <= _LONGEST_POSITION):
        raise ProblemError(400, "live.position", name=name, given=given[:100])
    return int(given)
