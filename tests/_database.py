"""Databases for tests: one server a session, one fresh migrated database a test."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import psycopg
from psycopg import sql
from psycopg.conninfo import make_conninfo
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

    @contextmanager
    def member_login(self, *roles: str) -> Iterator["Database"]:
        """It again, for a login that owns nothing, inherits nothing, and is only a member of roles: as deploy/README.md says."""
        login = sql.Identifier("member")
        create = sql.SQL("CREATE ROLE {} LOGIN NOINHERIT IN ROLE {}").format(login, sql.SQL(", ").join(map(sql.Identifier, roles)))
        with self.connect() as owner:
            owner.execute(create)
            member = Database(make_conninfo(self.url, user="member"))
            try:
                yield member
            finally:
                member.close()
                owner.execute(sql.SQL("DROP ROLE {}").format(login))

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

    @contextmanager
    def database(self) -> Iterator[Database]:
        """A new, migrated database, removed at the end."""
        name = self.make_database()
        database = Database(self.url(name))
        try:
            yield database
        finally:
            database.close()
            self.drop_database(name)

    def drop_database(self, name: str) -> None:
        """Remove a database and end its sessions."""
        self.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, statement: sql.Composed) -> None:
        with psycopg.connect(self.url(), autocommit=True) as connection:
            connection.execute(statement)
