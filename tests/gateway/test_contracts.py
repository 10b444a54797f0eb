"""The contracts at their addresses: for everybody, as committed, and not sent again to whoever has them."""

from pathlib import Path

import pytest

from tests.gateway._house import House

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("path", "media_type"),
    [
        ("schemas/deviation.reported.v1.json", "application/schema+json"),
        ("asyncapi.json", "application/vnd.aai.asyncapi+json;version=3.0.0"),
    ],
)
def test_what_is_committed_is_served_to_everybody(house: House, path: str, media_type: str) -> None:
    answer = house.client.get(f"/{path}")
    assert answer.status_code == 200
    assert answer.content == (DOCS / path).read_bytes()
    assert answer.headers["content-type"] == media_type
    assert answer.headers["cache-control"] == "public, max-age=3600"
    assert house.client.head(f"/{path}").headers["etag"] == answer.headers["etag"]


def test_the_index_leads_to_every_schema_and_to_the_document(house: House) -> None:
    index = house.client.get("/schemas/")
    listed = index.json()["schemas"]
    assert [each["schema"] for each in listed] == sorted(file.name for file in (DOCS / "schemas").iterdir())
    for each in listed:
        schema = house.client.get(str(index.url.join(each["schema"]))).json()
        assert (schema["title"], schema["properties"]["type"]) == (each["title"], {"const": each["type"]})
    assert house.client.get(str(index.url.join(index.json()["asyncapi"]))).json()["asyncapi"] == "3.0.0"


def test_a_client_that_has_it_is_sent_nothing(house: House) -> None:
    path = "/schemas/task.planned.v1.json"
    tag = house.client.get(path).headers["etag"]
    for known in (tag, f'"other", W/{tag}', "*"):
        again = house.client.get(path, headers={"If-None-Match": known})
        assert (again.status_code, again.content, again.headers["etag"]) == (304, b"", tag)
    assert house.client.get(path, headers={"If-None-Match": '"other"'}).status_code == 200


@pytest.mark.parametrize("name", ["nothing.v1.json", "deviation.reported.v1", "%00"])
@pytest.mark.parametrize(("language", "told"), [("nb", "Se /schemas/ for hendelsestypene"), ("en", "See /schemas/ for the event types")])
def test_a_schema_that_is_not_there_is_told_of(house: House, name: str, language: str, told: str) -> None:
    answer = house.client.get(f"/schemas/{name}", headers={"Accept-Language": language})
    assert answer.status_code == 404
    assert answer.json()["code"] == "schema.unknown"
    assert told in answer.json()["detail"]


def test_no_file_beside_the_schemas_can_be_had(house: House) -> None:
    assert house.client.get("/schemas/..%2Fsettings.md").status_code == 404
