"""Bad input over REST: each is a problem detail with a stable code, in the language asked for; nothing is stored."""

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest

from gateway.auth.actor import Role
from gateway.problems import MEDIA_TYPE
from tests.gateway._house import MANAGER, Practice, report

SOON = (datetime.now(UTC) + timedelta(days=2)).isoformat()


def refused(practice: Practice, response: httpx.Response, size: int) -> tuple[int, str]:
    """Status and code of a problem that stored nothing."""
    told = response.json()
    assert response.headers["content-type"] == MEDIA_TYPE
    assert told["status"] == response.status_code
    assert told["type"] == f"/problems/{told['code']}"
    assert told["detail"] != told["code"]
    assert practice.size == size
    return response.status_code, told["code"]


FIELDS: list[tuple[dict[str, Any], str, str]] = [
    ({"colour": "red"}, "/colour", "field.unknown"),
    ({"occurred": {"at": SOON, "colour": "red"}}, "/occurred/colour", "field.unknown"),
    ({"kind": "catastrophe"}, "/kind", "field.not_a_choice"),
    ({"kind": 3}, "/kind", "field.not_a_choice"),
    ({"occurred": {"at": "1999-12-31T12:00:00Z"}}, "/occurred/at", "date.too_early"),
    ({"occurred": {"at": "0001-01-01T00:00:00+01:00"}}, "/occurred/at", "date.too_early"),
    ({"occurred": {"at": "2101-01-01T00:00:00Z"}}, "/occurred/at", "date.too_late"),
    ({"occurred": {"at": "9999-12-31T23:59:59-01:00"}}, "/occurred/at", "date.too_late"),
    ({"occurred": {"at": "2026-01-01T12:00:00"}}, "/occurred/at", "field.without_offset"),
    ({"occurred": {"at": 1_700_000_000}}, "/occurred/at", "field.not_a_moment"),
    ({"occurred": {"at": "yesterday"}}, "/occurred/at", "field.not_a_moment"),
    ({"occurred": {"precision": "exact"}}, "/occurred", "moment.precision"),
    ({"title": "x" * 201}, "/title", "field.too_long"),
    ({"title": "  "}, "/title", "field.too_short"),
    ({"title": "a\0b"}, "/title", "text.control_character"),
    ({"title": "a\x7fb"}, "/title", "text.control_character"),
    ({"title": "a\nb"}, "/title", "text.not_one_line"),
    ({"title": "a\u202eb"}, "/title", "text.not_one_line"),
    ({"place": "a\u2028b"}, "/place", "text.not_one_line"),
    ({"title": None}, "/title", "field.wrong_type"),
    ({"description": "x" * 10_001}, "/description", "field.too_long"),
    ({"affected_count": 1.5}, "/affected_count", "field.wrong_type"),
    ({"affected_count": True}, "/affected_count", "field.wrong_type"),
    ({"affected_count": -1}, "/affected_count", "field.too_small"),
    ({"affected_count": 10**30}, "/affected_count", "field.wrong_type"),
    ({"immediate_measures": ["x"] * 21}, "/immediate_measures", "field.too_many"),
    ({"harm": "severe"}, "", "deviation.harm_contradicts_kind"),
]


@pytest.mark.parametrize(("change", "pointer", "code"), FIELDS)
def test_a_wrong_field_is_named(practice: Practice, change: dict[str, Any], pointer: str, code: str) -> None:
    size = practice.size
    response = practice.manager.post("/deviations", report(**change))
    assert refused(practice, response, size) == (422, "input.invalid")
    found = {error["pointer"]: error for error in response.json()["errors"]}
    assert found[pointer]["code"] == code
    assert found[pointer]["detail"] != code


FAR_DAYS: list[tuple[str, dict[str, Any], str]] = [
    ("/tasks", {"title": "x", "assignment": {"function": "HSE_LEAD"}, "due": "9999-12-31"}, "/due"),
    ("/tasks", {"title": "x", "assignment": {"function": "HSE_LEAD"}, "due": "2101-01-01"}, "/due"),
    (
        "/recurring-tasks",
        {"title": "x", "assignment": {"function": "HSE_LEAD"}, "schedule": {"starts_on": "9999-12-31", "rule": "FREQ=DAILY"}},
        "/schedule/starts_on",
    ),
    ("/members", {"name": "Ola", "profession": "nurse", "employed_from": "9999-12-31"}, "/employed_from"),
    ("/functions/HSE_LEAD/assign", {"members": [str(uuid4())], "from_day": "2101-01-01"}, "/from_day"),
    (f"/deviations/{uuid4()}/measures", {"kind": "corrective", "description": "x", "owner": str(uuid4()), "due": "9999-12-31"}, "/due"),
]


