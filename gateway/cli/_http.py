"""The HTTP server around an application."""

import os
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import typer
import uvicorn
from fastapi import FastAPI

from gateway.settings import Settings, SettingsError

_UNTAKEN = 60_000
"""Milliseconds for which the kernel waits for a client to take what it was sent."""


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A socket at the address that the settings name; raises SettingsError when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        where, why = f"{settings.host} port {settings.port}", os.strerror(error.errno or 0)
        raise SettingsError(f"cannot listen on {where}: {why}; set SPORBAR_HOST or SPORBAR_PORT to another") from error
    # or else the kernel keeps what a client was sent and never takes, for as long as that client pleases
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN)
    with listener:
        yield listener


def address(listener: socket.socket) -> str:
    """The URL at which a browser on this machine reaches the socket."""
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"


def serve_until_stopped(app: FastAPI, listener: socket.socket, settings: Settings) -> None:
    """Serve in this thread until SIGINT or SIGTERM; requests under way get the settings' patience to finish."""
    config = uvicorn.Config(
        app,
        loop="uvloop",
        http="httptools",
        log_config=None,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=settings.shutdown_patience,
        ws_max_size=settings.body_limit,
        ws_per_message_deflate=False,  # lines are short, and a window for each of many sockets is not
    )
    typer.echo(f"Sporbar answers at {address(listener)}")
    _Server(config, app.state.end_streams).run(sockets=[listener])


class _Server(uvicorn.Server):
    """Lets whoever follows a live stream go when it is stopped; it would wait for them otherwise."""

    def __init__(self, config: uvicorn.Config, end_streams: Callable[[], None]) -> None:
        super().__init__(config)
        self._end_streams = end_streams

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """As the server does it, without those."""
        self._end_streams()
        await super().shutdown(sockets)
