"""The published documents as texts; what is committed and what is served are the same bytes."""

from collections.abc import Mapping
from functools import cache
from typing import Any

import orjson

from events._schema import schemas
from gateway.contracts._asyncapi import asyncapi


def schema_texts() -> Mapping[str, str]:
    """File name -> JSON Schema of the lines of one event type."""
    return {f"{name}.json": _text(schema) for name, schema in _schemas().items()}


def asyncapi_text() -> str:
    """The AsyncAPI document."""
    return _text(asyncapi({name: schema["title"] for name, schema in _schemas().items()}))


def index_text() -> str:
    """Every event type with the address of its schema, relative to `/schemas/`."""
    listed = [{"type": name, "title": schema["title"], "schema": f"{name}.json"} for name, schema in _schemas().items()]
    return _text({"title": "Event types of Sporbar", "asyncapi": "../asyncapi.json", "schemas": listed})


@cache
def _schemas() -> Mapping[str, dict[str, Any]]:
    return schemas()


def _text(document: object) -> str:
    return orjson.dumps(document, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE).decode()
