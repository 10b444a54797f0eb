"""Lines as somebody may see them who may not know whom they are about.

What is personal is declared at the event class (`events._personal`): those fields are left out, and where one holds the
id of a member, a pseudonym stands in its place. Whoever gave the command is a pseudonym as well, and so is the id of the
command, which follows from them. Such a line says of itself `"sporbarredacted":true`; it is evidence of nothing.
"""

import re
from collections.abc import Callable
from functools import lru_cache, partial
from typing import Any

import orjson

from events._personal import member_fields, personal_fields
from events._registry import UnknownEventType, event_types, load_all, todays
from gateway.auth.pseudonym import exported_command, exported_person

_NOBODY = re.compile(r"system:.*|anonymous|p-[a-z2-7]{16}", re.DOTALL)
"""Actors that name no person: parts of Sporbar, reports without a name, and those under a pseudonym of their own."""
_REMEMBERED = 10_000
_COMMANDS = ("commandid", "correlationid", "causationid")

Tree = dict[str, Any]
"""Name of a field -> what is done to its value, or the tree of a nested value."""


class Redactor:
    """Rewrites the lines of one practice."""

    def __init__(self, secret: bytes, practice: str) -> None:
        load_all()
        self._person: Callable[[str], str] = lru_cache(_REMEMBERED)(partial(exported_person, secret, practice))
        self._command: Callable[[str], str] = lru_cache(_REMEMBERED)(partial(exported_command, secret, practice))
        self._trees = {name: _tree(event_class) for name, event_class in event_types().items()}

    def line(self, stored: bytes) -> bytes:
        """The line without what is personal, in today's form of its type; raises UnknownEventType."""
        line: dict[str, Any] = orjson.loads(stored)
        line["type"], data = todays(line["type"], line.pop("data"))
        try:
            tree = self._trees[line["type"]]
        except KeyError:
            raise UnknownEventType(line["type"]) from None
        if not _NOBODY.fullmatch(line["actor"]):
            line["actor"] = self._person(line["actor"])
        for name in _COMMANDS:
            if name in line:
                line[name] = self._command(line[name])
        self._redact(data, tree)
        line["sporbarredacted"] = True
        line["data"] = data
        return orjson.dumps(line)

    def _redact(self, data: Any, tree: Tree) -> None:
        if isinstance(data, list):
            for item in data:
                self._redact(item, tree)
        elif isinstance(data, dict):
            for name, rule in tree.items():
                if name not in data:
                    continue
                if rule is _LEAVE_OUT:
                    del data[name]
                elif rule is _MEMBER:
                    data[name] = self._members(data[name])
                else:
                    self._redact(data[name], rule)

    def _members(self, value: Any) -> Any:
        if isinstance(value, list):
            return [self._members(item) for item in value]
        return None if value is None else self._person(value)


_LEAVE_OUT = "leave out"
_MEMBER = "member"


def _tree(event_class: Any) -> Tree:
    tree: Tree = {}
    members, personal = member_fields(event_class), personal_fields(event_class)
    for path, rule in [*((path, _MEMBER) for path in members), *((path, _LEAVE_OUT) for path in personal - members)]:
        *way, last = path.split(".")
        node = tree
        for step in way:
            node = node.setdefault(step, {})
        node[last] = rule
    return tree
