"""Each line for itself: its leaf hash, and the columns beside it."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from hashlib import sha256
from typing import Any

import orjson
import psycopg
from psycopg import sql

from events._codec import SOURCE_PREFIX
from events.ledger.verify._snapshot import ENOUGH, Problem, copied

_QUERY = sql.SQL("""
    SELECT position, subject, version, type, time, leaf, line FROM ledger.entry
    WHERE ledger = {ledger} AND position BETWEEN {first} AND {last} ORDER BY position
""")
_TYPES = ["int8", "text", "int4", "text", "int8", "bytea", "bytea"]
"""As bytes and numbers, what psycopg would make texts and times of; half of the time went into that."""
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

Row = tuple[int, str, int, str, int, bytes, bytes]
"""Position, subject, version, type, time in microseconds since 2000 (as PostgreSQL stores it), leaf, line."""


def check_lines(connection: psycopg.Connection[Any], ledger: str, first: int, last: int) -> list[Problem]:
    """Problems of the entries at positions `first` to `last`; time is compared with the entry before, too."""
    query = _QUERY.format(ledger=sql.Literal(ledger), first=sql.Literal(first - 1), last=sql.Literal(last))
    problems: list[Problem] = []
    for problem in _problems(copied(connection, query, _TYPES), SOURCE_PREFIX + ledger):
        if problem.position >= first and len(problems) < ENOUGH:
            problems.append(problem)
    return problems


def _problems(rows: Iterator[tuple[Any, ...]], source: str) -> Iterator[Problem]:
    before = None
    for row in rows:
        position, subject, version, type_, time, leaf, line = row
        if sha256(b"\x00" + line).digest() != leaf:
            yield Problem(position, "the line is not the one that its leaf hash was made of")
        try:
            said = orjson.loads(line)
            agrees = (
                said["subject"] == subject
                and said["streamversion"] == version
                and said["type"] == type_
                and said["id"] == str(position)
                and said["source"] == source
                and _microseconds(said["time"]) == time
            )
            if not agrees:
                yield Problem(position, f"the line disagrees with {_disagreeing(said, row, source)}")
        except (ValueError, KeyError, TypeError):
            yield Problem(position, "the line is no CloudEvents line")
        if before is not None and time < before:
            yield Problem(position, f"it was recorded at {_told(time)}, before the entry that it follows")
        before = time


@lru_cache(maxsize=64)
def _microseconds(time: str) -> int:
    return (datetime.fromisoformat(time) - _EPOCH) // _MICROSECOND


def _told(time: int) -> str:
    try:
        return (_EPOCH + time * _MICROSECOND).isoformat()
    except OverflowError:
        return "a time that no calendar has"


def _disagreeing(said: dict[str, Any], row: tuple[Any, ...], source: str) -> str:
    position, subject, version, type_, time = row[:5]
    columns = {
        "position": said["id"] == str(position),
        "ledger": said["source"] == source,
        "subject": said["subject"] == subject,
        "version": said["streamversion"] == version,
        "type": said["type"] == type_,
        "time": _microseconds(said["time"]) == time,
    }
    return ", ".join(name for name, agrees in columns.items() if not agrees)
