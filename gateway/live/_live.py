"""What every door to the live streams draws on."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from gateway.auth.actor import Actor
from gateway.live._boards import Boards
from gateway.live._doorstep import Doorstep
from gateway.live._follower import Follower
from gateway.live._hub import Hub
from gateway.live._places import Places


@dataclass(frozen=True)
class Live:
    """The live streams of one process."""

    hub: Hub
    boards: Boards
    places: Places
    doorstep: Doorstep
    clock: Callable[[], datetime]
    heartbeat: float
    """Seconds of silence after which there is a sign of life."""
    patience: float
    """Seconds in which a client must take what is sent."""

    def follower(self, actor: Actor) -> Follower:
        """Somebody who follows."""
        return Follower(self.hub, actor, self.clock, self.heartbeat)
