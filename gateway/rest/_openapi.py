"""The description of the API (OpenAPI 3.1): schemas from the commands, an example for each, problems for each."""

import re
from collections.abc import Mapping, Sequence
from functools import cache
from inspect import cleandoc
from typing import Any

import orjson
from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic import TypeAdapter
from pydantic.json_schema import models_json_schema
from starlette.responses import Response

from gateway._bus import Receipt
from gateway.problems import MEDIA_TYPE
from gateway.rest._commands import Mounted

DESCRIPTION = """
Commands to the quality-management record of a health-care practice. Every command is one POST with an `Idempotency-Key`:
send the same key again, and the command is carried out once and answered the same way. The answer tells the position in
the record; ask GraphQL for `atLeast` that position to see the effect. Refusals are problem details (RFC 9457) with a
stable `code`, in English or Norwegian by `Accept-Language`, and store nothing.
"""
_REFERENCE = "#/components/schemas/{model}"
_REFUSALS = {
    "400": "The request cannot be read: no JSON, no Idempotency-Key.",
    "401": "No token, or one that is not accepted.",
    "403": "Not allowed; also for practices that do not exist.",
    "404": "The practice has no such thing.",
    "409": "A rule of the quality work does not allow it now.",
    "412": "The subject is not at the version of If-Match.",
    "413": "The body is larger than the limit.",
    "422": "What the command says cannot be so; `errors` names the fields. Or the key was used for another command.",
    "503": "Not available just now; try again with the same key.",
}
_PROBLEM = {
    "type": "object",
    "title": "Problem",
    "description": "Problem details (RFC 9457).",
    "required": ["type", "title", "status", "code", "detail"],
    "properties": {
        "type": {"type": "string", "format": "uri-reference"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "code": {"type": "string", "description": "Stable; does not change with the language."},
        "detail": {"type": "string", "description": "What to do, as a sentence."},
        "instance": {"type": "string", "format": "uri-reference"},
        "details": {"type": "object", "description": "What the sentence speaks of."},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {"pointer": {"type": "string"}, "code": {"type": "string"}, "detail": {"type": "string"}},
            },
        },
    },
}
_DONE = {
    "description": "Carried out, once.",
    "headers": {"Sporbar-Position": {"description": "Position of the last event written.", "schema": {"type": "integer"}}},
    "content": {"application/json": {"schema": {"$ref": _REFERENCE.format(model="Receipt")}}},
}
_SHOWN = {
    "description": "The row as it stands; empty where the reader's rights do not reach.",
    "headers": {
        "Sporbar-Position": {"description": "Position that the answer shows.", "schema": {"type": "integer"}},
        "ETag": {"description": "Version of the subject; send it as If-Match.", "schema": {"type": "string"}},
    },
    "content": {"application/json": {"schema": {"type": "object"}}},
}
_OF_QUESTIONS = ("401", "403", "404", "503")
_AT_LEAST: dict[str, Any] = {
    "name": "at_least",
    "in": "query",
    "required": False,
    "description": "Position that the answer must include, such as that of your own command.",
    "schema": {"type": "integer", "minimum": 0},
}
_HEADERS: list[dict[str, Any]] = [
    {
        "name": "Idempotency-Key",
        "in": "header",
        "required": True,
        "description": "Your own name of this command; the same one when you try again.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255, "pattern": "^[\\x21-\\x7e]+$"},
        "example": "6f0d1c9e-0c53-4f0e-8a53-0f4b8a6a3f10",
    },
    {
        "name": "If-Match",
        "in": "header",
        "required": False,
        "description": "Version that the subject must stand at, in quotation marks; left out, the command is decided on the latest.",
        "schema": {"type": "string", "pattern": '^"[0-9]{1,9}"$'},
    },
]


def describe(app: FastAPI, mounted: Sequence[Mounted]) -> None:
    """Let the application answer with this description at /openapi.json; it is made at the first request."""

    @cache
    def made() -> bytes:
        return orjson.dumps(description(app, mounted))

    async def openapi() -> Response:
        return Response(made(), media_type="application/json", headers={"Cache-Control": "no-cache"})

    app.add_api_route("/openapi.json", openapi, methods=["GET"], include_in_schema=False, response_model=None)


def description(app: FastAPI, mounted: Sequence[Mounted]) -> dict[str, Any]:
    """The description of an application's commands."""
    made = get_openapi(title=app.title, version=app.version, description=DESCRIPTION.strip(), routes=app.routes)
    references, schemas = _schemas(mounted)
    for entry in mounted:
        operation = made["paths"][f"/v1/practices/{{practice}}{entry.path}"]["post"]
        in_path = _take_out(schemas[references[entry.command].rpartition("/")[2]], entry.path_ids)
        _describe_one(operation, entry, in_path, references[entry.command])
    for path, operations in made["paths"].items():
        if "get" in operations and "parameters" not in operations["get"]:  # exports describe themselves
            _describe_question(operations["get"], path)
    made["components"] = {
        "schemas": schemas | {"Problem": _PROBLEM, "Receipt": TypeAdapter(Receipt).json_schema(ref_template=_REFERENCE)},
        "securitySchemes": {"bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "JWT"}},
    }
    made["security"] = [{"bearer": []}]
    return made


def _describe_question(operation: dict[str, Any], path: str) -> None:
    in_path = [{"name": name, "in": "path", "required": True, "schema": {"type": "string"}} for name in re.findall(r"{(\w+)}", path)]
    operation["parameters"] = [*in_path, _AT_LEAST]
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    refused = {status: {"description": told, "content": problem} for status, told in _REFUSALS.items() if status in _OF_QUESTIONS}
    operation["responses"] = {"200": _SHOWN} | refused


def _schemas(mounted: Sequence[Mounted]) -> tuple[dict[type[Any], str], dict[str, Any]]:
    """A reference to each command's schema, and all schemas."""
    models, made = models_json_schema([(entry.command, "validation") for entry in mounted], ref_template=_REFERENCE)
    return {model: found["$ref"] for (model, _), found in models.items()}, dict(made["$defs"])


def _take_out(schema: dict[str, Any], names: Sequence[str]) -> dict[str, Any]:
    """The members that stand in the path; they are taken out of the body's schema."""
    schema["required"] = [name for name in schema.get("required", []) if name not in names]
    return {name: schema["properties"].pop(name) for name in names}


def _describe_one(operation: dict[str, Any], entry: Mounted, in_path: Mapping[str, Any], reference: str) -> None:
    operation["description"] = cleandoc(entry.command.__doc__ or "")
    ids = {"practice": {"type": "string", "title": "Practice"}, **in_path}
    operation["parameters"] = [{"name": name, "in": "path", "required": True, "schema": schema} for name, schema in ids.items()]
    operation["parameters"] += _HEADERS
    body = {"schema": {"$ref": reference}, "example": entry.example}
    operation["requestBody"] = {"required": True, "content": {"application/json": body}}
    problem = {MEDIA_TYPE: {"schema": {"$ref": _REFERENCE.format(model="Problem")}}}
    answers = dict.fromkeys(operation["responses"], _DONE)
    operation["responses"] = answers | {status: {"description": told, "content": problem} for status, told in _REFUSALS.items()}
