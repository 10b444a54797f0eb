"""Making every read model anew beside the ones that answer, and then letting the new ones answer."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from time import perf_counter
from typing import Any

import psycopg
import structlog
from psycopg import Connection, sql
from psycopg.types.string import ByteaBinaryLoader

from projections._all import read_models
from projections._engine._batch import advance, describe
from projections._engine._fold import Failure, PracticeFold
from projections._engine._generation import BUILD_LOCK, SWITCH_LOCK, Generation, activate, active, begin, declare_keys, drop_inactive
from projections._engine._processes import Crew, Desk, Progress, crew, quiet
from projections._engine._store import RowError, Store, connect
from projections._engine._worker import lagging
from projections._model import ReadModel
from read_side._tables import index_statements

CHUNK = 5_000
"""Lines folded between two COPYs."""
STATISTICS = "10"
"""Statistics target of the first ANALYZE: a tenth of the usual one, and of its time; autovacuum makes it good later."""
NEAR = 500
"""Events behind at which the switch begins; the last ones are folded while live batches wait."""

log = structlog.get_logger("sporbar.projections")


class RebuildRunning(Exception):
    """Another rebuild is under way."""

    def __init__(self) -> None:
        super().__init__("a rebuild is under way already; wait for it to end")


class RebuildFailed(Exception):
    """The new read models stop before the ones that answer; these go on answering."""

    def __init__(self, practices: dict[str, str]) -> None:
        named = "; ".join(f"{practice}: {why}" for practice, why in sorted(practices.items()))
        super().__init__(f"the new read models do not reach as far as the present ones, which stay in place: {named}")
        self.practices = practices


@dataclass(frozen=True, slots=True)
class Rebuilt:
    """What a rebuild did."""

    schema: str
    practices: int
    events: int
    seconds: float
    dropped: list[str]
    """Schemas of earlier generations that were dropped."""


def rebuild(url: str, *, processes: int = 2, models: tuple[ReadModel[Any], ...] | None = None, progress: Progress = quiet) -> Rebuilt:
    """Fold everything into a new generation while the present one answers and follows, then switch.

    The generation before the present one, and what a killed rebuild left behind, are dropped first. The present one
    stays for queries under way. Raises RebuildRunning and RebuildFailed.
    """
    started, every = perf_counter(), models or read_models()
    with _alone(url) as conn:
        sizes = dict(_practices(conn))
        with crew(url, processes, sizes, models) as workers:
            dropped = drop_inactive(conn)
            with conn.transaction():
                generation = begin(conn, every)
            _fill(workers, generation.schema, sizes, progress)
            _make_indexes(conn, workers, generation.schema, every)
        progress("catch up", sum(sizes.values()), sum(sizes.values()))
        _switch(url, conn, generation, every)
        log.info("read models rebuilt", schema=generation.schema, practices=len(sizes), events=sum(sizes.values()))
    return Rebuilt(generation.schema, len(sizes), sum(sizes.values()), perf_counter() - started, dropped)


@contextmanager
def _alone(url: str) -> Iterator[Connection[Any]]:
    with connect(url, statement_timeout=0) as conn:
        taken = conn.execute("select pg_try_advisory_lock(%s, %s)", BUILD_LOCK).fetchone()
        if taken != (True,):
            raise RebuildRunning
        yield conn


def _practices(conn: Connection[Any]) -> list[tuple[str, int]]:
    """Practices with the sizes of their ledgers, biggest first."""
    return conn.execute("select ledger, size from projection.record where strpos(ledger, '/') = 0 order by size desc, ledger").fetchall()


def _fill(workers: Crew, schema: str, sizes: dict[str, int], progress: Progress) -> None:
    total, done = sum(sizes.values()), 0

    def tell(events: int) -> None:
        nonlocal done
        done += events
        progress("fold", done, total)

    workers.run(schema, build_practice, sizes, tell)
    progress("index", total, total)


def _make_indexes(conn: Connection[Any], workers: Crew, schema: str, models: tuple[ReadModel[Any], ...]) -> None:
    """Indexes of the largest tables first, so that nobody is left waiting for one of them at the end; then statistics."""
    sizes = dict(conn.execute("select relname, pg_relation_size(oid) from pg_class where relnamespace = %s::regnamespace", (schema,)))
    made = {name: len(made) for model in models for name, made in index_statements(model.table, schema).items()}
    largest = sorted(made, key=lambda name: (-sizes[name], name))
    workers.run(schema, make_index, [f"{name} {number}" for name in largest for number in range(made[name])], lambda _events: None)
    workers.run(schema, analyse, largest, lambda _events: None)
    declare_keys(conn, schema, models)


def build_practice(desk: Desk, ledger: str) -> None:
    """Fold a practice from its first event into tables that have nothing of it.

    Where the database refuses a row, the practice is left to the batches that catch up: they find out which event it is.
    """
    try:
        with desk.conn.transaction():
            fold, position = fold_from_start(desk, ledger)
            desk.store.copy_rows(desk.conn, fold)
            _follow_from(desk, ledger, position, fold.failure)
    except (RowError, psycopg.DataError, psycopg.IntegrityError):
        _follow_from(desk, ledger, 0, None)


def fold_from_start(desk: Desk, ledger: str, upto: int | None = None) -> tuple[PracticeFold, int]:
    """Fold a practice's lines, all or up to a position; versions that were replaced are copied on the way."""
    fold, position = PracticeFold(desk.store.handlers, ledger), 0
    while lines := _lines(desk.conn, ledger, position, upto):
        position = fold.fold(fold.plan(lines)) or position
        desk.store.copy_versions(desk.conn, fold)
        desk.count(len(lines))
        if fold.failure:
            break
    return fold, position


