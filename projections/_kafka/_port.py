"""Sending lines: the port, and Kafka behind it.

**Order.** Between two flushes a partition gets one batch at most, and nothing follows it before its fate is known. So
whatever fails, and however the client tries again, no line overtakes an earlier one of its practice; and a sender that
goes on from its mark adds to the topic what a reader has already, or what comes next, and never leaves a gap.
"""

import threading
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from time import monotonic
from typing import Any, Protocol

from kafka import KafkaProducer
from kafka.errors import KafkaError, KafkaTimeoutError
from kafka.partitioner.default import murmur2
from kafka.producer.producer_batch import ProducerBatch
from kafka.structs import TopicPartition

from projections._kafka._headers import Headers
from projections._kafka._records import Batch
from projections._kafka._settings import KafkaAway, KafkaSettings
from projections._kafka._topic import Topic, told

BATCH = 900_000
"""Bytes of messages that a partition takes between two flushes; Kafka's own limit for a batch is a million."""
_REQUEST = 16_000_000
"""Bytes of a request to a broker, which holds a batch of each partition that it leads."""
_HEAD = 61
"""Bytes at the beginning of a batch."""
_AROUND = 32
"""Bytes that a message costs beside key, value and headers, at most; 5 more a header."""
_SLICE = 0.25
"""Seconds after which a flush looks whether it was abandoned."""
_BEYOND = 2.0
"""Seconds that a flush waits beyond the delivery timeout, for the client to give up by itself."""


class LineTooLarge(Exception):
    """The topic does not take a message of this size."""


class Outlet(Protocol):
    """Where lines are sent to. One thread sends and flushes; another may abandon."""

    def send(self, practice: str, line: bytes, headers: Headers) -> bool:
        """Take a line of a practice, behind those that it took before.

        False when it takes no more of this practice before the next `flush`. Raises LineTooLarge.
        """

    def flush(self) -> Mapping[str, str]:
        """Send what was taken, and wait until all replicas have it, or until it is sure that nobody will say so.

        The practices of which that is not acknowledged, with the reason: their lines of this flush count as not sent,
        though some may be there. Raises KafkaAway and KafkaUnusable when there is nobody to send to.
        """

    def abandon(self) -> None:
        """Let a `flush` that is waiting give up, now and later."""

    def close(self) -> None:
        """Let go of what is not flushed, and of the connections."""


class KafkaOutlet:
    """An idempotent producer, made anew after a failure, so that what the old one might still send is never sent."""

    def __init__(self, settings: KafkaSettings, topic: Topic) -> None:
        self._settings = settings
        self._topic = topic
        self._room = min(BATCH, topic.largest - _HEAD)
        self._batches: defaultdict[int, Batch] = defaultdict(Batch)
        self._producer: KafkaProducer | None = None
        self._partitions: dict[str, tuple[int, bytes]] = {}
        self._ends = dict(topic.ends)
        self._abandoned = threading.Event()

    def send(self, practice: str, line: bytes, headers: Headers) -> bool:
        """See Outlet."""
        number, key = self._partitions.get(practice) or self._partition(practice)
        batch = self._batches[number]
        size = len(line) + len(key) + _AROUND
        for name, value in headers:
            size += len(name) + len(value) + 5
        if batch.size + size > self._room:
            if batch.count:
                return False
            if size > self._topic.largest - _HEAD:
                raise LineTooLarge(f"its message has {size} bytes, and topic {self._topic.name} takes {self._topic.largest}")
        batch.add(practice, key, line, headers)
        return True

    def flush(self) -> Mapping[str, str]:
        """See Outlet."""
        batches = {number: batch for number, batch in self._batches.items() if batch.count}
        self._batches.clear()
        if not batches:
            return {}
        producer = self._producer or self._open()
        sent = {number: self._hand_over(producer, number, batch) for number, batch in batches.items()}
        self._wait(producer)
        reasons = {number: self._why_not(number, batch) for number, batch in sent.items()}
        failed = {owner: reason for number, reason in reasons.items() if reason is not None for owner in batches[number].owners}
        if failed:
            self._discard()
        return failed

    def abandon(self) -> None:
        """See Outlet."""
        self._abandoned.set()

    def close(self) -> None:
        """See Outlet."""
        self._batches.clear()
        self._discard()

    def _partition(self, practice: str) -> tuple[int, bytes]:
        known = self._partitions[practice] = (partition_of(practice, self._topic.partitions), practice.encode())
        return known

    def _open(self) -> KafkaProducer:
        delivery = round(self._settings.delivery_timeout * 1000)
        compression = None if self._settings.compression == "none" else self._settings.compression
        with told(self._settings):
            producer = KafkaProducer(
                **self._settings.client_options(),
                acks="all",
                enable_idempotence=True,
                compression_type=compression,
                max_request_size=_REQUEST,
                request_timeout_ms=delivery // 3,
                delivery_timeout_ms=delivery,
                max_block_ms=round(self._settings.connect_timeout * 1000),
                allow_auto_create_topics=False,
                metrics_enabled=False,
            )
            try:
                found = producer.partitions_for(self._topic.name)
            except KafkaError:
                _end(producer)
                raise
        if len(found) != self._topic.partitions:
            _end(producer)
            raise KafkaAway(f"topic {self._topic.name} has {len(found)} partitions now, and had {self._topic.partitions}")
        self._producer = producer
        return producer

    def _hand_over(self, producer: KafkaProducer, number: int, batch: Batch) -> ProducerBatch:
        """Put a batch where the producer's own thread takes it from."""
        partition = TopicPartition(self._topic.name, number)
        finished = batch.finished(partition, producer.config["compression_attrs"])
        accumulator: Any = producer._accumulator
        with accumulator._tp_lock(partition):
            accumulator._batches[partition].append(finished)
            accumulator._incomplete.add(finished)
        return finished

    def _wait(self, producer: KafkaProducer) -> None:
        """Until every batch is acknowledged or given up, which the client does by itself at the delivery timeout."""
        end = monotonic() + self._settings.delivery_timeout + _BEYOND
        while not self._abandoned.is_set() and monotonic() < end:
            with suppress(KafkaTimeoutError):
                producer.flush(_SLICE)
                return

    def _why_not(self, number: int, batch: ProducerBatch) -> str | None:
        """Why a batch does not count as acknowledged; None if it does."""
        if not batch.is_done:
            return "no acknowledgement in time"
        offset, _, errors = batch.produce_future.value
        if errors is not None:
            return " ".join(str(errors(0)).split())
        if 0 <= offset < self._ends.get(number, 0):
            return f"partition {number} has lost messages, or the topic was made anew: it had {self._ends[number]}, now {offset}"
        self._ends[number] = offset + batch.record_count
        return None

    def _discard(self) -> None:
        if self._producer is not None:
            _end(self._producer)
            self._producer = None


def longest_flush(settings: KafkaSettings) -> float:
    """Seconds that a flush takes at most: the client connects, learns of the topic, and waits for acknowledgements."""
    return 2 * settings.connect_timeout + settings.delivery_timeout + _BEYOND


def partition_of(practice: str, partitions: int) -> int:
    """The partition of a practice among so many, as Kafka's own clients choose it for a key."""
    hashed: int = murmur2(practice.encode())
    return (hashed & 0x7FFFFFFF) % partitions


def _end(producer: KafkaProducer) -> None:
    """Close a producer; it sends nothing more."""
    producer._sender.force_close()  # close() alone gives up, and lets it run, as long as something waits
    with suppress(KafkaTimeoutError):
        producer.close(timeout=2)
