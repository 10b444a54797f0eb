"""The addresses of every command, and of the page that describes them."""

from fastapi import APIRouter, FastAPI

from gateway._bus import CommandBus
from gateway._identity import Identities
from gateway.rest import _docs, deviation, practice, risk_assessment, task
from gateway.rest._commands import Mount
from gateway.rest._openapi import describe


def mount(app: FastAPI, bus: CommandBus, identities: Identities, body_limit: int) -> Mount:
    """Give every command its address, and the description its own; tells what was mounted."""
    mounted = Mount(APIRouter(prefix="/v1/practices/{practice}"), bus, identities, body_limit)
    for capability in (deviation, practice, risk_assessment, task):
        capability.routes(mounted)
    app.include_router(mounted.router)
    app.include_router(_docs.router())
    describe(app, mounted.mounted)
    return mounted
