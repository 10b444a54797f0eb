"""How it grows with the number of practices on one PostgreSQL: what docs/scale.md reckons with."""

import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from events.ledger import connect, migrate
from events.ledger.recorder import LedgerRecorder, open_ledger
from gateway.embedded_postgres import EmbeddedPostgres
from projections._engine._generation import ensure_generation
from projections._engine._rebuild import rebuild
from projections._engine._store import connect as connect_to_fold
from projections._engine._worker import catch_up, lagging, open_store
from tests.bench._ledger_crew import WRITERS, Written, ledger_append, write
from tests.bench._lives import stored_lives
from tests.bench._result import Result, against, limit

PRACTICES = (50, 1_500, 150_000)
SECONDS = 3.0
ROUNDS = 2
LOOKS = 5
LIVES = 600
"""Deviations whose events are weighed."""
REPORTED = stored_lives(1)[0].state
"""The data of a report, as the folds take it."""
_OPEN = "SELECT count(ledger.open('p' || n, false)) FROM generate_series(%s::int, %s::int) AS n"


def run() -> list[Result]:
    """Append to more and more practices, and look for those that lag."""
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            url = server.url()
            migrate.migrate(url)
            ensure_generation(url)
            return [*_growing(url), *_stored(server)]


def _growing(url: str) -> list[Result]:
    rates: dict[int, float] = {}
    looks: dict[int, float] = {}
    opened = 0
    for practices in PRACTICES:
        with psycopg.connect(url, autocommit=True) as connection:
            connection.execute("SET statement_timeout = 0")
            connection.execute(_OPEN, (opened + 1, practices))
            connection.execute("ANALYZE ledger.ledger")
        opened = practices
        rates[practices] = _appending(url, practices).rate
        catch_up(url)
        looks[practices] = _looking(url)
    few = PRACTICES[0]
    return [
        *(
            against(f"append of one event, {many:,} practices", rates[many], "events/s", f"{few} practices", rates[few], at_least=0.5)
            for many in PRACTICES[1:]
        ),
        *(
            limit(
                f"a projector's look for practices that lag, {many:,} practices",
                looks[many],
                "ms",
                below=500,
                note="Made every half second.",
            )
            for many in PRACTICES
        ),
    ]


def _appending(url: str, practices: int) -> Written:
    names = [f"p{number}" for number in range(1, practices + 1)]
    written = Written(0, 0.0, [])
    with connect.sync_pool(url, "sporbar_app", min_size=WRITERS) as pool:
        for _ in range(ROUNDS):
            written += write(ledger_append(pool, names, 1, REPORTED), SECONDS)
    return written


def _looking(url: str) -> float:
    """Milliseconds."""
    with connect_to_fold(url, statement_timeout=0) as connection:
        schema = open_store(connection).schema
        assert not lagging(connection, schema)
        return median(1000 * _seconds(lambda: lagging(connection, schema)) for _ in range(LOOKS))


def _seconds(action: Any) -> float:
    started = perf_counter()
    action()
    return perf_counter() - started


def _stored(server: EmbeddedPostgres) -> list[Result]:
    """Bytes an event, indexes included, as a rebuild leaves the read models; in a database of its own."""
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE stored")
    url = server.url("stored")
    migrate.migrate(url)
    ensure_generation(url)
    with connect.sync_pool(url, "sporbar_app") as pool:
        open_ledger(pool, "stored")
        recorder = LedgerRecorder(pool, "stored")
        for event in stored_lives(LIVES):
            recorder.insert_events([event])
    rebuild(url)
    with psycopg.connect(url, autocommit=True) as connection:
        events = _one(connection, "SELECT sum(size) FROM ledger.ledger")
        ledger = _one(connection, "SELECT pg_total_relation_size('ledger.entry') + pg_total_relation_size('ledger.receipt')")
        folded = _one(
            connection,
            "SELECT sum(pg_total_relation_size(oid)) FROM pg_class WHERE relkind = 'r' AND relnamespace::regnamespace::text LIKE 'read_%'",
        )
        lines = _one(connection, "SELECT sum(octet_length(line)) FROM ledger.entry")
    note = f"{events:,} events of {LIVES} deviations from report to closure, one a command."
    return [
        against("ledger on disk, bytes an event", ledger / events, "B", "the line alone", lines / events, at_most=3, note=note),
        against("read models on disk, bytes an event", folded / events, "B", "the line alone", lines / events, at_most=10, note=note),
    ]


def _one(connection: psycopg.Connection[Any], query: str) -> int:
    row = connection.execute(query.encode()).fetchone()
    assert row is not None
    return int(row[0])
