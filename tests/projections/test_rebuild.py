"""Rebuilding while everybody goes on reading and writing."""

import asyncio
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from threading import Event

import pytest

from projections._all import read_models as every_model
from projections._engine import _processes
from projections._engine._generation import BUILD_LOCK, active
from projections._engine._rebuild import RebuildFailed, RebuildRunning, rebuild
from projections._engine._store import connect
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up
from read_side._as_of import open_view
from read_side.activity import ActivityRow
from tests._database import Database
from tests.projections._histories import a_life
from tests.projections._record import Pool, Record, following, stored, wait_until_shown
from tests.projections.test_parked import BAD_BYTES, poison


def schema(database: Database) -> str:
    with connect(database.url) as conn:
        generation = active(conn)
        assert generation is not None
        return generation.schema


def schemas(database: Database) -> set[str]:
    with database.connect() as conn:
        return {name for (name,) in conn.execute("select nspname from pg_namespace where nspname like 'read\\_%'")}


@pytest.mark.parametrize("processes", [1, 2])
def test_a_rebuild_comes_to_the_same_rows(read_models: Database, pool: Pool, processes: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_processes, "WORTH_A_PROCESS", 0)
    records = [Record(pool) for _ in range(3)]
    for number, record in enumerate(records):
        for life in range(1, 4):
            record.append(a_life(life, events=10 + number))
    catch_up(read_models.url)
    told: list[tuple[str, int, int]] = []
    rebuilt = rebuild(read_models.url, processes=processes, progress=lambda *step: told.append(step))
    assert (rebuilt.schema, rebuilt.practices, rebuilt.events) == ("read_2", 3, 3 * (10 + 11 + 12))
    assert ("fold", rebuilt.events, rebuilt.events) in told
    with connect(read_models.url) as conn:
        for record in records:
            one, other = (stored(conn, name, record.practice, every_model()) for name in ("read_1", "read_2"))
            assert one == other
    assert schema(read_models) == "read_2"


def test_the_generation_before_stays_until_the_next_rebuild(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life())
    catch_up(read_models.url)

    async def read_across_a_switch() -> None:
        async with read_models.async_pool() as views, open_view(views, record.practice, now=datetime.now(UTC)) as view:
            await asyncio.to_thread(rebuild, read_models.url)
            assert view.schema == "read_1"
            assert len(await view.all(ActivityRow)) == 12

    asyncio.run(read_across_a_switch())
    assert schemas(read_models) == {"read_1", "read_2"}
    assert rebuild(read_models.url).dropped == ["read_1"]
    assert schemas(read_models) == {"read_2", "read_3"}


def test_readers_and_writers_see_no_gap(read_models: Database, pool: Pool) -> None:
    record, stop = Record(pool), Event()

    def write() -> int:
        position = 0
        for number in range(1, 2_000):
            position = record.append(a_life(number, events=6))
            if stop.is_set():
                return position
        raise AssertionError("the rebuild took too long")

    async def read() -> int:
        before, schemas_seen = 0, set()
        async with read_models.async_pool() as views:
            while not stop.is_set():
                async with open_view(views, record.practice, now=datetime.now(UTC)) as view:
                    rows = await view.all(ActivityRow)
                    assert [row.position for row in rows] == list(range(1, view.position + 1))
                    assert view.position >= before
                    before = view.position
                    schemas_seen.add(view.schema)
        return len(schemas_seen)

    with following(read_models, workers=2), ThreadPoolExecutor(2) as threads:
        written, seen = threads.submit(write), threads.submit(asyncio.run, read())
        try:
            for _ in range(2):
                rebuild(read_models.url)
        finally:
            stop.set()
        wait_until_shown(read_models, record.practice, written.result(timeout=30))
        assert seen.result(timeout=30) >= 2
    assert schema(read_models) == "read_3"
    assert verify_read_models(read_models.url).sound


def test_a_killed_rebuild_leaves_nothing_behind(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life())
    catch_up(read_models.url)
    killed = subprocess.run([sys.executable, "-c", _KILLS_ITSELF, read_models.url], check=False, timeout=60)
    assert killed.returncode == -9
    assert schema(read_models) == "read_1"
    assert schemas(read_models) == {"read_1", "read_2"}
    record.append(a_life(2))
    rebuilt = rebuild(read_models.url)
    assert (rebuilt.schema, rebuilt.events, rebuilt.dropped) == ("read_2", 24, ["read_2"])
    assert verify_read_models(read_models.url).sound


_KILLS_ITSELF = """
import os, signal, sys
from projections._engine._rebuild import rebuild
rebuild(sys.argv[1], progress=lambda step, *_: step == "index" and os.kill(os.getpid(), signal.SIGKILL))
"""


def test_only_one_rebuild_runs(read_models: Database) -> None:
    with connect(read_models.url) as conn:
        conn.execute("select pg_advisory_lock(%s, %s)", BUILD_LOCK)
        with pytest.raises(RebuildRunning):
            rebuild(read_models.url)


def test_a_generation_that_falls_short_does_not_answer(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life(events=8))
    catch_up(read_models.url)
    with read_models.connect() as admin:
        poison(admin, record.practice, *BAD_BYTES, 3)
    with pytest.raises(RebuildFailed, match=record.practice) as failed:
        rebuild(read_models.url)
    assert "BadLine" in failed.value.practices[record.practice]
    assert schema(read_models) == "read_1"
    with read_models.connect() as admin:
        poison(admin, record.practice, BAD_BYTES[1], BAD_BYTES[0], 3)
    assert rebuild(read_models.url).dropped == ["read_2"]
    assert verify_read_models(read_models.url).sound


def test_a_practice_that_the_new_ones_lack_keeps_the_present_ones(read_models: Database, pool: Pool) -> None:
    Record(pool).append(a_life(events=3))
    catch_up(read_models.url)
    with read_models.connect() as admin:
        admin.execute("insert into projection.follower (name, ledger, position) values ('read_1', 'without-a-record', 3)")
    with pytest.raises(RebuildFailed, match="without-a-record: it is not there"):
        rebuild(read_models.url)
    assert schema(read_models) == "read_1"


def test_a_practice_parked_before_is_parked_again(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life(events=8))
    with read_models.connect() as admin:
        poison(admin, record.practice, *BAD_BYTES, 3)
    catch_up(read_models.url)
    rebuild(read_models.url)
    with connect(read_models.url) as conn:
        found = conn.execute("select name, position, parked_position from projection.follower order by name").fetchall()
    assert found == [("read_1", 2, 3), ("read_2", 2, 3)]


def test_a_row_that_the_database_refuses_parks_in_a_rebuild_too(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life(events=40))
    with read_models.connect() as admin:
        poison(admin, record.practice, '"lessons":null', '"lessons":"\\u0000"', 35)
    rebuild(read_models.url)
    with connect(read_models.url) as conn:
        found = conn.execute("select name, position, parked_position from projection.follower").fetchall()
    assert found == [("read_2", 34, 35)]
