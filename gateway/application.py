"""The command bus with every capability in it, for the gateway, the scheduler and the generator alike."""

from collections.abc import Callable
from typing import Any

from psycopg_pool import ConnectionPool

from write_side import deviation, practice, risk_assessment, task
from write_side._application import Application

DECIDERS = (deviation.decider, practice.decider, *risk_assessment.deciders, *task.deciders)
"""What decides each kind of subject."""


def make_application(
    pool: ConnectionPool[Any], *, given_clock: bool = False, appended: Callable[[str, int], None] = lambda _practice, _position: None
) -> Application:
    """An application over every capability; members are looked up in the practice's own stream."""
    members = (practice.decider.kind, practice.has_member)
    return Application(pool, DECIDERS, members=members, given_clock=given_clock, appended=appended)
