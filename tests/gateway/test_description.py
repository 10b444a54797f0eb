"""The description of the API: every command with a schema and an example that are right."""

from typing import Any
from uuid import uuid4

import httpx
import orjson
import pytest
from jsonschema import Draft202012Validator

from gateway._identity import COOKIE
from gateway.application import DECIDERS
from gateway.auth.actor import Role
from gateway.auth.policy import PERMISSIONS
from gateway.rest._commands import Mount, Mounted
from tests.gateway._house import House


@pytest.fixture(scope="module")
def described(house: House) -> dict[str, Any]:
    answer: dict[str, Any] = house.client.get("/openapi.json").json()
    return answer


def test_every_command_that_somebody_may_give_has_an_address(mounted: Mount) -> None:
    at_the_doors = {entry.command for entry in mounted.mounted}
    for command in (command for decider in DECIDERS for command in decider.commands):
        assert (command in at_the_doors) == bool(PERMISSIONS.get(command.NAME)), command.NAME


def test_an_example_is_a_command(mounted: Mount) -> None:
    for entry in mounted.mounted:
        entry.command.model_validate_json(orjson.dumps({**entry.example, **ids(entry)}), strict=True)


def test_the_ids_of_a_path_are_fields_of_its_command(mounted: Mount) -> None:
    for entry in mounted.mounted:
        assert set(entry.path_ids) <= set(entry.command.model_fields)


def test_each_command_is_described_with_its_schema_example_and_problems(described: dict[str, Any], mounted: Mount) -> None:
    for entry in mounted.mounted:
        operation = described["paths"][f"/v1/practices/{{practice}}{entry.path}"]["post"]
        content = operation["requestBody"]["content"]["application/json"]
        schema = {**content["schema"], "components": described["components"]}
        Draft202012Validator(schema).validate(content["example"])
        assert not set(entry.path_ids) & set(content["example"])
        assert {"Idempotency-Key", "If-Match", "practice", *entry.path_ids} == {one["name"] for one in operation["parameters"]}
        assert {"400", "401", "403", "404", "409", "412", "413", "422", "503"} < set(operation["responses"])
        assert operation["operationId"] == entry.command.NAME


def test_no_reference_leads_nowhere(described: dict[str, Any]) -> None:
    known = {f"#/components/schemas/{name}" for name in described["components"]["schemas"]}
    assert set(references(described)) <= known


def references(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [found for value in node.values() for found in references(value)]
    return [found for value in node for found in references(value)] if isinstance(node, list) else []


def ids(entry: Mounted) -> dict[str, str]:
    return dict.fromkeys(entry.path_ids, str(uuid4()))


@pytest.mark.parametrize("path", ["/docs", "/graphiql"])
def test_a_tool_page_asks_this_server_alone(house: House, path: str) -> None:
    page = house.client.get(path)
    assert page.status_code == 200
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "<script>" not in page.text
    named = [part.partition('"')[0] for part in page.text.split('="')[1:] if part.startswith(("/", "http"))]
    assert len(named) >= 4
    for address in named:
        assert address.startswith("/")
        file: httpx.Response = house.client.get(address)
        assert file.status_code == 200, address
    assert house.client.get(f"{path}/../../etc/passwd").status_code == 404
    assert house.client.get(f"{path}/__init__.py").status_code == 404


@pytest.mark.parametrize(("language", "told"), [("en", "You are not signed in"), ("nb-NO", "Du er ikke logget inn")])
def test_graphiql_leads_whoever_is_not_signed_in_to_the_start_page(house: House, language: str, told: str) -> None:
    headers = {"Accept-Language": language}
    page = house.client.get("/graphiql", headers=headers)
    assert f'<a href="/">{told}' in page.text
    assert "script-src 'self';" in page.headers["content-security-policy"]
    assert "Cookie" in page.headers["vary"]
    with httpx.Client(base_url=house.url, cookies={COOKIE: house.token("fjordgata", [Role.AUDITOR])}) as browser:
        assert 'href="/"' not in browser.get("/graphiql", headers=headers).text


def test_every_answer_is_guarded(house: House) -> None:
    for path in ("/", "/health/live", "/docs", "/graphiql", "/openapi.json", "/nothing"):
        headers = house.client.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert "default-src 'none'" in headers["content-security-policy"]


def test_read_models_of_another_version_are_not_ready(house: House) -> None:
    with house.database.connect() as conn:
        (made_with,) = conn.execute("select fingerprint from projection.generation where state = 'active'").fetchone() or ("",)
        conn.execute("update projection.generation set fingerprint = 'another' where state = 'active'")
        try:
            answer = house.client.get("/health/ready")
        finally:
            conn.execute("update projection.generation set fingerprint = %s where state = 'active'", (made_with,))
    assert (answer.status_code, answer.json()) == (503, {"status": "read models of another version: run `sporbar rebuild`"})
    assert house.client.get("/health/ready").json() == {"status": "ready"}


def test_health_and_figures(house: House) -> None:
    house.new_practice()
    assert house.client.get("/health/live").json() == {"status": "live"}
    assert house.client.get("/health/ready").json() == {"status": "ready"}
    figures = house.client.get("/metrics").text
    assert 'sporbar_commands_total{command="practice.register",outcome="done"}' in figures
    for name in ("append_seconds_count", "follower_lag_positions", "follower_lag_seconds", "follower_parked"):
        assert f"sporbar_{name}" in figures
