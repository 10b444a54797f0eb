"""Versioned SQL files, each applied once, in order."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from importlib.resources import files
from typing import Any

import psycopg

DEFAULT = ("events.ledger.migrations", "projections.migrations")
"""Packages whose `NNNN_name.sql` files make up a Sporbar database, named so that `events` need not import them."""

_BOOKS = """
    CREATE SCHEMA sporbar;
    CREATE TABLE sporbar.migration (
      package text NOT NULL,
      name text NOT NULL,
      digest bytea NOT NULL,
      applied_at timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (package, name)
    );
"""


class MigrationChanged(Exception):
    """A file that was applied to this database says something else now."""


def migrate(url: str, packages: Sequence[str] = DEFAULT) -> list[str]:
    """Apply what has not been applied yet; the names of the files applied, `<package>/<file>`.

    Everything happens in one transaction under a lock: of two that run at once the second finds nothing to do, and a
    file that fails leaves the database as it was. Raises psycopg.Error, or MigrationChanged when a file that was
    applied has been edited since.
    """
    with psycopg.connect(url) as connection:
        connection.execute("SELECT pg_advisory_xact_lock(hashtextextended('sporbar.migrate', 0))")
        applied = _applied(connection)
        return [name for package in packages for name in _apply(connection, package, applied)]


def pending(url: str, packages: Sequence[str] = DEFAULT) -> list[str]:
    """What `migrate` would apply."""
    with psycopg.connect(url) as connection:
        applied = _applied(connection) if _has_books(connection) else {}
        return [f"{package}/{name}" for package in packages for name, _ in _files(package) if (package, name) not in applied]


def _apply(connection: psycopg.Connection[Any], package: str, applied: dict[tuple[str, str], bytes]) -> Iterator[str]:
    for name, content in _files(package):
        digest = sha256(content).digest()
        known = applied.get((package, name))
        if known is None:
            connection.execute(content)
            connection.execute("INSERT INTO sporbar.migration (package, name, digest) VALUES (%s, %s, %s)", (package, name, digest))
            yield f"{package}/{name}"
        elif known != digest:
            raise MigrationChanged(f"{package}/{name} was applied with other content; put it back and add a new file instead")


def _applied(connection: psycopg.Connection[Any]) -> dict[tuple[str, str], bytes]:
    if not _has_books(connection):
        connection.execute(_BOOKS)
    return {(package, name): digest for package, name, digest in connection.execute("SELECT package, name, digest FROM sporbar.migration")}


def _has_books(connection: psycopg.Connection[Any]) -> bool:
    row = connection.execute("SELECT to_regclass('sporbar.migration') IS NOT NULL").fetchone()
    return bool(row and row[0])


def _files(package: str) -> list[tuple[str, bytes]]:
    found = [file for file in files(package).iterdir() if file.name.endswith(".sql")]
    return sorted((file.name, file.read_bytes()) for file in found)
