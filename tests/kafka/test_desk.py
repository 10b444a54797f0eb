"""The desk of a consumer: what is done there is done again when the database ended it."""

from threading import Event
from typing import Any

from psycopg import Connection
from structlog.testing import capture_logs

from projections._engine._store import Store
from projections._kafka._desk import Desk
from tests._database import Database


def test_a_transaction_that_takes_too_long_is_done_again(elsewhere: Database) -> None:
    """Outside a pipeline, where psycopg tells it by an error of its own kind."""
    tries: list[int] = []

    def work(conn: Connection[Any], _store: Store) -> int:
        tries.append(len(tries))
        with conn.transaction():
            conn.execute("select pg_sleep(%s)", (60 if len(tries) == 1 else 0,))
        return len(tries)

    with capture_logs() as logs, Desk(elsewhere.url, None, Event(), longest=0.5) as desk:
        assert desk.submit(work).result(30) == 2
    assert [(log["event"], log["reason"]) for log in logs] == [("storing interrupted", "terminating connection due to transaction timeout")]
