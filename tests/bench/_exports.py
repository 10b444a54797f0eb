"""Exports of a hundred thousand and of a million events: how quick, and whether memory depends on how many there are.

`run(url)` is a section of the benchmark of streams; `python -m tests.bench._exports` runs it alone.
"""

import tempfile
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from multiprocessing import get_context
from pathlib import Path
from time import perf_counter, process_time
from uuid import UUID, uuid5

from eventsourcing.persistence import StoredEvent

from events.ledger import connect, migrate
from events.ledger.recorder import LedgerRecorder, Metadata, open_ledger
from gateway.embedded_postgres import EmbeddedPostgres
from gateway.export import Source
from gateway.export._folder import export_to
from gateway.export._formats import FORMATS
from gateway.export._question import Asked, Redaction
from tests.bench._lives import stored_lives
from tests.bench._memory import peak_megabytes
from tests.bench._result import Result, against, limit

EVENTS = 1_000_000
MONTHS = 36
LIVES = 500
"""Deviations of which the record is made, again and again under other ids."""
BATCH = 500
BARS = {"ndjson": 100_000, "parquet": 50_000}
"""Events a second that are asked for."""
_SPACE = UUID("00000000-0000-4000-8000-0000000000ee")


@dataclass(frozen=True, slots=True)
class Measured:
    """An export in a process of its own."""

    seconds: float
    cpu_seconds: float
    megabytes: float
    """Most memory that the process had."""
    files: int


def run(url: str) -> list[Result]:
    """Fill two ledgers of a migrated database and export them in each way."""
    for ledger, events in (("tenth", EVENTS // 10), ("million", EVENTS)):
        fill(url, ledger, events)
    found: list[Result] = []
    for name, bar in BARS.items():
        for redaction in Redaction:
            small, large = (in_a_process(url, ledger, name, redaction) for ledger in ("tenth", "million"))
            what = f"{name} export, {redaction.value}"
            note = f"{EVENTS:,} events over {MONTHS} months, {large.files:,} files, {large.cpu_seconds:.1f} s of CPU in this process"
            found.append(limit(what, EVENTS / large.seconds, "events/s", at_least=bar, note=note))
            memory = f"{what}, peak memory for {EVENTS:,} events"
            found.append(against(memory, large.megabytes, "MB", f"the same for {EVENTS // 10:,} events", small.megabytes, at_most=1.2))
    return found


def fill(url: str, ledger: str, events: int) -> None:
    """A simulated record of deviations from report to closure; a million of events take all the months, fewer take fewer."""
    begin = datetime(2023, 1, 1, tzinfo=UTC)
    step = timedelta(days=MONTHS * 30) / (EVENTS // BATCH)
    with connect.sync_pool(url, "sporbar_generator", max_size=1) as pool:
        open_ledger(pool, ledger, simulated=True)
        recorder = LedgerRecorder(pool, ledger)
        source = _endless()
        for number in range(events // BATCH):
            command_id = uuid5(_SPACE, f"{ledger} {number}")
            stored = [next(source) for _ in range(BATCH)]
            metadata = Metadata(str(command_id), command_id)
            recorder.append(stored, command_id=command_id, digest=b"d", metadata=metadata, at=begin + number * step)


def in_a_process(url: str, ledger: str, format_: str, redaction: Redaction) -> Measured:
    """Measure an export in a fresh process."""
    with ProcessPoolExecutor(1, get_context("spawn")) as one:
        return one.submit(partial(_measure, url, ledger, format_, redaction)).result()


def _measure(url: str, ledger: str, format_: str, redaction: Redaction) -> Measured:
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder, connect.sync_pool(url, "sporbar_app", max_size=1) as pool:
        FORMATS[format_].load()
        started, cpu = perf_counter(), process_time()
        told = export_to(Path(folder) / "out", Source(pool.connection, b"x" * 32), Asked(ledger, redaction=redaction), FORMATS[format_])
        seconds, cpu = perf_counter() - started, process_time() - cpu
        return Measured(seconds, cpu, peak_megabytes(), len(told["files"]))


def _endless() -> Iterator[StoredEvent]:
    """The events of some deviations over and over, each time as other deviations."""
    lives = stored_lives(LIVES)
    turns = Counter[str]()
    while True:
        for event in lives:
            turns[str(event.originator_id)] += event.originator_version == 1
            subject = uuid5(_SPACE, f"{event.originator_id} {turns[str(event.originator_id)]}")
            yield StoredEvent(f"deviation/{subject}", event.originator_version, event.topic, event.state)


def main() -> None:
    """Measure on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            migrate.migrate(server.url())
            for result in run(server.url()):
                print(f"{result.name}: {result.value:,.0f} {result.unit} ({result.peer} {result.peer_value:,.0f}); {result.note}")


if __name__ == "__main__":
    main()
