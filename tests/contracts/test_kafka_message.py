"""Messages on Kafka: structured mode of the CloudEvents Kafka binding, as the SDK and the AsyncAPI document understand it."""

from datetime import datetime
from typing import Any

import orjson
import pytest
from cloudevents.core.bindings.kafka import KafkaMessage, from_kafka_event, from_structured_event, to_binary_event
from jsonschema import Draft202012Validator

from projections._kafka._headers import headers_of, practice_of
from tests.contracts._schemas import FORMATS, ROOT
from tests.projections._every_event import EVERY_EVENT, PRACTICE
from tests.projections._record import lines

LINES = [line.replace(b"+00:00", b"Z") for _, line in lines(EVERY_EVENT, PRACTICE)]
ASYNCAPI: dict[str, Any] = orjson.loads((ROOT / "docs" / "asyncapi.json").read_bytes())


def message(line: bytes) -> KafkaMessage:
    """What the publisher sends for a line."""
    return KafkaMessage(headers=dict(headers_of(line)), key=practice_of(PRACTICE).encode(), value=line)


def test_the_sdk_reads_the_whole_event_out_of_the_value() -> None:
    for line in LINES:
        read = orjson.loads(line)
        event = from_structured_event(message(line))
        assert event.get_data() == read.pop("data")
        assert event.get_attributes() == read | {"time": datetime.fromisoformat(read["time"]), "partitionkey": PRACTICE}


def test_headers_are_those_that_the_sdk_writes_for_the_same_event() -> None:
    for line in LINES:
        ours = dict(headers_of(line))
        theirs = to_binary_event(from_structured_event(KafkaMessage(headers={}, key=None, value=line))).headers
        assert ours.pop("content-type") == b"application/cloudevents+json; charset=UTF-8"
        assert datetime.fromisoformat(ours.pop("ce_time").decode()) == datetime.fromisoformat(theirs["ce_time"].decode())
        assert ours.items() <= theirs.items()


def test_key_and_headers_are_as_the_document_says() -> None:
    schema = Draft202012Validator(ASYNCAPI["components"]["schemas"]["kafkaHeaders"], format_checker=FORMATS)
    for line in LINES:
        sent = message(line)
        schema.validate({name: value.decode() for name, value in sent.headers.items()})
        assert sent.headers["ce_type"].decode() in ASYNCAPI["channels"]["events"]["messages"]
    key = ASYNCAPI["components"]["messageBindings"]["line"]["kafka"]["key"]
    Draft202012Validator(key).validate(PRACTICE)


@pytest.mark.parametrize("line", LINES[:1])
def test_what_this_sdk_guesses_is_not_to_be_used(line: bytes) -> None:
    """docs/streams.md says to call `from_structured_event`: the guess goes by `ce_` headers, the binding by `content-type` (§ 3)."""
    assert from_kafka_event(message(line)).get_data() == orjson.loads(line)