@pytest.mark.parametrize(("path", "content", "pointer"), FAR_DAYS, ids=["task", "2101", "recurring task", "member", "function", "measure"])
def test_a_day_that_no_calendar_reckons_with_is_refused(practice: Practice, path: str, content: dict[str, Any], pointer: str) -> None:
    size = practice.size
    response = practice.manager.post(path, content)
    assert refused(practice, response, size) == (422, "input.invalid")
    assert {error["pointer"]: error["code"] for error in response.json()["errors"]} == {pointer: "date.too_late"}


def test_a_missing_field_is_named(practice: Practice) -> None:
    told = report()
    del told["title"]
    response = practice.manager.post("/deviations", told)
    assert [error["code"] for error in response.json()["errors"]] == ["field.missing"]


def test_a_moment_in_the_future_is_refused(practice: Practice) -> None:
    size = practice.size
    response = practice.manager.post("/deviations", report(occurred={"at": SOON}))
    assert refused(practice, response, size) == (422, "deviation.in_future")


def test_the_sentence_is_in_the_language_asked_for(practice: Practice) -> None:
    answers = {
        language: practice.manager.post("/deviations", report(occurred={"at": SOON}), **{"Accept-Language": language})
        for language in ("nb-NO", "en")
    }
    assert "ligger frem i tid" in answers["nb-NO"].json()["detail"]
    assert "lies in the future" in answers["en"].json()["detail"]
    assert answers["nb-NO"].headers["content-language"] == "nb"


BODIES: list[tuple[bytes, int, str]] = [
    (b"", 400, "body.not_json"),
    (b"{", 400, "body.not_json"),
    (b"{'a': 1}", 400, "body.not_json"),
    (b"NaN", 400, "body.not_json"),
    (b"[]", 400, "body.not_an_object"),
    (b'"text"', 400, "body.not_an_object"),
    (b"[" * 20_000 + b"]" * 20_000, 400, "body.too_deep"),
    (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, 400, "body.too_deep"),
    (b'{"title": ' + b"[" * 400 + b"]" * 400 + b"}", 400, "body.too_deep"),
    (b'{"title": "a", "title": "b"}', 400, "body.duplicate_key"),
    (b'{"occurred": {"at" : "a:b", "at"\n: "c"}}', 400, "body.duplicate_key"),
    (b'{"title": "a\\u003a", "\\u0074itle": "b"}', 400, "body.duplicate_key"),
    (b'{"title": [{"a": 1, "a": 1e3, "b": 18446744073709551616}]}', 400, "body.duplicate_key"),
    (b'{"title": "\\ud800"}', 400, "body.not_unicode"),
    (b'{"title": "\xed\xa0\x80"}', 400, "body.not_utf8"),
    ('{"title": "Prøve"}'.encode("latin-1"), 400, "body.not_utf8"),
    (b'{"title": "' + b"x" * 70_000 + b'"}', 413, "body.too_large"),
]


@pytest.mark.parametrize(("body", "status", "code"), BODIES)
def test_a_body_that_cannot_be_read(practice: Practice, body: bytes, status: int, code: str) -> None:
    size = practice.size
    assert refused(practice, raw(practice, body), size) == (status, code)


def test_a_body_over_the_cap_without_a_length_is_refused_as_well(practice: Practice) -> None:
    size = practice.size
    response = raw(practice, (b"x" * 1_000 for _ in range(100)))
    assert refused(practice, response, size) == (413, "body.too_large")


def test_a_body_of_another_type_is_refused(practice: Practice) -> None:
    size = practice.size
    assert refused(practice, raw(practice, b"title=x", "application/x-www-form-urlencoded"), size) == (415, "body.wrong_type")


@pytest.mark.parametrize(
    ("key", "code"),
    [(None, "idempotency.key_missing"), ("", "idempotency.key_malformed"), ("with blank", "idempotency.key_malformed"),
     ("x" * 256, "idempotency.key_malformed"), ("æ".encode().decode("latin-1"), "idempotency.key_malformed")],
)  # fmt: skip
def test_an_idempotency_key_is_needed_and_visible_ascii(practice: Practice, key: str | None, code: str) -> None:
    size = practice.size
    headers = {b"authorization": f"Bearer {practice.manager.token}".encode()}
    if key is not None:
        headers[b"idempotency-key"] = key.encode("latin-1")
    response = practice.manager.client.post(f"/v1/practices/{practice.name}/deviations", json=report(), headers=headers)
    assert refused(practice, response, size) == (400, code)


