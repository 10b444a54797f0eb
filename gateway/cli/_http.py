"""The HTTP server around an application."""

import os
import socket
from collections.abc import Iterator
from contextlib import contextmanager

import typer
import uvicorn
from fastapi import FastAPI

from gateway.settings import Settings, SettingsError


@contextmanager
def listen(settings: Settings) -> Iterator[socket.socket]:
    """A socket at the address that the settings name; raises SettingsError when it cannot be had."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    try:
        listener = socket.create_server((settings.host, settings.port), family=family, backlog=2048)
    except OSError as error:
        where, why = f"{settings.host} port {settings.port}", os.strerror(error.errno or 0)
        raise SettingsError(f"cannot listen on {where}: {why}; set SPORBAR_HOST or SPORBAR_PORT to another") from error
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
    )
    typer.echo(f"Sporbar answers at {address(listener)}")
    uvicorn.Server(config).run(sockets=[listener])
