"""Every type of event of every capability: batches make no difference, the database holds what was folded, then as now."""

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from events._registry import event_types, load_all
from projections._all import read_models as every_model
from projections._engine._batch import advance
from projections._engine._rebuild import rebuild
from projections._engine._store import Store, connect
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up
from read_side._as_of import AsOf
from tests._database import Database
from tests.projections._every_event import Unfolding, everything, unfoldings
from tests.projections._folds import as_of, fold, rows, versions
from tests.projections._histories import cuts
from tests.projections._record import MOMENT, Pool, Record, all_rows, asking, folded, stored

load_all()
MODELS = every_model()
on_a_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow], deadline=None, max_examples=12)


def test_every_type_of_event_happens_and_touches_a_row() -> None:
    happened = everything(MODELS).happened
    assert {event.TYPE for _, event in happened} == set(event_types())
    touching = {event_class for model in MODELS if model.table.name != "activity" for event_class in model.steps}
    assert {event_class.TYPE for event_class in touching} == set(event_types())


def test_one_handler_after_the_other_is_what_the_engine_folds() -> None:
    unfolding = everything(MODELS)
    assert unfolding.rows == folded(unfolding.happened, MODELS)
    assert {name: rows(table) for name, table in fold(unfolding.happened, MODELS).items()} == unfolding.rows


@given(cut=unfoldings(MODELS).flatmap(lambda found: st.tuples(st.just(found), cuts(len(found.happened)))))
def test_batches_make_no_difference(cut: tuple[Unfolding, list[int]]) -> None:
    unfolding, sizes = cut
    whole, parts = fold(unfolding.happened, MODELS), fold(unfolding.happened, MODELS, sizes)
    for name, table in whole.items():
        assert rows(table) == unfolding.rows[name]
        assert versions(table) == versions(parts[name])


@given(unfolding=unfoldings(MODELS, most=20))
def test_the_history_tells_what_stood_at_every_position(unfolding: Unfolding) -> None:
    tables = fold(unfolding.happened, MODELS)
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
