"""Children that end with their parent, however it ended."""

import ctypes
import os
import signal
from collections.abc import Callable

_PR_SET_PDEATHSIG = 1


def die_with_parent(number: signal.Signals) -> Callable[[], None]:
    """A `preexec_fn` for `subprocess.Popen`: the kernel sends the child this signal when its parent is gone (Linux).

    The signal follows the *thread* that started the child, so start it from the main thread.
    """
    prctl, parent = ctypes.CDLL(None).prctl, os.getpid()  # the child shall do as little as possible

    def in_the_child() -> None:
        prctl(_PR_SET_PDEATHSIG, number)
        if os.getppid() != parent:
            os._exit(1)

    return in_the_child
