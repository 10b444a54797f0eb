"""The dashboard as a browser gets it."""

from datetime import UTC, date, datetime, timedelta

import pytest

from events._base import OSLO
from gateway.problems import Language
from gateway.web._language import Speech
from gateway.web._render import CONTENT_SECURITY_POLICY
from tests.web._html import Element, Page
from tests.web.conftest import MEASURE, TITLE, Village, Visitor

NO = Speech(Language.NORWEGIAN)


@pytest.fixture
def kari(visitor: Visitor, village: Village) -> Visitor:
    return visitor.sign_in("fjordgata", village.kari)


def tile(page: Page, label: str) -> tuple[str, str]:
    """Value and note of the tile with a label."""
    (found,) = [item for item in page.all("li", class_="tile") if label in item.text]
    lines = [line.strip() for line in found.text.splitlines() if line.strip()]
    return lines[1], lines[2]


def text(page: Page) -> str:
    return page.text.replace("\N{NO-BREAK SPACE}", " ")


@pytest.mark.parametrize("language", ["nb", "en"])
def test_it_is_whole_and_readable_in_both_languages(kari: Visitor, language: str) -> None:
    page = kari.page(f"/p/fjordgata?lang={language}")
    assert len(page.all("li", class_="tile")) == 12
    assert len(page.all("figure")) == 4
    assert len(page.all("table", class_="matrix")) == 1
    assert [heading.text for heading in page.all("h2")] == {
        "nb": ["Nøkkeltall", "Trenger oppmerksomhet", "Kravene i forskriften", "Utvikling, siste 24 måneder", "Risikoer i matrisen"],
        "en": ["Key figures", "Needs attention", "The duties of the regulation", "Development, last 24 months", "Risks in the matrix"],
    }[language]


def test_no_script_of_others_and_no_style_in_the_page_can_run(kari: Visitor) -> None:
    headers = kari.get("/p/fjordgata").headers
    assert headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    assert "'unsafe-inline'" not in CONTENT_SECURITY_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["cache-control"] == "private, no-cache"


def test_it_shows_what_the_record_says(kari: Visitor, village: Village) -> None:
    page = kari.page("/p/fjordgata")
    assert tile(page, "Åpne avvik") == ("2", "1 alvorlig")
    assert tile(page, "Tiltak over fristen") == ("1", "av 1 åpent tiltak")
    assert tile(page, "Oppgaver over fristen") == ("1", "av 1 åpen oppgave")
    assert tile(page, "Oppgaver gjort i tide")[0].replace("\N{NO-BREAK SPACE}", " ") == "50 %"
    assert tile(page, "Risikoer over akseptkriteriet") == ("1", "av 1 vurdert risiko")
    told = text(page)
    assert all(shown in told for shown in (TITLE, MEASURE, "Ola Hansen", "Kontroll av hjertestarter", "Journalen er nede"))
    assert f"Posisjon {village.house.size('fjordgata')}" in told
    assert NO.moment(village.fjordgata.now) in told
    assert "Du ser tilbake i tid" not in told


def test_it_says_that_many_reports_are_a_good_sign_and_that_it_is_no_legal_advice(kari: Visitor) -> None:
    told = text(kari.page("/p/fjordgata"))
    assert "Mange meldinger er et godt tegn" in told
    assert "gir ikke juridiske råd" in told


def test_every_duty_stands_there_and_what_cannot_be_shown_is_never_green(kari: Visitor) -> None:
    page = kari.page("/p/fjordgata")
    duties = page.all("details", class_="duty")
    strip = [item for item in page.all("li") if item.inside("ol")]
    assert [item.attributes["class"] for item in strip] == [_status(duty.attributes["class"]) for duty in _by_strip(page, duties)]
    hidden = page.all("details", class_="not_shown")
    assert len(hidden) > 10
    assert all("vises ikke her ennå" in duty.text for duty in hidden)
    assert all("Grunnlag" in duty.text for duty in duties)


