"""Following the ledgers: who has come how far, and who has a ledger in hand.

A follower has a name and a position in each ledger (`projection.follower`). Any number of workers may share a name: a
claim is the lock of one row, so each ledger is in one pair of hands, and a worker that dies gives it back.

    with claim(connection, "policies") as claimed:
        if claimed is not None:
            ...                                      # deal with the events behind claimed.position
            advance(connection, claimed, position)   # in the same transaction
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import psycopg

from events.ledger.hints import Hints, Notifier

__all__ = ["Claim", "Hints", "LostClaim", "Notifier", "Parked", "advance", "claim", "enrol", "lag", "park", "parked", "unpark"]

_CLAIM = """
    SELECT f.name, f.ledger, f.position, l.size
    FROM projection.follower AS f JOIN ledger.ledger AS l USING (ledger)
    WHERE f.name = %s AND f.parked_at IS NULL AND l.size > f.position AND (%s::text IS NULL OR f.ledger = %s)
    ORDER BY f.advanced_at LIMIT 1
    FOR NO KEY UPDATE OF f SKIP LOCKED
"""


class LostClaim(Exception):
    """The follower does not stand where the claim says, or was to go back or beyond the ledger's end."""


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


def enrol(connection: psycopg.Connection[Any], name: str, *, at_end: bool = False) -> int:
    """Follow the records of practices that `name` does not follow yet, from the beginning or from now on; how many.

    A ledger whose name has a part after a slash is no practice's record, and not followed.
    """
    query = """
        INSERT INTO projection.follower (name, ledger, position)
        SELECT %s, l.ledger, CASE WHEN %s THEN l.size ELSE 0 END FROM ledger.ledger AS l
        WHERE strpos(l.ledger, '/') = 0
          AND NOT EXISTS (SELECT FROM projection.follower AS f WHERE f.name = %s AND f.ledger = l.ledger)
        ON CONFLICT DO NOTHING
    """
    return connection.execute(query, (name, at_end, name)).rowcount


@contextmanager
def claim(connection: psycopg.Connection[Any], name: str, ledger: str | None = None) -> Iterator[Claim | None]:
    """Take a ledger in hand that has events waiting, the one left alone longest; None when there is none.

    The claim holds to the end of the block, which is one transaction. Ledgers that are parked, or in another worker's
    hands, are passed over. With `ledger`, that one or none.
    """
    with connection.transaction():
        row = connection.execute(_CLAIM, (name, ledger, ledger), prepare=True).fetchone()
        yield Claim(*row) if row else None


def advance(connection: psycopg.Connection[Any], claimed: Claim, position: int) -> Claim:
    """Record, in the claim's transaction, that everything up to `position` is dealt with; raises LostClaim."""
    query = """
        UPDATE projection.follower SET position = %s, advanced_at = clock_timestamp()
        WHERE name = %s AND ledger = %s AND position = %s AND parked_at IS NULL
    """
    if not claimed.position <= position <= claimed.size:
        raise LostClaim(
            f"{claimed.name} cannot go from {claimed.position} to {position} in {claimed.ledger}, which has {claimed.size} events"
        )
    changed = connection.execute(query, (position, claimed.name, claimed.ledger, claimed.position), prepare=True)
    if changed.rowcount != 1:
        raise LostClaim(f"{claimed.name} does not stand at {claimed.position} of {claimed.ledger} any more")
    return Claim(claimed.name, claimed.ledger, position, claimed.size)


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


def lag(connection: psycopg.Connection[Any], name: str) -> dict[str, int]:
    """How many events a follower is behind, by ledger."""
    query = """
        SELECT f.ledger, l.size - f.position FROM projection.follower AS f JOIN ledger.ledger AS l USING (ledger)
        WHERE f.name = %s ORDER BY f.ledger
    """
    return dict(connection.execute(query, (name,)).fetchall())
