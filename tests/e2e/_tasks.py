"""Work is planned, once and again and again; the clock makes what recurs."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from tests.e2e._doors import nodes, today
from tests.e2e._people import Staff
from tests.gateway._house import Person

OCCURRENCES = 3
TASKS = """
query ($id: UUID!, $n: Int) { practice(atLeast: $n) {
  position
  tasks(filter: { recurringTask: $id }) { edges { node { id due state plannedBy reminders { kind } } } }
} }"""


@dataclass(frozen=True)
class Planned:
    """What was planned."""

    printer: str
    """Id of the task that is done once."""
    check: str
    """Id of the task that recurs on three days from tomorrow on."""
    position: int


def plan(staff: Staff, deviation: str, assessment: str) -> Planned:
    """Anybody plans a task; who holds a function lets one recur. They know what they come from, and it knows them."""
    tomorrow = str(today() + timedelta(days=1))
    from_deviation = {"kind": "deviation", "target": deviation}
    once = {"title": "Bestill skriver", "assignment": {"function": "EQUIPMENT_LEAD"}, "due": tomorrow, "links": [from_deviation]}
    printer = staff.nurse.done("/tasks", once)
    again = {
        "title": "Kontroll av akuttkoffert",
        "schedule": {"starts_on": tomorrow, "rule": f"FREQ=DAILY;COUNT={OCCURRENCES}"},
        "assignment": {"function": "CLINICAL_LEAD"},
        "follow_up": str(staff.manager.member),
        "links": [{"kind": "risk_assessment", "target": assessment}],
    }
    staff.nurse.done(f"/deviations/{deviation}/link", {"kind": "risk_assessment", "target": assessment})
    check = staff.doctor.done("/recurring-tasks", again)
    return Planned(printer["id"], check["id"], check["position"])


def made_by_the_clock(person: Person, planned: Planned) -> list[dict[str, Any]]:
    """The occurrences by due date, once all are there and the first has its reminder; waits on positions."""
    at_least = planned.position
    while True:
        answer = person.ask(TASKS, id=planned.check, n=at_least)
        if "errors" in answer:
            assert [error["extensions"]["code"] for error in answer["errors"]] == ["reading.not_yet"], answer
            continue
        shown = answer["data"]["practice"]
        found = nodes(shown["tasks"])
        if len(found) == OCCURRENCES and found[0]["reminders"]:
            return found
        at_least = shown["position"] + 1


def work(staff: Staff, planned: Planned, occurrences: list[dict[str, Any]], deviation: str) -> int:
    """The first is done with evidence, the second skipped for a reason, the third left; the position."""
    first, second, _ = occurrences
    evidence = {
        "note": "Alt på plass.",
        "attachments": [{"reference": "5d1b8a54-0a1e-4b53-8c6e-2a51f4f2a0d7", "sha256": "ab" * 32}],
        "record": {"kind": "deviation", "target": deviation},
    }
    staff.nurse.done(f"/tasks/{first['id']}/complete", {"done_on": str(today())} | evidence)
    position: int = staff.doctor.done(f"/tasks/{second['id']}/skip", {"reason": "Kofferten er til service."})["position"]
    return position
