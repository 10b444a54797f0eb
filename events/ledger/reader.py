"""Reading a ledger: lines by position, by subject, by type.

A reader that has seen position p has seen everything before it: positions are gapless and in the order of commit.
Pages are statements of their own, so that a slow reader holds no snapshot. Lines are whole and unchanged.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import psycopg

from events.ledger.errors import UnknownLedger

_PAGE = 2_000


def size(connection: psycopg.Connection[Any], ledger: str) -> int:
    """Position of the last event, 0 in an empty ledger; raises UnknownLedger."""
    row = connection.execute("SELECT size FROM ledger.ledger WHERE ledger = %s", (ledger,)).fetchone()
    if row is None:
        raise UnknownLedger(f"there is no ledger {ledger}")
    position: int = row[0]
    return position


def version_at(connection: psycopg.Connection[Any], ledger: str, subject: str, position: int) -> int:
    """Version of a stream as it was at a position of the ledger, 0 before its first event."""
    query = "SELECT coalesce(max(version), 0) FROM ledger.entry WHERE ledger = %s AND subject = %s AND position <= %s"
    row = connection.execute(query, (ledger, subject, position)).fetchone()
    assert row is not None
    version: int = row[0]
    return version


def ledgers(connection: psycopg.Connection[Any]) -> dict[str, int]:
    """Every ledger with its size, by name."""
    return dict(connection.execute("SELECT ledger, size FROM ledger.ledger ORDER BY ledger").fetchall())


def read(connection: psycopg.Connection[Any], ledger: str, after: int = 0, limit: int = _PAGE) -> list[bytes]:
    """Up to `limit` lines behind position `after`."""
    return [line.encode() for line in _page(connection, ledger, after, after + limit)]


def stream(connection: psycopg.Connection[Any], ledger: str, after: int = 0, upto: int | None = None) -> Iterator[str]:
    """The lines behind position `after` up to and with `upto`; up to the size at the start, if left out.

    Memory is that of one page, whatever the size.
    """
    end = size(connection, ledger) if upto is None else upto
    for start in range(after, end, _PAGE):
        yield from _page(connection, ledger, start, min(start + _PAGE, end))


def by_subject(connection: psycopg.Connection[Any], ledger: str, subject: str, after: int = 0, upto: int | None = None) -> list[str]:
    """The lines of one stream, in its order, as far as they lie in (after, upto]."""
    query = """
        SELECT line FROM ledger.entry
        WHERE ledger = %s AND subject = %s AND position > %s AND (%s::bigint IS NULL OR position <= %s) ORDER BY version
    """
    return [line for (line,) in connection.execute(query, (ledger, subject, after, upto, upto), prepare=True)]


def by_type(
    connection: psycopg.Connection[Any], ledger: str, types: Sequence[str], after: int = 0, upto: int | None = None
) -> Iterator[str]:
    """The lines whose type is one of `types`, by position, in (after, upto].

    It passes over every entry in the range. An index on the type would make this faster and every append 7 % dearer,
    for a question that the read models answer.
    """
    end = size(connection, ledger) if upto is None else upto
    query = "SELECT line FROM ledger.entry WHERE ledger = %s AND position > %s AND position <= %s AND type = ANY (%s) ORDER BY position"
    for start in range(after, end, _PAGE):
        page = connection.execute(query, (ledger, start, min(start + _PAGE, end), list(types)), prepare=True)
        yield from [line for (line,) in page]


def position_at(connection: psycopg.Connection[Any], ledger: str, time: datetime) -> int:
    """Position of the last event recorded at or before `time`; 0 if there is none.

    A binary search in the database: `time` never decreases along positions. Raises UnknownLedger.
    """
    row = connection.execute("SELECT ledger.position_at(%s, %s)", (ledger, time)).fetchone()
    if row is None or row[0] is None:
        raise UnknownLedger(f"there is no ledger {ledger}")
    position: int = row[0]
    return position


def _page(connection: psycopg.Connection[Any], ledger: str, after: int, upto: int) -> list[str]:
    query = "SELECT line FROM ledger.entry WHERE ledger = %s AND position > %s AND position <= %s ORDER BY position"
    return [line for (line,) in connection.execute(query, (ledger, after, upto), prepare=True, binary=True)]
