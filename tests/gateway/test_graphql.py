"""GraphQL's doors: what is refused before it costs anything, how errors are told, and who sees what."""

from typing import Any

import httpx
import pytest

from gateway.auth.actor import Role
from gateway.graphql._view import MEDIA_TYPE
from tests.gateway._house import House, Person, Practice, report


def post(person: Person, content: Any, **headers: str) -> httpx.Response:
    sent = {"Authorization": f"Bearer {person.token}"} | headers
    return person.client.post("/graphql", json=content, headers=sent)


def code_of(person: Person, query: str, **variables: Any) -> str:
    """The code of the one error of an answer."""
    (error,) = person.ask(query, **variables)["errors"]
    assert error["message"] != error["extensions"]["code"]
    code: str = error["extensions"]["code"]
    return code


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ practice { ", "graphql.syntax"),
        ("{ practice { id " * 200, "graphql.syntax"),
        ("{" * 5_000, "graphql.syntax"),
        ("{ practice { " + "id " * 2_500 + "} }", "graphql.syntax"),
        ("# " + "x" * 10_000 + "\n{ practice { id } }", "graphql.syntax"),
        ("{ practice { " + "id " * 500 + "} }", "graphql.too_costly"),
        ("{ practice { deviations(first: 100) { edges { node { measures { id due owner effect } title " + "kind " * 60 + "} } } } }",
         "graphql.too_costly"),
        ("{ practice { nothing } }", "graphql.invalid"),
        ("{ practice { id(x: 1) } }", "graphql.invalid"),
        ("{ practice { ...a } } fragment a on Practice { ...a }", "graphql.invalid"),
        ("{ __schema { types { name } } }", "graphql.introspection_off"),
        ('{ practice { ...a } } fragment a on Practice { id } query b { __type(name: "Practice") { name } }', "graphql.operation"),
        ("fragment a on Practice { id }", "graphql.operation"),
        ('{ practice { deviation(id: "x") { id } } }', "graphql.invalid"),
        ('{ practice { deviations(filter: { kind: NONSENSE }) { totalCount } } }', "graphql.invalid"),
        ("{ practice { deviations(first: 101) { totalCount } } }", "page.size"),
        ("{ practice { deviations(first: 0) { totalCount } } }", "page.size"),
        ("{ practice { deviations(first: 1, last: 1) { totalCount } } }", "page.direction"),
        ('{ practice { deviations(after: "rubbish") { totalCount } } }', "page.cursor"),
        ('{ practice { deviations(filter: { text: "\\u0000" }) { totalCount } } }', "search.text"),
        ("{ practice(asOf: {}) { id } }", "as_of.ambiguous"),
        ('{ practice(asOf: { position: 1, date: "2026-01-01" }) { id } }', "as_of.ambiguous"),
        ('{ practice(asOf: { date: "2100-12-31" }) { id } }', "as_of.future"),
        ('{ practice(asOf: { date: "9999-12-31" }) { id } }', "date.too_late"),
        ('{ practice(asOf: { time: "9999-12-31T23:59:59-01:00" }) { id } }', "date.too_late"),
        ('{ practice(asOf: { date: "0001-01-01" }) { id dashboard { months { firstDay } } } }', "date.too_early"),
        ('{ practice { members(day: "9999-12-31") { id } } }', "date.too_late"),
        ("{ practice(asOf: { position: 999999 }) { id } }", "as_of.ahead"),
        ("{ practice(asOf: { position: -1 }) { id } }", "as_of.negative"),
        ('{ practice(id: "elsewhere") { id } }', "access.other_practice"),
    ],
)  # fmt: skip
def test_a_query_that_cannot_be_answered_says_why(practice: Practice, query: str, code: str) -> None:
    assert code_of(practice.manager, query) == code


