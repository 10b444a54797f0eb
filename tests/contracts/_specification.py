"""AsyncAPI 3.0.0 as far as our document goes, as a JSON Schema written from the text of the specification.

No package that is kept ships the specification's own schema for Python. Each object below has the fields that our document
uses, and no others: whoever adds one looks it up in the specification and writes it down here first.
"""

from typing import Any

Schema = dict[str, Any]


def _object(required: str, **fields: Schema) -> Schema:
    return {"type": "object", "properties": fields, "required": required.split(), "additionalProperties": False}


def _map(value: Schema, names: str = "^[A-Za-z0-9._-]+$") -> Schema:
    return {"type": "object", "patternProperties": {names: value}, "additionalProperties": False, "minProperties": 1}


def _reference(to: str) -> Schema:
    """Reference Object: it "cannot be extended with additional properties"."""
    return {**_object("$ref"), "properties": {"$ref": {"type": "string", "pattern": to}}}


TEXT: Schema = {"type": "string", "minLength": 1}
TOLD = {"title": TEXT, "description": TEXT}
MEDIA_TYPE: Schema = {"type": "string", "pattern": "^[a-z]+/[a-z0-9.+-]+$"}
"""Default Content Type, and a message's: "a specific media type"."""
NUMBER: Schema = {"type": "integer", "minimum": 1}

SCHEMA_OBJECT: Schema = {"type": "object", "$ref": "http://json-schema.org/draft-07/schema#"}
"""Schema Object: "a superset of the JSON Schema Specification Draft 07", and what is meant where no format is named."""
MULTI_FORMAT: Schema = _object(
    "schemaFormat schema",
    schemaFormat={"const": "application/schema+json;version=2020-12"},  # a custom value, as the specification allows
    schema={"type": "object", "$ref": "https://json-schema.org/draft/2020-12/schema"},
)
"""Multi Format Schema Object; nothing else will do for payloads, since they are JSON Schema 2020-12."""

_KAFKA: Schema = {"const": "0.5.0"}
_HTTP: Schema = {"const": "0.3.0"}
CHANNEL_BINDINGS = _object("", kafka=_object("", topic=TEXT, partitions=NUMBER, replicas=NUMBER, bindingVersion=_KAFKA))
MESSAGE_BINDINGS = _object("", kafka=_object("", key=SCHEMA_OBJECT, bindingVersion=_KAFKA))
OPERATION_BINDINGS = _object(
    "",
    kafka=_object("", groupId=SCHEMA_OBJECT, bindingVersion=_KAFKA),
    http=_object(
        "", method={"enum": ["GET", "PUT", "POST", "PATCH", "DELETE", "HEAD", "OPTIONS", "CONNECT", "TRACE"]}, bindingVersion=_HTTP
    ),
)

INFO = _object("title version", **TOLD, version=TEXT, license=_object("name", name=TEXT))
SERVER = _object("host protocol", host=TEXT, protocol=TEXT, **TOLD, variables=_map(_object("", description=TEXT)))
CORRELATION_ID = _object(
    "location", description=TEXT, location={"type": "string", "pattern": r"^\$message\.(header|payload)#(/([^/~]|~[01])*)*$"}
)
MESSAGE = _object(
    "",
    name=TEXT,
    **TOLD,
    contentType=MEDIA_TYPE,
    headers=_reference("^#/components/schemas/"),
    payload=MULTI_FORMAT,
    correlationId=_reference("^#/components/correlationIds/"),
    bindings=_reference("^#/components/messageBindings/"),
)
CHANNEL = _object(
    "",
    address={"type": "string", "pattern": "^[^?#]+$"},  # "query parameters and fragments SHALL NOT be used"
    **TOLD,
    servers={"type": "array", "items": _reference("^#/servers/[^/]+$")},  # of the root, "MUST NOT point to … anywhere else"
    parameters=_map(_object("", description=TEXT)),
    messages=_map({"anyOf": [_reference("^#/components/messages/"), MESSAGE]}),
    bindings=CHANNEL_BINDINGS,
)
OPERATION = _object(
    "action channel",
    action={"enum": ["send", "receive"]},
    channel=_reference("^#/channels/[^/]+$"),  # of the root as well
    **TOLD,
    bindings=OPERATION_BINDINGS,
)
COMPONENTS = _object(
    "",
    messages=_map(MESSAGE),
    schemas=_map(SCHEMA_OBJECT),
    messageBindings=_map(MESSAGE_BINDINGS),
    correlationIds=_map(CORRELATION_ID),
)

DOCUMENT: Schema = _object(
    "asyncapi info",
    asyncapi={"const": "3.0.0"},
    info=INFO,
    defaultContentType=MEDIA_TYPE,
    servers=_map(SERVER, "^[A-Za-z0-9_-]+$"),
    channels=_map(CHANNEL),
    operations=_map(OPERATION),
    components=COMPONENTS,
)
"""AsyncAPI Object."""
