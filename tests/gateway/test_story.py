"""A deviation over real HTTP, from the report to its closure, and what is shown of it now and as of before."""

from datetime import UTC, date, datetime, timedelta

from events._function import Function
from tests.gateway._house import Practice, report

TODAY = datetime.now(UTC).date()

SHOWN = """
query ($id: UUID!, $atLeast: Int, $asOf: AsOfInput) {
  practice(atLeast: $atLeast, asOf: $asOf) {
    position
    historical
    deviation(id: $id) {
      title status responsible openMeasures unevaluatedMeasures reviewedOn
      causeAnalysis { method causes { id text root } }
      measures { id description due doneOn effect late owner }
    }
  }
}
"""


def test_a_deviation_from_report_to_closure(practice: Practice) -> None:
    nurse = practice.join("Nina Sykepleier")
    lead = practice.join("Lege Lund", functions=[Function.CLINICAL_LEAD])
    reported = nurse.done("/deviations", report(immediate_measures=["Nye prøver ble tatt."]))
    one = f"/deviations/{reported['id']}"

    lead.done(f"{one}/accept-routing", {"responsible": str(lead.member)})
    lead.done(
        f"{one}/analyse-causes",
        {"method": "five_whys", "causes": [{"id": "a", "category": "method", "text": "Merket for tidlig"}], "root_causes": ["a"]},
    )
    lead.done(f"{one}/review", {"reviewed_on": str(TODAY), "forum": "practice_meeting", "note": "Gjennomgått."})
    assert nurse.member is not None
    planned = lead.done(f"{one}/measures", measure(owner=str(nurse.member)))
    middle = lead.data(SHOWN, id=reported["id"], atLeast=planned["position"])["practice"]
    assert middle["deviation"]["status"] == "MEASURES_OPEN"
    (planned_measure,) = middle["deviation"]["measures"]
    assert (planned_measure["owner"], planned_measure["late"]) == (str(nurse.member), False)

    refused = lead.post(f"{one}/close", {"conclusion": "Ferdig."})
    assert (refused.status_code, refused.json()["code"]) == (409, "deviation.close.measures_open")

    of_measure = f"{one}/measures/{planned_measure['id']}"
    nurse.done(f"{of_measure}/complete", {"done_on": str(TODAY)})
    lead.done(f"{of_measure}/evaluate", {"effect": "effective", "evaluated_on": str(TODAY), "note": "Virker."})
    closed = lead.done(f"{one}/close", {"conclusion": "Rutinen er endret.", "lessons": "Identifiser først."})

    now = lead.data(SHOWN, id=reported["id"], atLeast=closed["position"])["practice"]
    assert now["deviation"]["status"] == "CLOSED"
    assert now["deviation"]["causeAnalysis"]["causes"] == [{"id": "a", "text": "Merket for tidlig", "root": True}]
    assert now["deviation"]["measures"][0]["effect"] == "EFFECTIVE"
    assert (now["position"], now["historical"]) == (closed["position"], False)

    then = lead.data(SHOWN, id=reported["id"], asOf={"position": planned["position"]})["practice"]
    assert then["deviation"] == middle["deviation"]
    assert (then["position"], then["historical"]) == (planned["position"], True)
    at_first = lead.data(SHOWN, id=reported["id"], asOf={"position": reported["position"] - 3})["practice"]
    assert at_first["deviation"] is None


def test_lateness_is_judged_at_the_instant_asked_about(practice: Practice) -> None:
    task = practice.manager.done("/tasks", {"title": "Bestill printer", "assignment": {"function": "EQUIPMENT_LEAD"}, "due": str(TODAY)})
    query = "query ($id: UUID!, $n: Int) { practice(atLeast: $n) { task(id: $id) { state daysOverdue dueNow: due answerable } } }"
    shown = practice.manager.data(query, id=task["id"], n=task["position"])["practice"]["task"]
    assert shown == {"state": "DUE", "daysOverdue": 0, "dueNow": str(TODAY), "answerable": []}


def test_two_states_of_the_record_in_one_answer(practice: Practice) -> None:
    first = practice.manager.done("/deviations", report())
    second = practice.manager.done("/deviations", report(title="En til"))
    counted = practice.manager.data(
        "query ($n: Int, $before: AsOfInput) {"
        " now: practice(atLeast: $n) { position deviations { totalCount } }"
        " before: practice(asOf: $before) { position deviations { totalCount } } }",
        n=second["position"],
        before={"position": first["position"]},
    )
    assert counted["now"] == {"position": second["position"], "deviations": {"totalCount": 2}}
    assert counted["before"] == {"position": first["position"], "deviations": {"totalCount": 1}}


def test_a_risk_is_assessed_and_shown_in_the_register(practice: Practice) -> None:
    manager = practice.manager
    manager.done("/risk-matrix/adopt", {"template": "five_by_five", "reason": "Vedtatt."})
    started = manager.done(
        "/risk-assessments",
        {"area": "INFORMATION_SECURITY", "title": "ROS", "scope": "Alt", "reason": "Årlig", "responsible": str(manager.member)},
    )
    one = f"/risk-assessments/{started['id']}"
    described = manager.done(f"{one}/scenarios", {"title": "Journalen nede", "description": "En dag uten journal."})
    query = "query ($n: Int) { practice(atLeast: $n) { riskRegister { edges { node { id title band area current { band } } } } } }"
    (edge,) = manager.data(query, n=described["position"])["practice"]["riskRegister"]["edges"]
    scored = manager.done(
        f"{one}/scenarios/{edge['node']['id']}/score",
        {"stage": "current", "likelihood": 5, "consequence": 5, "knowledge": 2, "scored_on": str(TODAY), "reason": "Skjer ofte."},
    )
    (edge,) = manager.data(query, n=scored["position"])["practice"]["riskRegister"]["edges"]
    assert edge["node"]["band"] == edge["node"]["current"]["band"]
    assert edge["node"]["area"] == "INFORMATION_SECURITY"


def measure(owner: str, due: date = TODAY + timedelta(days=30)) -> dict[str, str]:
    return {"kind": "preventive", "strength": "strong", "description": "Merk etter identifisering.", "owner": owner, "due": str(due)}
