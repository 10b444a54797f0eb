"""Bytes <-> event: one CloudEvents 1.0 JSON line is the stored form, the Merkle leaf and the input of every fold."""

from datetime import datetime
from typing import Any

import orjson

from events._base import DomainEvent, Envelope, Recorded, parse_uuid
from events._registry import build

SOURCE_PREFIX = "/practices/"
_DATA = b',"data":'


class BadLine(ValueError):
    """A line that is no CloudEvents line of this ledger."""


def encode_data(event: DomainEvent) -> bytes:
    """The JSON bytes of an event's data, as they are stored: fields in the order of the class, no blanks."""
    return orjson.dumps(event.model_dump(mode="json"))


def parse_line(line: str | bytes) -> tuple[Envelope, dict[str, Any]]:
    """Envelope and raw data of a stored line; raises BadLine."""
    try:
        raw = orjson.loads(line)
        return _envelope(raw), raw["data"]
    except (orjson.JSONDecodeError, KeyError, TypeError, ValueError) as error:
        raise BadLine(f"not a line of a ledger: {error}") from error


def decode_line(line: str | bytes) -> Recorded[DomainEvent]:
    """The event of a stored line, upcast to today's class.

    Raises BadLine, UnknownEventType, or ValidationError when the data do not fit the type.
    """
    envelope, data = parse_line(line)
    return Recorded(envelope, build(envelope.type, data))


def data_bytes(line: bytes) -> bytes:
    """The exact bytes of a line's `data`; `data` is the last member and its key cannot occur inside a JSON string."""
    return line[line.index(_DATA) + len(_DATA) : -1]


def _envelope(raw: dict[str, Any]) -> Envelope:
    source: str = raw["source"]
    if not source.startswith(SOURCE_PREFIX):
        raise ValueError(f"source {source!r}")
    return Envelope(
        ledger=source[len(SOURCE_PREFIX) :],
        position=int(raw["id"]),
        subject=raw["subject"],
        version=raw["streamversion"],
        type=raw["type"],
        time=datetime.fromisoformat(raw["time"]),
        actor=raw["actor"],
        command_id=parse_uuid(raw["commandid"]),
        correlation_id=parse_uuid(raw["correlationid"]),
        causation_id=raw.get("causationid"),
    )
