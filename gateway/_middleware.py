"""Around every request: errors as answers, headers that guard, how long it took, one line in the log that names nobody."""

import logging
from collections.abc import Callable, Iterable
from time import perf_counter

from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from gateway._telemetry import Telemetry

_log = logging.getLogger("sporbar.request")

_GUARDS = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"content-security-policy", b"default-src 'none'; frame-ancestors 'none'"),
    (b"cross-origin-opener-policy", b"same-origin"),
)


class Around:
    """Pure ASGI, since it stands in the way of every command. Every error that nobody else answers is answered here."""

    def __init__(self, app: ASGIApp, telemetry: Telemetry, told: Callable[[Request, Exception], Response]) -> None:
        self._app = app
        self._telemetry = telemetry
        self._told = told

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass a request on, and its answer back."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        started, status = perf_counter(), 0

        async def guarded(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                message["headers"] = [*message["headers"], *_missing(message["headers"])]
            await send(message)

        try:
            await self._app(scope, receive, guarded)
        except Exception as error:
            if status:
                raise
            await self._told(Request(scope, receive), error)(scope, receive, guarded)
        finally:
            took = perf_counter() - started
            self._telemetry.requests.labels(scope["method"], str(status)).observe(took)
            _log.info("%s %s %d %.1f ms", scope["method"], _address(scope), status, 1000 * took)


def _missing(headers: Iterable[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    present = {name.lower() for name, _ in headers}
    return [guard for guard in _GUARDS if guard[0] not in present]


def _address(scope: Scope) -> str:
    """The route's pattern, not the path: an id in the log could tell who reported what, by the time beside it."""
    route = scope.get("route")
    return getattr(route, "path", "-")