@pytest.mark.parametrize(
    ("query", "form"),
    [
        ('{ practice { deviation(id: "x") { id } } }', "0192f3a1-5b7c-7d21-9c4e-3f8a6b2d1e50"),
        ("{ practice { deviation(id: 7) { id } } }", "0192f3a1-5b7c-7d21-9c4e-3f8a6b2d1e50"),
        ('{ practice(asOf: { date: "2.3.2026" }) { id } }', "2026-03-02"),
        ('{ practice(asOf: { time: "yesterday" }) { id } }', "2026-03-02T09:15:00+01:00"),
        ('{ practice(asOf: { time: "2026-03-02T09:15:00" }) { id } }', "with its offset, such as 2026-03-02T09:15:00+01:00"),
        (f'{{ practice(asOf: {{ date: "{"x" * 1_000}" }}) {{ id }} }}', "2026-03-02"),
    ],
)
def test_what_is_written_otherwise_is_told_its_form(practice: Practice, query: str, form: str) -> None:
    (error,) = practice.manager.ask(query)["errors"]
    assert form in error["message"]


def test_suggestions_are_not_given(practice: Practice) -> None:
    (error,) = practice.manager.ask("{ practice { deviation { titel } positoin } }")["errors"][:1]
    assert "Did you mean" not in str(error)


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        ([{"query": "{ practice { id } }"}], 400, "graphql.batch"),
        ("query", 400, "graphql.not_a_request"),
        ({}, 400, "graphql.not_a_request"),
        ({"query": 1}, 400, "graphql.not_a_request"),
        ({"query": "{ practice { id } }", "variables": []}, 400, "graphql.not_a_request"),
        ({"query": "{ practice { id } }", "operationName": 3}, 400, "graphql.not_a_request"),
        ({"query": "{ practice { id } }", "variables": {"x": "y" * 70_000}}, 413, "body.too_large"),
    ],
)
def test_a_request_that_is_none_is_a_problem(practice: Practice, content: Any, status: int, code: str) -> None:
    response = post(practice.manager, content)
    assert (response.status_code, response.json()["code"]) == (status, code)


def test_deep_json_is_no_server_error(practice: Practice) -> None:
    headers = {"Authorization": f"Bearer {practice.manager.token}", "Content-Type": "application/json"}
    response = practice.manager.client.post("/graphql", content=b"[" * 20_000, headers=headers)
    assert (response.status_code, response.json()["code"]) == (400, "body.too_deep")


def test_nobody_asks_without_a_token(house: House) -> None:
    response = house.client.post("/graphql", json={"query": "{ practice { id } }"})
    assert (response.status_code, response.json()["code"]) == (401, "token.missing")


def test_the_modern_media_type_tells_refusals_by_status(practice: Practice) -> None:
    query = {"query": "{ practice { nothing } }"}
    modern, legacy = post(practice.manager, query, Accept=MEDIA_TYPE), post(practice.manager, query)
    assert (modern.status_code, modern.headers["content-type"]) == (400, MEDIA_TYPE)
    assert (legacy.status_code, legacy.headers["content-type"]) == (200, "application/json")


def test_errors_are_told_in_the_language_asked_for(practice: Practice) -> None:
    response = post(practice.manager, {"query": '{ practice(id: "elsewhere") { id } }'}, **{"Accept-Language": "nb"})
    (error,) = response.json()["errors"]
    assert error["message"].startswith("Tilgangen din gjelder en annen praksis")
    assert (error["path"], error["extensions"]["status"]) == (["practice"], 403)


def test_a_reader_of_another_practice_sees_no_row_of_this_one(practice: Practice) -> None:
    other = practice.house.new_practice()
    mine = practice.manager.done("/deviations", report(title="Bare her"))
    seen = other.manager.data(
        "query ($id: UUID!) { practice { deviation(id: $id) { title } deviations { totalCount } members { name }"
        " task(id: $id) { id } riskAssessment(id: $id) { id } } }",
        id=mine["id"],
    )["practice"]
    assert (seen["deviation"], seen["deviations"], seen["task"], seen["riskAssessment"]) == (None, {"totalCount": 0}, None, None)
    assert len(seen["members"]) == 1
    assert code_of(other.manager, f'{{ practice(id: "{practice.name}") {{ deviations {{ totalCount }} }} }}') == "access.other_practice"


