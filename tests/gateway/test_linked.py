"""From one thing to others: what is linked, from either end; members beside their ids; and who may not see who it was."""

from typing import Any

import pytest

from events._function import Function
from gateway.auth.actor import Role
from tests.gateway._house import Person, Practice, report

ASSESSMENT = {"area": "INFORMATION_SECURITY", "title": "Sikkerhet", "scope": "Alt", "reason": "Årlig"}
TASK = {"assignment": {"function": "EQUIPMENT_LEAD"}}
LINKS = """
query ($deviation: UUID!, $assessment: UUID!, $task: UUID!, $n: Int, $asOf: AsOfInput) { practice(atLeast: $n, asOf: $asOf) {
  deviation(id: $deviation) { linkedTasks tasks { id title state deviations { title } } riskAssessments { id title } }
  riskAssessment(id: $assessment) { deviations { id title } tasks { title } }
  task(id: $task) { deviations { id title } riskAssessments { title } }
} }"""


@pytest.fixture
def linked(practice: Practice) -> dict[str, Any]:
    """A deviation that an assessment and a task lead to, and that leads to another task; an assessment that leads to both."""
    manager = practice.manager
    deviation = manager.done("/deviations", report(title="Feil mottaker"))["id"]
    before = practice.size
    assessment = manager.done("/risk-assessments", ASSESSMENT | {"responsible": str(manager.member)})["id"]
    manager.done(f"/risk-assessments/{assessment}/link", {"kind": "deviation", "target": deviation})
    task = manager.done("/tasks", TASK | {"title": "Slett adressen", "links": [{"kind": "deviation", "target": deviation}]})["id"]
    other = manager.done("/tasks", TASK | {"title": "Ny rutine"})["id"]
    manager.done(f"/deviations/{deviation}/link", {"kind": "task", "target": other})
    both = manager.done(f"/deviations/{deviation}/link", {"kind": "task", "target": task})
    last = manager.done(f"/risk-assessments/{assessment}/link", {"kind": "task", "target": other})
    assert both["position"] < last["position"]
    return {"deviation": deviation, "assessment": assessment, "task": task, "other": other, "before": before, "n": last["position"]}


