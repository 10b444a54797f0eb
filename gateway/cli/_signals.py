"""Ending in order when the process is told to end."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType


class Interrupted(KeyboardInterrupt):
    """Ctrl-C.

    Not the plain one: where that has passed through code which was compiled from a text, such as a dataclass that is being
    imported, CPython ends the process by SIGINT at last, however it was answered.
    """


class Interrupts:
    """Handles Ctrl-C: the stack is unwound once. What is being closed then is not disturbed by another."""

    def __init__(self) -> None:
        self.came = False
        self.outcome: Callable[[], str] = lambda: "stopped"
        """What there is to say when it came."""
        self._late = False

    def __call__(self, _number: int, _frame: FrameType | None) -> None:
        """Handle the signal."""
        if not (self.came or self._late):
            self.came = True
            raise Interrupted

    def too_late(self) -> None:
        """From now on it changes nothing; raises Interrupted where it came and was lost on its way, as in a destructor."""
        self._late = True
        if self.came:
            raise Interrupted

    def end(self) -> None:
        """From now on, and while Python takes itself down, it does nothing."""
        self._late = True
        signal.signal(signal.SIGINT, signal.SIG_IGN)


@contextmanager
def stopped_by_sigterm() -> Iterator[None]:
    """Within it, SIGTERM unwinds the stack like Ctrl-C, so that what was opened is closed, and ends with status 0.

    Ctrl-C is Python's own within it, from which event loops and servers take it over.
    """

    def unwind(_number: int, _frame: FrameType | None) -> None:
        sys.exit(0)

    before = {
        signal.SIGTERM: signal.signal(signal.SIGTERM, unwind),
        signal.SIGINT: signal.signal(signal.SIGINT, signal.default_int_handler),
    }
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def interrupted_by_sigterm(interrupts: Interrupts) -> Iterator[None]:
    """Within it, SIGTERM is as good as Ctrl-C: what was going on has not been done."""
    before = signal.signal(signal.SIGTERM, interrupts)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
