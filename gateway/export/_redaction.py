"""Lines as somebody may see them who may not know whom they are about.

What today's event class declares stays, unless it is declared personal (`events._personal`); whatever else stands in a
line goes. A pseudonym stands for the id of a member, and a number for an id that somebody made up. Whoever gave the
command is a pseudonym as well, and so is the id of the command, which follows from them. Such a line says of itself
`"sporbarredacted":true`; it is evidence of nothing.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import orjson
from pydantic import BaseModel

from events._personal import made_up_fields, member_fields, models_within, personal_fields
from events._registry import UnknownEventType, event_types, load_all, todays
from gateway.auth.pseudonym import exported_command, exported_person

_NOBODY = re.compile(r"system:.*|anonymous|p-[a-z2-7]{16}", re.DOTALL)
"""Actors that name no person: parts of Sporbar, reports without a name, and those under a pseudonym of their own."""
_REMEMBERED = 10_000
ATTRIBUTES = frozenset(
    {
        *("specversion", "id", "source", "type", "subject", "time", "streamversion", "actor"),
        *("commandid", "correlationid", "causationid", "datacontenttype"),
    }
)
"""What stays of a line besides its data."""

Numbers = dict[str, str]
"""Id that somebody made up -> what stands for it: the ordinal of its first mention in the line."""
Rule = Callable[[Any, Numbers], Any]
"""What stands for a value."""


class Redactor:
    """Rewrites the lines of one practice."""

    def __init__(self, secret: bytes, practice: str) -> None:
        load_all()
        self._person: Callable[[str], str] = lru_cache(_REMEMBERED)(partial(exported_person, secret, practice))
        self._actor: Callable[[str], str] = lru_cache(_REMEMBERED)(lambda actor: actor if _NOBODY.fullmatch(actor) else self._person(actor))
        self._command: Callable[[str], str] = lru_cache(_REMEMBERED)(partial(exported_command, secret, practice))
        self._rules = {name: self._rule(event_class) for name, event_class in event_types().items()}

    def line(self, stored: bytes) -> bytes:
        """The line without what is personal, in today's form of its type; raises UnknownEventType."""
        line: dict[str, Any] = orjson.loads(stored)
        data, rule = line.pop("data"), self._rules.get(line["type"])
        if rule is None:
            line["type"], data = todays(line["type"], data)
            rule = self._rules.get(line["type"])
        if rule is None:
            raise UnknownEventType(line["type"])
        if not ATTRIBUTES.issuperset(line):
            _leave_only(line, ATTRIBUTES)
        line["actor"] = self._actor(line["actor"])
        command = line["commandid"]
        line["commandid"] = shown = self._command(command)
        line["correlationid"] = shown if line["correlationid"] == command else self._command(line["correlationid"])
        if "causationid" in line:
            line["causationid"] = self._command(line["causationid"])
        line["sporbarredacted"] = True
        line["data"] = rule(data, {})
        return orjson.dumps(line)

    def _rule(self, model: type[BaseModel]) -> Rule:
        """What is left of a value of a class, or of a list of them."""
        replaced: dict[str, Rule] = {}
        members, made_up = member_fields(model), made_up_fields(model)
        left_out = personal_fields(model) - members
        for name, field in model.model_fields.items():
            if name in members:
                replaced[name] = self._member
            elif name in made_up:
                replaced[name] = _numbered
            elif name not in left_out and (nested := models_within(field.annotation)):
                (only,) = nested
                replaced[name] = self._rule(only)
        return _rule(frozenset(model.model_fields), left_out.intersection(model.model_fields), replaced)

    def _member(self, value: Any, numbers: Numbers) -> Any:
        return [self._member(item, numbers) for item in value] if isinstance(value, list) else self._person(value)


def _numbered(value: Any, numbers: Numbers) -> Any:
    if isinstance(value, list):
        return [_numbered(item, numbers) for item in value]
    return numbers.setdefault(value, str(len(numbers) + 1))


def _rule(declared: frozenset[str], left_out: frozenset[str], replaced: dict[str, Rule]) -> Rule:
    """Changes the dicts that it is given."""
    removed, rules, covers = tuple(left_out), tuple(replaced.items()), declared.issuperset

    def rule(value: Any, numbers: Numbers) -> Any:
        if isinstance(value, dict):
            for name in removed:
                value.pop(name, None)
            if not covers(value):
                _leave_only(value, declared)
            for name, its in rules:
                if value.get(name) is not None:
                    value[name] = its(value[name], numbers)
            return value
        return [rule(item, numbers) for item in value] if isinstance(value, list) else None

    return rule


def _leave_only(value: dict[str, Any], names: frozenset[str]) -> None:
    for name in value.keys() - names:
        del value[name]
