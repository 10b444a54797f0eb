"""Domain events <-> the library's stored events: the stored type name for a topic, the line's data for a state."""

from base64 import b64decode, b64encode
from dataclasses import dataclass

import orjson
from eventsourcing.domain import DomainEventProtocol
from eventsourcing.persistence import JSONTranscoder, Mapper, MapperDeserialisationError, StoredEvent
from pydantic import ValidationError

from events._base import DomainEvent
from events._codec import data_bytes, encode_data
from events._registry import UnknownEventType, build

_OPAQUE = b',"data_base64":"'


@dataclass(frozen=True, slots=True)
class StreamEvent:
    """A domain event at its place in a stream."""

    originator_id: str
    """The subject, for instance `deviation/0192…`."""
    originator_version: int
    """Position in the stream, 1 for the first event."""
    event: DomainEvent


class LineMapper(Mapper[str]):
    """Maps StreamEvent; old stored types are upcast to today's classes on the way out."""

    def __init__(self) -> None:
        super().__init__(JSONTranscoder())

    def to_stored_event(self, domain_event: DomainEventProtocol[str]) -> StoredEvent:
        """The event as it is appended; its state is the JSON of its data."""
        if not isinstance(domain_event, StreamEvent):
            raise TypeError(f"a StreamEvent is stored here, not {type(domain_event).__name__}")
        event = domain_event.event
        return StoredEvent(domain_event.originator_id, domain_event.originator_version, event.TYPE, encode_data(event))

    def to_domain_event(self, stored_event: StoredEvent) -> StreamEvent:
        """The event as it was; MapperDeserialisationError when no class knows the type or the data do not fit it."""
        try:
            event = build(stored_event.topic, orjson.loads(stored_event.state))
        except (UnknownEventType, orjson.JSONDecodeError, ValidationError) as error:
            place = f"version {stored_event.originator_version} of {stored_event.originator_id}"
            raise MapperDeserialisationError(f"{place} is no readable {stored_event.topic}") from error
        return StreamEvent(str(stored_event.originator_id), stored_event.originator_version, event)


def to_json(state: bytes) -> bytes:
    """What `append` takes as data: a JSON object as it is, other bytes as a JSON string of their base64 form."""
    if state[:1] == b"{":
        try:
            orjson.loads(state)
        except orjson.JSONDecodeError:
            pass
        else:
            return state
    return b'"%b"' % b64encode(state)


def state_of(line: bytes) -> bytes:
    """The bytes that were appended, out of a stored line; the inverse of `to_json`."""
    try:
        return data_bytes(line)
    except ValueError:
        return b64decode(line[line.index(_OPAQUE) + len(_OPAQUE) : -2], validate=True)
