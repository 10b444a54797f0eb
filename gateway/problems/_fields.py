"""What a command's fields say wrong: pydantic's error types -> our stable codes, which outlive a version of pydantic."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError


@dataclass(frozen=True, slots=True)
class FieldProblem:
    """One wrong field: where (RFC 6901), a stable code, and the details of its sentence."""

    pointer: str
    code: str
    details: Mapping[str, Any]


_CODES = {
    "missing": "field.missing",
    "extra_forbidden": "field.unknown",
    "enum": "field.not_a_choice",
    "literal_error": "field.not_a_choice",
    "string_too_long": "field.too_long",
    "string_too_short": "field.too_short",
    "too_long": "field.too_many",
    "too_short": "field.too_few",
    "less_than_equal": "field.too_large",
    "less_than": "field.too_large",
    "greater_than_equal": "field.too_small",
    "greater_than": "field.too_small",
    "uuid_parsing": "field.not_a_uuid",
    "uuid_type": "field.not_a_uuid",
    "timezone_aware": "field.without_offset",
    "string_pattern_mismatch": "field.pattern",
    "string_unicode": "body.not_unicode",
    "union_tag_invalid": "field.not_a_choice",
    "union_tag_not_found": "field.missing",
}
_LIMITS = ("le", "lt", "ge", "gt")


def field_problems(error: ValidationError) -> tuple[FieldProblem, ...]:
    """Every wrong field, in the order of the command's fields."""
    return tuple(_field_problem(item) for item in error.errors(include_url=False, include_input=False))


def _field_problem(item: Any) -> FieldProblem:
    kind: str = item["type"]
    context: dict[str, Any] = dict(item.get("ctx", {}))
    code = kind if "." in kind else _CODES.get(kind) or _by_family(kind)
    for name in _LIMITS:
        if name in context:
            context["limit"] = context[name]
    if kind == "union_tag_invalid":
        context["expected"] = context["expected_tags"]
    if code == "field.wrong_type":
        context["expected"] = kind.partition("_")[0]
    if code == "field.invalid":
        context["reason"] = item["msg"].removeprefix("Value error, ")
    return FieldProblem(_pointer(item["loc"]), code, context)


def _by_family(kind: str) -> str:
    if kind.startswith("datetime"):
        return "field.not_a_moment"
    if kind.startswith("date"):
        return "field.not_a_date"
    if kind.endswith(("_type", "_parsing", "_from_float", "_parsing_size")):
        return "field.wrong_type"
    return "field.invalid"


def _pointer(location: tuple[int | str, ...]) -> str:
    return "".join("/" + str(step).replace("~", "~0").replace("/", "~1") for step in location)
