"""What the `type` of a problem resolves to: its sentences (RFC 9457 § 3.1.1)."""

import orjson
from fastapi import APIRouter
from starlette.responses import Response

from gateway.problems._catalogue import Catalogue
from gateway.problems._error import ProblemError


def problem_pages() -> APIRouter:
    """`/problems/{code}`: the code with its sentence in each language, the places of its details in braces."""
    router = APIRouter(include_in_schema=False)

    async def show(code: str) -> Response:
        sentences = Catalogue.load().sentences.get(code)
        if sentences is None:
            raise ProblemError(404, "problem.unknown")
        return Response(orjson.dumps({"code": code, "sentences": sentences}), media_type="application/json")

    router.add_api_route("/problems/{code}", show, methods=["GET"], response_model=None)
    return router
