"""The whole story over real HTTP against real processes: from a practice's registration to the proof of its record."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from events._base import OSLO
from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.e2e import _deviations, _people, _risks, _tasks
from tests.e2e._doors import Doors, nodes, serving, today
from tests.e2e._later import in_a_month
from tests.e2e._people import Staff
from tests.e2e._questions import FITTING, Memory, duties, overview, statuses, types_by_position
from tests.faults._processes import part
from tests.gateway._house import Person

PRACTICE = "fjordgata"
TRAIL = """
query ($subject: String!) { practice { auditTrail(subject: $subject) {
  edges { node { event { actor commandId correlationId } changes { before after } } }
} } }"""
HEADINGS = {
    "nb": ["Nøkkeltall", "Trenger oppmerksomhet", "Kravene i forskriften", "Utvikling, siste 24 måneder", "Risikoer i matrisen"],
    "en": ["Key figures", "Needs attention", "The duties of the regulation", "Development, last 24 months", "Risks in the matrix"],
}


def test_from_the_registration_to_the_proof(database: Database, data_dir: Path) -> None:
    with part("project", database.url, data_dir), serving(database, data_dir) as doors:
        manager = _people.register(doors, PRACTICE)
        staff = _people.employ(doors, manager)
        reported = _deviations.report(staff.nurse)
        memory = Memory(reported["id"])
        beginning = memory.keep(manager, reported["position"])
        the_record_asks_for_everything(beginning, staff)

        _people.confirm(manager)
        _deviations.report_again(staff, reported)
        nobody_knows_who_reported(database, doors, staff)
        treated = _deviations.treat(staff, reported)
        memory.keep(manager, treated.closed_again)
        the_deviation_tells_what_happened(staff, treated)

        assessed = _risks.assess(staff)
        planned = _tasks.plan(staff, reported["id"], assessed.id)
        memory.keep(manager, planned.position)
        with part("schedule", database.url, data_dir):
            occurrences = _tasks.made_by_the_clock(manager, planned)
        assert {task["plannedBy"] for task in occurrences} == {"system:scheduler"}
        done = _tasks.work(staff, planned, occurrences, reported["id"])

        evening = memory.keep(manager, done)
        the_manager_sees_it_all(evening, staff, assessed)
        every_duty_rests_on_fitting_events(manager, evening)
        two_states_in_one_answer(manager, treated)
        the_page_shows_it(doors, manager)
        memory.assert_shown_again(manager)

        with serving(database, data_dir, module="tests.e2e._later") as later:
            a_month_later(later, staff, planned, evening, memory)
    the_ledger_proves_it(database, data_dir)


def the_record_asks_for_everything(shown: dict[str, Any], staff: Staff) -> None:
    """People have their functions, a report waits for its lead, and nearly every duty lacks its evidence."""
    held = {held["name"] or held["function"]: held["holders"] for held in shown["functions"]}
    assert held["CLINICAL_LEAD"] == [str(staff.doctor.member)]
    assert held["HSE_LEAD"] == [str(staff.nurse.member), str(staff.secretary.member)]
    assert held[_people.OWN_FUNCTION] == [str(staff.nurse.member)]
    assert (shown["deviation"]["status"], shown["deviation"]["proposedTo"]) == ("REPORTED", "CLINICAL_LEAD")
    lacking = dict.fromkeys(("6a", "6d", "6e", "8a"), "MISSING")
    nothing_to_judge = dict.fromkeys(("4", "8c", "9b"), "NOT_APPLICABLE")
    assert statuses(shown) == {**lacking, **nothing_to_judge, "3": "MET", "7d": "STALE", "8e": "MET", "9a": "MET"}


def nobody_knows_who_reported(database: Database, doors: Doors, staff: Staff) -> None:
    """The secretary reports without a name, and under another one; nobody finds her in it."""
    for kind in ("anonymous", "pseudonymous"):
        receipt = staff.secretary.done("/deviations", _deviations.told(title=f"Meldt {kind}", reporter=kind))
        query = """
        query ($id: UUID!, $n: Int) { practice(atLeast: $n) { deviation(id: $id) {
          title reporterKind reporterId pseudonym timeline { edges { node { actor commandId correlationId data } } }
        } } }"""
        readers = [staff.manager, staff.nurse, doors.sign_in(PRACTICE, "auditor")]
        answers = [reader.data(query, id=receipt["id"], n=receipt["position"])["practice"]["deviation"] for reader in readers]
        trail = staff.manager.data(TRAIL, subject=receipt["subject"])
        told = [*answers, trail, receipt, *stored(database, receipt)]
        assert all(trace not in str(each) for each in told for trace in (str(staff.secretary.member), "Åse", "Berg"))
        (actor,) = {event["actor"] for event in nodes(answers[0]["timeline"])}
        assert actor == (answers[0]["pseudonym"] or "anonymous")


def stored(database: Database, receipt: dict[str, Any]) -> list[str]:
    """The lines of a subject, and what the ledger keeps of the command that wrote them."""
    with database.connect() as conn:
        lines = conn.execute("select line from ledger.entry where subject = %s", (receipt["subject"],)).fetchall()
        kept = conn.execute("select receipt::text from ledger.receipt where position = %s", (receipt["position"],)).fetchall()
    assert lines
    assert kept
    return [text for (text,) in (*lines, *kept)]


def the_deviation_tells_what_happened(staff: Staff, treated: _deviations.Treated) -> None:
    """Its timeline is all that was done, by whom; its first closure stands though it was taken up again."""
    then, now = (overview(staff.manager, treated.id, asOf={"position": at})["deviation"] for at in (treated.closed, treated.closed_again))
    assert (then["status"], then["reopenedCount"], now["status"], now["reopenedCount"]) == ("CLOSED", 0, "CLOSED", 1)
    assert now["firstClosedAt"] == then["firstClosedAt"] == then["closedAt"] < now["closedAt"]
    assert overview(staff.manager, treated.id, asOf={"time": then["closedAt"]})["deviation"] == then
    reopened = overview(staff.manager, treated.id, asOf={"position": treated.reopened})["deviation"]
    assert (reopened["status"], reopened["firstClosedAt"], reopened["closedAt"]) == ("REOPENED", then["closedAt"], None)
    nurse, lead = str(staff.nurse.member), str(staff.doctor.member)
    assert [(event["type"].split(".")[1], event["actor"]) for event in nodes(now["timeline"])] == [
        *((done, nurse) for done in ("reported", "immediate_measure_taken", "routing_proposed")),
        *((done, lead) for done in ("routing_accepted", "causes_analysed", "reviewed", "measure_planned")),
        ("measure_done", nurse),
        *((done, lead) for done in ("measure_evaluated", "closed", "reopened", "closed")),
    ]
    (measure,) = now["measures"]
    assert (measure["owner"], measure["doneOn"], measure["effect"]) == (nurse, str(today()), "EFFECTIVE")
    assert [cause["text"] for cause in now["causeAnalysis"]["causes"] if cause["root"]] == ["To ble kalt inn samtidig."]


def the_manager_sees_it_all(shown: dict[str, Any], staff: Staff, assessed: _risks.Assessed) -> None:
    """Deviations, risks in their cells, tasks and figures, and duties that are met now."""
    assert [(each["status"], each["reporterKind"]) for each in nodes(shown["deviations"])] == [
        ("REPORTED", "PSEUDONYMOUS"),
        ("REPORTED", "ANONYMOUS"),
        ("REPORTED", "NAMED"),
        ("REJECTED", "NAMED"),
        ("CLOSED", "NAMED"),
    ]
    downtime, defibrillator = nodes(shown["riskRegister"])
    assert [downtime[stage]["band"] for stage in ("inherent", "current", "residual")] == ["HIGH", "HIGH", "MEDIUM"]
    assert (downtime["approver"], downtime["acceptedUntil"]) == (str(staff.manager.member), str(assessed.accepted_until))
    assert (downtime["acceptable"], defibrillator["acceptable"]) == (False, True)
    cells = {(cell["likelihood"], cell["consequence"]): cell["band"] for cell in shown["riskHeatMap"]["cells"] if cell["count"]}
    assert cells == {(2, 4): "MEDIUM", (1, 3): "LOW"}
    assert [area["completed"]["status"] for area in shown["riskAreas"][:2]] == ["COMPLETED", "COMPLETED"]
    assert [(task["title"], task["state"]) for task in in_order(shown["tasks"])] == [
        ("Bestill skriver", "SCHEDULED"),
        ("Kontroll av akuttkoffert", "COMPLETED"),
        ("Kontroll av akuttkoffert", "SKIPPED"),
        ("Kontroll av akuttkoffert", "SCHEDULED"),
    ]
    figures = shown["dashboard"]
    assert (figures["deviations"]["open"], figures["deviations"]["reporters"], figures["deviations"]["toClose"]["count"]) == (3, 3, 1)
    assert (figures["risks"]["aboveCriterion"], figures["tasks"]["open"], figures["tasks"]["overdue"]) == (1, 2, 0)
    assert statuses(shown) == {**dict.fromkeys(FITTING, "MET"), "4": "NOT_APPLICABLE", "6e": "DUE_SOON", "8a": "MISSING"}


def every_duty_rests_on_fitting_events(manager: Person, shown: dict[str, Any]) -> None:
    """The positions that an answer gives are events of the types that such an answer rests on."""
    types = types_by_position(manager)
    assert sorted(types) == list(range(1, shown["position"] + 1))
    for code, answer in duties(shown).items():
        assert bool(answer["positions"]) == (answer["status"] not in ("MISSING", "NOT_APPLICABLE")), code
        assert {types[position] for position in answer["positions"]} <= FITTING[code], code


def two_states_in_one_answer(manager: Person, treated: _deviations.Treated) -> None:
    """A measure before and after it was done, read from one snapshot."""
    states = "query ($id: UUID!, $then: AsOfInput) { now: practice { ...seen } then: practice(asOf: $then) { ...seen } }"
    seen = "fragment seen on Practice { historical deviation(id: $id) { status measures { doneOn } } }"
    found = manager.data(f"{states} {seen}", id=treated.id, then={"position": treated.planned})
    assert found == {
        "now": {"historical": False, "deviation": {"status": "CLOSED", "measures": [{"doneOn": str(today())}]}},
        "then": {"historical": True, "deviation": {"status": "MEASURES_OPEN", "measures": [{"doneOn": None}]}},
    }


def the_page_shows_it(doors: Doors, manager: Person) -> None:
    """In both languages, with every chart."""
    pages = {language: doors.page(f"/p/{PRACTICE}", manager, language) for language in HEADINGS}
    for language, page in pages.items():
        assert [heading.text for heading in page.all("h2")] == HEADINGS[language]
        assert "Journalen er nede en dag" in page.text
        assert page.one("details", id="duty-6d").attributes["class"] == "duty met"
        assert page.one("details", id="duty-8a").attributes["class"] == "duty missing"
    charts = [image.attributes["src"] for image in pages["nb"].all("img") if image.inside("figure")]
    assert len(charts) == 3, "no task has fallen due yet"
    assert {doors.get(chart, manager).headers["content-type"] for chart in charts} == {"image/svg+xml"}


def a_month_later(doors: Doors, staff: Staff, planned: _tasks.Planned, evening: dict[str, Any], memory: Memory) -> None:
    """What was left is overdue, what ran out has turned as foretold; as of last month all is as it was."""
    day, then = today(), in_a_month().astimezone(OSLO).date()
    manager, secretary = (doors.sign_in(PRACTICE, str(person.member)) for person in (staff.manager, staff.secretary))
    reported = memory.deviation
    now = overview(manager, reported)
    left = [task for task in in_order(now["tasks"]) if task["state"] == "OVERDUE"]
    assert [(task["title"], task["daysOverdue"]) for task in left] == [
        ("Bestill skriver", (then - day).days - 1),
        ("Kontroll av akuttkoffert", (then - day).days - _tasks.OCCURRENCES),
    ]
    assert (now["dashboard"]["tasks"]["overdue"], now["dashboard"]["risks"]["acceptancesExpired"]) == (2, 1)
    assert statuses(now) == {**statuses(evening), "6e": "STALE", "8a": "STALE", "8e": "DUE_SOON"}
    as_foretold(evening, now, then)
    assert overview(manager, reported, asOf={"date": str(day)}) == evening
    memory.assert_shown_again(manager)
    the_page_shows_both(doors, manager, day)

    rest = "query ($id: UUID!) { practice { tasks(filter: { recurringTask: $id, states: [OVERDUE] }) { edges { node { id } } } } }"
    (third,) = nodes(manager.data(rest, id=planned.check)["practice"]["tasks"])
    secretary.done(f"/tasks/{third['id']}/complete", {"done_on": str(then)})
    last = secretary.done(f"/tasks/{planned.printer}/complete", {"done_on": str(then)})
    caught_up = overview(manager, reported, atLeast=last["position"])
    assert [task["state"] for task in in_order(caught_up["tasks"])] == ["COMPLETED_LATE", "COMPLETED", "SKIPPED", "COMPLETED_LATE"]
    assert (statuses(caught_up)["8a"], caught_up["dashboard"]["tasks"]["overdue"]) == ("MET", 0)
    every_duty_rests_on_fitting_events(manager, caught_up)
    memory.assert_shown_again(manager)


def in_order(tasks: dict[str, Any]) -> list[dict[str, Any]]:
    """By due date, and by title where two are due on one day."""
    return sorted(nodes(tasks), key=lambda task: (task["due"], task["title"]))


def as_foretold(before: dict[str, Any], after: dict[str, Any], day: date) -> None:
    """Each duty that was foretold to turn by that day has turned, and no other."""
    for code, answer in duties(before).items():
        turned = answer["turnsOn"] is not None and date.fromisoformat(answer["turnsOn"]) <= day
        assert (statuses(after)[code] == answer["status"]) is not turned, code
        assert not turned or answer["turnsTo"] == statuses(after)[code]


def the_page_shows_both(doors: Doors, manager: Person, day: date) -> None:
    """Today's page, and the one of last month."""
    now, then = (doors.page(f"/p/{PRACTICE}{asked}", manager) for asked in ("", f"?as_of={day}"))
    assert (len(now.all("div", class_="past")), len(then.all("div", class_="past"))) == (0, 1)
    for page, status in ((now, "stale"), (then, "due_soon")):
        assert page.one("details", id="duty-6e").attributes["class"] == f"duty {status}"
    assert ("Bestill skriver" in now.text, "Bestill skriver" in then.text) == (True, False)


def the_ledger_proves_it(database: Database, data_dir: Path) -> None:
    """`sporbar verify --read-models` finds nothing."""
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(data_dir)}
    verify = [sys.executable, "-m", "gateway.cli", "verify", "--read-models"]
    proved = subprocess.run(verify, env=environment, capture_output=True, text=True, check=False)
    assert proved.returncode == 0, proved.stdout + proved.stderr
    assert f"{PRACTICE}: " in proved.stdout
    assert ", sound" in proved.stdout
    assert "as a replay makes them" in proved.stdout


@pytest.fixture
def data_dir(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the processes keep their keys; anybody may sign in as anybody."""
    monkeypatch.setenv("SPORBAR_DEMO_SIGN_IN", "true")
    ensure_generation(database.url)
    return tmp_path
