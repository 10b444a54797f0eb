"""The addresses of every command, and of the page that describes them."""

from fastapi import APIRouter, FastAPI

from gateway._bus import CommandBus
from gateway._identity import Identities
from gateway._reads import Reads
from gateway.rest import _docs, deviation, practice, risk_assessment, task
from gateway.rest._commands import Mount
from gateway.rest._openapi import describe
from gateway.rest._things import Things

PREFIX = "/v1/practices/{practice}"


def mount(app: FastAPI, bus: CommandBus, reads: Reads, identities: Identities, body_limit: int) -> Mount:
    """Give every command its address, and the description its own; tells what was mounted."""
    router = APIRouter(prefix=PREFIX)
    mounted, show = Mount(router, bus, identities, body_limit), Things(router, reads, identities)
    for capability in (deviation, practice, risk_assessment, task):
        capability.routes(mounted)
    for showing in (deviation, risk_assessment, task):
        showing.things(show)
    app.include_router(router)
    app.include_router(_docs.router())
    describe(app, mounted.mounted)
    return mounted
