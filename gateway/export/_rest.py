"""Exports at the doors: `GET /v1/practices/{practice}/events` and `…/exports/{format}`."""

from collections.abc import AsyncGenerator, Callable
from datetime import datetime
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import Response

from gateway._identity import Identities
from gateway._parts import InParts
from gateway.auth.actor import Actor
from gateway.auth.policy import Deny, Resource, decide, require
from gateway.export import _describe
from gateway.export._desk import Desk
from gateway.export._errors import ExportRefused
from gateway.export._formats import Format, format_named
from gateway.export._manifest import as_json, manifest
from gateway.export._question import Asked, Redaction
from gateway.export._source import Export
from gateway.export._token import Rest, rest_of, token

PREFIX = "/v1/practices/{practice}"
_ONCE = ("from", "until", "redaction", "resume", "after", "format")
_REPEATED = "type"


def mount_exports(app: FastAPI, desk: Desk, identities: Identities, clock: Callable[[], datetime]) -> None:
    """Give exports their addresses."""
    doors = Doors(desk, identities, clock)
    router = APIRouter(prefix=PREFIX, tags=["export"], default_response_class=Response)
    for path, endpoint, name in (
        ("/events", doors.events, "events.export"),
        ("/exports/{format}", doors.download, "exports.download"),
        ("/exports/{format}/manifest", doors.manifest, "exports.manifest"),
    ):
        told = _describe.operation(name, path)
        router.add_api_route(path, endpoint, methods=["GET"], name=name, operation_id=name, response_model=None, openapi_extra=told)
    app.include_router(router)


class Doors:
    """Who may export what, and how it is sent."""

    def __init__(self, desk: Desk, identities: Identities, clock: Callable[[], datetime]) -> None:
        self._desk = desk
        self._identities = identities
        self._clock = clock

    async def events(self, request: Request) -> Response:
        """The lines themselves, or the CSV of one type: by `format`, else by `Accept`."""
        actor = self._recognised(request)
        wanted = request.query_params.get("format") or ("csv" if "text/csv" in request.headers.get("accept", "") else "ndjson")
        return await self._send(request, actor, format_named(wanted))

    async def download(self, request: Request) -> Response:
        """An export in a format."""
        actor = self._recognised(request)
        return await self._send(request, actor, format_named(request.path_params["format"]))

    async def manifest(self, request: Request) -> Response:
        """What an export holds as a whole."""
        actor = self._recognised(request)
        format_ = format_named(request.path_params["format"])
        asked = self._asked(request, actor, format_)
        place = self._desk.place()
        try:
            told = await place.run(lambda: manifest(self._desk.source.ask(asked), format_.name))
            await place.done()
        finally:
            place.leave()
        return Response(as_json(told), media_type="application/json", headers={"Cache-Control": "no-store"})

    async def _send(self, request: Request, actor: Actor, format_: Format) -> Response:
        asked = self._asked(request, actor, format_)
        place = self._desk.place()
        try:
            export = await place.run(partial(self._desk.source.ask, asked))
            first = await place.begin(lambda: format_.load().stream(export))
        except BaseException:
            place.leave()
            raise

        async def parts() -> AsyncGenerator[bytes, None]:
            if first:
                yield first
            async for part in place.rest():
                self._require(actor, asked)  # a right may end while it is being used
                if part:
                    yield part

        return InParts(parts(), place.leave, self._desk.patience, self._headers(export, format_), format_.media_type)

    def _recognised(self, request: Request) -> Actor:
        actor = self._identities.of(request)
        require(actor, "read.export", Resource(request.path_params["practice"]), self._clock())
        return actor

    def _asked(self, request: Request, actor: Actor, format_: Format) -> Asked:
        if "resume" in request.query_params:
            format_.require_resumable()
        asked = asked_by(request, self._desk.source.secret)
        self._require(actor, asked)
        format_.require(asked.redaction)
        return asked

    def _require(self, actor: Actor, asked: Asked) -> None:
        practice, now = Resource(asked.practice), self._clock()
        require(actor, "read.export", practice, now)
        if asked.redaction is Redaction.FULL and isinstance(decide(actor, "read.personal", practice, now), Deny):
            raise ExportRefused(403, "export.role_sees_pseudonyms")

    def _headers(self, export: Export, format_: Format) -> dict[str, str]:
        question = export.question
        name = f"{question.practice}-{question.after + 1}-{question.upto}.{format_.suffix}"
        headers = {
            "Content-Disposition": f'attachment; filename="{name}"',
            "Sporbar-Position": str(question.upto),
            "Sporbar-Redaction": question.redaction.value,
            "Cache-Control": "no-store",
        }
        if format_.resumes:
            headers["Sporbar-Resume"] = token(self._desk.source.secret, Rest.of(question, upto=question.upto))
        return headers


def asked_by(request: Request, secret: bytes) -> Asked:
    """What the parameters of a request ask for; raises ExportRefused (400)."""
    practice: str = request.path_params["practice"]
    given = request.query_params
    for name in given:
        if name != _REPEATED and (name not in _ONCE or len(given.getlist(name)) > 1):
            raise ExportRefused(400, "export.parameter", given=name[:100], expected=[*_ONCE, _REPEATED])
    asked = Asked.of(practice, given.get("from"), given.get("until"), given.getlist(_REPEATED), given.get("redaction"))
    after = given.get("after")
    if after is not None and not ("resume" in given and after.isascii() and after.isdecimal() and len(after) < 16):
        raise ExportRefused(400, "export.resume.after")
    if "resume" not in given:
        return asked
    rest = rest_of(secret, given["resume"], practice)
    same: list[Any] = [asked.since is None and asked.until is None]
    same.append(not asked.types or asked.types == rest.types)
    same.append("redaction" not in given or asked.redaction is rest.redaction)
    if not all(same):
        raise ExportRefused(400, "export.resume.other_question", its=[*rest.types, rest.redaction.value])
    return rest.asked(None if after is None else int(after))