def test_what_may_identify_a_person_is_not_shown_to_an_analyst(practice: Practice) -> None:
    reported = practice.manager.done("/deviations", report(title="Kari Nordmann falt", immediate_measures=["Ringte Ola."]))
    query = """
    query ($n: Int) { practice(atLeast: $n) {
      members { id name email profession }
      deviations { edges { node { title description reporterId immediateMeasures category harm } } }
    } }"""
    analyst, auditor = (practice.house.person(practice.name, [role]) for role in (Role.ANALYST, Role.AUDITOR))
    (edge,) = analyst.data(query, n=reported["position"])["practice"]["deviations"]["edges"]
    assert edge["node"] == {
        "title": None, "description": None, "reporterId": None, "immediateMeasures": [], "category": "CLINICAL", "harm": "NONE",
    }  # fmt: skip
    assert analyst.data(query)["practice"]["members"] == [{"id": None, "name": None, "email": None, "profession": "GENERAL_PRACTITIONER"}]
    (edge,) = auditor.data(query)["practice"]["deviations"]["edges"]
    assert (edge["node"]["title"], edge["node"]["immediateMeasures"]) == ("Kari Nordmann falt", ["Ringte Ola."])
    assert code_of(analyst, '{ practice { deviations(filter: { text: "Kari" }) { totalCount } } }') == "access.role"


@pytest.mark.parametrize(
    "asked",
    [
        'deviations(filter: { responsible: "%s" }) { totalCount }',
        'tasks(filter: { assignee: "%s" }) { totalCount }',
        'tasks(filter: { followUp: "%s" }) { totalCount }',
        'taskCounts(filter: { assignee: "%s" }) { count }',
        'riskRegister(filter: { owner: "%s" }) { totalCount }',
        'member(id: "%s") { profession }',
    ],
)
def test_an_analyst_cannot_ask_by_a_member_either(practice: Practice, asked: str) -> None:
    analyst, auditor = (practice.house.person(practice.name, [role]) for role in (Role.ANALYST, Role.AUDITOR))
    query = "{ practice { " + asked % str(practice.manager.member) + " } }"
    assert code_of(analyst, query) == "access.role"
    assert auditor.data(query)["practice"] is not None


def test_an_error_that_nobody_foresaw_tells_only_its_id(practice: Practice, caplog: pytest.LogCaptureFixture) -> None:
    schema = "read_1"
    with practice.house.database.connect() as owner:
        owner.execute(f"revoke select on {schema}.measure from sporbar_app")
        try:
            reported = practice.manager.done("/deviations", report())
            query = "query ($n: Int) { practice(atLeast: $n) { id deviations { edges { node { measures { id } } } } } }"
            answer = practice.manager.ask(query, n=reported["position"])
        finally:
            owner.execute(f"grant select on {schema}.measure to sporbar_app")
    (error,) = answer["errors"]
    assert (error["extensions"]["code"], error["extensions"]["status"]) == ("internal", 500)
    assert "permission" not in str(answer)
    assert error["extensions"]["details"]["error_id"] in caplog.text


def test_at_least_waits_for_ones_own_write(practice: Practice) -> None:
    query = "query ($n: Int) { practice(atLeast: $n) { position deviations { totalCount } } }"
    for count in range(1, 6):
        reported = practice.manager.done("/deviations", report())
        shown = practice.manager.data(query, n=reported["position"])["practice"]
        assert shown == {"position": reported["position"], "deviations": {"totalCount": count}}


def test_the_answer_carries_its_position_in_a_header(practice: Practice) -> None:
    response = post(practice.manager, {"query": "{ practice { position } }"})
    assert response.headers["sporbar-position"] == str(response.json()["data"]["practice"]["position"])


