"""Exports at the doors: who may have what, how a download goes on, and what a slow or vanished client costs."""

from collections.abc import Callable, Iterator
from time import monotonic
from typing import Any

import httpx
import orjson
import pytest

from gateway.auth.actor import Role
from gateway.export._formats import FORMATS, Format
from gateway.export._question import Redaction
from tests._database import Postgres
from tests.export._records import make_large
from tests.gateway._house import MANAGER, House, Person, report, running_house

LARGE = "large"
LINES = 25_000
"""Some 16 MB: more than any buffer between server and client."""


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A house that sends one export at a time and cuts whoever takes nothing for two seconds."""
    with running_house(postgres, tmp_path_factory.mktemp("house"), exports=1, export_patience=2) as house:
        make_large(house.database, LARGE, LINES)
        yield house


@pytest.fixture(scope="module")
def practice(house: House) -> Person:
    """The manager of a practice with a few deviations."""
    founded = house.new_practice()
    for number in range(5):
        founded.manager.done("/deviations", report(title=f"Avvik {number}"))
    return founded.manager


def get(person: Person, path: str, practice: str | None = None, **headers: str) -> httpx.Response:
    address = f"/v1/practices/{practice or person.practice}{path}"
    return person.client.get(address, headers={"Authorization": f"Bearer {person.token}"} | headers)


def as_role(house: House, person: Person, *roles: Role) -> Person:
    return house.person(person.practice, roles, person.member if Role.EMPLOYEE in roles else None)


def soon(condition: Callable[[], bool]) -> None:
    """Wait for something, ten seconds at most."""
    until = monotonic() + 10
    while not condition():
        assert monotonic() < until, "it did not come to pass"


def test_the_lines_are_the_recorded_ones(house: House, practice: Person) -> None:
    answer = get(practice, "/events?redaction=full")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "application/x-ndjson"
    assert answer.text == "".join(f"{line}\n" for line in house.lines(practice.practice))
    size = house.size(practice.practice)
    assert answer.headers["sporbar-position"] == str(size)
    assert answer.headers["content-disposition"] == f'attachment; filename="{practice.practice}-1-{size}.ndjson"'
    assert answer.headers["cache-control"] == "no-store"
    assert get(practice, "/exports/ndjson?redaction=full").content == answer.content


@pytest.mark.parametrize(
    ("roles", "export", "full"),
    [
        ([Role.EMPLOYEE], 403, 403),
        ([Role.EMPLOYEE, Role.FUNCTION_HOLDER], 403, 403),
        (sorted(MANAGER), 200, 200),
        ([Role.AUDITOR], 200, 200),
        ([Role.ANALYST], 200, 403),
    ],
    ids=str,
)
def test_who_may_export_what(house: House, practice: Person, roles: list[Role], export: int, full: int) -> None:
    person = as_role(house, practice, *roles)
    for path in ("/events", "/exports/ndjson", "/exports/ndjson/manifest"):
        assert get(person, path).status_code == export
        assert get(person, f"{path}?redaction=full").status_code == full


@pytest.mark.parametrize("door", ["/events", *(f"/exports/{name}{rest}" for name in FORMATS for rest in ("", "/manifest"))])
def test_an_analyst_who_asks_for_everything_is_told_what_to_ask_for(house: House, practice: Person, door: str) -> None:
    analyst, one_type = as_role(house, practice, Role.ANALYST), "type=deviation.reported"
    for language, told in (
        ("en", "Your role sees pseudonymised data. Leave redaction out "),
        ("nb", "Rollen din ser pseudonymiserte data. "),
    ):
        refused = get(analyst, f"{door}?{one_type}&redaction=full", **{"Accept-Language": language})
        assert (refused.status_code, refused.json()["code"]) == (403, "export.role_sees_pseudonyms")
        assert refused.json()["detail"].startswith(told)
    for redaction in ("", "&redaction=pseudonymised"):
        assert get(analyst, f"{door}?{one_type}{redaction}").status_code == 200
    elsewhere = house.new_practice().name
    refusals = [
        get(analyst, f"{door}?{one_type}&redaction={redaction}", name) for name in (elsewhere, "no-such") for redaction in Redaction
    ]
    assert {refused.status_code for refused in refusals} == {403}
    told_apart = {orjson.dumps(refused.json() | {"instance": None}) for refused in refusals}
    assert [orjson.loads(told)["code"] for told in told_apart] == ["access.other_practice"]


def test_nobody_exports_without_a_token(house: House, practice: Person) -> None:
    assert house.client.get(f"/v1/practices/{practice.practice}/events").status_code == 401


def test_an_analyst_sees_no_person(house: House, practice: Person) -> None:
    analyst = as_role(house, practice, Role.ANALYST)
    answer = get(analyst, "/events")
    assert answer.headers["sporbar-redaction"] == "pseudonymised"
    assert str(practice.member) not in answer.text
    assert "Kari Nordmann" not in answer.text
    assert "Avvik" not in answer.text
    lines = list(map(orjson.loads, answer.text.splitlines()))
    assert len(lines) == house.size(practice.practice)
    assert all(line["sporbarredacted"] is True for line in lines)
    table = get(analyst, "/events?format=csv&type=deviation.reported.v1")
    assert str(practice.member) not in table.text
    assert "Blodprøve" not in table.text


def test_no_line_of_another_practice_can_be_had(house: House, practice: Person) -> None:
    other = house.new_practice().manager
    log = f"{other.practice}/access"
    for person, elsewhere in ((practice, other.practice), (other, practice.practice), (practice, LARGE), (practice, log)):
        for path in ("/events", "/exports/ndjson", "/exports/csv?type=deviation.reported.v1", "/exports/ndjson/manifest"):
            answer = get(person, path, elsewhere)
            assert answer.status_code in (403, 404)
            assert answer.headers["content-type"] == "application/problem+json"
    for person, elsewhere in ((practice, other.practice), (other, practice.practice), (practice, LARGE)):
        stolen = get(house.person(elsewhere, [Role.AUDITOR]), "/events?until=1").headers["sporbar-resume"]
        refused = get(person, f"/events?resume={stolen}")
        assert (refused.status_code, refused.json()["code"]) == (400, "export.resume.other_practice")
    for person in (practice, other):
        sources = {orjson.loads(line)["source"] for line in get(person, "/events").text.splitlines()}
        assert sources == {f"/practices/{person.practice}"}


def test_a_download_goes_on_where_it_broke_off(house: House, practice: Person) -> None:
    whole = get(practice, "/events?redaction=full&until=6")
    lines = whole.text.splitlines()
    token = whole.headers["sporbar-resume"]
    for have in range(7):
        rest = get(practice, f"/events?resume={token}&after={have}")
        assert rest.text.splitlines() == lines[have:]
        assert rest.headers["sporbar-position"] == "6"
    assert get(practice, f"/events?resume={token}").content == whole.content
    assert get(as_role(house, practice, Role.ANALYST), f"/events?resume={token}").json()["code"] == "export.role_sees_pseudonyms"


def test_an_export_is_followed_by_what_came_after_it(practice: Person) -> None:
    first = get(practice, "/exports/ndjson/manifest?until=3&redaction=full").json()
    rest = get(practice, f"/exports/ndjson?resume={first['resume']}")
    assert orjson.loads(rest.text.splitlines()[0])["id"] == "4"
    assert rest.headers["sporbar-redaction"] == "full"


@pytest.mark.parametrize(
    ("query", "status", "code"),
    [
        ("?format=xlsx", 404, "export.format"),
        ("?from=now", 400, "export.bound"),
        ("?from=9000", 422, "export.ahead"),
        ("?from=3&until=1", 422, "export.backwards"),
        ("?type=deviation", 400, "export.type"),
        ("?type=deviation.report", 400, "export.type.near"),
        ("?redaction=none", 400, "export.redaction"),
        ("?form=3", 400, "export.parameter"),
        ("?from=1&from=2", 400, "export.parameter"),
        ("?format=csv", 422, "export.one_type"),
        ("?after=3", 400, "export.resume.after"),
        ("?resume=abc", 400, "export.resume.unknown"),
        ("?resume={token}&after=x", 400, "export.resume.after"),
        ("?resume={token}&after=99", 400, "export.resume.outside"),
        ("?resume={token}&from=1", 400, "export.resume.other_question"),
        ("?resume={token}&type=task.planned.v1", 400, "export.resume.other_question"),
        ("?resume={token}&redaction=full", 400, "export.resume.other_question"),
    ],
)
def test_what_cannot_be_is_refused_with_what_to_do(practice: Person, query: str, status: int, code: str) -> None:
    token = get(practice, "/events").headers["sporbar-resume"]
    answer = get(practice, "/events" + query.format(token=token))
    problem = answer.json()
    assert (answer.status_code, problem["code"]) == (status, code)
    assert problem["detail"] != code


def test_csv_is_had_by_asking_for_it(practice: Person) -> None:
    by_name = get(practice, "/exports/csv?type=deviation.reported.v1")
    by_accept = get(practice, "/events?type=deviation.reported.v1", accept="text/csv")
    assert by_name.headers["content-type"].startswith("text/csv")
    assert by_name.content == by_accept.content
    assert len(by_name.text.splitlines()) == 6


def sessions(house: House) -> list[Any]:
    """State of each session that last read lines."""
    query = "select state from pg_stat_activity where pid <> pg_backend_pid() and strpos(query, 'convert_to(line') > 0"
    with house.database.connect() as connection:
        return [state for (state,) in connection.execute(query).fetchall()]


def test_there_are_only_so_many_at_a_time_and_a_client_that_goes_gives_its_place_back(house: House, practice: Person) -> None:
    auditor = house.person(LARGE, [Role.AUDITOR])
    headers = {"Authorization": f"Bearer {auditor.token}"}
    with house.client.stream("GET", f"/v1/practices/{LARGE}/events?redaction=full", headers=headers) as running:
        assert running.status_code == 200
        refused = get(practice, "/events")
        assert (refused.status_code, refused.json()["code"]) == (503, "export.busy")
        assert int(refused.headers["retry-after"]) > 0
        assert house.client.get("/health/live").status_code == 200
        soon(lambda: set(sessions(house)) <= {"idle"})  # nothing is held open while the client takes its time
    soon(lambda: get(practice, "/events").status_code == 200)
    soon(lambda: set(sessions(house)) <= {"idle"})


def test_a_client_that_takes_nothing_is_cut_and_can_tell(house: House, practice: Person) -> None:
    auditor = house.person(LARGE, [Role.AUDITOR])
    headers = {"Authorization": f"Bearer {auditor.token}"}
    with house.client.stream("GET", f"/v1/practices/{LARGE}/events?redaction=full", headers=headers) as running:
        soon(lambda: get(practice, "/events").status_code == 200)
        with pytest.raises(httpx.RemoteProtocolError):
            running.read()


def test_a_large_export_arrives_whole(house: House) -> None:
    auditor = house.person(LARGE, [Role.AUDITOR])
    answer = get(auditor, "/events?redaction=full")
    assert [orjson.loads(line)["id"] for line in answer.text.splitlines()] == [str(n) for n in range(1, LINES + 1)]


def test_the_description_tells_of_exports(house: House) -> None:
    paths = house.client.get("/openapi.json").json()["paths"]
    for path in ("/events", "/exports/{format}", "/exports/{format}/manifest"):
        operation = paths[f"/v1/practices/{{practice}}{path}"]["get"]
        assert {"practice", "from", "until", "type", "redaction", "resume", "after"} <= {one["name"] for one in operation["parameters"]}
        assert {"200", "400", "403", "422", "503"} <= set(operation["responses"])


@pytest.mark.parametrize("format_", [FORMATS[name] for name in ("parquet", "ocel-json", "ocel-sqlite")], ids=lambda format_: format_.name)
def test_an_analyst_downloads_for_figures_and_for_process_mining(house: House, practice: Person, format_: Format) -> None:
    analyst = as_role(house, practice, Role.ANALYST)
    answer = get(analyst, f"/exports/{format_.name}")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == format_.media_type
    assert answer.headers["content-disposition"].endswith(f'.{format_.suffix}"')
    assert answer.headers["sporbar-redaction"] == "pseudonymised"
    assert len(answer.content) > 1_000
    assert get(analyst, f"/exports/{format_.name}").content == answer.content


@pytest.mark.parametrize("name", ["ocel-json", "ocel-sqlite"])
def test_a_log_for_process_mining_goes_on_from_no_other(practice: Person, name: str) -> None:
    assert "sporbar-resume" not in get(practice, f"/exports/{name}").headers
    assert "resume" not in get(practice, f"/exports/{name}/manifest").json()
    token = get(practice, "/events").headers["sporbar-resume"]
    for asked in (f"?resume={token}", f"?resume={token}&after=3", f"/manifest?resume={token}"):
        refused = get(practice, f"/exports/{name}{asked}")
        assert (refused.status_code, refused.json()["code"]) == (422, "export.resume.format")
        assert "without resume" in refused.json()["detail"]
    assert get(practice, f"/exports/{name}?from=3").status_code == 200


def test_process_mining_has_no_names_whoever_asks(practice: Person) -> None:
    for path in ("/exports/ocel-json", "/exports/ocel-sqlite/manifest"):
        answer = get(practice, f"{path}?redaction=full")
        assert (answer.status_code, answer.json()["code"]) == (422, "export.only_pseudonymised")
