"""Holding the read models against a replay of the ledgers."""

from dataclasses import dataclass
from typing import Any

from psycopg import Connection, IsolationLevel, sql
from psycopg.rows import dict_row

from projections._all import read_models
from projections._engine._batch import describe
from projections._engine._processes import Desk, Progress, crew, quiet
from projections._engine._rebuild import fold_from_start
from projections._engine._store import Store, connect
from projections._engine._worker import open_store
from projections._model import ReadModel
from read_side._tables import Table, names


@dataclass(frozen=True, slots=True)
class Difference:
    """The first row of a table and practice, by position, in which the read models are not what the ledger comes to."""

    table: str
    practice: str
    key: dict[str, Any]
    position: int
    """Position of the event that made the row."""
    what: str
    """`missing`, `unexpected` or `different` in the read models; `unfoldable` when the replay itself failed."""
    columns: tuple[str, ...] = ()
    """The columns that differ; their values may be personal and are not told."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What a verification found."""

    schema: str
    practices: int
    events: int
    differences: list[Difference]

    @property
    def sound(self) -> bool:
        return not self.differences


def verify_read_models(
    url: str, *, processes: int = 2, models: tuple[ReadModel[Any], ...] | None = None, progress: Progress = quiet
) -> Verified:
    """Replay every ledger as far as the read models go and compare each table and history, while both live on.

    Raises NoGeneration, or RebuildNeeded when the read models were made by another version.
    """
    with connect(url) as conn:
        schema = open_store(conn, models).schema
        positions: dict[str, int] = dict(
            conn.execute(
                "select ledger, position from projection.follower where name = %s order by position desc, ledger", (schema,)
            ).fetchall()
        )
        found = _strays(conn, schema, models or read_models())
    total, done = sum(positions.values()), 0

    def tell(events: int) -> None:
        nonlocal done
        done += events
        progress("replay", done, total)

    with crew(url, processes, positions, models) as workers:
        for differences in workers.run(schema, verify_practice, positions, tell):
            found += differences
    return Verified(schema, len(positions), total, sorted(found, key=lambda one: (one.practice, one.position, one.table)))


def verify_practice(desk: Desk, practice: str) -> list[Difference]:
    """Compare one practice, in one snapshot."""
    scratch = Desk(desk.conn, _scratch(desk), desk.count)
    desk.conn.isolation_level = IsolationLevel.REPEATABLE_READ
    try:
        with desk.conn.transaction():
            return _compare(scratch, desk.store.schema, practice)
    finally:
        desk.conn.isolation_level = None


def _scratch(desk: Desk) -> Store:
    """Empty tables of this session: their schema goes with it, however it ends."""
    for table in (name for model in desk.store.models for name in model.table.names):
        like = sql.SQL("create temporary table if not exists {} (like {}) on commit delete rows")
        desk.conn.execute(like.format(sql.Identifier(table), sql.Identifier(desk.store.schema, table)))
    (schema,) = desk.conn.execute("select pg_my_temp_schema()::regnamespace::text").fetchone() or ("pg_temp",)
    return Store(desk.conn, schema, desk.store.models)


def _compare(desk: Desk, schema: str, practice: str) -> list[Difference]:
    row = desk.conn.execute("select position from projection.follower where name = %s and ledger = %s", (schema, practice)).fetchone()
    fold, _ = fold_from_start(desk, practice, row[0] if row else 0)
    if fold.failure:
        return [Difference("", practice, {"error": describe(fold.failure.error)}, fold.failure.position, "unfoldable")]
    desk.store.copy_rows(desk.conn, fold)
    return [
        difference
        for model in desk.store.models
        for name in model.table.names
        if (difference := _first_difference(desk, schema, model.table, practice, name))
    ]


_DIFFERENCE = sql.SQL("""
with expected as (select * from {scratch}), found as (select * from {actual} where practice = %s),
  lost as (select * from expected except select * from found),
  added as (select * from found except select * from expected)
select to_jsonb(lost) as expected, to_jsonb(added) as found
from lost full join added using ({key}) order by coalesce(lost.position, added.position) limit 1
""")


def _first_difference(desk: Desk, schema: str, table: Table, practice: str, name: str) -> Difference | None:
    key = ("practice", *table.key, *(("position",) if name == table.history_name else ()))
    query = _DIFFERENCE.format(
        scratch=sql.Identifier(desk.store.schema, name), actual=sql.Identifier(schema, name), key=names(dict.fromkeys(key))
    )
    row = desk.conn.cursor(row_factory=dict_row).execute(query, (practice,)).fetchone()
    if row is None:
        return None
    expected, found = row["expected"], row["found"]
    known = expected or found
    what = "missing" if found is None else "unexpected" if expected is None else "different"
    columns = tuple(column for column in expected if expected[column] != found[column]) if what == "different" else ()
    return Difference(name, practice, {column: known[column] for column in table.key}, known["position"], what, columns)


def _strays(conn: Connection[Any], schema: str, models: tuple[ReadModel[Any], ...]) -> list[Difference]:
    """Rows of practices that nobody follows."""
    found = []
    for model in models:
        for name in model.table.names:
            query = sql.SQL(
                "select to_jsonb(t) as found from {} as t where not exists ("
                " select from projection.follower where name = %s and follower.ledger = t.practice) order by practice, position limit 1"
            ).format(sql.Identifier(schema, name))
            if row := conn.cursor(row_factory=dict_row).execute(query, (schema,)).fetchone():
                key = {column: row["found"][column] for column in model.table.key}
                found.append(Difference(name, row["found"]["practice"], key, row["found"]["position"], "unexpected"))
    return found
