"""The practice: its profile, members and functions; what may be asked of it (`commands`), what follows (`rules`)."""

from write_side.practice.rules import decider
from write_side.practice.state import has_member, holders

__all__ = ["decider", "has_member", "holders"]
