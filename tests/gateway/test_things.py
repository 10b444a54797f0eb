"""What a `Location` names, shown over REST; and who is signed in by a cookie."""

from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from gateway._identity import COOKIE
from gateway.auth.actor import Role
from tests.gateway._house import Person, Practice, report

NOBODY = UUID("00000000-0000-4000-8000-0000000000ff")


def get(person: Person, path: str, **headers: str) -> httpx.Response:
    return person.client.get(path, headers={"Authorization": f"Bearer {person.token}"} | headers)


def test_a_location_leads_to_what_was_made(practice: Practice) -> None:
    made = practice.manager.post("/deviations", report(title="Kari falt"))
    shown = get(practice.manager, f"{made.headers['location']}?at_least={made.json()['position']}")
    assert (shown.json()["title"], shown.json()["status"]) == ("Kari falt", "reported")
    assert (shown.headers["etag"], shown.headers["sporbar-position"]) == ('"2"', str(made.json()["position"]))
    with_tag = practice.manager.post(
        f"/deviations/{made.json()['id']}/take-immediate-measure", {"description": "x"}, **{"If-Match": shown.headers["etag"]}
    )
    assert with_tag.status_code == 200


def test_a_task_has_its_place_too(practice: Practice) -> None:
    made = practice.manager.post("/tasks", {"title": "Bestill", "assignment": {"function": "EQUIPMENT_LEAD"}})
    shown = get(practice.manager, f"{made.headers['location']}?at_least={made.json()['position']}")
    assert shown.json()["title"] == "Bestill"


def test_an_analyst_sees_no_personal_data_here_either(practice: Practice) -> None:
    made = practice.manager.post("/deviations", report(title="Kari falt"))
    analyst = practice.house.person(practice.name, [Role.ANALYST])
    shown = get(analyst, f"{made.headers['location']}?at_least={made.json()['position']}")
    assert (shown.json()["title"], shown.json()["category"]) == (None, "CLINICAL")
    assert "Kari falt" not in shown.text


@pytest.mark.parametrize(
    ("path", "status", "code"),
    [
        (f"/deviations/{NOBODY}", 404, "thing.not_found"),
        ("/deviations/nonsense", 404, "thing.not_found"),
        (f"/deviations/{NOBODY}?at_least=x", 422, "position.malformed"),
    ],
)
def test_what_is_not_there(practice: Practice, path: str, status: int, code: str) -> None:
    response = get(practice.manager, f"/v1/practices/{practice.name}{path}")
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_another_practices_things_are_out_of_reach(practice: Practice) -> None:
    other = practice.house.new_practice()
    made = other.manager.done("/deviations", report())
    answers = [get(practice.manager, f"/v1/practices/{name}/deviations/{made['id']}") for name in (other.name, "unknown")]
    assert {(a.status_code, a.json()["code"]) for a in answers} == {(403, "access.other_practice")}
    own = get(practice.manager, f"/v1/practices/{practice.name}/deviations/{made['id']}")
    assert (own.status_code, own.json()["code"]) == (404, "thing.not_found")


def signed_in(practice: Practice, content: Any = None, **headers: str) -> httpx.Response:
    """A command from a browser that is signed in by a cookie."""
    with httpx.Client(base_url=practice.house.url, cookies={COOKIE: practice.manager.token}) as browser:
        sent = {"Idempotency-Key": str(uuid4())} | headers
        return browser.post(f"/v1/practices/{practice.name}/deviations", json=content or report(), headers=sent)


@pytest.mark.parametrize(
    "headers",
    [{}, {"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}],
)
def test_another_sites_page_cannot_use_the_cookie(practice: Practice, headers: dict[str, str]) -> None:
    size = practice.size
    response = signed_in(practice, **headers)
    assert (response.status_code, response.json()["code"]) == (403, "origin.refused")
    assert practice.size == size


def test_ones_own_page_can(practice: Practice) -> None:
    assert signed_in(practice, **{"Sec-Fetch-Site": "same-origin"}).status_code == 201
    assert signed_in(practice, Origin=practice.house.url).status_code == 201


def test_a_problem_type_resolves(practice: Practice) -> None:
    problem = practice.manager.post("/deviations", {"title": 1}).json()
    shown = practice.manager.client.get(problem["type"]).json()
    assert shown["code"] == problem["code"]
    assert set(shown["sentences"]) == {"en", "nb"}
    assert practice.manager.client.get("/problems/nonsense").json()["code"] == "problem.unknown"
