"""The command line `sporbar`: one module a command or group of commands.

A module imports what it runs inside the command, so that `sporbar --help` is quick. This one imports next to nothing, so
that Ctrl-C has its answer from the beginning.
"""

import signal
import sys
from typing import NoReturn

from gateway.cli._signals import Interrupts


def main() -> None:
    """Run the command line, as the last that the process does.

    What can be expected to go wrong becomes one line and exit status 1, Ctrl-C one line and 130.
    """
    interrupts = Interrupts()
    signal.signal(signal.SIGINT, interrupts)
    try:
        try:
            from gateway.cli._app import app

            app(obj=interrupts)
        finally:
            interrupts.end()
    except BaseException as error:
        if interrupts.came:
            _end(interrupts.outcome(), 130)
        if isinstance(error, Exception) and (line := _line(error)):
            _end(line, 1)
        raise


def _line(error: Exception) -> str | None:
    from gateway.cli._errors import one_line

    return one_line(error)


def _end(line: str, status: int) -> NoReturn:
    print(f"sporbar: {line}", file=sys.stderr)
    sys.exit(status)
