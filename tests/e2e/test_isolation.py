"""Nobody of one practice is shown anything of another, through any field, id, cursor, command, page or refusal."""

import re
from collections.abc import Iterator
from typing import Any, cast

import httpx
import pytest
from starlette.applications import Starlette
from starlette.routing import Route

from gateway.web import mount_web
from gateway.web.charts import ChartName
from tests._database import Postgres
from tests.e2e._asking import ask, everything, foreign, needed, run, under, with_each
from tests.e2e._commands import mounted, mutation, unnamed_ids, with_foreign_ids
from tests.e2e._village import MARK, ROLES, Village, living_village
from tests.e2e._walk import asking, literal, own_leaves, slots
from tests.gateway._house import Person

EVENT = "{ subject actor actorMember { id } data }"
EVERY_EVENT = f"{{ edges {{ node {EVENT} }} }}"
EVERY_CHANGE = f"{{ edges {{ node {{ event {EVENT} changes {{ key before after }} }} }} }}"
NOWHERE = "nowhere"
"""A practice that does not exist."""


@pytest.fixture(scope="module")
def village(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    with living_village(postgres, tmp_path_factory.mktemp("village")) as village:
        yield village


def test_the_walk_reaches_all_that_is_there(village: Village) -> None:
    """The same questions, asked by the other practice's own manager, show everything that must not be shown to others."""
    manager = village.other.staff.manager
    shown = "".join(everything(manager, needed(manager, village.other)))
    assert MARK in shown
    unseen = {kind: [id_ for id_ in ids if id_ not in shown] for kind, ids in village.other.things.items()}
    assert not any(unseen.values()), unseen


@pytest.mark.parametrize("role", ROLES)
def test_no_field_shows_another_practice(village: Village, role: str) -> None:
    person, given = village.person(role), needed(village.own.staff.manager, village.own)
    for state in ("", f"(asOf: {{ position: {village.own.size - 5} }})"):
        answers = list(everything(person, given, state))
        assert not [village.told(answer) for answer in answers if village.told(answer)]
        assert any(village.own.things["deviation"][0] in answer for answer in answers)


def test_no_field_shows_an_analyst_who_it_was(village: Village) -> None:
    """Ids of members, in whatever field or page they stand, are shown to the auditor and hidden from the analyst."""
    given = needed(village.own.staff.manager, village.own)
    seen = {role: told_of_members(village, village.person(role), given) for role in ("auditor", "analyst")}
    assert seen["auditor"] == village.own.members
    assert not seen["analyst"]


def told_of_members(village: Village, person: Person, given: dict[tuple[str, ...], str]) -> set[str]:
    """Whose ids stand in anything that somebody is shown of their own practice."""
    own = village.own
    shown = [*everything(person, given), *everything(person, given, f"(asOf: {{ position: {own.size - 5} }})")]
    trails = (f"auditTrail(subject: {literal(subject)}, first: 100) {EVERY_CHANGE}" for subject in own.subjects())
    shown += [ask(person, f"{{ practice {{ {trail} }} }}").text for trail in trails]
    shown += [
        ask(person, f"{{ practice {{ activity(newestFirst: {first}, first: 100) {EVERY_EVENT} }} }}").text for first in ("true", "false")
    ]
    for path in shown_over_rest(village):
        found = (get(person, re.sub(r"{(?!practice)\w+}", id_, path), own.name) for ids in own.things.values() for id_ in ids[-2:])
        shown += [answer.text for answer in found if answer.is_success]
    shown += [village.doors.get(path.format(practice=own.name), person).text for path in pages()]
    return {member for member in own.members if any(member in text for text in shown)}


@pytest.mark.parametrize("role", ROLES)
def test_no_argument_reaches_another_practice(village: Village, role: str) -> None:
    """Ids, subjects, cursors and words of the other practice, in every argument of every field."""
    person, own = village.person(role), needed(village.own.staff.manager, village.own)
    theirs = needed(village.other.staff.manager, village.other)
    for selection in asking():
        for name, type_, place in slots(selection.field):
            values = foreign(village.other, selection, name, type_, theirs)
            for answer in with_each(person, selection, place, values, own):
                assert not village.told(answer.text), (selection.path, place)
                if name == "id":
                    assert set(under(answer, selection.path)) == {None}, selection.path


@pytest.mark.parametrize("role", ROLES)
def test_another_practice_is_refused_like_one_that_does_not_exist(village: Village, role: str) -> None:
    person = village.person(role)
    for state in ("", ", atLeast: 1", ", asOf: { position: 1 }"):
        told = [ask(person, f'{{ practice(id: "{name}"{state}) {{ {own_leaves()} }} }}') for name in (village.other.name, "nowhere")]
        assert told[0].json() == told[1].json()
        assert [error["extensions"]["code"] for error in told[0].json()["errors"]] == ["access.other_practice"]


def test_every_id_that_a_command_may_name_is_tried() -> None:
    unnamed = {entry.command.NAME: names for entry in mounted() if (names := unnamed_ids(entry))}
    assert not unnamed, "name them in OPTIONAL of tests/e2e/_commands.py"


def test_no_command_reaches_another_practice(village: Village) -> None:
    """With one id of the other practice, of whatever it names, a command is refused as if there were no such thing."""
    manager, before, tried = village.own.staff.manager, village.ledgers(), 0
    for entry in mounted():
        for given in with_foreign_ids(entry, village.own, village.other):
            answer, tried = manager.post(given.path, given.content), tried + 1
            told = (entry.command.NAME, given, answer.text)
            assert answer.status_code in (404, 422), told
            assert answer.json()["code"].endswith("not_found"), told
            assert MARK not in answer.text, told
    assert tried > len(mounted())
    assert village.ledgers() == before


@pytest.mark.parametrize("role", ROLES)
def test_no_command_tells_whether_a_practice_exists(village: Village, role: str) -> None:
    person, before = village.person(role), village.ledgers()
    for entry in mounted():
        path = re.sub(r"{\w+}", village.other.things["deviation"][-1], entry.path)
        refused(*(person.post(path, dict(entry.example), practice=name) for name in (village.other.name, NOWHERE)), village=village)
        theirs, nowhere = (run(person, mutation(entry, name)) for name in (village.other.name, NOWHERE))
        assert theirs.json() == nowhere.json()
        assert [error["extensions"]["code"] for error in theirs.json()["errors"]] == ["access.other_practice"]
    assert village.ledgers() == before


@pytest.mark.parametrize("role", ROLES)
def test_nothing_is_shown_over_rest(village: Village, role: str) -> None:
    """A thing of the other practice is not there under the own one, and the other one is refused as a whole."""
    person = village.person(role)
    for path in shown_over_rest(village):
        for id_ in (id_ for ids in village.other.things.values() for id_ in ids[-2:]):
            theirs, nowhere = (get(person, re.sub(r"{(?!practice)\w+}", id_, path), name) for name in (village.other.name, NOWHERE))
            refused(theirs, nowhere, village=village)
            absent = get(person, re.sub(r"{(?!practice)\w+}", id_, path), village.own.name)
            assert (absent.status_code, absent.json()["code"]) == (404, "thing.not_found")


@pytest.mark.parametrize("role", ROLES)
def test_no_page_shows_another_practice(village: Village, role: str) -> None:
    person = village.person(role)
    for path in pages():
        names = (village.own.name, village.other.name, NOWHERE)
        own, theirs, nowhere = (village.doors.get(path.format(practice=name), person) for name in names)
        assert (own.status_code, theirs.status_code, nowhere.status_code) == (200, 403, 403)
        assert theirs.text.replace(village.other.name, NOWHERE) == nowhere.text
        assert not village.told(own.text)
        assert MARK not in theirs.text


def refused(theirs: httpx.Response, nowhere: httpx.Response, *, village: Village) -> None:
    """Both in the same words."""
    assert (theirs.status_code, theirs.json()["code"]) == (403, "access.other_practice")
    assert theirs.text.replace(village.other.name, NOWHERE) == nowhere.text
    assert theirs.status_code == nowhere.status_code


def shown_over_rest(village: Village) -> list[str]:
    """Addresses of things, as the description of the API has them; exports and live streams have tests of their own."""
    paths = village.doors.client.get("/openapi.json").json()["paths"]
    shown = {path: ways["get"] for path, ways in paths.items() if "{practice}" in path and "get" in ways}
    found = [path for path, told in shown.items() if "export" not in told["tags"]]
    assert found
    return found


def get(person: Person, path: str, practice: str) -> httpx.Response:
    return person.client.get(path.replace("{practice}", practice), headers={"Authorization": f"Bearer {person.token}"})


def pages() -> list[str]:
    """Addresses of the pages of a practice, and of the charts on them."""
    app = Starlette()
    mount_web(app, cast(Any, None))
    paths = [route.path for route in app.routes if isinstance(route, Route) and "{practice}" in route.path]
    return [path.replace("{chart}", chart) for path in paths for chart in (ChartName if "{chart}" in path else [""])]
