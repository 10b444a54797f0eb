"""Worker processes that end with the process that started them, however that ended, and leave Ctrl-C to it."""

import os
import signal
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import active_children, get_context, parent_process
from multiprocessing.process import BaseProcess
from threading import Thread, current_thread, main_thread
from types import FrameType, TracebackType
from typing import Any, ParamSpec, TypeVar

P = ParamSpec("P")
R = TypeVar("R")


class Workers(ProcessPoolExecutor):
    """A pool of spawned processes.

    A terminal sends Ctrl-C to them too: they never see it, from their first instruction on. Where it, or SIGTERM, unwinds
    the block of the pool, they are ended at once, amid what they do.
    """

    def __init__(self, processes: int | None, begin: Callable[..., None] | None = None, given: tuple[Any, ...] = ()) -> None:
        """As many processes as processors, if None; each calls `begin` with `given` first."""
        super().__init__(processes, get_context("spawn"), _begin, (begin, given))
        self._others = set(active_children())

    def submit(self, fn: Callable[P, R], /, *args: P.args, **kwargs: P.kwargs) -> Future[R]:
        """Have a function called in a process, which may be started for it."""
        with _ctrl_c_kept_back():
            return super().submit(fn, *args, **kwargs)

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None) -> None:
        """Let them end their work; what has not been begun is left where an error ended the block."""
        if kind is not None and not issubclass(kind, Exception):
            for process in set(active_children()) - self._others:
                process.terminate()
        self.shutdown(cancel_futures=kind is not None)


@contextmanager
def _ctrl_c_kept_back() -> Iterator[None]:
    """Processes started within inherit a mask that holds SIGINT; here it comes when the block has ended.

    The mask holds it in this thread alone. Where another one takes it, the main one hears of it all the same, and an
    exception amid a start would leave a process that waits for its orders.
    """
    came = False

    def remember(_number: int, _frame: FrameType | None) -> None:
        nonlocal came
        came = True

    in_main = current_thread() is main_thread()
    handler = signal.signal(signal.SIGINT, remember) if in_main else None
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, mask)
        if in_main:
            signal.signal(signal.SIGINT, handler)
            if came:
                signal.raise_signal(signal.SIGINT)


def _begin(begin: Callable[..., None] | None, given: tuple[Any, ...]) -> None:
    end_with_parent()
    if begin is not None:
        begin(*given)


def end_with_parent() -> None:
    """Called first in a process: one whose parent is killed would wait for its next job for ever."""
    parent = parent_process()
    assert parent is not None, "called in a worker"
    Thread(target=_wait_and_end, args=(parent,), name="end-with-parent", daemon=True).start()


def _wait_and_end(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
