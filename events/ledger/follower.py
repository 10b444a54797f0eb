"""Following the ledgers: who has come how far (`projection.follower`), and what has stopped.

A follower has a name and a position in each ledger; any number of workers may share a name. Who has a ledger in hand holds
the lock of its row, and moves the position in the transaction of what came of the events: the read models in
`projections._engine._batch`, the publisher in `projections._kafka._mark`.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg


class LostClaim(Exception):
    """The follower does not stand where the claim says any more."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A ledger in hand: the events after `position` up to `size` wait."""

    name: str
    ledger: str
    position: int
    size: int


@dataclass(frozen=True, slots=True)
class Parked:
    """A ledger that a follower cannot go on with."""

    name: str
    ledger: str
    position: int
    """The event that it cannot deal with."""
    error: str
    since: datetime


def enrol(connection: psycopg.Connection[Any], name: str) -> int:
    """Follow the records of practices that `name` does not follow yet, from the beginning; how many they are.

    A ledger whose name has a part after a slash is no practice's record, and not followed.
    """
    query = """
        INSERT INTO projection.follower (name, ledger, position)
        SELECT %s, l.ledger, 0 FROM ledger.ledger AS l
        WHERE strpos(l.ledger, '/') = 0
          AND NOT EXISTS (SELECT FROM projection.follower AS f WHERE f.name = %s AND f.ledger = l.ledger)
        ON CONFLICT DO NOTHING
    """
    return connection.execute(query, (name, name)).rowcount


def park(connection: psycopg.Connection[Any], claimed: Claim, position: int, error: str) -> bool:
    """Stop following a ledger at the event that cannot be dealt with; False if the follower has moved on meanwhile.

    Nothing is skipped by itself: it rests until `unpark`. `error` is shown to whoever runs the system and must not
    quote an event.
    """
    query = """
        UPDATE projection.follower SET parked_at = clock_timestamp(), parked_position = %s, parked_error = %s
        WHERE name = %s AND ledger = %s AND position = %s AND parked_at IS NULL
    """
    return connection.execute(query, (position, error, claimed.name, claimed.ledger, claimed.position)).rowcount == 1


def unpark(connection: psycopg.Connection[Any], name: str, ledger: str | None = None) -> int:
    """Let a follower try again, in one ledger or in all; how many were parked."""
    query = """
        UPDATE projection.follower SET parked_at = NULL, parked_position = NULL, parked_error = NULL
        WHERE name = %s AND parked_at IS NOT NULL AND (%s::text IS NULL OR ledger = %s)
    """
    return connection.execute(query, (name, ledger, ledger)).rowcount


def parked(connection: psycopg.Connection[Any], name: str | None = None) -> list[Parked]:
    """What is parked, of one follower or of all."""
    query = """
        SELECT name, ledger, parked_position, parked_error, parked_at FROM projection.follower
        WHERE parked_at IS NOT NULL AND (%s::text IS NULL OR name = %s) ORDER BY name, ledger
    """
    return [Parked(*row) for row in connection.execute(query, (name, name))]
