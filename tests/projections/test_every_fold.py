"""Every type of event of every capability: batches make no difference, the database holds what was folded, then as now."""

from collections.abc import Sequence
from itertools import accumulate
from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events._registry import event_types, load_all
from projections._all import read_models as every_model
from projections._engine._batch import advance
from projections._engine._fold import Handlers, PracticeFold, TableFold
from projections._engine._rebuild import rebuild
from projections._engine._store import Store, connect
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up
from read_side._as_of import AsOf
from tests._database import Database
from tests.projections._every_event import PRACTICE, Unfolding, everything, unfoldings
from tests.projections._histories import Happened, cuts
from tests.projections._record import MOMENT, Pool, Record, all_rows, asking, folded, lines, stored

load_all()
MODELS = every_model()
on_a_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=12)


def fold(happened: Sequence[Happened], sizes: Sequence[int] = ()) -> dict[str, TableFold]:
    """The tables after events folded in batches of some sizes, in one if left out."""
    engine = PracticeFold(Handlers(MODELS), PRACTICE)
    for end, size in zip(accumulate(sizes or [len(happened)]), sizes or [len(happened)], strict=True):
        assert engine.fold(engine.plan(lines(happened)[end - size : end])) == end, engine.failure
    return {table.table.name: table for table in engine.tables}


def as_of(table: TableFold, position: int) -> dict[Any, Any]:
    """Rows at a position, as the history tells them."""
    versions = [*table.replaced, *table.written]
    versions += [(cell.key, cell.row, cell.position, 0) for cell in table.cells.values() if cell.row is not None]
    return {key: row for key, row, begin, end in versions if begin <= position and (end == 0 or end > position)}


def test_every_type_of_event_happens_and_touches_a_row() -> None:
    happened = everything(MODELS).happened
    assert {event.TYPE for _, event in happened} == set(event_types())
    touching = {event_class for model in MODELS if model.table.name != "activity" for event_class in model.steps}
    assert {event_class.TYPE for event_class in touching} == set(event_types())


def test_one_handler_after_the_other_is_what_the_engine_folds() -> None:
    unfolding = everything(MODELS)
    assert unfolding.rows == folded(unfolding.happened, MODELS)
    assert {name: as_of(table, len(unfolding.happened)) for name, table in fold(unfolding.happened).items()} == unfolding.rows


@given(cut=unfoldings(MODELS).flatmap(lambda found: st.tuples(st.just(found), cuts(len(found.happened)))))
def test_batches_make_no_difference(cut: tuple[Unfolding, list[int]]) -> None:
    unfolding, sizes = cut
    whole, parts = fold(unfolding.happened), fold(unfolding.happened, sizes)
    for name, table in whole.items():
        assert (as_of(table, len(unfolding.happened)), table.replaced) == (unfolding.rows[name], parts[name].replaced)
        assert as_of(parts[name], len(unfolding.happened)) == unfolding.rows[name]


@given(unfolding=unfoldings(MODELS, most=20))
def test_the_history_tells_what_stood_at_every_position(unfolding: Unfolding) -> None:
    tables = fold(unfolding.happened)
    for position in range(len(unfolding.happened) + 1):
        assert {name: as_of(table, position) for name, table in tables.items()} == folded(unfolding.happened, MODELS, position)


def test_the_database_holds_what_was_folded_and_a_rebuild_comes_to_the_same(read_models: Database, pool: Pool) -> None:
    record, happened = Record(pool, simulated=True), everything(MODELS).happened
    record.append(happened, MOMENT)
    catch_up(read_models.url, lines=7)
    assert asking(read_models, record.practice, lambda view: all_rows(view, MODELS)) == folded(happened, MODELS)
    for position in range(0, len(happened), 10):
        shown = asking(read_models, record.practice, lambda view: all_rows(view, MODELS), AsOf(position))
        assert shown == folded(happened, MODELS, position)
    rebuild(read_models.url)
    with connect(read_models.url) as conn:
        live, replayed = (stored(conn, schema, record.practice, MODELS) for schema in ("read_1", "read_2"))
    assert live == replayed
    verified = verify_read_models(read_models.url)
    assert (verified.events, verified.differences) == (len(happened), [])


@on_a_server
@given(cut=unfoldings(MODELS).flatmap(lambda found: st.tuples(st.just(found), cuts(len(found.happened)), st.integers(0, 40))))
def test_live_is_replay_is_one_handler_after_the_other(read_models: Database, pool: Pool, cut: tuple[Unfolding, list[int], int]) -> None:
    unfolding, sizes, position = cut
    live, replay = Record(pool, simulated=True), Record(pool, simulated=True)
    for record in (live, replay):
        record.append(unfolding.happened, MOMENT)
    catch_up(read_models.url)
    with connect(read_models.url) as conn:
        conn.execute("update projection.follower set position = 0 where ledger = %s", (live.practice,))
        for name in (name for model in MODELS for name in model.table.names):
            conn.execute(f'delete from read_1."{name}" where practice = %s', (live.practice,))
        store = Store(conn, "read_1", MODELS)
        for size in sizes:
            assert advance(conn, store, live.practice, lines=size) is not None
        one, other = (stored(conn, "read_1", record.practice, MODELS) for record in (live, replay))
    for name in one:
        assert [row[1:] for row in one[name]] == [row[1:] for row in other[name]]
    assert asking(read_models, live.practice, lambda view: all_rows(view, MODELS)) == unfolding.rows
    then = min(position, len(unfolding.happened))
    assert asking(read_models, live.practice, lambda view: all_rows(view, MODELS), AsOf(then)) == folded(unfolding.happened, MODELS, then)
