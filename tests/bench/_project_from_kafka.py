"""What one consumer process brings from a topic into another database."""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from multiprocessing import get_context
from time import perf_counter, process_time

from events.ledger import migrate
from projections._engine._generation import ensure_generation
from projections._kafka._consumer import Consumer
from projections._kafka._settings import KafkaSettings


@dataclass(frozen=True, slots=True)
class Projected:
    """What a consumer did."""

    events: int
    seconds: float
    """From joining the group to the last commit."""
    cpu_seconds: float
    """Of its process; PostgreSQL's and the broker's are not counted."""

    @property
    def rate(self) -> float:
        """Events a second."""
        return self.events / self.seconds


def project_from_kafka(url: str, settings: KafkaSettings) -> Projected:
    """Fold all that the topic holds into an empty database, in a process of its own, with a group that is new."""
    migrate.migrate(url)
    ensure_generation(url)
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(_receive, url, settings).result()


def _receive(url: str, settings: KafkaSettings) -> Projected:
    consumer, started, cpu = Consumer(url, settings), perf_counter(), process_time()
    events = consumer.once()
    return Projected(events, perf_counter() - started, process_time() - cpu)
