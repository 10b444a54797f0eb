"""Lines that came from elsewhere -> rows, history and position of several practices, in one transaction.

The same folds as of a record that is kept in this database. What differs: the lines are at hand, planned already; they
are stored beside the rows; and whether they are the next ones is held against the follower's position, under its lock.
So whoever comes with lines that are there already, or comes late, changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import psycopg
import structlog
from psycopg import Connection, Pipeline

from projections._engine._batch import Switched, describe, wait_for_switch
from projections._engine._binary import Raw, array, text_element
from projections._engine._fold import Failure, Handlers, Planned, PracticeFold, without_gc
from projections._engine._store import RowError, Store

log = structlog.get_logger("sporbar.projections")


class Gap(Exception):
    """A line that should come next is not there."""

    def __init__(self, position: int, found: int) -> None:
        super().__init__(f"line {position} is missing, line {found} came instead")


class OtherHistory(Exception):
    """A line that is there came again with other bytes: what follows it is not what follows here."""

    def __init__(self, position: int) -> None:
        super().__init__(
            f"line {position} came again as another one: the record was begun anew, or restored from a backup, and went on otherwise"
        )


class OutOfStep(Exception):
    """Somebody has changed how far the read models are."""

    def __init__(self, schema: str) -> None:
        super().__init__(f"the read models in {schema} do not stand where the lines received end: run `sporbar rebuild`")


class RecordsHere(Exception):
    """The database keeps records of its own."""

    def __init__(self) -> None:
        super().__init__(
            "this database keeps records of its own, so it takes no lines from Kafka:"
            " name another one in SPORBAR_DATABASE_URL (an empty one, and run `sporbar migrate`)"
        )


@dataclass(slots=True)
class Run:
    """Lines of one practice, each the next of the one before."""

    ledger: str
    lines: list[tuple[int, bytes]]
    retrying: bool = False
    """Whether they go to a practice that is parked; it stays so until `release`."""
    followed_by: int | None = None
    """Position of the line that came after them, if it is not the next one."""
    again: tuple[int, bytes] | None = None
    """The last line that came before them and should be there already."""
    differs: int | None = None
    """Position of one of them that came again as another line; those after that are left out."""
    fold: PracticeFold | None = None
    planned: list[Planned] = field(default_factory=list)

    @property
    def before(self) -> int:
        """The position that the practice must have; none in particular, if there are no lines."""
        return self.lines[0][0] - 1 if self.lines else 0

    def plan(self, handlers: Handlers) -> None:
        """Decode the lines and see which rows they touch."""
        self.fold = PracticeFold(handlers, self.ledger)
        self.planned = self.fold.plan(self.lines)

    def behind(self, position: int) -> "Run":
        """What comes after a position, not planned yet."""
        return replace(self, lines=[line for line in self.lines if line[0] > position], fold=None, planned=[])

    def known(self, position: int) -> tuple[int, bytes] | None:
        """The last line that came and should be there already, in a practice that stands at a position."""
        return self.lines[min(position - self.before, len(self.lines)) - 1] if self.lines and self.before < position else self.again


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a run."""

    position: int
    """Where the practice stands now."""
    events: int
    """Events folded."""
    stopped: bool
    """Whether the practice is parked."""


_HEADS = """
select ledger, position, parked_at is not null, retry_asked_at is not null from projection.follower
where name = %s and ledger = any(%s) order by ledger for no key update
"""
_ENROL = "insert into projection.follower (name, ledger) select %s, unnest(%s::text[]) on conflict do nothing"
_KNOW = "insert into projection.received (ledger) select unnest(%s::text[]) on conflict do nothing"
_STORE_LINES = """
insert into projection.received_line (ledger, position, line)
select %s, %s + number, line from unnest(%s::text[]) with ordinality as given (line, number)
"""
_ADVANCE = """
with moved as (
  select * from unnest(%s::text[], %s::bigint[], %s::bigint[]) as moved (ledger, before, after)
), advanced as (
  update projection.follower as f set position = moved.after, advanced_at = clock_timestamp()
  from moved where f.name = %s and f.ledger = moved.ledger and f.position = moved.before returning 1
), grown as (
  update projection.received as r set size = moved.after
  from moved where r.ledger = moved.ledger and r.size = moved.before returning 1
)
select (select count(*) from advanced), (select count(*) from grown)
"""
_OTHERS = """
select given.ledger, given.position from unnest(%s::text[], %s::bigint[], %s::bytea[]) as given (ledger, position, line)
join projection.received_line as held using (ledger, position) where convert_to(held.line, 'UTF8') <> given.line
"""
_PARK = """
update projection.follower
set parked_at = clock_timestamp(), parked_position = %s, parked_error = %s, retry_asked_at = null
where name = %s and ledger = %s
"""


