"""Streams: to Kafka and back from it, exports, and lines delivered live."""

import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

import psycopg
from psycopg import sql

from events.ledger import migrate
from gateway.embedded_postgres import EmbeddedPostgres
from projections._engine._generation import ensure_generation
from projections._kafka._consumer import Consumer
from projections._kafka._publisher import Publisher
from projections._kafka._settings import KafkaSettings
from tests._kafka import Apache
from tests.bench import _exports, _live
from tests.bench._demo import running
from tests.bench._lives import stored_lives
from tests.bench._result import Result, limit
from tests.bench.projections import DEVIATIONS, PRACTICES, record_lives

ROUNDS = 3
EVENTS = len(PRACTICES) * DEVIATIONS * 13


def run() -> list[Result]:
    """Kafka and exports on a PostgreSQL of their own, live delivery in the demo."""
    with tempfile.TemporaryDirectory(prefix="sporbar-bench-") as folder:
        Path(folder).chmod(0o711)
        with EmbeddedPostgres(Path(folder) / "postgres") as server:
            url = server.url()
            migrate.migrate(url)
            results = _kafka(url, server, Path(folder))
            results += _exports.run(url)
    with running() as demo:
        return results + _live.results(demo)


def _kafka(url: str, server: EmbeddedPostgres, folder: Path) -> list[Result]:
    record_lives(url, stored_lives(DEVIATIONS))
    broker = Apache(folder / "kafka")
    broker.start()
    with closing(broker):
        published = [_publish(url, broker.settings(partitions=12)) for _ in range(ROUNDS)]
        settings = published[-1][0]
        received = [_receive(server.url("postgres"), server, settings, nth) for nth in range(ROUNDS)]
    cpu = median(1e6 * cpu / EVENTS for *_, cpu in published)
    rates = ", ".join(f"{EVENTS / seconds:,.0f}" for _, seconds, _ in published)
    told = ", ".join(f"{EVENTS / seconds:,.0f}" for seconds in received)
    shape = f"{EVENTS:,} events of {len(PRACTICES)} practices, one process; Apache Kafka 4.2, one broker on the same two cores"
    return [
        limit(
            "publish to Kafka, ledger to acknowledgement",
            EVENTS / median(seconds for _, seconds, _ in published),
            "events/s",
            at_least=15_000,
            note=f"{shape}, acks=all; {cpu:.0f} µs of CPU a line; the median of {rates}",
        ),
        limit(
            "project from Kafka into another database, with history",
            EVENTS / median(received),
            "events/s",
            at_least=10_000,
            note=f"{shape}; with joining the group; the median of {told}",
        ),
    ]


def _publish(url: str, settings: KafkaSettings) -> tuple[KafkaSettings, float, float]:
    started, cpu = perf_counter(), process_time()
    assert Publisher(url, settings).once() == EVENTS
    return settings, perf_counter() - started, process_time() - cpu


def _receive(maintenance: str, server: EmbeddedPostgres, settings: KafkaSettings, nth: int) -> float:
    name = f"elsewhere_{nth}"
    with psycopg.connect(maintenance, autocommit=True) as connection:
        connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server.url(name)
    migrate.migrate(url)
    ensure_generation(url)
    from_start = replace(settings, group=f"{settings.group}-{nth}")
    started = perf_counter()
    assert Consumer(url, from_start).once() == EVENTS
    return perf_counter() - started