def test_an_id_in_the_path_must_be_one_and_stands_nowhere_else(practice: Practice) -> None:
    size = practice.size
    wrong = practice.manager.post("/deviations/not-an-id/close", {"conclusion": "x"})
    assert refused(practice, wrong, size) == (422, "input.invalid")
    assert wrong.json()["errors"][0]["code"] == "field.not_a_uuid"
    twice = practice.manager.post(f"/deviations/{uuid4()}/close", {"conclusion": "x", "deviation_id": str(uuid4())})
    assert refused(practice, twice, size) == (422, "field.in_path")


def test_what_the_practice_does_not_have_is_not_found(practice: Practice) -> None:
    elsewhere = practice.house.new_practice().manager.done("/deviations", report())
    size = practice.size
    for id_ in (uuid4(), elsewhere["id"]):
        response = practice.manager.post(f"/deviations/{id_}/close", {"conclusion": "x"})
        assert refused(practice, response, size) == (404, "deviation.not_found")


def test_another_practice_and_an_unknown_one_are_refused_alike(practice: Practice) -> None:
    elsewhere = practice.house.new_practice()
    size = elsewhere.size
    answers = [practice.manager.post("/deviations", report(), practice=name) for name in (elsewhere.name, "no-such-practice", "x" * 100)]
    told = [{name: value for name, value in answer.json().items() if name != "instance"} for answer in answers]
    assert told[0] == told[1] == told[2]
    assert (told[0]["status"], told[0]["code"]) == (403, "access.other_practice")
    assert elsewhere.size == size


def test_a_practice_that_is_not_registered_has_nothing(practice: Practice) -> None:
    founder = practice.house.person("not-registered", MANAGER, uuid4())
    assert founder.post("/deviations", report()).json()["code"] == "practice.not_found"
    assert founder.ask("{ practice { position } }")["errors"][0]["extensions"]["code"] == "practice.not_found"


@pytest.mark.parametrize("header", ["", "Bearer", "Bearer nonsense", "Basic dTpw", "Bearer a.b.c"])
def test_without_a_good_token_there_is_no_way_in(practice: Practice, header: str) -> None:
    size = practice.size
    headers = {"Authorization": header, "Idempotency-Key": "k"} if header else {"Idempotency-Key": "k"}
    response = practice.manager.client.post(f"/v1/practices/{practice.name}/deviations", json=report(), headers=headers)
    assert refused(practice, response, size) == (401, "token.malformed" if header else "token.missing")
    assert response.headers["www-authenticate"].startswith("Bearer")


def test_a_token_that_has_ended_is_refused(practice: Practice) -> None:
    house = practice.house
    token = house.token(practice.name, [Role.EMPLOYEE], uuid4(), issued=datetime.now(UTC) - timedelta(days=30))
    response = house.client.post(
        f"/v1/practices/{practice.name}/deviations", json=report(), headers={"Authorization": f"Bearer {token}", "Idempotency-Key": "k"}
    )
    assert (response.status_code, response.json()["code"]) == (401, "token.expired")


@pytest.mark.parametrize(("method", "path", "status", "code"), [
    ("GET", "/v1/nothing", 404, "route.not_found"),
    ("GET", "/graphql", 405, "route.method_not_allowed"),
    ("DELETE", "/v1/practices/x/deviations", 405, "route.method_not_allowed"),
])  # fmt: skip
def test_addresses_that_do_not_exist(practice: Practice, method: str, path: str, status: int, code: str) -> None:
    response = practice.manager.client.request(method, path)
    assert refused(practice, response, practice.size) == (status, code)


def test_another_method_is_told_which_one_the_address_takes(practice: Practice) -> None:
    response = practice.manager.client.get("/graphql")
    assert response.headers["allow"] == "POST"
    assert response.json()["detail"] == "This address does not take GET; it takes POST."


def raw(practice: Practice, body: Any, content_type: str = "application/json") -> httpx.Response:
    headers = {"Authorization": f"Bearer {practice.manager.token}", "Idempotency-Key": str(uuid4()), "Content-Type": content_type}
    return practice.manager.client.post(f"/v1/practices/{practice.name}/deviations", content=body, headers=headers)
