"""Following live: what the database holds is what the handlers come to, whoever folds it and however it is cut."""

import asyncio
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from projections._all import read_models as every_model
from projections._engine._batch import advance
from projections._engine._generation import ensure_generation
from projections._engine._store import Store, connect
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up, lagging
from projections.deviation import READ_MODELS as DEVIATIONS
from read_side._as_of import AsOf
from read_side.activity import ActivityRow, timeline
from tests._database import Database
from tests.projections._histories import Happened, a_life, cuts, histories
from tests.projections._record import MOMENT, Pool, Record, all_rows, asking, folded, following, stored, wait_until_shown
from tests.projections._toy import TOYS

MODELS = (*DEVIATIONS, *TOYS)
on_a_server = settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=25)


@pytest.fixture
def toys(database: Database) -> Database:
    """A database with the read models of deviations and the toys, and those of activity."""
    ensure_generation(database.url, MODELS)
    return database


@on_a_server
@given(cut=histories().flatmap(lambda happened: st.tuples(st.just(happened), cuts(len(happened)))))
def test_any_batches_come_to_what_the_handlers_come_to(toys: Database, pool: Pool, cut: tuple[list[Happened], list[int]]) -> None:
    happened, sizes = cut
    whole, parts = Record(pool, simulated=True), Record(pool, simulated=True)
    for record in (whole, parts):
        record.append(happened, MOMENT)
    catch_up(toys.url, models=MODELS)
    with connect(toys.url) as conn:
        conn.execute("update projection.follower set position = 0 where ledger = %s", (parts.practice,))
        for name in (name for model in MODELS for name in model.table.names):
            conn.execute(f'delete from read_1."{name}" where practice = %s', (parts.practice,))
        store = Store(conn, "read_1", MODELS)
        for size in sizes:
            advanced = advance(conn, store, parts.practice, lines=size)
            assert advanced is not None
            assert advanced.events == size
        one, other = (stored(conn, "read_1", record.practice, MODELS) for record in (whole, parts))
    for name in one:
        assert [row[1:] for row in one[name]] == [row[1:] for row in other[name]]
    assert asking(toys, whole.practice, lambda view: all_rows(view, MODELS)) == folded(happened, MODELS)


@on_a_server
@given(happened=histories(most=12))
def test_as_of_a_position_is_the_fold_of_the_first_events(toys: Database, pool: Pool, happened: list[Happened]) -> None:
    record, other = Record(pool, simulated=True), Record(pool)
    record.append(happened, MOMENT)
    other.append(a_life(9, events=4))
    catch_up(toys.url, models=MODELS, lines=5)
    for position in range(len(happened) + 1):
        shown = asking(toys, record.practice, lambda view: all_rows(view, MODELS), AsOf(position))
        assert shown == folded(happened, MODELS, position)


def test_each_event_is_activity_in_its_order(read_models: Database, record: Record) -> None:
    happened = a_life(events=9)
    record.append(happened)
    catch_up(read_models.url, lines=4)
    page = asking(read_models, record.practice, timeline)
    assert [(row.position, row.subject, row.type) for row in page.items] == [
        (position, subject, event.TYPE) for position, (subject, event) in enumerate(happened, 1)
    ]
    assert [row.data for row in page.items] == [event.model_dump(mode="json") for _, event in happened]


def test_workers_and_writers_at_once_lose_and_double_nothing(read_models: Database, pool: Pool) -> None:
    records = [Record(pool) for _ in range(4)]

    def write(record: Record) -> int:
        position = 0
        for number in range(1, 16):
            for happened in a_life(number, events=8):
                position = record.append([happened])
        return position

    with following(read_models, workers=3, lines=7), ThreadPoolExecutor(4) as threads:
        positions = list(threads.map(write, records))
        for record, position in zip(records, positions, strict=True):
            wait_until_shown(read_models, record.practice, position)
    verified = verify_read_models(read_models.url)
    assert (verified.events, verified.differences) == (4 * 15 * 8, [])
    for record in records:
        shown = asking(read_models, record.practice, lambda view: view.all(ActivityRow))
        assert [row.position for row in shown] == list(range(1, 15 * 8 + 1))


def test_a_practice_that_opens_while_workers_run_is_followed(read_models: Database, pool: Pool) -> None:
    with following(read_models):
        for _ in range(3):
            record = Record(pool)
            wait_until_shown(read_models, record.practice, record.append(a_life()))


def test_a_worker_goes_on_after_its_sessions_are_ended(read_models: Database, pool: Pool, record: Record) -> None:
    with following(read_models), read_models.connect() as admin:
        for number in range(1, 4):
            wait_until_shown(read_models, record.practice, record.append(a_life(number)))
            admin.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity where pid <> pg_backend_pid() and datname = current_database()"
            )
            pool.check()


def test_a_practice_in_another_workers_hands_is_left_alone(read_models: Database, record: Record) -> None:
    record.append(a_life())
    with connect(read_models.url) as conn, connect(read_models.url) as other:
        store = Store(conn, "read_1", every_model())
        assert lagging(conn, "read_1") == [record.practice]
        with other.transaction():
            other.execute("select from projection.follower where ledger = %s for update", (record.practice,))
            assert advance(conn, store, record.practice) is None
        advanced = advance(conn, store, record.practice)
        assert advanced is not None
        assert advanced.events == 12


def test_an_access_log_has_no_read_models(read_models: Database, pool: Pool) -> None:
    log = Record(pool, "fjordgata/access")
    log.append(a_life(events=2))
    assert catch_up(read_models.url) == 0


def test_rows_of_one_practice_are_nobody_elses(read_models: Database, pool: Pool) -> None:
    records = [Record(pool, simulated=True) for _ in range(3)]
    for number, record in enumerate(records, 1):
        record.append(a_life(number, events=number), MOMENT)
    catch_up(read_models.url)
    for number, record in enumerate(records, 1):
        for as_of in (None, AsOf(number), AsOf(1)):
            shown = asking(read_models, record.practice, lambda view: all_rows(view, DEVIATIONS), as_of)
            upto = as_of.position if as_of else None
            assert shown == folded(a_life(number, events=number), DEVIATIONS, upto)


def test_waiting_for_a_position_ends_when_it_is_shown(read_models: Database, record: Record) -> None:
    async def read_your_write() -> None:
        position = await asyncio.to_thread(record.append, a_life())
        await asyncio.to_thread(wait_until_shown, read_models, record.practice, position)

    with following(read_models):
        asyncio.run(read_your_write())


def test_a_worker_role_cannot_write_to_the_ledger(read_models: Database, record: Record) -> None:
    record.append(a_life(events=1))
    with connect(read_models.url) as conn, pytest.raises(psycopg.errors.InsufficientPrivilege):
        conn.execute("delete from ledger.entry")
