"""Ending in order when the process is told to end."""

import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Within it, SIGTERM unwinds the stack like Ctrl-C, so that what was opened is closed, and ends with status 0."""

    def unwind(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = signal.signal(signal.SIGTERM, unwind)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextmanager
def interrupted_by_sigterm() -> Iterator[None]:
    """Within it, SIGTERM is as good as Ctrl-C: what was going on has not been done."""
    before = signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