def _by_strip(page: Page, duties: list[Element]) -> list[Element]:
    """The duties in the order in which the strip links to them."""
    by_id = {duty.attributes["id"]: duty for duty in duties}
    links = [link.attributes["href"] for link in page.all("a") if link.inside("ol")]
    assert len(links) == len(duties)
    return [by_id[link.removeprefix("#")] for link in links]


def _status(classes: str) -> str:
    return classes.split()[1]


def test_as_of_an_earlier_day_it_shows_what_was_recorded_by_its_end(kari: Visitor, village: Village) -> None:
    day = (village.reported_on + timedelta(days=7)).astimezone(OSLO).date()
    page = kari.page(f"/p/fjordgata?as_of={day}")
    banner = page.one("div", class_="past").text
    assert "Du ser tilbake i tid" in banner
    assert NO.day(day) in banner
    assert page.one("input", id="as-of").attributes["value"] == day.isoformat()
    assert tile(page, "Åpne avvik") == ("1", "1 alvorlig")
    assert tile(page, "Tiltak over fristen") == ("0", "av 1 åpent tiltak")
    assert tile(page, "Oppgaver over fristen")[0] == "1"
    assert "Langt senere" not in text(page)
    assert all(f"as_of={day}" in image.attributes["src"] for image in page.all("img") if image.inside("figure"))
    assert next(link.attributes["href"] for link in page.all("a") if link.inside("nav")).startswith(f"?as_of={day}&lang=")


def test_a_day_ends_at_midnight_in_oslo(kari: Visitor, village: Village) -> None:
    first = village.reported_on.astimezone(OSLO).date()
    assert tile(kari.page(f"/p/fjordgata?as_of={first}"), "Åpne avvik")[0] == "1"
    assert tile(kari.page(f"/p/fjordgata?as_of={first - timedelta(days=1)}"), "Åpne avvik")[0] == "0"


def test_before_the_first_event_there_is_nothing(kari: Visitor) -> None:
    page = kari.page("/p/fjordgata?as_of=2001-01-01")
    assert "Ingenting er registrert ennå" in text(page)
    assert not page.all("picture")
    assert not page.all("table", class_="matrix")


def test_today_is_no_look_back(kari: Visitor) -> None:
    today = datetime.now(UTC).astimezone(OSLO).date()
    assert not kari.page(f"/p/fjordgata?as_of={today}").all("div", class_="past")


@pytest.mark.parametrize(
    ("day", "status", "code"),
    [
        ("yesterday", 400, "as_of.malformed"),
        ("2026-02-30", 400, "as_of.malformed"),
        ("1999-12-31", 422, "date.too_early"),
        ((date.today() + timedelta(days=3)).isoformat(), 422, "as_of.future"),  # noqa: DTZ011 -- days ahead in any zone
        ("9999-12-31", 422, "as_of.future"),
    ],
)
def test_a_day_that_cannot_be_is_told_on_a_page(kari: Visitor, day: str, status: int, code: str) -> None:
    page = kari.page(f"/p/fjordgata?as_of={day}", status)
    assert code in page.text
    assert page.one("h1").text


@pytest.mark.parametrize(("language", "day"), [("nb", "1. januar 2131"), ("en", "1 January 2131")])
def test_a_day_ahead_is_written_as_people_write_it(kari: Visitor, language: str, day: str) -> None:
    told = kari.page(f"/p/fjordgata?as_of=2131-01-01&lang={language}", 422).one("main").text
    assert day in told
    assert "2131-01-01" not in told


@pytest.mark.parametrize(("address", "status"), [("p/fjordgata?as_of=yesterday", 400), ("p/storgata", 403), ("nowhere", 404)])
def test_an_error_shows_who_is_signed_in_the_way_back(kari: Visitor, address: str, status: int) -> None:
    page = kari.page(f"/{address}", status)
    buttons = [link.attributes["href"] for link in page.all("a", class_="button")]
    assert buttons == ["/p/fjordgata", "/"]
    assert "Logget inn som" in page.one("form", class_="who").text


