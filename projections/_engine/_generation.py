"""Generations of the read models: one schema each, and which of them answers."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, sql

from projections._all import fingerprint, read_models
from projections._engine._store import connect
from projections._model import ReadModel
from read_side._tables import create_statements, index_statements, key_statements

SWITCH_LOCK = (0x53706F72, 1)
"""Advisory lock: held shared by every batch, exclusively by the switch to another generation."""
BUILD_LOCK = (0x53706F72, 2)
"""Advisory lock: held by whoever makes or drops generations."""


class RebuildNeeded(Exception):
    """The read models were made by a version of Sporbar with other tables or folds."""

    def __init__(self, schema: str) -> None:
        super().__init__(f"the read models in {schema} were made by another version of Sporbar; run `sporbar rebuild`")


@dataclass(frozen=True, slots=True)
class Generation:
    """A set of read models, in a schema of its own."""

    number: int
    fingerprint: str

    @property
    def schema(self) -> str:
        """Name of its schema, and of its followers."""
        return f"read_{self.number}"

    def require(self, models: tuple[ReadModel[Any], ...]) -> None:
        """Raise RebuildNeeded unless it was made with these read models."""
        if self.fingerprint != fingerprint(models):
            raise RebuildNeeded(self.schema)


def active(conn: Connection[Any]) -> Generation | None:
    """The generation that answers, if there is one yet."""
    found = conn.execute("select number, fingerprint from projection.generation where state = 'active'").fetchone()
    return Generation(*found) if found else None


def ensure_generation(url: str, models: tuple[ReadModel[Any], ...] | None = None) -> Generation:
    """The generation that answers, made empty when there is none. Raises RebuildNeeded when its tables or folds are not ours."""
    models = models or read_models()
    with connect(url) as conn, conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s, %s)", BUILD_LOCK)
        found = active(conn)
        if found is None:
            found = begin(conn, models)
            create_indexes(conn, found, models)
            activate(conn, found)
        found.require(models)
        return found


def begin(conn: Connection[Any], models: tuple[ReadModel[Any], ...]) -> Generation:
    """Make the next generation's tables, without indexes; its state is `building`."""
    row = conn.execute(
        "insert into projection.generation (number, state, fingerprint)"
        " select coalesce(max(number), 0) + 1, 'building', %s from projection.generation returning number, fingerprint",
        (fingerprint(models),),
    ).fetchone()
    assert row is not None
    generation = Generation(*row)
    conn.execute(sql.SQL("create schema {}").format(sql.Identifier(generation.schema)))
    for model in models:
        for statement in create_statements(model.table, generation.schema):
            conn.execute(statement)
    for grant in ("usage on schema {}", "select on all tables in schema {}"):
        conn.execute(sql.SQL(f"grant {grant} to sporbar_app").format(sql.Identifier(generation.schema)))
    return generation


def create_indexes(conn: Connection[Any], generation: Generation, models: tuple[ReadModel[Any], ...]) -> None:
    """Make the indexes and primary keys."""
    for model in models:
        for statements in index_statements(model.table, generation.schema).values():
            for statement in statements:
                conn.execute(statement)
    declare_keys(conn, generation.schema, models)


def declare_keys(conn: Connection[Any], schema: str, models: tuple[ReadModel[Any], ...]) -> None:
    """Make primary keys of the indexes that are there for them."""
    for model in models:
        for statement in key_statements(model.table, schema):
            conn.execute(statement)


def activate(conn: Connection[Any], generation: Generation) -> None:
    """Let it answer instead of the one that did; in a transaction, with SWITCH_LOCK where batches may be running."""
    conn.execute("update projection.generation set state = 'retired' where state = 'active'")
    conn.execute("update projection.generation set state = 'active', switched_at = now() where number = %s", (generation.number,))


def drop_inactive(conn: Connection[Any]) -> list[str]:
    """Drop the schemas of generations that do not answer: retired ones, and what a killed rebuild left; names them."""
    with conn.transaction():
        conn.execute("select pg_advisory_xact_lock(%s, %s)", BUILD_LOCK)
        rows = conn.execute("select number, fingerprint from projection.generation where state <> 'active' order by number").fetchall()
        dropped = [Generation(*row) for row in rows]
        for generation in dropped:
            conn.execute(sql.SQL("drop schema if exists {} cascade").format(sql.Identifier(generation.schema)))
            conn.execute("delete from projection.follower where name = %s", (generation.schema,))
            conn.execute("delete from projection.generation where number = %s", (generation.number,))
        return [generation.schema for generation in dropped]
