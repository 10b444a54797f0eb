"""The AsyncAPI 3.0 document: where the stream is, and what a message of it looks like.

It is written for whoever reads the stream, so its operations receive. It names no host: where a broker stands is for whoever
runs one to say, and the schemas are found beside the document.
"""

from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from events._base import PRACTICE
from events._schema import UUID

ASYNCAPI = "3.0.0"
"""Version of the specification."""
LINE = "application/cloudevents+json"
"""Media type of a line (CloudEvents 1.0, JSON event format § 3)."""

_JSON_SCHEMA = "application/schema+json;version=2020-12"
"""Format of the schemas; where none is named, AsyncAPI's own is meant, which goes by draft 07."""
_KAFKA_BINDING = "0.5.0"
_TOPIC = "sporbar.events.v1"
_DESCRIPTION = """
Every fact in the quality-management records of the practices, in the order in which each practice recorded them. A message
is one CloudEvents 1.0 line, byte for byte as the ledger holds it. A practice's lines count 1, 2, 3 … in `id`, without gaps:
drop what you have already, and stop where a number is missing.

The schemas are JSON Schema 2020-12, one for each version of an event type, and all versions that were ever recorded stay.
New types may come, and an enumeration may gain values; everything else about a type stays as it is.
"""


def asyncapi(titles: Mapping[str, str]) -> dict[str, Any]:
    """The document for these event types, each with its title."""
    return {
        "asyncapi": ASYNCAPI,
        "info": {
            "title": "Sporbar events",
            "version": version("sporbar"),
            "description": _DESCRIPTION.strip(),
            "license": {"name": "Apache-2.0"},
        },
        "defaultContentType": LINE,
        "servers": {"kafka": _broker(), "sporbar": _server()},
        "channels": {"events": _topic(titles), "live": _stream(titles)},
        "operations": {"receiveEvents": _receive(), "receiveLive": _follow()},
        "components": {
            "messages": {name: _message(name, title) for name, title in titles.items()},
            "schemas": {"kafkaHeaders": _headers()},
            "messageBindings": {"line": {"kafka": {"key": _key(), "bindingVersion": _KAFKA_BINDING}}},
            "correlationIds": {"line": {"description": "What belongs together.", "location": "$message.payload#/correlationid"}},
        },
    }


def _broker() -> dict[str, Any]:
    return {
        "host": "{bootstrap}",
        "protocol": "kafka",
        "title": "Apache Kafka",
        "description": "Brokers that `sporbar publish` writes to.",
        "variables": {"bootstrap": {"description": "As in SPORBAR_KAFKA_BOOTSTRAP_SERVERS: host and port of one broker or several."}},
    }


def _server() -> dict[str, Any]:
    return {
        "host": "{address}",
        "protocol": "https",
        "title": "Sporbar",
        "description": "Server-Sent Events of one practice, to whoever has a token for it.",
        "variables": {"address": {"description": "Host and port that Sporbar answers at."}},
    }


def _topic(names: Mapping[str, str]) -> dict[str, Any]:
    return {
        "address": _TOPIC,
        "title": "Every practice's record",
        "description": "Lines of one practice stand in one partition, in their order. Topic, partitions and replicas are defaults.",
        "servers": [{"$ref": "#/servers/kafka"}],
        "messages": {name: {"$ref": f"#/components/messages/{name}"} for name in names},
        "bindings": {"kafka": {"topic": _TOPIC, "partitions": 12, "replicas": 1, "bindingVersion": _KAFKA_BINDING}},
    }


def _stream(names: Mapping[str, str]) -> dict[str, Any]:
    line = {
        "name": "line",
        "title": "An event",
        "contentType": LINE,
        "payload": _payload({"oneOf": [_schema(name) for name in names]}),
    }
    return {
        "address": "/v1/practices/{practice}/events/live",
        "title": "One practice's record",
        "description": "Lines as `data`, positions as `id`, types as `event`. Lines without personal data do not fit the schemas.",
        "servers": [{"$ref": "#/servers/sporbar"}],
        "parameters": {"practice": {"description": "The practice that the token names."}},
        "messages": {"line": line},
    }


def _follow() -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/live"},
        "title": "Follow a practice",
        "description": "With `after` or `Last-Event-ID` from a position on; otherwise from the present end. Each line comes once.",
        "bindings": {"http": {"method": "GET", "bindingVersion": "0.3.0"}},
    }


def _receive() -> dict[str, Any]:
    return {
        "action": "receive",
        "channel": {"$ref": "#/channels/events"},
        "title": "Read the stream",
        "description": "A line may come twice, with the same `source` and `id`; its effect is yours to keep to once.",
        "bindings": {"kafka": {"groupId": {"type": "string", "description": "Your own."}, "bindingVersion": _KAFKA_BINDING}},
    }


def _message(name: str, title: str) -> dict[str, Any]:
    return {
        "name": name,
        "title": title,
        "contentType": LINE,
        "headers": {"$ref": "#/components/schemas/kafkaHeaders"},
        "payload": _payload(_schema(name)),
        "correlationId": {"$ref": "#/components/correlationIds/line"},
        "bindings": {"$ref": "#/components/messageBindings/line"},
    }


def _payload(schema: dict[str, Any]) -> dict[str, Any]:
    return {"schemaFormat": _JSON_SCHEMA, "schema": schema}


def _schema(name: str) -> dict[str, Any]:
    return {"$ref": f"schemas/{name}.json"}


def _key() -> dict[str, Any]:
    return {"type": "string", "pattern": f"^{PRACTICE}$", "description": "The practice."}


def _headers() -> dict[str, Any]:
    """Structured content mode of the CloudEvents Kafka binding 1.0, with the attributes as headers too (§ 3.3)."""
    attributes = {
        "ce_specversion": {"const": "1.0"},
        "ce_id": {"pattern": "^[1-9][0-9]*$"},
        "ce_source": {"pattern": f"^/practices/{PRACTICE}$"},
        "ce_type": {"description": "The message's name."},
        "ce_subject": {"pattern": f"^[a-z_]+/(?:{UUID}|{PRACTICE})$"},
        "ce_time": {"format": "date-time"},
        "ce_streamversion": {"pattern": "^[1-9][0-9]*$"},
    }
    content_type = {"type": "string", "const": f"{LINE}; charset=UTF-8", "description": "Tells that the value is the whole event."}
    return {
        "type": "object",
        "description": "Copies of attributes of the line, to choose messages by without reading the value. UTF-8.",
        "properties": {"content-type": content_type} | {name: {"type": "string", **schema} for name, schema in attributes.items()},
        "required": ["content-type", *attributes],
    }
