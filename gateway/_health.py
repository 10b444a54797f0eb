"""Whether the gateway lives, whether it can work, and its figures."""

from typing import Any

from fastapi import APIRouter
from psycopg import AsyncConnection, Error
from psycopg_pool import AsyncConnectionPool, PoolTimeout
from starlette.responses import JSONResponse, Response

from gateway._telemetry import Telemetry

_READY = "select fingerprint from projection.generation where state = 'active'"
_PATIENCE = 2.0
"""Seconds to wait for a connection."""


def health(pool: AsyncConnectionPool[AsyncConnection[Any]], telemetry: Telemetry, read_models: str) -> APIRouter:
    """`/health/live`, `/health/ready` and `/metrics`; `read_models` is the fingerprint of those that this version asks."""
    router = APIRouter(include_in_schema=False)

    async def live() -> Response:
        return JSONResponse({"status": "live"})

    async def ready() -> Response:
        try:
            async with pool.connection(timeout=_PATIENCE) as conn:
                found = await (await conn.execute(_READY)).fetchone()
        except (Error, PoolTimeout):
            return JSONResponse({"status": "database not reachable"}, 503)
        if found is None:
            return JSONResponse({"status": "read models not built"}, 503)
        if found[0] != read_models:
            return JSONResponse({"status": "read models of another version: run `sporbar rebuild`"}, 503)
        return JSONResponse({"status": "ready"})

    async def metrics() -> Response:
        return await telemetry.exposition(pool)

    for path, endpoint in (("/health/live", live), ("/health/ready", ready), ("/metrics", metrics)):
        router.add_api_route(path, endpoint, methods=["GET"], response_model=None)
    return router
