"""The ledger: appends beside the library's own recorder, batches, and the proof of a million lines."""

import tempfile
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter
from typing import Any

import psycopg

from events.ledger import connect, migrate
from events.ledger.recorder import open_ledger
from events.ledger.verify import verify, verify_all
from gateway.embedded_postgres import EmbeddedPostgres
from tests.bench._ledger_crew import (
    WRITERS,
    Tail,
    Written,
    fill,
    ledger_append,
    library_append,
    library_recorder,
    tail,
    tail_library,
    write,
)
from tests.bench._memory import peak_megabytes
from tests.bench._result import Result, against, limit

PRACTICES = [f"practice-{number}" for number in range(50)]
SECONDS = 3.0
ROUNDS = 3
LINES = 1_000_000
A_COMMAND = 10
"""Events a command in the ledger that is proven."""


def run() -> list[Result]:
    """Appends, batches and proofs on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            url = server.url()
            prepare(url)
            return [*appends(url), *batches(url), *proofs(url)]


def prepare(url: str) -> None:
    """Migrate, and open the ledgers."""
    migrate.migrate(url)
    with connect.sync_pool(url, "sporbar_app") as pool:
        for practice in [*PRACTICES, "million", "tenth"]:
            open_ledger(pool, practice)


def appends(url: str) -> list[Result]:
    """One event at a time, in turns with the library's recorder; each followed by a tailing reader."""
    ours, theirs = Written(0, 0.0, []), Written(0, 0.0, [])
    missed = 0
    with connect.sync_pool(url, "sporbar_app", min_size=WRITERS) as pool, library_recorder(url) as library:
        for _ in range(ROUNDS):
            with Tail(tail_library, url):
                theirs += write(library_append(library), SECONDS)
            with Tail(tail, url) as reader:
                written = write(ledger_append(pool, PRACTICES, 1), SECONDS)
            ours, missed = ours + written, missed + written.appends + WRITERS - reader.seen
    note = (
        f"{WRITERS} writer threads on {len(PRACTICES)} practices, {ROUNDS} rounds of {SECONDS:g} s in turns; "
        f"p50 {ours.percentile(50):.1f} ms, the library's {theirs.percentile(50):.1f} ms"
    )
    peer = "eventsourcing 9.5 PostgresApplicationRecorder, default settings"
    return [
        against("append of one event with proof", ours.rate, "events/s", peer, theirs.rate, at_least=4, note=note),
        limit("append of one event, p99", ours.percentile(99), "ms", below=10, note=f"the library's: {theirs.percentile(99):.1f} ms"),
        limit("events that a tailing reader missed", missed, "events", below=1, note=f"of {ours.appends:,} while they were appended"),
    ]


def batches(url: str) -> list[Result]:
    """A hundred events an append."""
    with connect.sync_pool(url, "sporbar_app", min_size=WRITERS) as pool:
        rates = [100 * write(ledger_append(pool, PRACTICES, 100), SECONDS).rate for _ in range(ROUNDS)]
    note = f"{WRITERS} writer threads; the median of {ROUNDS} rounds of {SECONDS:g} s: {', '.join(f'{rate:,.0f}' for rate in rates)}"
    return [limit("append in batches of 100", median(rates), "events/s", at_least=60_000, note=note)]


def proofs(url: str) -> list[Result]:
    """A million lines in one ledger, proven by two processes; and how memory depends on the size."""
    for ledger, lines in (("tenth", LINES // 10), ("million", LINES)):
        fill(url, ledger, lines, A_COMMAND)
    started = perf_counter()
    (report,) = verify_all(url, ["million"], processes=2)
    seconds = perf_counter() - started
    assert report.size == LINES
    assert not report.problems
    tenth, million = (_in_a_process(partial(peak_memory, url, ledger)) for ledger in ("tenth", "million"))
    note = f"{A_COMMAND} events a command, so {LINES // A_COMMAND:,} roots; two processes"
    return [
        limit("verify of 1,000,000 lines", seconds, "s", below=15, note=note),
        against("verify, peak memory of one process for 1,000,000 lines", million, "MB", "the same for 100,000 lines", tenth, at_most=1.1),
    ]


def peak_memory(url: str, ledger: str) -> float:
    """Megabytes that this process had at most, after proving a ledger in it."""
    with psycopg.connect(url, autocommit=True) as connection:
        assert not verify(connection, ledger).problems
    return peak_megabytes()


def _in_a_process(task: Callable[[], Any]) -> Any:
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        return one.submit(task).result()
