"""Structured logging: one line an occurrence, for people or for machines, without secrets.

Everything that goes through the standard library's logging (uvicorn, psycopg) comes out in the same form. What a line
may hold is decided here: a value under a name that tells of a secret is replaced, wherever in the line it stands.
"""

import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from gateway.settings import LogFormat, LogLevel

HIDDEN = "[hidden]"
_SECRET_NAME = re.compile(r"authorization|cookie|dpop|passw|secret|token|private|pseudonym|database_url|api_?key", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"(?:eyJ[\w-]+\.[\w-]+\.[\w-]*)|(?<=://)[^/\s:@]+:[^@\s]+(?=@)|(?<=password=)[^\s&]+")
"""Signed tokens, and passwords inside URLs and connection strings."""
_DEEPEST = 6


def configure_logging(level: LogLevel, form: LogFormat, stream: TextIO | None = None) -> None:
    """Send everything that is logged in this process to `stream`, standard error if left out."""
    stream = stream or sys.stderr
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ExtraAdder(),
        _drop_colours,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    handler = logging.StreamHandler(stream)
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(foreign_pre_chain=shared, processors=_last(form, stream)))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    logging.getLogger("uvicorn.access").setLevel(logging.WARNING)  # its lines hold whole URLs; the gateway logs requests itself
    structlog.configure(
        processors=[structlog.stdlib.filter_by_level, *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=False,
    )


def hide_secrets(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Replace values whose name or form says that they are secret."""
    return {name: HIDDEN if _SECRET_NAME.search(name) else _without_secrets(value, _DEEPEST) for name, value in event.items()}


def _drop_colours(_logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
    """Uvicorn says some things twice, the second time in colour."""
    event.pop("color_message", None)
    return event


def _without_secrets(value: Any, depth: int) -> Any:
    if isinstance(value, str):
        return _SECRET_VALUE.sub(HIDDEN, value)
    if depth == 0:
        return HIDDEN
    if isinstance(value, Mapping):
        return {k: HIDDEN if _SECRET_NAME.search(str(k)) else _without_secrets(v, depth - 1) for k, v in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_without_secrets(item, depth - 1) for item in value]
    return value


def _last(form: LogFormat, stream: TextIO) -> list[Processor]:
    remove_meta = structlog.stdlib.ProcessorFormatter.remove_processors_meta
    if form is LogFormat.JSON:
        return [remove_meta, structlog.processors.format_exc_info, hide_secrets, structlog.processors.JSONRenderer(default=str)]
    pretty = structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=structlog.dev.plain_traceback)
    return [remove_meta, structlog.processors.format_exc_info, hide_secrets, pretty]
