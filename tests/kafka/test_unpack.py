"""Our reading of Kafka's record format gives what kafka-python's gives."""

import pytest
from kafka.errors import CorruptRecordError
from kafka.record.memory_records import MemoryRecords, MemoryRecordsBuilder

from projections._kafka._unpack import unpack

HEADERS = [("content-type", b"x" * 70), ("ce_id", b"17"), ("ce_id", b"18"), ("empty", b""), ("nothing", None)]
RECORDS = [
    (b"kari", b"{}", HEADERS),
    (None, None, []),
    (b"", b"", [("ce_id", b"")]),
    (b"k" * 300, b"v" * 70_000, [("h" * 200, b"y" * 20_000), ("ce_id", b"9")]),
    (b"kari", b"v", [("ce_id", None)]),
    (b"kari", b"v", [("ce_id", b"-1")]),
    (b"kari", b"v", [("ce_id", b"1" * 30)]),
]
POSITIONS = [17, None, None, 9, None, None, None]


def batch(compression: int, number: int = 1) -> MemoryRecords:
    """A batch as a broker sends it."""
    builder = MemoryRecordsBuilder(2, compression, 10_000_000, offset=0)
    for _ in range(number):
        for key, value, headers in RECORDS:
            builder.append(1_767_225_600_000, key, value, headers)
    builder.close()
    return MemoryRecords(bytes(builder.buffer()))


@pytest.mark.parametrize("compression", [0, 1, 3, 4], ids=["none", "gzip", "lz4", "zstd"])
def test_it_reads_what_kafka_python_reads(compression: int) -> None:
    theirs = [(record.offset, record.key, record.value) for record in batch(compression, 40).next_batch()]
    ours = list(unpack(batch(compression, 40).next_batch()))
    assert [(message.offset, message.key, message.value) for message in ours] == theirs
    assert [message.position for message in ours] == POSITIONS * 40


def test_a_batch_that_ends_too_early_is_told() -> None:
    whole = batch(0).next_batch()
    whole._buffer = whole._buffer[:-20_010]
    with pytest.raises(CorruptRecordError, match="ends too early"):
        list(unpack(whole))
