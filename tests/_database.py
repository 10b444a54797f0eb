"""Databases for tests: one server a session, one fresh migrated database a test."""

from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg_pool import AsyncConnectionPool, ConnectionPool

from events.ledger import connect, migrate
from gateway.embedded_postgres import EmbeddedPostgres

TEMPLATE = "sporbar_template"


@dataclass
class Database:
    """A migrated database of its own; its pools are closed with it."""

    url: str
    _pools: list[ConnectionPool[Any]] = field(default_factory=list)

    def sync_pool(self, role: str = "sporbar_app", **options: Any) -> ConnectionPool[Any]:
        """An open pool, closed at the end of the test."""
        pool = connect.sync_pool(self.url, role, **options)
        self._pools.append(pool)
        pool.wait()  # it draws random numbers while it fills, which Hypothesis would take for a test's own
        return pool

    def async_pool(self, role: str = "sporbar_app", **options: Any) -> AsyncConnectionPool[Any]:
        """A pool that is not open yet: `async with database.async_pool() as pool`."""
        return connect.async_pool(self.url, role, **options)

    def connect(self) -> psycopg.Connection[Any]:
        """A connection of the database's owner, autocommit: what a superuser may do."""
        return psycopg.connect(self.url, autocommit=True)

    def close(self) -> None:
        for pool in self._pools:
            pool.close()


class Postgres:
    """The running server of the test session."""

    def __init__(self, directory: Path) -> None:
        self.server = EmbeddedPostgres(directory, durable=False)
        self._numbers = count(1)

    def url(self, dbname: str = "postgres") -> str:
        """The libpq URL of one of its databases."""
        return self.server.url(dbname)

    def make_template(self) -> None:
        """Make the migrated database that the others are copied from."""
        self.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(TEMPLATE)))
        migrate.migrate(self.url(TEMPLATE))

    def make_database(self, template: str = TEMPLATE) -> str:
        """Name of a new copy of a template."""
        name = f"test_{next(self._numbers)}"
        self.execute(sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(sql.Identifier(name), sql.Identifier(template)))
        # a copy has its template's objects, but none of the privileges on the database itself
        self.execute(sql.SQL("GRANT CREATE ON DATABASE {} TO sporbar_worker").format(sql.Identifier(name)))
        return name

    def drop_database(self, name: str) -> None:
        """Remove a database and end its sessions."""
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)
