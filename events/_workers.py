"""Worker processes that end with the process that started them, however that ended."""

import os
from multiprocessing import parent_process
from multiprocessing.process import BaseProcess
from threading import Thread


def end_with_parent() -> None:
    """For the initializer of a process pool: a worker whose parent is killed would wait for its next job for ever."""
    parent = parent_process()
    assert parent is not None, "called in a worker"
    Thread(target=_wait_and_end, args=(parent,), name="end-with-parent", daemon=True).start()


def _wait_and_end(parent: BaseProcess) -> None:
    parent.join()
    os._exit(1)