@pytest.fixture(scope="module")
def several(house: House) -> Practice:
    """A practice with five deviations."""
    practice = house.new_practice()
    told: list[dict[str, Any]] = [
        {"title": "Feil medisin utlevert", "category": "CLINICAL", "kind": "harm_event", "harm": "moderate"},
        {"title": "Skriver ute av drift", "category": "EQUIPMENT", "kind": "unsafe_condition"},
        {"title": "Kaldt på venterommet", "category": "HSE", "kind": "no_harm_event", "description": "Ovnen virker ikke."},
        {"title": "Medisinene var utgått", "category": "CLINICAL", "kind": "near_miss", "occurred": {"at": "2024-05-17T23:30:00+02:00"}},
        {"title": "Klage på ventetid", "category": "COMPLAINT", "kind": "no_harm_event"},
    ]
    receipts = [practice.manager.done("/deviations", report(**one)) for one in told]
    practice.manager.data("query ($n: Int) { practice(atLeast: $n) { id } }", n=receipts[-1]["position"])
    return practice


@pytest.mark.parametrize(
    ("wanted", "count"),
    [
        ("{}", 5),
        ("{ category: [CLINICAL] }", 2),
        ("{ category: [CLINICAL, HSE], kind: [NEAR_MISS] }", 1),
        ("{ harm: [MODERATE, SEVERE] }", 1),
        ("{ status: [REPORTED], open: true }", 5),
        ("{ open: false }", 0),
        ("{ proposedTo: EQUIPMENT_LEAD }", 1),
        ('{ text: "medisin" }', 2),
        ('{ text: "medisiner" }', 2),
        ('{ text: "ovn" }', 1),
        ('{ text: "medisin -utgått" }', 1),
        ('{ text: "\\"ute av drift\\"" }', 1),
        ('{ occurredFrom: "2024-05-17", occurredTo: "2024-05-17" }', 1),
        ('{ occurredFrom: "2024-05-18", occurredTo: "2024-05-18" }', 0),
        ('{ reportedFrom: "2024-01-01" }', 5),
        ('{ reportedTo: "2024-01-01" }', 0),
        ('{ occurredTo: "2100-12-31" }', 5),
        ('{ responsible: "00000000-0000-0000-0000-000000000001" }', 0),
    ],
)
def test_deviations_are_filtered(several: Practice, wanted: str, count: int) -> None:
    found = several.manager.data(f"{{ practice {{ deviations(filter: {wanted}) {{ totalCount edges {{ node {{ number }} }} }} }} }}")
    assert found["practice"]["deviations"]["totalCount"] == len(found["practice"]["deviations"]["edges"]) == count


@pytest.mark.parametrize("order", ["NUMBER", "REPORTED_AT", "OCCURRED_AT", "CLOSED_AT"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_cover_a_list_once_in_both_directions(several: Practice, order: str, descending: bool) -> None:
    query = """
    query ($first: Int, $after: String, $last: Int, $before: String, $order: DeviationOrder!, $descending: Boolean!) {
      practice { deviations(first: $first, after: $after, last: $last, before: $before, orderBy: $order, descending: $descending) {
        edges { node { number } } pageInfo { hasNextPage hasPreviousPage startCursor endCursor } } } }"""

    def numbers(**window: Any) -> tuple[list[int], dict[str, Any]]:
        found = several.manager.data(query, order=order, descending=descending, **window)["practice"]["deviations"]
        return [edge["node"]["number"] for edge in found["edges"]], found["pageInfo"]

    whole, _ = numbers(first=100)
    forward, page = numbers(first=2)
    while page["hasNextPage"]:
        more, page = numbers(first=2, after=page["endCursor"])
        forward += more
    backward, page = numbers(last=2)
    while page["hasPreviousPage"]:
        more, page = numbers(last=2, before=page["startCursor"])
        backward = more + backward
    assert forward == backward == whole
    assert len(whole) == 5
