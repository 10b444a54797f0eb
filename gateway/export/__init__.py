"""Exports of a practice's record: what is asked for, what of it is shown, and the formats it is written in."""

from gateway.export._desk import Desk
from gateway.export._rest import mount_exports
from gateway.export._source import Source

__all__ = ["Desk", "Source", "mount_exports"]
