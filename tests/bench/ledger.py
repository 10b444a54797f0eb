"""The ledger: appends beside the library's own recorder, batches, and the proof of a million lines."""

import resource
import tempfile
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from functools import partial
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path
from statistics import quantiles
from time import perf_counter
from typing import Any, NamedTuple

import psycopg

from events.ledger import connect, migrate, reader
from events.ledger.recorder import open_ledger
from events.ledger.verify import verify, verify_all
from gateway.embedded_postgres import EmbeddedPostgres
from tests.bench import _ledger_writers as writers
from tests.bench._result import Result, against, limit

WRITERS = 8
PRACTICES = [f"practice-{number}" for number in range(50)]
SECONDS = 4.0
ROUNDS = 2
LINES = 1_000_000
A_COMMAND = 10
"""Events a command in the ledger that is proven."""


def run() -> list[Result]:
    """Appends, batches and proofs on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            url = server.url()
            migrate.migrate(url)
            with connect.sync_pool(url, "sporbar_app") as pool:
                for practice in [*PRACTICES, "million", "tenth"]:
                    open_ledger(pool, practice)
            writers.make_library_table(url)
            return [*appends(url), *batches(url), *proofs(url)]


class Rate(NamedTuple):
    """What a round of writers came to."""

    events: int
    seconds: float
    latencies: list[float]
    """Seconds of each append."""


def appends(url: str) -> list[Result]:
    """One event at a time, in turns with the library's recorder; each followed by a tailing reader."""
    ours, theirs = Rate(0, 0.0, []), Rate(0, 0.0, [])
    missed = 0
    with _pool(WRITERS + 1) as crew:
        for _ in range(ROUNDS):
            theirs = _joined(theirs, _round(crew, partial(writers.write_library, url), partial(writers.tail_library, url))[0])
            written, unseen = _round(crew, partial(writers.write, url, PRACTICES, 1), partial(writers.tail, url, PRACTICES))
            ours, missed = _joined(ours, written), missed + unseen
    setting = f"{WRITERS} writer processes on {len(PRACTICES)} practices, {ROUNDS} rounds of {SECONDS:g} s in turns"
    (p50, p99), (their_p50, their_p99) = _milliseconds(ours), _milliseconds(theirs)
    return [
        against(
            "append of one event with proof",
            ours.events / ours.seconds,
            "events/s",
            "eventsourcing 9.5 PostgresApplicationRecorder, default settings",
            theirs.events / theirs.seconds,
            at_least=4,
            note=f"{setting}; p50 {p50:.1f} ms, the library's {their_p50:.1f} ms",
        ),
        limit("append of one event, p99", p99, "ms", below=10, note=f"the library's: {their_p99:.1f} ms"),
        limit("events that a tailing reader missed", missed, "events", below=1, note=f"of {ours.events:,} while they were appended"),
    ]


def batches(url: str) -> list[Result]:
    """A hundred events an append."""
    with _pool(WRITERS) as crew:
        rates = [_round(crew, partial(writers.write, url, PRACTICES, 100))[0] for _ in range(ROUNDS)]
    rate = max(round_.events / round_.seconds for round_ in rates)
    each = ", ".join(f"{round_.events / round_.seconds:,.0f}" for round_ in rates)
    return [
        limit(
            "append in batches of 100",
            rate,
            "events/s",
            at_least=60_000,
            note=f"{WRITERS} writer processes; rounds of {SECONDS:g} s: {each}",
        )
    ]


def proofs(url: str) -> list[Result]:
    """A million lines in one ledger, proven by two processes; and how memory depends on the size."""
    for ledger, lines in (("tenth", LINES // 10), ("million", LINES)):
        writers.fill(url, ledger, lines, A_COMMAND)
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
        assert reader.size(connection, ledger)
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


@contextmanager
def _pool(processes: int) -> Iterator[ProcessPoolExecutor]:
    context = get_context("spawn")
    barrier: Barrier = context.Barrier(processes)
    with ProcessPoolExecutor(processes, context, writers.begin, (barrier,)) as crew:
        yield crew


def _round(
    crew: ProcessPoolExecutor, write: Callable[[float], writers.Written], follow: Callable[[float], int] | None = None
) -> tuple[Rate, int]:
    """All writers and the reader at once; what was written, and how much of it the reader did not see."""
    before = crew.submit(follow, SECONDS) if follow else None
    written = [future.result() for future in [crew.submit(write, SECONDS) for _ in range(WRITERS)]]
    events = sum(one.events for one in written)
    rate = Rate(events, max(one.seconds for one in written), [latency for one in written for latency in one.latencies])
    return rate, events - before.result() if before else 0


def _joined(one: Rate, other: Rate) -> Rate:
    return Rate(one.events + other.events, one.seconds + other.seconds, one.latencies + other.latencies)


def _milliseconds(rate: Rate) -> tuple[float, float]:
    """The median and the 99th percentile of the latencies."""
    hundredths = quantiles(rate.latencies, n=100)
    return hundredths[49] * 1000, hundredths[98] * 1000


def _in_a_process(task: Callable[[], Any]) -> Any:
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        return one.submit(task).result()
