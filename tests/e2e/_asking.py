"""Asking all that the schema lets one ask, and with which values."""

from collections.abc import Iterator, Mapping
from typing import Any

import httpx

from tests.e2e._doors import today
from tests.e2e._village import MARK, Side
from tests.e2e._walk import Path as Place
from tests.e2e._walk import Selection, arguments, literal, own_leaves, pieces, required, roots
from tests.gateway._house import Person

AT_ONCE = 20
"""Questions in one request."""
CURSORS = frozenset({"after", "before"})


def needed(person: Person, side: Side) -> dict[Place, str]:
    """For each field that does not do without arguments, some that lead to things of the practice."""
    given: dict[Place, str] = {}
    for selection in roots():
        values = {name: literal(side.subjects()[0]) if name == "subject" else literal(str(today())) for name in required(selection.field)}
        if "id" in values:
            values["id"] = literal(the_one(person, selection, [id_ for ids in side.things.values() for id_ in reversed(ids)]))
        if values:
            given[selection.path] = arguments(values)
    return given


def the_one(person: Person, selection: Selection, ids: list[str]) -> str:
    """The first of some ids that a field has something for."""
    fields = " ".join(f"f{number}: {selection.path[-1]}(id: {literal(id_)}) {{ __typename }}" for number, id_ in enumerate(ids))
    found = ask(person, f"{{ practice {{ {fields} }} }}").json()["data"]["practice"]
    return next(id_ for id_, thing in zip(ids, found.values(), strict=True) if thing)


def everything(person: Person, given: Mapping[Place, str], state: str = "") -> Iterator[str]:
    """The answers on all fields, at a state of the record; what is refused as a whole is asked in parts."""
    yield ask(person, f"{{ practice{state} {{ {own_leaves()} }} }}").text
    for selection in roots():
        yield from explored(person, selection, given, state)


def explored(person: Person, selection: Selection, given: Mapping[Place, str], state: str) -> Iterator[str]:
    for piece in pieces(selection, given):
        answer = ask(person, f"{{ practice{state} {{ {piece.text(given)} }} }}")
        yield answer.text
        if "errors" in answer.json():
            codes = {error["extensions"]["code"] for error in answer.json()["errors"]}
            assert codes == {"access.role"}, (codes, piece.path)
            for part in piece.parts():
                yield from explored(person, part, given, state)


def foreign(side: Side, selection: Selection, name: str, type_: str, given: Mapping[Place, str]) -> list[str]:
    """Values of a practice for an argument, as literals."""
    if name in CURSORS:
        list_ = f"{selection.path[-1]}{given.get(selection.path, '')} {{ edges {{ cursor }} }}"
        shown = ask(side.staff.manager, nested(selection.path, list_, given))
        edges = [edge for found in under(shown, selection.path) for edge in found["edges"]]
        assert edges, selection.path
        return [literal(edge["cursor"]) for edge in (edges[0], edges[len(edges) // 2], edges[-1])]
    if name == "subject":
        return [literal(subject) for subject in side.subjects()]
    ids = [literal(id_) for ids in side.things.values() for id_ in ids[-2:]]
    return ids if type_ != "String" else [*ids, literal(MARK)]


def with_each(person: Person, selection: Selection, place: str, values: list[str], given: Mapping[Place, str]) -> Iterator[httpx.Response]:
    """The answers of a field with each of some values in one place of its arguments; together, unless one is refused."""
    for start in range(0, len(values), AT_ONCE):
        some = values[start : start + AT_ONCE]
        fields = [f"f{number}: {field_with(selection, place % value)}" for number, value in enumerate(some)]
        answer = ask(person, nested(selection.path, " ".join(fields), given))
        yield answer
        if "errors" in answer.json() and len(some) > 1:
            for value in some:
                yield ask(person, nested(selection.path, field_with(selection, place % value), given))


def field_with(selection: Selection, argument: str) -> str:
    """The field and what it shows, with one argument and whatever else it does not do without."""
    rest = {name: literal(str(today())) for name in required(selection.field) if not argument.startswith(f"{name}:")}
    shown = selection.shallow().text({})
    return shown.replace(selection.path[-1], f"{selection.path[-1]}({', '.join([argument, *(f'{k}: {v}' for k, v in rest.items())])})", 1)


def nested(path: Place, fields: str, given: Mapping[Place, str]) -> str:
    """A query for fields that stand beside the last of a path."""
    query = fields
    for length in range(len(path) - 1, 0, -1):
        query = f"{path[length - 1]}{given.get(path[:length], '')} {{ {query} }}"
    return f"{{ practice {{ {query} }} }}"


def under(answer: httpx.Response, path: Place) -> list[Any]:
    """What stands in an answer where a path ends, under whatever names."""
    found = [answer.json()["data"]["practice"]]
    for name in path[:-1]:
        found = [each[name] for each in found]
    return [value for each in found for value in each.values()]


def ask(person: Person, query: str) -> httpx.Response:
    """The answer to a question, which may be refused but does not fail."""
    return run(person, {"query": query})


def run(person: Person, request: dict[str, Any]) -> httpx.Response:
    """The answer to an operation, which may be refused but does not fail."""
    answer = person.client.post("/graphql", json=request, headers={"Authorization": f"Bearer {person.token}"})
    assert answer.status_code == 200, answer.text
    assert "internal" not in answer.text, answer.text
    return answer
