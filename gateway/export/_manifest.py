"""What an export says of itself: `manifest.json`, and the answer of the door of the same name."""

from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.export._formats import FORMATS
from gateway.export._question import Redaction
from gateway.export._source import Export
from gateway.export._token import Rest, token

FILE = "manifest.json"


def manifest(export: Export, format_: str) -> dict[str, Any]:
    """What is exported, without a word of when or by whom: same question, same manifest."""
    question, summary = export.question, export.summary
    told: dict[str, Any] = {
        "format": format_,
        "practice": question.practice,
        "from": question.after + 1,
        "to": question.upto,
        "types": list(question.types),
        "redaction": question.redaction.value,
        "count": summary.count,
        "firstTime": _time(summary.first_time),
        "lastTime": _time(summary.last_time),
        "root": summary.root.hex(),
        "schemas": {type_: _schema(type_, count) for type_, count in summary.counts.items()},
    }
    if FORMATS[format_].resumes:
        told["resume"] = token(export.source.secret, Rest.of(question.behind(question.upto), upto=None))
    if question.redaction is Redaction.PSEUDONYMISED:
        told["pseudonymKey"] = export.source.key_name
    return told


def as_json(told: dict[str, Any]) -> bytes:
    """A manifest as it is written."""
    return orjson.dumps(told, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE)


def _schema(type_: str, count: int) -> dict[str, Any]:
    version = type_.rpartition(".v")[2]
    return {"version": int(version) if version.isdecimal() else None, "schema": f"/schemas/{type_}.json", "count": count}


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
