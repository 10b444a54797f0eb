"""Request bodies: capped, and JSON."""

import json
from collections import Counter
from typing import Any

import orjson
from starlette.requests import Request

from gateway.problems import ProblemError

LARGEST_BODY = 64 * 1024
"""Bytes."""
_LONGEST_KEY_SHOWN = 100


async def read_json_object(request: Request, limit: int = LARGEST_BODY) -> dict[str, Any]:
    """The JSON object of a request's body; ProblemError 400, 413 or 415 where it is none."""
    content = await read_json(request, limit)
    if not isinstance(content, dict):
        raise ProblemError(400, "body.not_an_object")
    return content


async def read_json(request: Request, limit: int = LARGEST_BODY) -> Any:
    """The JSON value of a request's body of at most `limit` bytes; ProblemError 400, 413 or 415 where it is none."""
    if not _says_json(request.headers.get("content-type", "application/json")):
        raise ProblemError(415, "body.wrong_type")
    return parse_json(await read_body(request, limit))


def parse_json(content: bytes) -> Any:
    """The value of JSON bytes; ProblemError 400 says what keeps them from being read."""
    try:
        value = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise _unreadable(error, content) from None
    if _may_repeat_a_key(content, value):
        _refuse_repeated_keys(content)
    return value


def _may_repeat_a_key(content: bytes, value: Any) -> bool:
    """Whether a key may have been given twice, of which the parser keeps the last; False is certain.

    Each key has a colon, and a colon in a text stays one unless it is written as an escape.
    """
    try:
        written = orjson.dumps(value)
    except orjson.JSONEncodeError:  # deeper than 254, the most that it writes
        raise ProblemError(400, "body.too_deep") from None
    return content.count(b":") != written.count(b":") or b"\\u003" in content


def _refuse_repeated_keys(content: bytes) -> None:
    def each_once(pairs: list[tuple[str, Any]]) -> None:
        for key, times in Counter(key for key, _ in pairs).items():
            if times > 1:
                raise ProblemError(400, "body.duplicate_key", key=key[:_LONGEST_KEY_SHOWN])

    json.loads(content, object_pairs_hook=each_once)


def _says_json(content_type: str) -> bool:
    media_type = content_type.partition(";")[0].strip().lower()
    return media_type == "application/json" or media_type.endswith("+json")


async def read_body(request: Request, limit: int) -> bytes:
    """A request's body of at most `limit` bytes; ProblemError 413 for a larger one."""
    declared = request.headers.get("content-length", "")
    if declared.isdecimal() and int(declared) > limit:
        raise ProblemError(413, "body.too_large", limit=limit)
    content = bytearray()
    async for chunk in request.stream():
        content += chunk
        if len(content) > limit:
            raise ProblemError(413, "body.too_large", limit=limit)
    return bytes(content)


def _unreadable(error: orjson.JSONDecodeError, content: bytes) -> ProblemError:
    try:
        content.decode()
    except UnicodeDecodeError:
        return ProblemError(400, "body.not_utf8")
    if "depth limit" in error.msg:
        return ProblemError(400, "body.too_deep")
    if "surrogate" in error.msg:
        return ProblemError(400, "body.not_unicode")
    return ProblemError(400, "body.not_json", reason=f"{error.msg}, line {error.lineno}, column {error.colno}")
