"""Messages in the bytes of Kafka's record format (version 2), a batch for each partition.

kafka-python encodes and tracks each message by itself, a good 60 µs; a batch whose messages share their fate needs
neither, and costs a tenth of that.
https://kafka.apache.org/documentation/#recordbatch
"""

from time import time
from typing import Any

from kafka.producer.producer_batch import ProducerBatch
from kafka.record.memory_records import MemoryRecordsBuilder
from kafka.structs import TopicPartition

from projections._kafka._headers import Headers

_NO_ATTRIBUTES_NO_DELAY = b"\x00\x00"
"""Of a record: its attributes, and its time after that of the batch."""
_MAGIC = 2


def _varint(number: int) -> bytes:
    """A number that is not negative, as a zigzag varint."""
    left, encoded = number << 1, bytearray()
    while left > 0x7F:
        encoded.append(left & 0x7F | 0x80)
        left >>= 7
    encoded.append(left)
    return bytes(encoded)


_SMALL = tuple(map(_varint, range(1 << 13)))
_NAMES: dict[str, bytes] = {}
"""Names of headers, encoded: there are few."""


class Batch:
    """What one partition gets at once, and whose it is."""

    def __init__(self) -> None:
        self.owners: dict[str, None] = {}
        self.count = 0
        self.size = 0
        """Bytes, uncompressed."""
        self._time = int(time() * 1000)
        self._parts: list[bytes] = []

    def add(self, owner: str, key: bytes, value: bytes, headers: Headers) -> None:
        """Put a message behind the others."""
        record = encode(self.count, key, value, headers)
        length = _length(len(record))
        self._parts += (length, record)
        self.size += len(length) + len(record)
        self.count += 1
        self.owners[owner] = None

    def finished(self, partition: TopicPartition, compression: int) -> ProducerBatch:
        """The batch as the producer has it when it made it itself."""
        records = MemoryRecordsBuilder(_MAGIC, compression, self.size)
        builder: Any = records._builder  # tests/kafka reads back what comes of it
        builder._buffer += b"".join(self._parts)
        builder._num_records, builder._last_offset = self.count, self.count - 1
        builder._first_timestamp = builder._max_timestamp = self._time
        records.skip(self.count)
        return ProducerBatch(partition, records)


def encode(offset: int, key: bytes, value: bytes, headers: Headers) -> bytes:
    """One record, without its length; `offset` is its place in the batch."""
    parts = [_NO_ATTRIBUTES_NO_DELAY, _length(offset), _length(len(key)), key, _length(len(value)), value, _length(len(headers))]
    for name, content in headers:
        parts += (_NAMES.get(name) or _name(name), _length(len(content)), content)
    return b"".join(parts)


def _length(number: int) -> bytes:
    return _SMALL[number] if number < len(_SMALL) else _varint(number)


def _name(name: str) -> bytes:
    encoded = name.encode()
    return _NAMES.setdefault(name, _length(len(encoded)) + encoded)