def receive(conn: Connection[Any], store: Store, runs: Sequence[Run]) -> dict[str, Taken]:
    """Fold runs of different practices, in one transaction if the database takes every row.

    Lines that a practice has are dropped. A practice that lacks the line before its run, or has a line that fails, is
    parked. Raises Switched.
    """
    try:
        with without_gc():
            return _transaction(conn, store, runs)
    except (RowError, psycopg.DataError, psycopg.IntegrityError) as error:
        if len(runs) == 1 and len(runs[0].lines) == 1:
            return {runs[0].ledger: _refused(conn, store, runs[0], error)}
    taken: dict[str, Taken] = {}
    for run in runs:
        for piece in _pieces(run) if len(runs) == 1 else [run]:
            taken |= receive(conn, store, [piece])
            if taken[run.ledger].stopped:
                break
    return taken


def _pieces(run: Run) -> Iterable[Run]:
    size = max(1, len(run.lines) // 4)
    for start in range(0, len(run.lines), size):
        last = start + size >= len(run.lines)
        end = (run.followed_by, run.differs) if last else (None, None)
        yield Run(run.ledger, run.lines[start : start + size], run.retrying, end[0], run.again if start == 0 else None, end[1])


@dataclass(frozen=True, slots=True)
class Head:
    """Where a practice stands."""

    position: int
    parked: bool
    retry_asked: bool

    def takes(self, run: Run) -> bool:
        """Whether lines may be taken: of a parked practice on another try, until that one has failed as well."""
        return not self.parked or (run.retrying and self.retry_asked)


@dataclass(slots=True)
class _Under:
    """A run in the transaction."""

    run: Run
    position: int
    planned: list[Planned]
    fold: PracticeFold
    reached: int = 0

    @property
    def failure(self) -> Failure | None:
        """Why the practice cannot go on, if it cannot."""
        if self.fold.failure is None and self.run.followed_by is not None and self.reached < self.run.followed_by - 1:
            return Failure(self.reached + 1, Gap(self.reached + 1, self.run.followed_by))
        if self.fold.failure is None and self.run.differs is not None:
            return Failure(self.run.differs, OtherHistory(self.run.differs))
        return self.fold.failure


def _transaction(conn: Connection[Any], store: Store, runs: Sequence[Run]) -> dict[str, Taken]:
    taken: dict[str, Taken] = {}
    stopped: list[tuple[str, Failure]] = []
    with conn.pipeline() as pipeline, conn.transaction():
        heads = _heads(conn, store, [run.ledger for run in runs])
        others = _others(conn, runs, heads)
        under: list[_Under] = []
        for run in runs:
            position, parked = heads[run.ledger].position, heads[run.ledger].parked
            taken[run.ledger] = Taken(position, 0, parked)
            if not heads[run.ledger].takes(run):
                continue
            if run.ledger in others:
                stopped.append((run.ledger, Failure(others[run.ledger], OtherHistory(others[run.ledger]))))
            elif run.before <= position:
                under.append(_under(store, run, position))
            elif not parked:
                stopped.append((run.ledger, Failure(position + 1, Gap(position + 1, run.before + 1))))
        _fold(conn, pipeline, store, under)
        _advance(conn, store, under)
        stopped += [(each.run.ledger, failure) for each in under if (failure := each.failure)]
        for ledger, failure in stopped:
            conn.execute(_PARK, (failure.position, describe(failure.error), store.schema, ledger))
    for each in under:
        taken[each.run.ledger] = Taken(each.reached, each.reached - each.position, stopped=False)
    for ledger, failure in stopped:
        taken[ledger] = Taken(taken[ledger].position, taken[ledger].events, stopped=True)
        complain(store.schema, ledger, failure)
    return taken


def _heads(conn: Connection[Any], store: Store, ledgers: list[str]) -> dict[str, Head]:
    """Where each practice stands, locked to the end of the transaction; new ones stand at 0."""
    pointer = wait_for_switch(conn)
    found = conn.execute(_HEADS, (store.schema, ledgers), prepare=True)
    if pointer.fetchone() != (store.schema,):
        raise Switched
    heads = {ledger: Head(*where) for ledger, *where in found.fetchall()}
    new = [ledger for ledger in ledgers if ledger not in heads]
    if not new:
        return heads
    conn.execute(_KNOW, (sorted(new),))
    conn.execute(_ENROL, (store.schema, sorted(new)))
    found = conn.execute(_HEADS, (store.schema, ledgers))
    return {ledger: Head(*where) for ledger, *where in found.fetchall()}


def _others(conn: Connection[Any], runs: Sequence[Run], heads: Mapping[str, Head]) -> dict[str, int]:
    """Practices of which a line came again as another one, and its position."""
    known = [(run.ledger, *line) for run in runs if (line := run.known(heads[run.ledger].position)) and begins(run.ledger, *line)]
    if not known:
        return {}
    return dict(conn.execute(_OTHERS, tuple(map(list, zip(*known, strict=True)))).fetchall())


def begins(ledger: str, position: int, line: bytes) -> bool:
    """Whether what came begins as the line of a position, as append() writes it; else it is damaged, and says nothing."""
    return line.startswith(b'{"specversion":"1.0","id":"%d","source":"/practices/%s",' % (position, ledger.encode()))


def _under(store: Store, run: Run, position: int) -> _Under:
    """The part of a run that comes after a position."""
    if run.fold is None or (run.lines and run.before < position):
        run = run.behind(position)
        run.plan(store.handlers)
    fold, run.fold = run.fold, None  # what is planned serves once
    assert fold is not None
    return _Under(run, position, run.planned, fold)


def _fold(conn: Connection[Any], pipeline: Pipeline, store: Store, under: list[_Under]) -> None:
    """Fold and write; everybody's rows are asked for before anybody's are awaited."""
    asked = [store.ask(conn, each.fold) for each in under]
    pipeline.sync()  # now the session is idle in its transaction, which PostgreSQL watches: a process may hang while it folds
    for each, queries in zip(under, asked, strict=True):
        store.take(queries)
        each.reached = max(each.fold.fold(each.planned), each.position)
        if each.reached > each.position:
            store.write(conn, each.fold)
            lines = [text_element(line) for position, line in each.run.lines if position <= each.reached]
            conn.execute(_STORE_LINES, (each.run.ledger, each.position, Raw(array(25, lines))), prepare=True)


def _advance(conn: Connection[Any], store: Store, under: list[_Under]) -> None:
    """Move the positions from where they were, which nobody else can have changed."""
    moved = [each for each in under if each.reached > each.position]
    if not moved:
        return
    arrays = [each.run.ledger for each in moved], [each.position for each in moved], [each.reached for each in moved]
    advanced = conn.execute(_ADVANCE, (*arrays, store.schema), prepare=True)
    if advanced.fetchone() != (len(moved), len(moved)):
        raise OutOfStep(store.schema)


def release(conn: Connection[Any], schema: str, ledger: str, upto: int) -> bool:
    """Let a practice that was tried again go on, if it has everything that the topic holds of it; else it stays parked."""
    query = """
        update projection.follower set parked_at = null, parked_position = null, parked_error = null, retry_asked_at = null
        where name = %s and ledger = %s and parked_at is not null and position >= %s
    """
    if conn.execute(query, (schema, ledger, upto)).rowcount == 1:
        log.info("practice goes on", projection=schema, practice=ledger)
        return True
    found = conn.execute("select position from projection.follower where name = %s and ledger = %s", (schema, ledger)).fetchone()
    position = found[0] if found else 0
    failure = Failure(position + 1, Gap(position + 1, upto))
    conn.execute(_PARK, (failure.position, describe(failure.error), schema, ledger))
    complain(schema, ledger, failure)
    return False


def _refused(conn: Connection[Any], store: Store, run: Run, error: Exception) -> Taken:
    """Park at the line whose rows the database refused."""
    failure = Failure(run.lines[0][0], error)
    with conn.transaction():
        head = _heads(conn, store, [run.ledger])[run.ledger]
        if head.position != run.before or not head.takes(run):
            return Taken(head.position, 0, head.parked)
        conn.execute(_PARK, (failure.position, describe(error), store.schema, run.ledger))
    complain(store.schema, run.ledger, failure)
    return Taken(head.position, 0, stopped=True)


def complain(schema: str, ledger: str, failure: Failure) -> None:
    """Say that a practice is parked, and why."""
    log.error("practice parked", projection=schema, practice=ledger, position=failure.position, error=describe(failure.error))


def enrol_received(conn: Connection[Any], schema: str) -> None:
    """Follow the practices whose lines were received and that `schema` does not follow yet, from the beginning."""
    conn.execute(
        "insert into projection.follower (name, ledger) select %s, r.ledger from projection.received as r"
        " where not exists (select from projection.follower as f where f.name = %s and f.ledger = r.ledger) on conflict do nothing",
        (schema, schema),
    )


def require_no_records(conn: Connection[Any]) -> None:
    """Raise RecordsHere if the database keeps records of its own."""
    if conn.execute("select from ledger.ledger limit 1").fetchone() is not None:
        raise RecordsHere
