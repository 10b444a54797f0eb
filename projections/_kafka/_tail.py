"""What a topic holds: the last line of a practice, found from its end."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from projections._kafka._headers import position_of
from projections._kafka._port import partition_of
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._topic import Topic, told

_FIRST_LOOK = 2_000
"""Messages from the end of a partition that are read first; then twice as many, and so on."""
_LARGEST_LOOK = 64_000
_SKEW = timedelta(hours=1)
"""How far the clocks of publisher and database may differ."""


@dataclass(frozen=True, slots=True)
class Held:
    """A line that a topic holds."""

    position: int
    line: bytes


def last_lines(settings: KafkaSettings, topic: Topic, practices: Mapping[str, datetime]) -> dict[str, Held]:
    """The last line that the topic holds of each practice; of a practice that it holds nothing of, nothing.

    `practices` says since when each can have lines: what a topic got earlier is not read. Memory is that of one line a
    practice, whatever the topic holds. Raises KafkaAway and KafkaUnusable.
    """
    wanted: dict[int, dict[str, datetime]] = {}
    for practice, since in practices.items():
        wanted.setdefault(partition_of(practice, topic.partitions), {})[practice] = since
    found: dict[str, Held] = {}
    with _reader(settings) as consumer:
        for number, those in wanted.items():
            found |= _search(consumer, TopicPartition(topic.name, number), those, settings.connect_timeout)
    return found


@contextmanager
def _reader(settings: KafkaSettings) -> Iterator[KafkaConsumer]:
    with told(settings):
        consumer = KafkaConsumer(**settings.client_options(), group_id=None, enable_auto_commit=False, metrics_enabled=False)
        try:
            yield consumer
        finally:
            consumer.close()


def _search(consumer: KafkaConsumer, partition: TopicPartition, practices: Mapping[str, datetime], patience: float) -> dict[str, Held]:
    """Look through a partition from its end, in pieces that grow, until every practice is found."""
    consumer.assign([partition])
    end = consumer.end_offsets([partition])[partition]
    since = min(practices.values()) - _SKEW
    begin = consumer.offsets_for_times({partition: max(0, int(since.timestamp() * 1000))})[partition]
    lower = end if begin is None else begin.offset
    found: dict[str, Held] = {}
    look = _FIRST_LOOK
    while end > lower and len(found) < len(practices):
        start = max(lower, end - look)
        piece = {held: line for held, line in _read(consumer, partition, start, end, patience).items() if held in practices}
        found = piece | found
        end, look = start, min(2 * look, _LARGEST_LOOK)
    return found


def _read(consumer: KafkaConsumer, partition: TopicPartition, start: int, end: int, patience: float) -> dict[str, Held]:
    """The last line of each practice between two offsets."""
    consumer.seek(partition, start)
    found: dict[str, Held] = {}
    until = monotonic() + patience
    while consumer.position(partition) < end:
        messages = consumer.poll(timeout_ms=200, max_records=_FIRST_LOOK).get(partition, [])
        for message in messages:
            position = position_of(message.headers)
            if message.offset >= end or position is None or message.key is None:
                continue
            practice = message.key.decode(errors="replace")  # what is no UTF-8 is no practice's, and looks like none
            if practice not in found or found[practice].position < position:
                found[practice] = Held(position, message.value)
        if messages:
            until = monotonic() + patience
        elif monotonic() > until:
            raise KafkaAway(f"{partition.topic} cannot be read: nothing came for {patience:.0f} s")
    return found
