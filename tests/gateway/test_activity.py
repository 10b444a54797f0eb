"""Timelines and audit trails: what happened, by whom, and what it changed; for whoever may see it."""

from typing import Any
from uuid import UUID

import pytest

from events._function import Function
from gateway.auth.actor import Role
from tests.gateway._house import Person, Practice, report

TIMELINE = """
query ($id: UUID!, $n: Int) { practice(atLeast: $n) { deviation(id: $id) {
  timeline { totalCount edges { node { position version type actor data } } }
} } }"""
TRAIL = """
query ($subject: String!, $n: Int, $first: Int, $after: String) { practice(atLeast: $n) {
  auditTrail(subject: $subject, first: $first, after: $after) {
    totalCount pageInfo { endCursor hasNextPage }
    edges { node { event { type actor } changes { table column before after hidden } } }
} } }"""


@pytest.fixture
def treated(practice: Practice) -> dict[str, Any]:
    """A deviation that was reported and taken."""
    practice.assign(Function.CLINICAL_LEAD, practice.manager.member)
    reported = practice.manager.done("/deviations", report(title="Kari falt"))
    return practice.manager.done(f"/deviations/{reported['id']}/accept-routing", {"responsible": str(practice.manager.member)})


def nodes(connection: dict[str, Any]) -> list[dict[str, Any]]:
    return [edge["node"] for edge in connection["edges"]]


def test_a_timeline_is_every_event_in_order(practice: Practice, treated: dict[str, Any]) -> None:
    shown = practice.manager.data(TIMELINE, id=treated["id"], n=treated["position"])["practice"]["deviation"]["timeline"]
    assert [(node["version"], node["type"]) for node in nodes(shown)] == [
        (1, "deviation.reported.v1"),
        (2, "deviation.routing_proposed.v1"),
        (3, "deviation.routing_accepted.v1"),
    ]
    assert shown["totalCount"] == 3
    assert nodes(shown)[0]["data"]["title"] == "Kari falt"
    assert {node["actor"] for node in nodes(shown)} == {str(practice.manager.member)}


def test_an_audit_trail_shows_before_and_after(practice: Practice, treated: dict[str, Any]) -> None:
    trail = practice.manager.data(TRAIL, subject=treated["subject"], n=treated["position"])["practice"]["auditTrail"]
    last = nodes(trail)[-1]
    assert last["event"] == {"type": "deviation.routing_accepted.v1", "actor": str(practice.manager.member)}
    changed = {change["column"]: (change["before"], change["after"]) for change in last["changes"]}
    assert changed["status"] == ("reported", "acknowledged")
    assert changed["responsible"] == (None, str(practice.manager.member))


def test_the_practice_has_an_audit_trail_of_its_own(practice: Practice) -> None:
    practice.assign(Function.CLINICAL_LEAD, practice.manager.member)
    trail = practice.manager.data(TRAIL, subject=f"practice/{practice.name}", n=practice.size)["practice"]["auditTrail"]
    types = [node["event"]["type"] for node in nodes(trail)]
    assert types[0] == "practice.registered.v1"
    assert types[-1] == "practice.function_assigned.v1"
    assert trail["totalCount"] == len(types)
    assert {change["table"] for node in nodes(trail) for change in node["changes"]} >= {"practice", "member", "function_assignment"}


def test_an_audit_trail_has_pages(practice: Practice, treated: dict[str, Any]) -> None:
    types, after = [], None
    for _ in range(3):
        trail = practice.manager.data(TRAIL, subject=treated["subject"], n=treated["position"], first=1, after=after)
        page = trail["practice"]["auditTrail"]
        types += [node["event"]["type"] for node in nodes(page)]
        after = page["pageInfo"]["endCursor"]
    assert types == ["deviation.reported.v1", "deviation.routing_proposed.v1", "deviation.routing_accepted.v1"]


def test_an_analyst_sees_that_it_changed_and_not_to_what(practice: Practice, treated: dict[str, Any]) -> None:
    analyst = practice.house.person(practice.name, [Role.ANALYST])
    trail = analyst.data(TRAIL, subject=treated["subject"], n=treated["position"])["practice"]["auditTrail"]
    title = next(change for change in nodes(trail)[0]["changes"] if change["column"] == "title")
    assert (title["before"], title["after"], title["hidden"]) == (None, None, True)
    timeline = analyst.data(TIMELINE, id=treated["id"], n=treated["position"])["practice"]["deviation"]["timeline"]
    assert nodes(timeline)[0]["data"]["title"] is None
    assert "Kari falt" not in str(trail) + str(timeline)


