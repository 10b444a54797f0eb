"""What the checks share: a snapshot to look at, and how a problem is told."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

ENOUGH = 100
"""Problems of one kind that are told; after that many, more of them say nothing new."""


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """Something that does not hold."""

    position: int
    """The first entry that it concerns."""
    what: str


@contextmanager
def snapshot(connection: psycopg.Connection[Any]) -> Iterator[None]:
    """A read-only transaction in which nothing changes, with times in UTC and without a time limit."""
    with connection.transaction():
        connection.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        connection.execute("SET LOCAL statement_timeout = 0")
        connection.execute("SET LOCAL timezone = 'UTC'")
        yield


def copied(connection: psycopg.Connection[Any], query: sql.Composed, types: list[str]) -> Iterator[tuple[Any, ...]]:
    """The rows of a query, as a stream to be read to its end: the server works ahead, and memory stays flat."""
    statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(query)
    with connection.cursor() as cursor, cursor.copy(statement) as copy:
        copy.set_types(types)
        yield from copy.rows()