def _lines(conn: Connection[Any], ledger: str, after: int, upto: int | None) -> list[tuple[int, bytes]]:
    cursor = conn.cursor(binary=True)
    cursor.adapters.register_loader("text", ByteaBinaryLoader)
    cursor.execute(
        "select position, line from projection.record_line where ledger = %s and position > %s and position <= coalesce(%s, position)"
        " order by position limit %s",
        (ledger, after, upto, CHUNK),
        prepare=True,
    )
    return cursor.fetchall()


def _follow_from(desk: Desk, ledger: str, position: int, failure: Failure | None) -> None:
    desk.conn.execute(
        "insert into projection.follower (name, ledger, position, parked_at, parked_position, parked_error)"
        " values (%s, %s, %s, case when %s::bigint is null then null else now() end, %s, %s)",
        (
            *(desk.store.schema, ledger, position),
            *((failure.position, failure.position, describe(failure.error)) if failure else (None, None, None)),
        ),
    )


def make_index(desk: Desk, job: str) -> None:
    """Make one of the indexes of a table."""
    name, _, number = job.partition(" ")
    table = next(model.table for model in desk.store.models if name in model.table.names)
    desk.conn.execute("set max_parallel_maintenance_workers = 0")  # every process is at work on an index of its own
    desk.conn.execute(index_statements(table, desk.store.schema)[name][int(number)])


def analyse(desk: Desk, table: str) -> None:
    """Take the statistics that the planner needs to ask quickly from the first question on."""
    desk.conn.execute("select set_config('default_statistics_target', %s, false)", (STATISTICS,))
    desk.conn.execute(sql.SQL("analyze {}").format(sql.Identifier(desk.store.schema, table)))


def _switch(url: str, conn: Connection[Any], generation: Generation, models: tuple[ReadModel[Any], ...]) -> None:
    """Catch up, and let the new generation answer once it is as far as the present one."""
    with connect(url) as second:
        store = Store(second, generation.schema, models)
        while _behind(second, generation.schema) > NEAR:
            _catch_up(second, store)
        with conn.transaction():
            conn.execute("set local synchronous_commit = on")
            conn.execute("select pg_advisory_xact_lock(%s, %s)", SWITCH_LOCK)
            _catch_up(second, store)
            present = active(conn)
            if present is not None:
                _require_as_far(conn, present.schema, generation.schema)
            activate(conn, generation)


def _behind(conn: Connection[Any], schema: str) -> int:
    lagging(conn, schema)
    found = conn.execute(
        "select coalesce(sum(size - position), 0) from projection.record join projection.follower using (ledger)"
        " where name = %s and parked_at is null",
        (schema,),
    ).fetchone()
    return int(found[0]) if found else 0


def _catch_up(conn: Connection[Any], store: Store) -> None:
    for ledger in lagging(conn, store.schema):
        while (advanced := advance(conn, store, ledger, live=False)) and advanced.more:
            pass


def _require_as_far(conn: Connection[Any], present: str, new: str) -> None:
    short = conn.execute(
        "select present.ledger, coalesce(new.parked_error, 'it stands at ' || new.position, 'it is not there')"
        " from projection.follower as present left join projection.follower as new on new.ledger = present.ledger and new.name = %s"
        " where present.name = %s and coalesce(new.position, 0) < present.position",
        (new, present),
    ).fetchall()
    if short:
        raise RebuildFailed(dict(short))
