"""A worker may die at any moment: nothing is lost, nothing counts twice."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from random import Random
from typing import Any

import psycopg
import pytest
from psycopg import Connection

from projections._all import read_models as every_model
from projections._engine._batch import advance
from projections._engine._processes import Desk
from projections._engine._rebuild import build_practice, fold_from_start
from projections._engine._store import Store, connect
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up
from tests._database import Database
from tests.projections._histories import a_life
from tests.projections._record import Pool, Record, stored, wait_until_shown


class Crash(Exception):
    """The process is gone; only the server goes on."""


def crashing_at(statement: int) -> type[psycopg.Cursor[Any]]:
    """Cursors of a connection that is cut before its n-th statement."""
    left = [statement]

    class Crashing(psycopg.Cursor[Any]):
        def execute(self, *arguments: Any, **named: Any) -> "Crashing":
            _count_down(left, self.connection)
            super().execute(*arguments, **named)
            return self

        @contextmanager
        def copy(self, *arguments: Any, **named: Any) -> Iterator[psycopg.Copy]:
            _count_down(left, self.connection)
            with super().copy(*arguments, **named) as copy:
                yield copy

    return Crashing


def _count_down(left: list[int], conn: Connection[Any]) -> None:
    left[0] -= 1
    if left[0] == 0:
        conn.pgconn.finish()
        raise Crash


def test_a_batch_is_cut_at_each_of_its_statements(read_models: Database, pool: Pool) -> None:
    record, whole = Record(pool), Record(pool)
    record.append(a_life(1, events=9))
    catch_up(read_models.url)
    record.append(a_life(2, events=9))
    for number in (1, 2):
        whole.append(a_life(number, events=9))
    with connect(read_models.url) as observer:
        before = stored(observer, "read_1", record.practice, every_model())
        for statement in range(1, 100):
            try:
                with connect(read_models.url) as conn:
                    store = Store(conn, "read_1", every_model())
                    conn.cursor_factory = crashing_at(statement)
                    advance(conn, store, record.practice)
            except Crash:
                assert stored(observer, "read_1", record.practice, every_model()) == before
            else:
                break
        assert statement > 8
    catch_up(read_models.url)
    verified = verify_read_models(read_models.url)
    assert (verified.events, verified.differences) == (36, [])


def test_building_a_practice_is_cut_at_each_of_its_statements(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life(events=9))
    for statement in range(1, 100):
        with connect(read_models.url) as conn:
            desk = Desk(conn, Store(conn, "read_1", every_model()), lambda _events: None)
            conn.cursor_factory = crashing_at(statement)
            try:
                build_practice(desk, record.practice)
            except Crash:
                continue
            break
    assert statement > 8
    verified = verify_read_models(read_models.url)
    assert (verified.events, verified.differences) == (9, [])


_FOLLOW = "import sys; from projections._engine._worker import Worker; Worker(sys.argv[1], lines=5).run()"


@contextmanager
def worker_process(url: str) -> Iterator[subprocess.Popen[bytes]]:
    """A worker of its own, killed at the end."""
    process = subprocess.Popen([sys.executable, "-c", _FOLLOW, url])
    try:
        yield process
    finally:
        os.kill(process.pid, signal.SIGKILL)
        process.wait(timeout=10)


@pytest.mark.parametrize("seed", [7, 11])
def test_workers_killed_at_work_lose_and_double_nothing(read_models: Database, pool: Pool, seed: int) -> None:
    random, record, position = Random(seed), Record(pool), 0
    for round_ in range(4):
        start = position
        for number in range(20):
            position = record.append(a_life(100 * round_ + number + 1, events=10))
        with worker_process(read_models.url):
            wait_until_shown(read_models, record.practice, random.randint(start, position - 20))
    position = record.append(a_life(1_000, events=10))
    assert catch_up(read_models.url) >= 10
    verified = verify_read_models(read_models.url)
    assert (verified.events, verified.differences) == (position, [])


def test_a_fold_from_the_start_stops_where_it_is_told(read_models: Database, pool: Pool) -> None:
    record = Record(pool)
    record.append(a_life(events=9))
    with connect(read_models.url) as conn, conn.transaction(force_rollback=True):
        desk = Desk(conn, Store(conn, "read_1", every_model()), lambda _events: None)
        assert fold_from_start(desk, record.practice, upto=4)[1] == 4
