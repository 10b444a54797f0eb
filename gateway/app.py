"""The composition root of the gateway: every part is made and wired here, by hand."""

import gc
from collections.abc import AsyncIterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

from fastapi import FastAPI
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool, ConnectionPool
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from events.ledger.connect import async_pool, conninfo, sync_pool
from events.ledger.hints import Notifier
from events.ledger.recorder import open_ledger
from gateway import graphql, rest
from gateway._bus import CommandBus
from gateway._health import health
from gateway._identity import Clock, Identities
from gateway._middleware import Around
from gateway._reads import Reads
from gateway._telemetry import Telemetry
from gateway.application import make_application
from gateway.auth.keys import pseudonym_secret
from gateway.auth.local import local_issuer, local_verifier
from gateway.auth.pseudonym import hidden_name, pseudonym
from gateway.contracts import contract_pages
from gateway.export import Desk, Source, mount_exports
from gateway.live import Boards, Doorstep, Hub, Live, Places, mount_live
from gateway.problems import ProblemError, problem_pages, problem_response
from gateway.settings import Settings, load_settings
from gateway.web import Web, error_page, mount_web, wants_page
from projections._all import fingerprint, read_models

ROLE = "sporbar_app"


def utc_now() -> datetime:
    """The clock of this machine."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Gateway:
    """The parts that hold something open, and must be closed."""

    write_pool: ConnectionPool[Any]
    read_pool: AsyncConnectionPool[AsyncConnection[Any]]
    threads: ThreadPoolExecutor
    notifier: Notifier
    web: Web
    export_pool: ConnectionPool[Any]
    desk: Desk
    live: Live

    @asynccontextmanager
    async def running(self, _app: FastAPI) -> AsyncIterator[None]:
        """Open for as long as the application runs; closes in the opposite order."""
        async with AsyncExitStack() as stack:
            stack.callback(self.write_pool.close)
            stack.callback(self.notifier.close)
            stack.callback(self.threads.shutdown)
            stack.callback(self.web.close)
            stack.callback(self.export_pool.close)
            stack.callback(self.desk.close)
            await stack.enter_async_context(self.read_pool)
            await stack.enter_async_context(self.live.hub.running())
            gc.collect()
            gc.freeze()  # schema and commands stay for good: no collection need look at them again
            yield


def make_app(settings: Settings, url: str, *, clock: Clock = utc_now) -> FastAPI:
    """The application over the database at `url`, which is migrated already.

    Raises KeyFileError when a key cannot be read or made.
    """
    telemetry = Telemetry.make()
    identities = Identities(local_verifier(settings), clock)
    gateway = _open(settings, url, identities, clock)
    bus = _bus(settings, gateway, telemetry, clock)
    app = FastAPI(
        title="Sporbar",
        version="1",
        description=rest.DESCRIPTION,
        openapi_url=None,  # gateway.rest describes itself
        docs_url=None,
        redoc_url=None,
        lifespan=gateway.running,
    )
    app.add_middleware(Around, telemetry=telemetry, told=_told)
    app.add_exception_handler(HTTPException, _no_route)
    reads = gateway.web.reads
    graphql.mount(app, settings, graphql.Sources(reads, bus), identities, gateway.live)  # first: routes are tried in their order
    rest.mount(app, bus, reads, identities, settings.body_limit)
    app.include_router(health(gateway.read_pool, telemetry, fingerprint(read_models())))
    app.include_router(problem_pages())
    mount_exports(app, gateway.desk, identities, clock)
    mount_live(app, gateway.live, identities)
    app.state.end_streams = gateway.live.hub.end
    telemetry.live.set_function(lambda: gateway.live.places.taken)
    app.include_router(contract_pages())
    mount_web(app, gateway.web)
    return app


def _open(settings: Settings, url: str, identities: Identities, clock: Clock) -> Gateway:
    read_pool = async_pool(url, ROLE, max_size=settings.read_pool, statement_timeout=settings.statement_timeout)
    reads = Reads(read_pool, clock, settings.at_least_patience)
    export_pool = sync_pool(url, ROLE, min_size=0, max_size=settings.exports, statement_timeout=settings.statement_timeout)
    secret = pseudonym_secret(settings.pseudonym_key)
    source = Source(export_pool.connection, secret)
    return Gateway(
        write_pool=sync_pool(url, ROLE, max_size=settings.write_pool, statement_timeout=settings.statement_timeout),
        read_pool=read_pool,
        threads=ThreadPoolExecutor(settings.write_pool, thread_name_prefix="command"),
        notifier=Notifier(conninfo(url, ROLE)),
        web=Web(reads=reads, identities=identities, issuer=local_issuer(settings), demo_sign_in=settings.demo_sign_in),
        export_pool=export_pool,
        desk=Desk(source, places=settings.exports, patience=settings.export_patience),
        live=Live(
            hub=Hub(read_pool, conninfo(url, ROLE), secret),
            boards=Boards(reads),
            places=Places(most=settings.live_streams, most_each=settings.live_streams_each),
            doorstep=Doorstep(settings.live_patience),
            clock=clock,
            heartbeat=settings.live_heartbeat,
            patience=settings.live_patience,
        ),
    )


def _bus(settings: Settings, gateway: Gateway, telemetry: Telemetry, clock: Clock) -> CommandBus:
    application = make_application(gateway.write_pool, appended=lambda ledger, _position: gateway.notifier.hint(ledger))
    secret = pseudonym_secret(settings.pseudonym_key)
    opens = partial(open_ledger, gateway.write_pool)
    return CommandBus(
        application,
        gateway.threads,
        telemetry,
        clock=clock,
        pseudonym=partial(pseudonym, secret),
        hidden=partial(hidden_name, secret),
        open_record=opens,
    )


def _told(request: Request, error: Exception) -> Response:
    """An error as whoever asks can read it: a page for a browser that looks for one, problem details for the rest."""
    return error_page(request, error) if wants_page(request) else problem_response(request, error)


async def _no_route(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    if error.status_code != 405:
        return _told(request, ProblemError(error.status_code, "route.not_found", headers=error.headers))
    allowed = (error.headers or {}).get("Allow", "")
    return _told(request, ProblemError(405, "route.method_not_allowed", headers=error.headers, method=request.method, allowed=allowed))


def app_from_environment() -> FastAPI:
    """The application as the environment configures it; for `uvicorn --factory gateway.app:app_from_environment`."""
    settings = load_settings()
    if settings.database_url is None:
        raise ValueError("name the database in SPORBAR_DATABASE_URL; `sporbar serve` starts the embedded one")
    return make_app(settings, settings.database_url.get_secret_value())