def test_an_error_shows_a_stranger_the_way_to_the_start_page_only(visitor: Visitor) -> None:
    page = visitor.page("/nowhere", 404)
    assert [link.attributes["href"] for link in page.all("a", class_="button")] == ["/"]
    assert not page.all("form", class_="who")


def test_who_may_not_see_persons_sees_none(visitor: Visitor, village: Village) -> None:
    page = visitor.sign_in("fjordgata", "analyst").page("/p/fjordgata")
    told = text(page)
    hidden = (TITLE, MEASURE, "Ola Hansen", "Kari Nordmann", "Kontroll av hjertestarter", "Journalen er nede", village.kari)
    assert not [shown for shown in hidden if shown in told]
    assert "skjult for din rolle" in told
    assert tile(page, "Åpne avvik") == ("2", "1 alvorlig")


def test_an_auditor_and_a_nurse_see_it_as_well(visitor: Visitor, village: Village) -> None:
    for person in ("auditor", village.ola):
        assert TITLE in text(visitor.sign_in("fjordgata", person).page("/p/fjordgata"))


def test_a_practice_in_which_nothing_happened_has_a_page(visitor: Visitor) -> None:
    told = text(visitor.sign_in("storgata", "auditor").page("/p/storgata"))
    assert "Ingen åpne alvorlige avvik." in told
    assert "Praksisen har ikke tatt i bruk en risikomatrise ennå." in told
    assert TITLE not in told


def test_nobody_gets_in_without_signing_in(visitor: Visitor) -> None:
    page = visitor.page("/p/fjordgata", 401)
    assert "sign_in.required" in page.text
    assert visitor.get("/p/fjordgata/charts/open.svg").status_code == 401


@pytest.mark.parametrize("practice", ["storgata", "nowhere"])
def test_another_practice_is_refused_whether_it_exists_or_not(kari: Visitor, practice: str) -> None:
    assert "access.other_practice" in kari.page(f"/p/{practice}", 403).text
    assert kari.get(f"/p/{practice}/charts/open.svg").status_code == 403


def test_errors_are_pages_for_people_and_problems_for_programs(kari: Visitor) -> None:
    assert kari.page("/nowhere", 404).one("h1").text == "Her er det ingenting"
    assert kari.page("/nowhere?lang=en", 404).one("h1").text == "There is nothing here"
    told = kari.client.get("/nowhere", headers={"Accept": "application/json"})
    assert (told.status_code, told.json()["code"]) == (404, "route.not_found")


def test_a_chart_is_kept_until_the_position_moves(kari: Visitor, village: Village) -> None:
    address = kari.page("/p/fjordgata").all("img")[1].attributes["src"]
    first = kari.get(address)
    assert (first.status_code, first.headers["content-type"]) == (200, "image/svg+xml")
    tag = first.headers["etag"]
    assert tag.startswith(f'"{village.house.size("fjordgata")}-')
    assert first.headers["content-security-policy"] == CONTENT_SECURITY_POLICY
    again = kari.get(address, **{"If-None-Match": tag})
    assert (again.status_code, again.content) == (304, b"")
    day = (village.reported_on + timedelta(days=7)).date()
    earlier = kari.get(f"/p/fjordgata/charts/reports.svg?as_of={day}", **{"If-None-Match": tag})
    assert (earlier.status_code, earlier.headers["etag"] == tag) == (200, False)


@pytest.mark.parametrize("address", ["charts/nothing.svg", "charts/open.svg?size=huge", "charts/open.png"])
def test_there_are_no_other_charts(kari: Visitor, address: str) -> None:
    assert kari.get(f"/p/fjordgata/{address}").status_code == 404
