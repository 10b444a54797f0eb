"""Parts of the demo that run as processes of their own."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from gateway._parent import die_with_parent

_PATIENCE = 10.0
"""Seconds a part gets to end before it is killed."""


@contextmanager
def parts(*names: str) -> Iterator[None]:
    """Run `sporbar <name>` for each name beside the block.

    They end with the block, and with this process however it ends; when one of them ends by itself, this process is
    told to stop as well. Called from the main thread: a child dies with the thread that started it.
    """
    running = [_start(name) for name in names]
    leaving = threading.Event()
    watcher = threading.Thread(target=_watch, args=(running, leaving), daemon=True)
    watcher.start()
    try:
        yield
    finally:
        leaving.set()
        for process in running:
            process.send_signal(signal.SIGTERM)
        for process in running:
            with suppress(subprocess.TimeoutExpired):
                process.wait(_PATIENCE)
            process.kill()
            process.wait()
        watcher.join()


def _start(name: str) -> "subprocess.Popen[bytes]":
    return subprocess.Popen(
        [sys.executable, "-m", "gateway.cli", name],
        stdin=subprocess.DEVNULL,
        start_new_session=True,
        preexec_fn=die_with_parent(signal.SIGTERM),
    )


def _watch(running: "list[subprocess.Popen[bytes]]", leaving: threading.Event) -> None:
    while not leaving.wait(0.5):
        if any(process.poll() is not None for process in running):
            os.kill(os.getpid(), signal.SIGTERM)
            return
