"""The contracts at their addresses. They say nothing of anybody, so nobody has to sign in for them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from hashlib import sha256

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway.contracts._asyncapi import ASYNCAPI
from gateway.contracts._documents import asyncapi_text, index_text, schema_texts
from gateway.problems import ProblemError

_SCHEMA = "application/schema+json"
_ASYNCAPI = f"application/vnd.aai.asyncapi+json;version={ASYNCAPI}"
_FRESH = "public, max-age=3600"


@dataclass(frozen=True)
class _Page:
    """A document as it is sent, with the tag of its content (RFC 9110 § 8.8.3)."""

    body: bytes
    media_type: str
    tag: str = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "tag", f'"{sha256(self.body).hexdigest()[:32]}"')

    def answer(self, request: Request) -> Response:
        """The document, or 304 where the client has it already."""
        headers = {"ETag": self.tag, "Cache-Control": _FRESH}
        known = [tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")]
        if self.tag in known or known == ["*"]:
            return Response(status_code=304, headers=headers)
        return Response(self.body, media_type=self.media_type, headers=headers)


def contract_pages() -> APIRouter:
    """`/schemas/`, `/schemas/<type>.json` and `/asyncapi.json`."""
    router = APIRouter(include_in_schema=False)

    def show(request: Request) -> Response:  # no coroutine: the first call makes the documents, which takes a moment
        page = _pages().get(request.url.path)
        if page is None:
            raise ProblemError(404, "schema.unknown")
        return page.answer(request)

    for path in ("/asyncapi.json", "/schemas/", "/schemas/{name}"):
        router.add_api_route(path, show, methods=["GET", "HEAD"], response_model=None)
    return router


@cache
def _pages() -> Mapping[str, _Page]:
    texts = {f"/schemas/{name}": (text, _SCHEMA) for name, text in schema_texts().items()}
    texts |= {"/schemas/": (index_text(), "application/json"), "/asyncapi.json": (asyncapi_text(), _ASYNCAPI)}
    return {path: _Page(text.encode(), media_type) for path, (text, media_type) in texts.items()}
