"""`sporbar`, sent SIGINT where it enters a function: `python -m tests.export.interrupted_at FILE:FUNCTION export …`.

With several, and commas between them, where it enters the last after the others.
"""

import signal
import sys
from collections.abc import Callable
from types import FrameType
from typing import Any


def interrupt() -> None:
    """Get the signal."""
    print("interrupted", flush=True)
    signal.raise_signal(signal.SIGINT)


def main(stop: Callable[[], None] = interrupt) -> None:
    """Carry out the command."""
    wanted = [moment.rpartition(":") for moment in sys.argv.pop(1).split(",")]

    def enter(frame: FrameType, _event: str, _argument: Any) -> None:
        file, _, function = wanted[0]
        if frame.f_code.co_name == function and frame.f_code.co_filename.endswith(file):
            wanted.pop(0)
            if not wanted:
                sys.settrace(None)
                stop()

    sys.settrace(enter)
    from gateway.cli import main as sporbar

    sporbar()


if __name__ == "__main__":
    main()
