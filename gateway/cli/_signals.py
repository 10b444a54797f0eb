"""Ending in order when the process is told to end."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Protocol

_LOOK = 0.5
"""Seconds after which whoever waits looks whether a signal came: one that another thread took does not wake it."""


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


class Stoppable(Protocol):
    """Something that goes on until it is told to stop."""

    def run(self) -> None:
        """Go on, until stopped."""

    def stop(self) -> None:
        """Ask it to end; from another thread, also before it has begun."""


def run_until_stopped(work: Stoppable) -> None:
    """Run something in a thread of its own, and stop it when a signal unwinds the stack, also while the thread is being started."""
    from concurrent.futures import ThreadPoolExecutor, wait

    with ThreadPoolExecutor(1) as threads:
        try:
            running = threads.submit(work.run)
            while not wait([running], _LOOK).done:
                pass
            running.result()
        finally:
            work.stop()


@contextmanager
def interrupted_by_sigterm(interrupts: Interrupts) -> Iterator[None]:
    """Within it, SIGTERM is as good as Ctrl-C, whoever had that before: what was going on has not been done."""
    before = {number: signal.signal(number, interrupts) for number in (signal.SIGTERM, signal.SIGINT)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
