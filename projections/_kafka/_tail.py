"""What a topic holds of practices: the last line, found from its end; the first one; and how far a reader gets."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic

from kafka import KafkaConsumer
from kafka.structs import TopicPartition

from projections._kafka._port import partition_of
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._topic import Topic, told
from projections._kafka._unpack import Message, PartitionMessages

_FIRST_LOOK = 2_000
"""Messages from the end of a partition that are read first; then twice as many, and so on."""
_LARGEST_LOOK = 64_000
_ALWAYS = 20_000
"""Messages from the end of a partition that are read however old they are; it takes a third of a second."""
_SKEW = timedelta(hours=1)
"""How far the clocks of publisher and database may differ."""


@dataclass(frozen=True, slots=True)
class Held:
    """A line that a topic holds."""

    position: int
    line: bytes
    first: int
    """Position from which on lines stand in a row up to it, as far as was looked."""


@dataclass(frozen=True, slots=True)
class First:
    """The first line of a practice that a topic holds."""

    position: int
    dropped: int
    """How many messages its partition had before the first one that it has now: the most that can be missing before the line."""


def last_lines(settings: KafkaSettings, topic: Topic, practices: Mapping[str, datetime]) -> dict[str, Held]:
    """The last line that the topic holds of each practice; of a practice that it holds nothing of, nothing.

    `practices` says since when each can have lines: what a partition got earlier is not read, beyond its last 20,000
    messages. Memory is that of one line a practice, whatever the topic holds. Raises KafkaAway and KafkaUnusable.
    """
    found: dict[str, Held] = {}
    with _reader(settings) as consumer:
        for number, those in by_partition(topic, practices).items():
            since = min(practices[practice] for practice in those)
            found |= _search(consumer, TopicPartition(topic.name, number), those, since, settings.connect_timeout)
    return found


def lacking(settings: KafkaSettings, topic: Topic, lines: Iterable[tuple[str, int]]) -> set[str]:
    """Practices of which the topic does not hold the line at this position, looked for from the end. Raises as `last_lines`."""
    with _reader(settings) as consumer:
        return {
            practice
            for practice, position in lines
            if not _holds(
                consumer, TopicPartition(topic.name, partition_of(practice, topic.partitions)), practice, position, settings.connect_timeout
            )
        }


def first_lines(settings: KafkaSettings, topic: Topic, practices: Collection[str]) -> dict[str, First]:
    """The first line that the topic holds of each practice; reads until there is one of each. Raises as `last_lines`."""
    found: dict[str, First] = {}
    with _reader(settings) as consumer:
        for number, those in by_partition(topic, practices).items():
            partition = TopicPartition(topic.name, number)
            dropped, end = _ends(consumer, partition)
            wanted = set(those)
            for practice, position, _ in _messages(consumer, partition, range(dropped, end), settings.connect_timeout):
                if practice in wanted:
                    wanted.remove(practice)
                    found[practice] = First(position, dropped)
                    if not wanted:
                        break
    return found


def in_order(settings: KafkaSettings, topic: Topic, partition: int, practices: Collection[str]) -> dict[str, Held | None]:
    """The last line that a reader gets of each practice in order, reading the partition from its beginning to its end.

    None of a practice of which the reader gets nothing; nothing of one whose lines the partition may have had and dropped.
    Raises as `last_lines`.
    """
    wanted, whole = frozenset(practices), TopicPartition(topic.name, partition)
    with _reader(settings) as consumer:
        dropped, end = _ends(consumer, whole)
        found: dict[str, Held | None] = {} if dropped else dict.fromkeys(wanted)
        for practice, position, line in _messages(consumer, whole, range(dropped, end), settings.connect_timeout):
            held = found.get(practice)
            if practice in wanted and (position == held.position + 1 if held else position <= dropped + 1):
                found[practice] = Held(position, line, held.first if held else position)
    return found


def by_partition(topic: Topic, practices: Collection[str]) -> dict[int, list[str]]:
    """Practices by the partition that holds their lines."""
    found: dict[int, list[str]] = {}
    for practice in practices:
        found.setdefault(partition_of(practice, topic.partitions), []).append(practice)
    return found


@contextmanager
def _reader(settings: KafkaSettings) -> Iterator[KafkaConsumer]:
    with told(settings):
        options = settings.client_options() | {"auto_offset_reset": "earliest", "enable_auto_commit": False, "metrics_enabled": False}
        consumer = KafkaConsumer(**options, group_id=None)
        consumer._fetcher.PartitionRecords = PartitionMessages
        try:
            yield consumer
        finally:
            consumer.close()


def _ends(consumer: KafkaConsumer, partition: TopicPartition) -> tuple[int, int]:
    """Take a partition in hand: the offset of its first message, and the one behind its last."""
    consumer.assign([partition])
    return consumer.beginning_offsets([partition])[partition], consumer.end_offsets([partition])[partition]


def _search(
    consumer: KafkaConsumer, partition: TopicPartition, practices: Collection[str], since: datetime, patience: float
) -> dict[str, Held]:
    """Look through a partition from its end until every practice is found."""
    begin, end = _ends(consumer, partition)
    sent = consumer.offsets_for_times({partition: max(0, int((since - _SKEW).timestamp() * 1000))})[partition]
    begin = max(begin, min(end - _ALWAYS, end if sent is None else sent.offset))
    found: dict[str, Held] = {}
    for offsets in _from_the_end(begin, end):
        if len(found) == len(practices):
            break
        piece = {held: line for held, line in _last(consumer, partition, offsets, patience).items() if held in practices}
        found = piece | found
    return found


def _holds(consumer: KafkaConsumer, partition: TopicPartition, practice: str, position: int, patience: float) -> bool:
    pieces = (_messages(consumer, partition, offsets, patience) for offsets in _from_the_end(*_ends(consumer, partition)))
    return any(message[:2] == (practice, position) for piece in pieces for message in piece)


def _from_the_end(begin: int, end: int) -> Iterator[range]:
    """Offsets in pieces that grow, the last ones first."""
    look = _FIRST_LOOK
    while end > begin:
        start = max(begin, end - look)
        yield range(start, end)
        end, look = start, min(2 * look, _LARGEST_LOOK)


def _last(consumer: KafkaConsumer, partition: TopicPartition, offsets: range, patience: float) -> dict[str, Held]:
    """The last line of each practice at these offsets."""
    found: dict[str, Held] = {}
    for practice, position, line in _messages(consumer, partition, offsets, patience):
        held = found.get(practice)
        if held is None or position > held.position:
            found[practice] = Held(position, line, held.first if held and position == held.position + 1 else position)
    return found


def _messages(consumer: KafkaConsumer, partition: TopicPartition, offsets: range, patience: float) -> Iterator[tuple[str, int, bytes]]:
    """Practice, position and line of the messages at these offsets, without those that are no lines."""
    consumer.seek(partition, offsets.start)
    until = monotonic() + patience
    while consumer.position(partition) < offsets.stop:
        messages: list[Message] = consumer.poll(timeout_ms=200, max_records=_FIRST_LOOK).get(partition, [])
        for offset, key, position, line in messages:
            if offset < offsets.stop and key is not None and position is not None and line is not None:
                yield key.decode(errors="replace"), position, line  # what is no UTF-8 is no practice's, and looks like none
        if messages:
            until = monotonic() + patience
        elif monotonic() > until:
            raise KafkaAway(f"{partition.topic} cannot be read: nothing came for {patience:.0f} s")
