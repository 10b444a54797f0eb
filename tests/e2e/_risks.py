"""A matrix is adopted, and both mandatory areas are assessed with it."""

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from tests.e2e._deviations import refused
from tests.e2e._doors import nodes, today
from tests.e2e._people import Staff
from tests.gateway._house import Person

ACCEPTED_FOR = 29
"""Days; such an acceptance is due soon from the start."""
SCENARIOS = """
query ($id: UUID!, $n: Int) { practice(atLeast: $n) {
  riskRegister(filter: { assessmentId: $id }) { edges { node { id treatments { id } } } }
} }"""


@dataclass(frozen=True)
class Assessed:
    """What was assessed."""

    id: str
    """Of the assessment of information security."""
    downtime: str
    """Id of the scenario that was treated and, as it still stands above the criterion, accepted."""
    accepted_until: date
    completed: int
    """Position at which both areas were complete."""


def assess(staff: Staff) -> Assessed:
    """The serious risk of one area is treated and accepted; the other area's is acceptable as it is."""
    staff.manager.done("/risk-matrix/adopt", {"template": "five_by_five", "reason": "Vedtatt på personalmøtet."})
    until = today() + timedelta(days=ACCEPTED_FOR)
    assessment, downtime = _information_security(staff.manager, until)
    return Assessed(assessment, downtime, until, _equipment(staff.secretary))


def _information_security(manager: Person, until: date) -> tuple[str, str]:
    one = _start(manager, "INFORMATION_SECURITY", "Informasjonssikkerhet")
    scenario = _describe(manager, one, "Journalen er nede en dag")
    at = f"{one}/scenarios/{scenario}"
    _score(manager, at, "inherent", 5, 5)
    _score(manager, at, "current", 4, 5)
    refused(manager, f"{one}/complete", {"conclusion": "Ferdig."}, "risk_assessment.complete.untreated")
    plan = {"strategy": "reduce_consequence", "description": "Reservelinje.", "owner": str(manager.member), "due": str(until)}
    planned = manager.done(f"{at}/treatments", plan)
    ((treatment,),) = (node["treatments"] for node in _register(manager, one, planned["position"]))
    manager.done(f"{one}/treatments/{treatment['id']}/complete", {"done_on": str(today()), "note": "Prøvd på en søndag."})
    _score(manager, at, "residual", 2, 4)
    refused(manager, f"{at}/accept", {"reason": "Sjelden."}, "risk_assessment.accept.needs_approver")
    manager.done(f"{at}/accept", {"reason": "Sjelden, og godt forberedt.", "approver": str(manager.member), "until": str(until)})
    manager.done(f"{one}/complete", {"conclusion": "Risikoen er behandlet og akseptert."})
    return one.rpartition("/")[2], scenario


def _equipment(lead: Person) -> int:
    one = _start(lead, "ELECTRO_MEDICAL_EQUIPMENT", "Elektromedisinsk utstyr")
    scenario = _describe(lead, one, "Hjertestarter uten batteri")
    _score(lead, f"{one}/scenarios/{scenario}", "current", 1, 3)
    completed: int = lead.done(f"{one}/complete", {"conclusion": "Akseptabel."})["position"]
    return completed


def _start(person: Person, area: str, title: str) -> str:
    content = {"area": area, "title": title, "scope": "Hele senteret.", "reason": "Årlig.", "responsible": str(person.member)}
    return f"/risk-assessments/{person.done('/risk-assessments', content)['id']}"


def _describe(person: Person, one: str, title: str) -> str:
    content = {"title": title, "description": "Ingen kan lese eller skrive.", "owner": str(person.member)}
    (scenario,) = _register(person, one, person.done(f"{one}/scenarios", content)["position"])
    id_: str = scenario["id"]
    return id_


def _register(person: Person, one: str, at_least: int) -> list[dict[str, Any]]:
    asked = person.data(SCENARIOS, id=one.rpartition("/")[2], n=at_least)
    return nodes(asked["practice"]["riskRegister"])


def _score(person: Person, scenario: str, stage: str, likelihood: int, consequence: int) -> None:
    scored = {"stage": stage, "likelihood": likelihood, "consequence": consequence, "knowledge": 1}
    person.done(f"{scenario}/score", scored | {"scored_on": str(today()), "reason": "Slik ser vi det."})
