"""One batch: lines -> rows, history and position of one practice, in one transaction."""

from dataclasses import dataclass
from typing import Any

import psycopg
import structlog
from psycopg import Connection, sql
from psycopg.types.string import ByteaBinaryLoader
from pydantic import ValidationError

from projections._engine._fold import Failure, PracticeFold, without_gc
from projections._engine._generation import SWITCH_LOCK
from projections._engine._store import RowError, Store

LINES = 1_000
"""Lines a batch, at most."""
BYTES = 16_000_000
"""Bytes of lines a batch, at most, but one line at least."""

log = structlog.get_logger("sporbar.projections")


class Switched(Exception):
    """Another generation answers now; go on with that one."""


@dataclass(frozen=True, slots=True)
class Advanced:
    """What one batch did."""

    position: int
    """Position of the practice in the read models now."""
    events: int
    """Events folded."""
    more: bool
    """Whether more lines are waiting."""
    parked: Failure | None = None


_CLAIM = (
    sql.SQL("""
with claimed as materialized (
  select ledger, position from projection.follower
  where name = %(schema)s and ledger = %(ledger)s and parked_at is null
  for no key update skip locked
)
select claimed.position, record.size, line.position, line.line
from claimed join projection.record using (ledger) left join lateral (
  select position, line, sum(octet_length(line)) over (order by position) - octet_length(line) as before
  from (
    select position, line from projection.record_line as recorded
    where recorded.ledger = claimed.ledger and recorded.position > claimed.position
    order by position limit %(lines)s
  ) as next
) as line on line.before < {bytes}
order by line.position
""")
    .format(bytes=sql.Literal(BYTES))
    .as_bytes()
)


def advance(conn: Connection[Any], store: Store, ledger: str, *, lines: int = LINES, live: bool = True) -> Advanced | None:
    """Fold the next lines of a practice, in one transaction; None when another worker has it, or it is parked or unknown.

    A failing event parks the practice with everything before it folded. `live` batches wait for a switch of
    generations that is under way, and raise Switched after one.
    """
    while True:
        try:
            with without_gc():
                return _batch(conn, store, ledger, lines, live)
        except (RowError, psycopg.DataError, psycopg.IntegrityError) as error:
            if lines == 1:
                return _park(conn, store, ledger, error)
            lines = max(1, lines // 4)


def _batch(conn: Connection[Any], store: Store, ledger: str, lines: int, live: bool) -> Advanced | None:
    with conn.pipeline(), conn.transaction():
        claimed = _claim(conn, store, ledger, lines, live)
        if not claimed:
            return None
        start, size = claimed[0][:2]
        fold = PracticeFold(store.handlers, ledger)
        planned = fold.plan((position, line) for *_, position, line in claimed if position is not None)
        store.load(conn, fold)
        position = max(fold.fold(planned), start)
        if position > start or fold.failure:
            store.write(conn, fold)
            _move(conn, store, ledger, position, fold.failure)
    if fold.failure:
        _complain(store, ledger, fold.failure)
    return Advanced(position, position - start, position < size and not fold.failure, fold.failure)


def _claim(conn: Connection[Any], store: Store, ledger: str, lines: int, live: bool) -> list[tuple[int, int, int | None, bytes]]:
    pointer = wait_for_switch(conn) if live else None
    cursor = conn.cursor(binary=True)
    cursor.adapters.register_loader("text", ByteaBinaryLoader)
    cursor.execute(_CLAIM, {"schema": store.schema, "ledger": ledger, "lines": lines}, prepare=True)
    if pointer and pointer.fetchone() != (store.schema,):
        raise Switched
    return cursor.fetchall()


def wait_for_switch(conn: Connection[Any]) -> psycopg.Cursor[Any]:
    """Keep the generation that answers to the end of the transaction; the query for its schema is under way."""
    conn.execute("select pg_advisory_xact_lock_shared(%s, %s)", SWITCH_LOCK, prepare=True)
    return conn.execute("select 'read_' || number from projection.generation where state = 'active'", prepare=True)


def _move(conn: Connection[Any], store: Store, ledger: str, position: int, failure: Failure | None) -> None:
    if failure is None:
        conn.execute(
            "update projection.follower set position = %s, advanced_at = clock_timestamp() where name = %s and ledger = %s",
            (position, store.schema, ledger),
            prepare=True,
        )
        return
    conn.execute(
        "update projection.follower set position = %s, parked_at = now(), parked_position = %s, parked_error = %s"
        " where name = %s and ledger = %s",
        (position, failure.position, describe(failure.error), store.schema, ledger),
    )


def _park(conn: Connection[Any], store: Store, ledger: str, error: Exception) -> Advanced | None:
    """Park at the next line, whose rows the database refused."""
    with conn.transaction():
        claimed = _claim(conn, store, ledger, 1, live=False)
        if not claimed or claimed[0][2] is None:
            return None
        failure = Failure(claimed[0][2], error)
        _move(conn, store, ledger, claimed[0][0], failure)
    _complain(store, ledger, failure)
    return Advanced(claimed[0][0], 0, more=False, parked=failure)


def _complain(store: Store, ledger: str, failure: Failure) -> None:
    log.error("practice parked", projection=store.schema, practice=ledger, position=failure.position, error=describe(failure.error))


def describe(error: Exception) -> str:
    """What went wrong, without the values of the event: they may be personal."""
    if isinstance(error, ValidationError):
        found = (f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors(include_url=False, include_input=False))
        return f"{error.title}: {'; '.join(found)}"
    if isinstance(error, psycopg.Error):
        return f"{type(error).__name__}: {error.diag.message_primary or error}"
    return f"{type(error).__name__}: {error}"
