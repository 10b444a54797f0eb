"""What changed between the schemas of a release and today's that somebody could stumble over.

Two must be served at once: lines stored long ago must fit today's schema, and lines written today must fit the schema that a
consumer took from the release. So nothing of a type may change but its words. Two changes are let through: an enumeration
may gain values, since consumers are told to expect that, and a field may become personal, since that only hides more.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from events._schema import PERSONAL

Schema = Mapping[str, Any]

_WORDS = frozenset({"$schema", "$id", "$anchor", "$defs", "$ref", "title", "description", "$comment", "examples", PERSONAL})
"""Keywords that say nothing of what fits, or are looked at on their own."""
_STRUCTURE = frozenset({"type", "enum", "anyOf", "properties", "required"})
_INSIDE = {"items": "[]", "additionalProperties": ".*"}
"""Keywords whose value is a schema again, and what its place is called."""


def breaking_changes(promised: Mapping[str, Schema], today: Mapping[str, Schema]) -> list[str]:
    """Each change that breaks a reader of the promised schemas, one line each; both are by type name."""
    return [change for name, schema in promised.items() for change in _of_type(name, schema, today.get(name))]


def _of_type(name: str, promised: Schema, today: Schema | None) -> Iterator[str]:
    if today is None:
        yield f"{name} was removed"
    else:
        yield from _Comparison(promised, today).changes(name, promised, today)


class _Comparison:
    """Of two documents, whose `$ref`s lead into their own `$defs`."""

    def __init__(self, before: Schema, after: Schema) -> None:
        self._before = before
        self._after = after

    def changes(self, where: str, before: Schema, after: Schema) -> Iterator[str]:
        """Changes of the schema of one place."""
        before, after = _resolved(self._before, before), _resolved(self._after, after)
        if before.get(PERSONAL) and not after.get(PERSONAL):
            yield f"{where} is no longer marked as personal"
        if "anyOf" in before or "anyOf" in after:
            yield from self._alternatives(where, before, after)
            return
        if before.get("type") != after.get("type"):
            yield f"{where} was {_kind(before)} and is {_kind(after)}"
            return
        yield from _values(where, before, after)
        yield from self._members(where, before, after)
        for keyword in sorted((before.keys() | after.keys()) - _WORDS - _STRUCTURE):
            one, other = before.get(keyword), after.get(keyword)
            if keyword in _INSIDE and isinstance(one, dict) and isinstance(other, dict):
                yield from self.changes(where + _INSIDE[keyword], one, other)
            elif one != other:
                yield f"{where} has another `{keyword}`"

    def _alternatives(self, where: str, before: Schema, after: Schema) -> Iterator[str]:
        first, then = _by_kind(self._before, before), _by_kind(self._after, after)
        if [(kind, len(found)) for kind, found in first.items()] != [(kind, len(found)) for kind, found in then.items()]:
            yield f"{where} was {' or '.join(first)} and is {' or '.join(then)}"
            return
        for kind, found in first.items():
            for one, other in zip(found, then[kind], strict=True):
                yield from self.changes(where, one, other)

    def _members(self, where: str, before: Schema, after: Schema) -> Iterator[str]:
        had, has = before.get("properties", {}), after.get("properties", {})
        needed, needs = set(before.get("required", ())), set(after.get("required", ()))
        for name in had:
            if name not in has:
                yield f"{where}.{name} was removed"
                continue
            if name in needs - needed:
                yield f"{where}.{name} is required now"
            if name in needed - needs:
                yield f"{where}.{name} may be missing now"
            yield from self.changes(f"{where}.{name}", had[name], has[name])
        closed = before.get("additionalProperties") is False
        for name in has:
            if name not in had and (closed or name in needs):
                yield f"{where}.{name} was added"


def _values(where: str, before: Schema, after: Schema) -> Iterator[str]:
    if "enum" in before and "enum" in after:
        gone = [value for value in before["enum"] if value not in after["enum"]]
        if gone:
            yield f"{where} no longer takes {', '.join(map(str, gone))}"
    elif "enum" in before or "enum" in after:
        yield f"{where} was {_kind(before)} and is {_kind(after)}"


def _by_kind(document: Schema, schema: Schema) -> dict[str, list[Schema]]:
    found: dict[str, list[Schema]] = {}
    for alternative in (_resolved(document, part) for part in schema.get("anyOf", (schema,))):
        found.setdefault(_kind(alternative), []).append(alternative)
    return dict(sorted(found.items()))


def _kind(schema: Schema) -> str:
    if "enum" in schema:
        return "an enumeration"
    return str(schema.get("format", schema.get("type", "anything")))


def _resolved(document: Schema, schema: Schema) -> Schema:
    """The schema that a `$ref` leads to, with what stands beside the `$ref`."""
    if "$ref" not in schema:
        return schema
    beside = {keyword: value for keyword, value in schema.items() if keyword != "$ref"}
    return {**_resolved(document, document["$defs"][schema["$ref"].removeprefix("#/$defs/")]), **beside}
