"""What goes beside the line: the key, and the CloudEvents attributes as headers.

The value is the whole line, which is the *structured* content mode of the CloudEvents Kafka binding (§ 3.3), told by the
header `content-type`; the attributes stand in headers besides (§ 3.3.3), so that a consumer can choose without parsing.
"""

import re

import orjson

from projections._engine._batch import describe

Headers = list[tuple[str, bytes]]

CONTENT_TYPE = ("content-type", b"application/cloudevents+json; charset=UTF-8")
_ATTRIBUTES = re.compile(
    rb'\{"specversion":"([^"\\]+)","id":"(\d+)","source":"([^"\\]+)","type":"([^"\\]+)","subject":"([^"\\]+)","time":"([^"\\]+)","streamversion":(\d+),'
)
_NAMES = ("specversion", "id", "source", "type", "subject", "time", "streamversion")
_HEADERS = tuple(f"ce_{name}" for name in _NAMES)


class NoLine(ValueError):
    """What stands in the ledger is no JSON, or lacks an attribute."""

    def __init__(self, error: Exception) -> None:
        super().__init__(f"it is no line: {describe(error)}")


def practice_of(ledger: str) -> str:
    """The practice that a ledger belongs to, which is the key of its messages: `fjordgata` of `fjordgata/access`."""
    return ledger.partition("/")[0]


def headers_of(line: bytes) -> Headers:
    """The headers of a line's message; raises NoLine."""
    return [CONTENT_TYPE, *zip(_HEADERS, _attributes(line), strict=True)]


def _attributes(line: bytes) -> tuple[bytes, ...]:
    """The values as append() writes them: in its order, and without an escape in nearly every line."""
    found = _ATTRIBUTES.match(line)
    if found:
        return found.groups()
    try:
        event = orjson.loads(line)
        return tuple(str(event[name]).encode() for name in _NAMES)
    except (ValueError, KeyError, TypeError) as error:
        raise NoLine(error) from None
