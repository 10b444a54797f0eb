"""Why the server could not be started."""

import shutil
from contextlib import suppress
from pathlib import Path

WRITABLE = "; set SPORBAR_DATA_DIR to a directory that you may write to"
_FULL_BELOW_BYTES = 32_000_000


class EmbeddedPostgresError(Exception):
    """The server could not be started; the message is one line that says what to do."""


def complaint(text: str) -> str:
    """The line of a program's output that says why it gave up."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    complaints = [line for line in lines if any(word in line for word in ("FATAL", "PANIC", "error:", "could not"))]
    return (complaints or lines or ["it said nothing"])[-1]


def room(directory: Path) -> str:
    with suppress(OSError):
        if shutil.disk_usage(directory).free < _FULL_BELOW_BYTES:
            return "; the disk is full: make room, or set SPORBAR_DATA_DIR to a directory on another one"
    return ""
