"""Every command that has an address, with every id that it may name."""

from collections import Counter
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import dataclass
from typing import Any, cast

from fastapi import FastAPI
from graphql import GraphQLInputObjectType, GraphQLInputType, get_named_type, is_enum_type

from gateway import rest
from gateway.rest._commands import Mounted
from tests.e2e._village import Side, is_id
from tests.e2e._walk import SCHEMA, literal

SOME_ID = "00000000-0000-4000-8000-000000000000"
KINDS = {
    "deviation": {"deviation_id", "duplicate_of"},
    "measure": {"measure_id"},
    "risk_assessment": {"assessment_id", "replaces"},
    "scenario": {"scenario_id", "scenario_ids"},
    "treatment": {"treatment_id"},
    "task": {"task_id"},
    "recurring_task": {"recurring_task_id", "recurring_task"},
    "function": {"function"},
    "member": {
        *("member_id", "members", "deputies", "from_member", "to_member", "to", "leaver", "successor"),
        *("responsible", "owner", "approver", "follow_up", "done_by"),
    },
}
"""What an id is of, by the name of its field; a `target` is of the kind beside it."""
KIND_OF = {name: kind for kind, names in KINDS.items() for name in names}
OUTSIDE = frozenset({"attachments"})
"""Fields whose ids are of things kept elsewhere."""
NO_PART = frozenset({"leaver"})
"""Whoever has no part in a task leaves nothing to hand over, be it nobody: there is nothing to do."""
_MEMBERS, _TASK = {"members": [SOME_ID]}, {"kind": "task", "target": SOME_ID}
OPTIONAL: dict[str, list[dict[str, Any]]] = {
    "deviation.reject": [{"reason": "duplicate", "duplicate_of": SOME_ID}],
    "practice.assign_function": [{"deputies": [SOME_ID]}],
    "risk_assessment.start": [{"replaces": SOME_ID}],
    "risk_assessment.review": [{"scenario_ids": [SOME_ID]}],
    "risk_assessment.link": [{"scenario_id": SOME_ID}],
    "task.plan": [
        {"assignment": _MEMBERS, "follow_up": SOME_ID, "links": [_TASK], "kind": "setup", "recurring_task": SOME_ID},
        {"assignment": {"function": SOME_ID}},
    ],
    "task.assign": [{"assignment": {"function": SOME_ID}}],
    "task.complete": [{"done_by": SOME_ID, "record": _TASK}],
    "task.add_evidence": [{"record": _TASK}],
    "recurring_task.define": [{"assignment": _MEMBERS, "follow_up": SOME_ID, "links": [_TASK]}, {"assignment": {"function": SOME_ID}}],
    "recurring_task.assign": [{"assignment": {"function": SOME_ID}}],
    "recurring_task.name_follow_up": [{"follow_up": SOME_ID}],
}
"""Ids that a command may name and its example does not."""


@dataclass(frozen=True)
class Given:
    """A command as it is sent."""

    path: str
    content: dict[str, Any]


def mounted() -> list[Mounted]:
    """Every command with its address."""
    return rest.mount(FastAPI(), *cast("tuple[Any, Any, Any]", (None, None, None)), 0).mounted


def with_foreign_ids(entry: Mounted, own: Side, other: Side) -> Iterator[Given]:
    """The command with ids of the own practice, but for one, in turn each of those that it names."""
    for content in (entry.example, *({**entry.example, **more} for more in OPTIONAL.get(entry.command.NAME, []))):
        whole = {**dict.fromkeys(entry.path_ids, SOME_ID), **deepcopy(dict(content))}
        places = list(_ids(whole))
        for foreign in (place for place in places if place[-1] not in NO_PART):
            sent = deepcopy(whole)
            met: Counter[str] = Counter()
            for place in places:
                kind = _kind(whole, place)
                things = (other if place == foreign else own).things[kind]
                _put(sent, place, things[-1 - met[kind] % len(things)])
                met[kind] += 1
            path = entry.path
            for name in entry.path_ids:
                path = path.replace(f"{{{name}}}", sent.pop(name))
            yield Given(path, sent)


def unnamed_ids(entry: Mounted) -> set[str]:
    """Fields of a command that hold ids, and of which neither its example nor `OPTIONAL` names any."""
    schema = entry.command.model_json_schema()
    holding = {name for name, field in schema["properties"].items() if _holds_ids(field, schema.get("$defs", {}))}
    named = {place[0] for content in (entry.example, *OPTIONAL.get(entry.command.NAME, [])) for place in _ids(dict(content))}
    return holding - named - set(entry.path_ids) - OUTSIDE


def _holds_ids(schema: Any, definitions: dict[str, Any]) -> bool:
    if isinstance(schema, dict):
        if "$ref" in schema:
            return _holds_ids(definitions[schema["$ref"].rpartition("/")[2]], definitions)
        return schema.get("format") == "uuid" or any(_holds_ids(inner, definitions) for inner in schema.values())
    return isinstance(schema, list) and any(_holds_ids(inner, definitions) for inner in schema)


def _ids(content: Any, place: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    if isinstance(content, dict):
        for name, value in content.items():
            yield from _ids(value, (*place, name))
    elif isinstance(content, list):
        for number, value in enumerate(content):
            yield from _ids(value, (*place, number))
    elif is_id(content):
        yield place


def _kind(content: Any, place: tuple[str | int, ...]) -> str:
    name = next(step for step in reversed(place) if isinstance(step, str))
    if name != "target":
        return KIND_OF[name]
    for step in place[:-1]:
        content = content[step]
    kind: str = content["kind"]
    return kind


def _put(content: Any, place: tuple[str | int, ...], value: str) -> None:
    for step in place[:-1]:
        content = content[step]
    content[place[-1]] = value


def mutation(entry: Mounted, practice: str) -> dict[str, Any]:
    """The command as a GraphQL request to a practice, as its example has it."""
    name = entry.command.__name__[0].lower() + entry.command.__name__[1:]
    mutations = SCHEMA.mutation_type
    assert mutations is not None
    input_ = mutations.fields[name].args["input"].type
    field = f"{name}(practice: $practice, idempotencyKey: {literal(name)}, input: $input) {{ id }}"
    query = f"mutation ($practice: ID!, $input: {input_}) {{ {field} }}"
    content = {**dict.fromkeys(entry.path_ids, SOME_ID), **entry.example}
    return {"query": query, "variables": {"practice": practice, "input": _as_input(content, input_)}}


def _as_input(value: Any, type_: GraphQLInputType) -> Any:
    named = get_named_type(type_)
    if isinstance(value, list | tuple):
        return [_as_input(inner, type_) for inner in value]
    if isinstance(named, GraphQLInputObjectType) and isinstance(value, dict):
        return {camel: _as_input(inner, named.fields[camel].type) for name, inner in value.items() for camel in [_camel(name)]}
    return value.upper() if is_enum_type(named) and isinstance(value, str) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(word.title() for word in others)
