"""Work in a thread ends when the process is told to end, whenever that is."""

import os
import signal
from threading import Event

import pytest

from gateway.cli._signals import run_until_stopped, stopped_by_sigterm


class Work:
    """Goes on until it is stopped; the signal comes while its thread is being started."""

    def __init__(self) -> None:
        self.stopped, self.ended = Event(), Event()

    def run(self) -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        self.stopped.wait()
        self.ended.set()

    def stop(self) -> None:
        self.stopped.set()


def test_a_signal_that_comes_while_the_work_begins_ends_it() -> None:
    for _ in range(20):
        work = Work()
        with pytest.raises(SystemExit) as told, stopped_by_sigterm():
            run_until_stopped(work)
        assert told.value.code == 0
        assert work.ended.wait(20)
