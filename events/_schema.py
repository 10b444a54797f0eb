"""JSON Schema (2020-12) of what a ledger holds: the data of each event type, and the whole line around them.

A schema says exactly what is written: every field stands in the data, with null where there is nothing. Fields that may
identify a person carry `x-personal`, as the classes declare it. A version that no class writes any more keeps its schema
as a file in `events/_retired`, because its lines stay in the ledgers.
"""

import re
from collections.abc import Mapping
from inspect import cleandoc
from pathlib import Path
from typing import Any

import orjson
from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from events._base import PRACTICE, DomainEvent
from events._personal import personal_fields
from events._registry import event_types, load_all

Schema = dict[str, Any]

DIALECT = "https://json-schema.org/draft/2020-12/schema"
RETIRED = Path(__file__).with_name("_retired")
UUID = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
"""Pattern of a UUID as it is written: lower case, with hyphens."""
PERSONAL = "x-personal"
"""Keyword of a value that may identify a person."""

_DAY = "[0-9]{4}-[0-9]{2}-[0-9]{2}"
_TIME = "[0-9]{2}:[0-9]{2}:[0-9]{2}"
_NAMED_BY_PRACTICE = frozenset({"practice", "risk_matrix"})
"""Kinds of which a practice has one, so that its id is the practice's."""
_LARGEST = 2**31 - 1
"""Of the type Integer of CloudEvents 1.0, and of the column."""


class _AsWritten(GenerateJsonSchema):
    """What the codec writes: all fields, ids and dates in one spelling, personal ones marked."""

    def field_is_required(self, field: Any, total: bool) -> bool:
        return True

    def field_title_should_be_set(self, schema: Any) -> bool:
        return False

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        return self.generate_inner(schema["schema"])

    def uuid_schema(self, schema: core_schema.UuidSchema) -> JsonSchemaValue:
        return _uuid()

    def date_schema(self, schema: core_schema.DateSchema) -> JsonSchemaValue:
        return {"type": "string", "format": "date", "pattern": f"^{_DAY}$"}

    def datetime_schema(self, schema: core_schema.DatetimeSchema) -> JsonSchemaValue:
        return {"type": "string", "format": "date-time", "pattern": rf"^{_DAY}T{_TIME}(?:\.[0-9]+)?(?:Z|[+-][0-9]{{2}}:[0-9]{{2}})$"}

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        made = super().model_schema(schema)
        model: type[BaseModel] = schema["cls"]
        for name in personal_fields(model):
            if "." not in name:  # those of a nested value are marked where it is described
                made["properties"][name][PERSONAL] = True
        return made


def data_schema(event_class: type[DomainEvent]) -> Schema:
    """The schema of an event's data; it stands alone."""
    made = event_class.model_json_schema(schema_generator=_AsWritten, mode="serialization")
    for titled in (made, *made.get("$defs", {}).values()):
        titled["title"] = _words(titled["title"])
    return {"$schema": DIALECT} | made


def line_schema(event_class: type[DomainEvent]) -> Schema:
    """The schema of the whole line: the attributes of CloudEvents 1.0, ours, and the data, in the order in which they are written.

    Its address is `/schemas/<type>.json`, that of the data alone `/schemas/<type>.json#data`.
    """
    data = data_schema(event_class)
    nested: Schema = data.pop("$defs", {})
    del data["$schema"]
    attributes = _attributes(event_class.TYPE)
    return {
        "$schema": DIALECT,
        "$id": f"/schemas/{event_class.TYPE}.json",
        "title": data["title"],
        "description": cleandoc(event_class.__doc__ or f"The event {event_class.TYPE}, as one CloudEvents 1.0 line."),
        "type": "object",
        "properties": attributes | {"data": {"$ref": f"#/$defs/{event_class.__name__}"}},
        "required": [*(name for name in attributes if name != "causationid"), "data"],
        "propertyNames": {"pattern": "^[a-z0-9]+$"},
        "additionalProperties": {
            "description": "An extension attribute of CloudEvents that a later version may add.",
            "type": ["string", "boolean", "integer"],
        },
        "$defs": {event_class.__name__: {"$anchor": "data"} | data} | nested,
    }


def schemas(retired: Path = RETIRED) -> Mapping[str, Schema]:
    """Every type name that a line may have, with the schema of its lines; sorted by name."""
    load_all()
    kept = {file.stem: orjson.loads(file.read_bytes()) for file in retired.glob("*.json")}
    return dict(sorted((kept | {name: line_schema(event_class) for name, event_class in event_types().items()}).items()))


def _attributes(type_name: str) -> Schema:
    kind = type_name.partition(".")[0]
    named = PRACTICE if kind in _NAMED_BY_PRACTICE else UUID
    return {
        "specversion": {"const": "1.0"},
        "id": _text("^[1-9][0-9]*$", "Position in the practice's ledger: 1, 2, 3 … without gaps."),
        "source": _text(f"^/practices/{PRACTICE}$", "The practice's ledger; with `id` it names the event.", format="uri-reference"),
        "type": {"const": type_name},
        "subject": _text(f"^{kind}/{named}$", "Stream of the event: `<kind>/<id>`."),
        "time": _text(rf"^{_DAY}T{_TIME}\.[0-9]{{3}}Z$", "When it was recorded; never decreases along a ledger.", format="date-time"),
        "streamversion": {
            "type": "integer",
            "minimum": 1,
            "maximum": _LARGEST,
            "description": "Position in the stream: 1, 2, 3 … without gaps.",
        },
        "actor": {"type": "string", "minLength": 1, "description": "Pseudonymous id of whoever gave the command.", PERSONAL: True},
        "commandid": _uuid("The command that led to it; its events share it."),
        "correlationid": _uuid("What belongs together across commands."),
        "causationid": {"type": "string", "description": "What caused the command; left out where nothing did."},
        "datacontenttype": {"const": "application/json"},
    }


def _text(pattern: str, description: str, **more: str) -> Schema:
    return {"type": "string", **more, "pattern": pattern, "description": description}


def _uuid(description: str | None = None) -> Schema:
    return {"type": "string", "format": "uuid", "pattern": f"^{UUID}$"} | ({"description": description} if description else {})


def _words(name: str) -> str:
    """`DeviationReported` as words: `Deviation reported`."""
    return re.sub(r"(?<!^)(?=[A-Z])", " ", name).capitalize()
