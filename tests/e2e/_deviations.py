"""Deviations are reported, and one is treated until it is closed, and taken up again."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from tests.e2e._doors import today
from tests.e2e._people import Staff
from tests.gateway._house import Person

MEASURES = "query ($id: UUID!, $n: Int) { practice(atLeast: $n) { deviation(id: $id) { measures { id kind } } } }"


@dataclass(frozen=True)
class Treated:
    """A deviation that was treated, and the positions of what was done."""

    id: str
    reported: int
    planned: int
    closed: int
    reopened: int
    closed_again: int


def told(**changes: Any) -> dict[str, Any]:
    """A report, with changes."""
    occurred = (datetime.now(UTC) - timedelta(hours=3)).isoformat()
    plain = {"title": "Avvik", "description": "Det som skjedde.", "kind": "near_miss", "category": "HSE", "occurred": {"at": occurred}}
    return plain | changes


def report(nurse: Person) -> dict[str, Any]:
    """The nurse tells of a blood sample, and the same key twice is one report; the receipt."""
    sample = told(
        title="Blodprøve forvekslet",
        description="To prøver ble merket med samme pasient.",
        kind="harm_event",
        harm="severe",
        category="CLINICAL",
        affected=["patient"],
        affected_count=1,
        potential={"consequence": 5, "likelihood": 2},
        immediate_measures=["Begge prøvene ble tatt på nytt."],
    )
    reported = nurse.done("/deviations", sample, key="blood-sample")
    assert nurse.done("/deviations", sample, key="blood-sample") == reported | {"repeated": True}
    return reported


def report_again(staff: Staff, reported: dict[str, Any]) -> None:
    """A doctor reports the same sample, and the lead leaves the second report aside; she also reports something else."""
    twin = staff.colleague.done("/deviations", told(title="Prøver byttet om", category="CLINICAL"))
    duplicate = {"reason": "duplicate", "duplicate_of": reported["id"], "explanation": "Samme prøve."}
    staff.doctor.done(f"/deviations/{twin['id']}/reject", duplicate)
    staff.colleague.done("/deviations", told(title="Etiketter skrives ikke ut", category="EQUIPMENT", place="Laboratoriet"))


def treat(staff: Staff, reported: dict[str, Any]) -> Treated:
    """From the lead who takes it to its closure, and once more."""
    lead, nurse, one = staff.doctor, staff.nurse, f"/deviations/{reported['id']}"
    denied = staff.secretary.post(f"{one}/accept-routing", {"responsible": str(staff.secretary.member)})
    assert (denied.status_code, denied.json()["code"]) == (403, "access.not_concerned")
    lead.done(f"{one}/accept-routing", {"responsible": str(lead.member)})
    lead.done(f"{one}/analyse-causes", CAUSES)
    lead.done(f"{one}/review", {"reviewed_on": str(today()), "forum": "practice_meeting", "note": "Gjennomgått med alle."})
    due = str(today() + timedelta(days=30))
    plan = {"kind": "corrective", "strength": "strong", "description": "Merk etter identifisering.", "owner": str(nurse.member), "due": due}
    planned = lead.done(f"{one}/measures", plan)
    (measure,) = lead.data(MEASURES, id=reported["id"], n=planned["position"])["practice"]["deviation"]["measures"]
    of_measure = f"{one}/measures/{measure['id']}"
    refused(lead, f"{one}/close", CONCLUSION, "deviation.close.measures_open")
    nurse.done(f"{of_measure}/complete", {"done_on": str(today())})
    refused(lead, f"{one}/close", CONCLUSION, "deviation.close.measures_not_evaluated")
    lead.done(f"{of_measure}/evaluate", {"effect": "effective", "evaluated_on": str(today()), "note": "Ingen forveksling siden."})
    closed = lead.done(f"{one}/close", CONCLUSION)
    reopened = lead.done(f"{one}/reopen", {"reason": "Det skjedde nesten igjen."})
    again = lead.done(f"{one}/close", CONCLUSION)
    positions = (receipt["position"] for receipt in (reported, planned, closed, reopened, again))
    return Treated(reported["id"], *positions)


def refused(person: Person, path: str, content: dict[str, Any], code: str) -> None:
    """The command is refused with the code, and a sentence that says what to do."""
    answer = person.post(path, content)
    assert (answer.status_code, answer.json()["code"]) == (409, code)
    assert answer.json()["detail"]


CAUSES = {
    "method": "five_whys",
    "causes": [
        {"id": "label", "category": "method", "text": "Merket før pasienten var identifisert."},
        {"id": "queue", "category": "organisation", "text": "To ble kalt inn samtidig.", "because_of": "label"},
    ],
    "root_causes": ["queue"],
}
CONCLUSION = {"conclusion": "Rutinen er endret.", "lessons": "Identifiser først, merk etterpå."}
