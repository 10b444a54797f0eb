"""How the live stream is described in the API description (OpenAPI 3.1)."""

from typing import Any

from gateway.problems import MEDIA_TYPE

_DESCRIPTION = """
Server-Sent Events: `id` is the position, `event` the type, `data` the line. It begins behind the present end, or behind
`after`; an `EventSource` that is cut off goes on where it was by itself. Whoever may not see personal data gets lines
without it. The stream ends with the token; a last event `closed` tells why, as problem details.
"""
_REFUSALS = {
    "400": "A position or a parameter cannot be read.",
    "401": "No token, or one that is not accepted.",
    "403": "Not allowed: another practice, or no right to its events.",
    "404": "There is no record of the practice.",
    "421": "The record is kept elsewhere; ask there.",
    "422": "The position lies ahead of the record.",
    "429": "This person follows as often as anybody may.",
    "503": "As many follow as possible; try again after `Retry-After` seconds.",
}
_AFTER = "Position behind which to begin; left out, the present end."


def operation() -> dict[str, Any]:
    """Its parameters and answers."""
    position = {"type": "integer", "minimum": 0}
    problem = {MEDIA_TYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
    types = {"type": "array", "items": {"type": "string"}}
    return {
        "summary": "Follow the events of a practice",
        "description": _DESCRIPTION.strip(),
        "parameters": [
            {"name": "practice", "in": "path", "required": True, "schema": {"type": "string"}},
            {"name": "after", "in": "query", "required": False, "description": _AFTER, "schema": position},
            {
                "name": "type",
                "in": "query",
                "required": False,
                "description": "Event types, one version (`deviation.reported.v1`) or all (`deviation.reported`); every type if left out.",
                "schema": types,
            },
            {"name": "Last-Event-ID", "in": "header", "required": False, "description": "The same as `after`.", "schema": position},
        ],
        "responses": {
            "200": {
                "description": "The lines as they come.",
                "headers": {"Sporbar-Position": {"description": "Position behind which it begins.", "schema": {"type": "integer"}}},
                "content": {"text/event-stream": {"schema": {"type": "string"}}},
            }
        }
        | {status: {"description": told, "content": problem} for status, told in _REFUSALS.items()},
    }
