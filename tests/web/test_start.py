"""The start page, and signing in and out."""

import httpx
import pytest

from gateway._identity import COOKIE
from gateway.web._render import LANGUAGE_COOKIE
from tests._database import Postgres
from tests.gateway._house import running_house
from tests.web.conftest import Village, Visitor


def test_it_shows_the_practices_and_their_people(visitor: Visitor, village: Village) -> None:
    page = visitor.page("/")
    assert [heading.text for heading in page.all("h3")][:2] == ["Fjordgata legekontor", "Storgata tannklinikk"]
    assert page.one("select", id="person-fjordgata").inside("form")
    assert [option.text for option in page.all("option") if option.attributes["value"] == village.kari] == ["Kari Nordmann – daglig leder"]
    assert {"Tilsyn (revisor)", "Analytiker"} <= {option.text for option in page.all("option")}
    assert {"/graphiql", "/docs"} <= {link.attributes["href"] for link in page.all("a")}


def test_signing_in_leads_to_the_dashboard(visitor: Visitor, village: Village) -> None:
    response = visitor.post("/sign-in", {"practice": "fjordgata", "person": village.kari})
    assert (response.status_code, response.headers["location"]) == (303, "/p/fjordgata")
    cookie = response.headers["set-cookie"]
    assert cookie.startswith(f"{COOKIE}=")
    assert all(flag in cookie.lower() for flag in ("httponly", "samesite=strict", "path=/", "max-age=28800"))
    assert "Kari Nordmann" in visitor.page("/p/fjordgata").one("form", class_="who").text


def test_signing_out_forgets(visitor: Visitor, village: Village) -> None:
    visitor.sign_in("fjordgata", village.kari)
    assert visitor.post("/sign-out", {}).status_code == 303
    assert visitor.get("/p/fjordgata").status_code == 401


@pytest.mark.parametrize(
    ("practice", "person", "status", "code"),
    [
        ("fjordgata", "00000000-0000-4000-8000-000000000000", 422, "sign_in.person"),
        ("fjordgata", "nobody", 422, "sign_in.person"),
        ("fjordgata", "", 422, "sign_in.person"),
        ("nowhere", "auditor", 404, "practice.not_found"),
        ("", "auditor", 404, "practice.not_found"),
    ],
)
def test_nobody_becomes_somebody_who_is_not_there(visitor: Visitor, practice: str, person: str, status: int, code: str) -> None:
    response = visitor.post("/sign-in", {"practice": practice, "person": person})
    assert response.status_code == status
    assert code in response.text
    assert COOKIE not in visitor.client.cookies


@pytest.mark.parametrize("headers", [{"Origin": "https://elsewhere.example"}, {"Sec-Fetch-Site": "cross-site"}])
def test_another_sites_page_cannot_sign_anybody_in_or_out(visitor: Visitor, village: Village, headers: dict[str, str]) -> None:
    for path in ("/sign-in", "/sign-out"):
        refused = visitor.post(path, {"practice": "fjordgata", "person": village.kari}, **headers)
        assert refused.status_code == 403
        assert "form.origin" in refused.text
        assert "set-cookie" not in refused.headers


def test_a_program_that_signs_in_is_told_what_to_send(visitor: Visitor, village: Village) -> None:
    form = {"practice": "fjordgata", "person": village.kari}
    for language, told in (("en", "sends the header Origin"), ("nb", "sender headeren Origin")):
        refused = visitor.client.post("/sign-in", data=form, headers={"Accept-Language": language})
        assert refused.status_code == 403
        assert f"{told}: {village.house.url}." in refused.text


def test_a_form_that_is_too_large_is_not_read(visitor: Visitor) -> None:
    assert visitor.post("/sign-in", {"practice": "x" * 5_000}).status_code == 413


def test_where_nobody_may_sign_in_as_anybody_no_practice_is_told(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> None:
    with running_house(postgres, tmp_path_factory.mktemp("house")) as house, httpx.Client(base_url=house.url) as client:
        name = house.new_practice().name
        visitor = Visitor(house, client)
        page = visitor.page("/")
        assert not page.all("form")
        assert name not in visitor.get("/").text
        refused = visitor.post("/sign-in", {"practice": name, "person": "auditor"})
        assert (refused.status_code, "sign_in.off" in refused.text) == (403, True)


def test_the_language_can_be_switched_and_is_remembered(visitor: Visitor) -> None:
    assert visitor.page("/").one("html").attributes["lang"] == "nb"
    english = visitor.page("/?lang=en")
    assert (english.one("html").attributes["lang"], english.one("h1").text) == ("en", "Who are you today?")
    assert visitor.client.cookies[LANGUAGE_COOKIE] == "en"
    assert visitor.page("/").one("h1").text == "Who are you today?"
    assert visitor.page("/?lang=nb").one("h1").text == "Hvem er du i dag?"


def test_the_browser_says_which_language_it_reads(visitor: Visitor) -> None:
    assert visitor.page("/", reads="en-GB,en;q=0.8").one("html").attributes["lang"] == "en"
    assert LANGUAGE_COOKIE not in visitor.client.cookies


def test_our_files_may_be_kept_for_good_and_no_others_are_served(visitor: Visitor) -> None:
    page = visitor.page("/")
    addresses = [page.one("link", rel="stylesheet").attributes["href"], page.one("script").attributes["src"]]
    for address in addresses:
        served = visitor.get(address)
        assert (served.status_code, "immutable" in served.headers["cache-control"]) == (200, True)
    assert visitor.get("/static/base.html").status_code == 404
    assert visitor.get("/static/..%2f_web.py").status_code == 404
