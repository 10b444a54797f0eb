"""Live: lines and dashboards as they come, for many at once, as Server-Sent Events and as GraphQL subscriptions."""

from gateway.live._boards import Boards
from gateway.live._doorstep import Doorstep
from gateway.live._follower import Follower
from gateway.live._hub import Ending, Hub
from gateway.live._live import Live
from gateway.live._places import Place, Places
from gateway.live._rest import mount_live

__all__ = ["Boards", "Doorstep", "Ending", "Follower", "Hub", "Live", "Place", "Places", "mount_live"]