CAUSES = {
    "method": "five_whys",
    "causes": [
        {"id": "kari-sovnet", "category": "people", "text": "Kari sovnet"},
        {"id": "kveld", "category": "people", "text": "Sent"},
    ],
    "root_causes": ["kari-sovnet"],
}


def test_an_analyst_sees_no_id_that_tells_of_a_person(practice: Practice, treated: dict[str, Any]) -> None:
    analysed = practice.manager.done(f"/deviations/{treated['id']}/analyse-causes", CAUSES)
    query = """
    query ($subject: String!, $n: Int) { practice(atLeast: $n) {
      auditTrail(subject: $subject, last: 1) { edges { node {
        event { commandId correlationId causationId data } changes { before after }
      } } }
      activity(first: 1) { edges { node { commandId correlationId causationId data } } }
    } }"""
    analyst = practice.house.person(practice.name, [Role.ANALYST])
    for_manager, for_analyst = (
        reader.data(query, subject=analysed["subject"], n=analysed["position"])["practice"] for reader in (practice.manager, analyst)
    )
    assert "kari-sovnet" in str(for_manager)
    assert "kari" not in str(for_analyst)
    (event,) = nodes(for_analyst["activity"])
    assert event == nodes(for_analyst["auditTrail"])[0]["event"]
    assert (event["commandId"], event["correlationId"], event["causationId"]) == (str(UUID(int=0)), str(UUID(int=0)), None)
    assert [cause["category"] for cause in event["data"]["causes"]] == ["people", "people"]


@pytest.mark.parametrize(
    "query", ["{ practice { activity { totalCount } } }", '{ practice { auditTrail(subject: "task/x") { totalCount } } }']
)
def test_whoever_works_there_does_not_read_the_audit_trail(practice: Practice, query: str) -> None:
    nurse: Person = practice.join()
    (error,) = nurse.ask(query)["errors"]
    assert error["extensions"]["code"] == "access.role"


def test_a_refused_trail_is_null_and_the_rest_is_told(practice: Practice, treated: dict[str, Any]) -> None:
    nurse = practice.join()
    query = """
    query ($id: UUID!, $subject: String!, $n: Int) { practice(atLeast: $n) {
      auditTrail(subject: $subject) { totalCount }
      activity { totalCount }
      deviation(id: $id) { auditTrail { totalCount } responsibleMember { functions { function } } timeline { totalCount } }
      dashboard { tasks { open } }
      members { functions { function } }
    } }"""
    variables = {"id": treated["id"], "subject": treated["subject"], "n": treated["position"]}
    answer = nurse.ask(query, **variables)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["access.role"] * 3
    shown = answer["data"]["practice"]
    assert (shown["auditTrail"], shown["activity"], shown["deviation"]["auditTrail"]) == (None, None, None)
    assert shown["deviation"]["timeline"]["totalCount"] == 3


@pytest.mark.parametrize("subject", ["", "deviation", "a/b/c", "deviation/\0", "'; drop table x", "x" * 300])
def test_a_subject_is_named_by_kind_and_id(practice: Practice, subject: str) -> None:
    (error,) = practice.manager.ask(TRAIL, subject=subject)["errors"]
    assert error["extensions"]["code"] == "subject.malformed"


def test_the_whole_record_is_shown_newest_first_and_by_kind(practice: Practice, treated: dict[str, Any]) -> None:
    query = """
    query ($n: Int, $kinds: [String!]) { practice(atLeast: $n) {
      activity(kinds: $kinds) { totalCount edges { node { position } } }
    } }"""
    whole = practice.manager.data(query, n=treated["position"])["practice"]["activity"]
    positions = [node["position"] for node in nodes(whole)]
    assert positions == sorted(positions, reverse=True) == list(range(practice.size, 0, -1))
    some = practice.manager.data(query, n=treated["position"], kinds=["deviation", "\0"])["practice"]["activity"]
    assert some["totalCount"] == 3