def asked(linked: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {name: linked[name] for name in ("deviation", "assessment", "task")} | more


def test_links_lead_from_either_end_and_count_once(practice: Practice, linked: dict[str, Any]) -> None:
    shown = practice.manager.data(LINKS, **asked(linked, n=linked["n"]))["practice"]
    assert shown["deviation"]["linkedTasks"] == [linked["other"], linked["task"]]
    assert shown["deviation"]["riskAssessments"] == [{"id": linked["assessment"], "title": "Sikkerhet"}]
    told = [{"deviations": [{"title": "Feil mottaker"}], "state": "DUE"} | one for one in
            ({"id": linked["other"], "title": "Ny rutine"}, {"id": linked["task"], "title": "Slett adressen"})]  # fmt: skip
    assert shown["deviation"]["tasks"] == told
    assert shown["riskAssessment"] == {
        "deviations": [{"id": linked["deviation"], "title": "Feil mottaker"}], "tasks": [{"title": "Ny rutine"}],
    }  # fmt: skip
    assert shown["task"] == {"deviations": [{"id": linked["deviation"], "title": "Feil mottaker"}], "riskAssessments": []}


def test_links_are_those_of_the_state_asked_about(practice: Practice, linked: dict[str, Any]) -> None:
    shown = practice.manager.data(LINKS, **asked(linked, n=linked["n"], asOf={"position": linked["before"]}))["practice"]
    assert shown == {"deviation": {"linkedTasks": [], "tasks": [], "riskAssessments": []}, "riskAssessment": None, "task": None}


def test_another_practice_is_not_led_to(practice: Practice, linked: dict[str, Any]) -> None:
    other = practice.house.new_practice()
    assert other.manager.data(LINKS, **asked(linked)) == {"practice": {"deviation": None, "riskAssessment": None, "task": None}}


MEMBERS = """
query ($id: UUID!, $n: Int) { practice(atLeast: $n) {
  deviation(id: $id) {
    reporterMember { name } responsible responsibleMember { id name profession }
    measures { owner ownerMember { name } }
    timeline { edges { node { type actor actorMember { name } } } }
  }
  tasks { edges { node { answerableMembers { name } followUpMember { name } } } }
  riskRegister { edges { node { ownerMember { name } } } }
} }"""


@pytest.fixture
def nurse(practice: Practice) -> Person:
    return practice.join("Ola Hansen")


@pytest.fixture
def told(practice: Practice, nurse: Person) -> dict[str, Any]:
    """What the nurse reported, the manager took, and the nurse is to do something about."""
    manager, member = practice.manager, str(nurse.member)
    practice.assign(Function.CLINICAL_LEAD, manager.member)
    reported = nurse.done("/deviations", report(title="Feil mottaker", place="Resepsjonen"))
    one = f"/deviations/{reported['id']}"
    manager.done(f"{one}/accept-routing", {"responsible": str(manager.member)})
    manager.done(f"{one}/review", {"reviewed_on": "2026-03-01", "forum": "practice_meeting", "note": "Ola var til stede"})
    manager.done("/tasks", {"title": "Ring", "assignment": {"members": [str(manager.member)]}, "follow_up": str(manager.member)})
    last = manager.done(f"{one}/measures", {"kind": "corrective", "description": "x", "owner": str(manager.member), "due": "2099-01-01"})
    assert member != str(manager.member)
    return reported | {"position": last["position"]}


def actors(shown: dict[str, Any]) -> list[tuple[str, str | None]]:
    nodes = [edge["node"] for edge in shown["deviation"]["timeline"]["edges"]]
    return [(node["actor"], node["actorMember"] and node["actorMember"]["name"]) for node in nodes]


def test_members_stand_beside_their_ids(practice: Practice, nurse: Person, told: dict[str, Any]) -> None:
    shown = practice.manager.data(MEMBERS, id=told["id"], n=told["position"])["practice"]
    deviation, kari = shown["deviation"], str(practice.manager.member)
    assert deviation["reporterMember"] == {"name": "Ola Hansen"}
    assert deviation["responsibleMember"] == {"id": kari, "name": "Kari Nordmann", "profession": "GENERAL_PRACTITIONER"}
    assert deviation["measures"] == [{"owner": kari, "ownerMember": {"name": "Kari Nordmann"}}]
    assert actors(shown) == [(str(nurse.member), "Ola Hansen")] * 2 + [(kari, "Kari Nordmann")] * 3
    (task,) = (edge["node"] for edge in shown["tasks"]["edges"])
    assert task == {"answerableMembers": [{"name": "Kari Nordmann"}], "followUpMember": {"name": "Kari Nordmann"}}


@pytest.mark.parametrize(("reporter", "actor"), [("anonymous", "anonymous"), ("pseudonymous", "p-")])
def test_a_report_without_a_name_leads_to_no_member(practice: Practice, nurse: Person, reporter: str, actor: str) -> None:
    reported = nurse.done("/deviations", report(reporter=reporter))
    shown = practice.manager.data(MEMBERS, id=reported["id"], n=reported["position"])["practice"]
    assert shown["deviation"]["reporterMember"] is None
    assert {(name[: len(actor)], member) for name, member in actors(shown)} == {(actor, None)}


EVERYTHING = """
query ($id: UUID!, $subject: String!, $n: Int) { practice(atLeast: $n) {
  deviation(id: $id) {
    reporterId reporterMember { id name } place conclusion reviews { on forum note } responsibleMember { name profession }
    timeline { edges { node { actor actorMember { id } data } } }
    auditTrail { edges { node { event { actor actorMember { id } data } changes { column before after hidden } } } }
  }
  activity(kinds: ["deviation"]) { edges { node { actor actorMember { id } data } } }
  auditTrail(subject: $subject) { edges { node { event { actor actorMember { id } } changes { column before after } } } }
} }"""


def test_whoever_may_not_see_persons_does_not_learn_who_reported(practice: Practice, nurse: Person, told: dict[str, Any]) -> None:
    analyst, auditor = (practice.house.person(practice.name, [role]) for role in (Role.ANALYST, Role.AUDITOR))
    variables = {"id": told["id"], "subject": told["subject"], "n": told["position"]}
    shown, seen = (person.data(EVERYTHING, **variables)["practice"] for person in (analyst, auditor))
    assert str(nurse.member) in str(seen)
    assert not [secret for secret in (str(nurse.member), "Ola", "Resepsjonen", "Feil mottaker") if secret in str(shown)]
    deviation = shown["deviation"]
    assert (deviation["reporterId"], deviation["reporterMember"], deviation["place"]) == (None, None, None)
    assert deviation["reviews"] == [{"on": "2026-03-01", "forum": "PRACTICE_MEETING", "note": None}]
    assert deviation["responsibleMember"] is None
    events = [edge["node"] for edge in (*deviation["timeline"]["edges"], *shown["activity"]["edges"])]
    events += [edge["node"]["event"] for edge in (*deviation["auditTrail"]["edges"], *shown["auditTrail"]["edges"])]
    assert {(event["actor"], event["actorMember"]) for event in events} == {("", None)}


def test_over_rest_neither(practice: Practice, nurse: Person, told: dict[str, Any]) -> None:
    analyst = practice.house.person(practice.name, [Role.ANALYST])
    path = f"/v1/practices/{practice.name}/deviations/{told['id']}?at_least={told['position']}"
    shown = analyst.client.get(path, headers={"Authorization": f"Bearer {analyst.token}"})
    assert (shown.status_code, shown.json()["place"], shown.json()["reviews"]) == (200, None, None)
    assert str(nurse.member) not in shown.text


BANDS = """
query ($n: Int) { practice(atLeast: $n) {
  deviations(descending: false) { edges { node { potentialBand potentialConsequence potentialLikelihood } } }
} }"""


def test_what_could_have_happened_has_the_band_of_the_matrix_of_its_time(practice: Practice) -> None:
    def told(likelihood: int, consequence: int) -> dict[str, Any]:
        return practice.manager.done("/deviations", report(potential={"likelihood": likelihood, "consequence": consequence}))

    told(5, 5)
    practice.manager.done("/risk-matrix/adopt", {"template": "five_by_five", "reason": "Vår første"})
    told(1, 5)
    told(5, 1)
    told(6, 5)
    practice.manager.done("/deviations", report())
    practice.manager.done("/risk-matrix/adopt", {"template": "four_by_four", "reason": "Kommunens"})
    last = told(2, 4)
    shown = practice.manager.data(BANDS, n=last["position"])["practice"]["deviations"]["edges"]
    assert [edge["node"]["potentialBand"] for edge in shown] == [None, "MEDIUM", "LOW", None, None, "HIGH"]
