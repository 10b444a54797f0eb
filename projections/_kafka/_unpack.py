"""Messages out of the bytes of Kafka's record format (version 2).

kafka-python makes of each message a tuple with every header decoded, a good 30 µs; a line is wanted with its key and its
position, which is a fifth of that.
https://kafka.apache.org/documentation/#recordbatch
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

from kafka.consumer.fetcher import Fetcher
from kafka.errors import CorruptRecordError

_POSITION = b"ce_id"


class Message(NamedTuple):
    """What one message says."""

    offset: int
    key: bytes | None
    position: int | None
    """As its header `ce_id` tells; None where that is missing, or no position."""
    value: bytes | None


class PartitionMessages(Fetcher.PartitionRecords):  # type: ignore[misc]  # kafka-python has no types
    """The messages of one answer of a broker, for the fetcher of a consumer."""

    def _unpack_records(self, tp: Any, records: Any, *_deserializers: object) -> Iterator[Message]:
        while (batch := records.next_batch()) is not None:
            if batch.magic != 2 or not batch.validate_crc():
                raise CorruptRecordError(f"the batch of {tp.topic} {tp.partition} at offset {batch.base_offset} is damaged")
            self.leader_epoch = batch.leader_epoch
            if not batch.is_control_batch:
                for message in unpack(batch):
                    self.next_fetch_offset = message.offset + 1
                    self.records_read += 1
                    yield message
            self.next_fetch_offset = batch.next_offset
            self.bytes_read += batch.size_in_bytes
        self.drain()


def unpack(batch: Any) -> Iterator[Message]:
    """The messages of a batch of kafka-python's, decompressed if need be."""
    batch._maybe_uncompress()
    data, at, base = bytes(batch._buffer), batch._pos, batch.base_offset
    try:
        for _ in range(batch.records_count):
            length, at = _number(data, at)
            end = at + length
            _delay, at = _number(data, at + 1)
            offset, at = _number(data, at)
            key, at = _bytes(data, at)
            value, at = _bytes(data, at)
            yield Message(base + offset, key, _position(data, at), value)
            at = end
    except IndexError:
        raise CorruptRecordError(f"the batch at offset {base} ends too early") from None


def _number(data: bytes, at: int) -> tuple[int, int]:
    """A zigzag varint, and where the next thing begins."""
    byte = data[at]
    if byte < 0x80:
        return (byte >> 1) ^ -(byte & 1), at + 1
    if (following := data[at + 1]) < 0x80:
        number = byte & 0x7F | following << 7
        return (number >> 1) ^ -(number & 1), at + 2
    number, shift = byte & 0x7F, 7
    while True:
        at += 1
        byte = data[at]
        number |= (byte & 0x7F) << shift
        if byte < 0x80:
            return (number >> 1) ^ -(number & 1), at + 1
        shift += 7


def _bytes(data: bytes, at: int) -> tuple[bytes | None, int]:
    length, at = _number(data, at)
    if length < 0:
        return None, at
    return data[at : at + length], at + length


def _position(data: bytes, at: int) -> int | None:
    """What the header `ce_id` says; headers behind it are not looked at."""
    count, at = _number(data, at)
    for _ in range(count):
        size, start = _number(data, at)
        at = start + size
        length, value = _number(data, at)
        if size == len(_POSITION) and data.startswith(_POSITION, start):
            told = data[value : value + max(length, 0)]
            return int(told) if told.isdigit() and len(told) < 19 else None
        at = value + max(length, 0)
    return None
