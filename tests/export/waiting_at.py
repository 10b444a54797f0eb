"""`sporbar`, with a mark after every page, that waits for a signal where it enters a function: as `tests.export.interrupted_at`."""

import signal

from gateway.export import _folder
from tests.export.interrupted_at import main


def wait() -> None:
    """Say so, and wait."""
    print("waiting", flush=True)
    signal.pause()


if __name__ == "__main__":
    _folder.PAGES = 1
    main(wait)
