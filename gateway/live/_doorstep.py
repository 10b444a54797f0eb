"""Where sockets wait until somebody says whose they are: they take no place, and cannot keep others out."""

import asyncio

ROOM = 50
"""Most sockets that wait, in one process."""
PATIENCE = 5.0
"""Most seconds that one of them waits."""


class Doorstep:
    """Room for a few; when it is full, whoever comes gets the room of the one that has waited longest."""

    def __init__(self, patience: float) -> None:
        """`patience`: seconds that one waits, if that is less than `PATIENCE`."""
        self.patience = min(patience, PATIENCE)
        self._waiting: dict[asyncio.Timeout, bool] = {}
        """In the order in which they came."""

    def enter(self, deadline: asyncio.Timeout) -> None:
        """Wait until `leave`, or until a deadline, which is now as soon as others need the room."""
        if len(self._waiting) >= ROOM:
            longest = next(iter(self._waiting))
            self.leave(longest)
            if not longest.expired():
                longest.reschedule(asyncio.get_running_loop().time())
        self._waiting[deadline] = True

    def leave(self, deadline: asyncio.Timeout) -> bool:
        """Wait no longer; False where it did not wait any more."""
        return self._waiting.pop(deadline, False)
