"""The streams: each begins with version 1 (or 0) and goes on without a gap, in the order of positions."""

from typing import Any

import psycopg

from events.ledger.verify._snapshot import ENOUGH, Problem

_QUERY = """
    SELECT position, subject, version FROM (
      SELECT position, subject, version, lag(version) OVER stream AS before
      FROM ledger.entry WHERE ledger = %s WINDOW stream AS (PARTITION BY subject ORDER BY position)
    ) AS entry
    WHERE version <> coalesce(before + 1, least(greatest(version, 0), 1))
    ORDER BY position LIMIT %s
"""


def check_streams(connection: psycopg.Connection[Any], ledger: str) -> list[Problem]:
    """Entries whose version does not follow the one before it in their stream."""
    rows = connection.execute(_QUERY, (ledger, ENOUGH))
    return [Problem(position, f"version {version} of {subject} does not follow") for position, subject, version in rows]
