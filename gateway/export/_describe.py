"""How exports are described in the API description (OpenAPI 3.1)."""

import re
from typing import Any

from gateway.export._formats import FORMATS
from gateway.export._question import Redaction
from gateway.problems import MEDIA_TYPE

_SUMMARIES = {
    "events.export": "Export the events of a practice",
    "exports.download": "Export in a format",
    "exports.manifest": "What an export holds: range, count, times, root, types",
}
_DESCRIPTION = """
Bounds are included and may each be a position, a day in Norway, or a moment. Without `redaction=full`, personal fields
are left out and members have pseudonyms. A download that broke off goes on with `resume`, the value of the header
`Sporbar-Resume`, and `after`, the last position that arrived whole.
"""
_QUERY = {
    "from": ("First position, day or moment.", {"type": "string", "examples": ["42", "2026-01-01"]}),
    "until": ("Last position, day or moment.", {"type": "string", "examples": ["2026-03-31"]}),
    "type": (
        "Event type, one version of it (`deviation.reported.v1`) or all (`deviation.reported`); may be repeated. CSV needs exactly one.",
        {"type": "array", "items": {"type": "string"}},
    ),
    "redaction": ("What is shown.", {"type": "string", "enum": list(Redaction), "default": Redaction.PSEUDONYMISED}),
    "resume": ("Token of the export to go on with.", {"type": "string"}),
    "after": ("With `resume`: the last position that you have.", {"type": "integer", "minimum": 0}),
}
_REFUSALS = {
    "400": "A parameter cannot be read, or the resume token belongs to another practice or question.",
    "401": "No token, or one that is not accepted.",
    "403": "Not allowed: another practice, no right to export, or none to personal data.",
    "404": "No such format.",
    "421": "The record is kept elsewhere; ask there.",
    "422": "A bound lies ahead of the record, the bounds are the wrong way round, or the format does not come so.",
    "503": "As many exports as possible are under way; try again after `Retry-After` seconds.",
}


def operation(name: str, path: str) -> dict[str, Any]:
    """The parameters and answers of one operation."""
    formats = {"format": {"type": "string", "enum": list(FORMATS)}}
    in_path = [
        {"name": each, "in": "path", "required": True, "schema": formats.get(each, {"type": "string"})}
        for each in ("practice", *re.findall(r"{(\w+)}", path))
    ]
    asked: dict[str, tuple[str, Any]] = dict(_QUERY)
    if name == "events.export":
        asked["format"] = "Left out, as `Accept` says: ndjson or csv.", formats["format"]
    query = [{"name": each, "in": "query", "required": False, "description": told, "schema": form} for each, (told, form) in asked.items()]
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {
        "summary": _SUMMARIES[name],
        "description": _DESCRIPTION.strip(),
        "parameters": [*in_path, *query],
        "responses": {"200": _answer(name)} | {status: {"description": told, "content": problem} for status, told in _REFUSALS.items()},
    }


def _answer(name: str) -> dict[str, Any]:
    if name == "exports.manifest":
        return {"description": "The manifest.", "content": {"application/json": {"schema": {"type": "object"}}}}
    formats = FORMATS.values() if name == "exports.download" else (FORMATS["ndjson"], FORMATS["csv"])
    return {
        "description": "The export, sent part by part; a connection that is cut before its end tells that it is not whole.",
        "headers": {
            "Sporbar-Position": {"description": "Last position that is asked about.", "schema": {"type": "integer"}},
            "Sporbar-Redaction": {"description": "What is shown.", "schema": {"type": "string"}},
            "Sporbar-Resume": {"description": "Token to go on with after a break; OCEL has none.", "schema": {"type": "string"}},
        },
        "content": {format_.media_type.partition(";")[0]: {"schema": {"type": "string"}} for format_ in formats},
    }
