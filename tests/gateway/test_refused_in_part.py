"""An answer of which a part is refused: the rest is told, and what the refused part had begun disturbs nobody."""

from tests.gateway._house import Practice, report

REFUSED = "auditTrail { totalCount }"
SHARED = "responsibleMember { name functions { function } } measures { ownerMember { name } } timeline { totalCount }"
QUERY = f"""
query ($id: UUID!, $n: Int) {{ practice(atLeast: $n) {{
  deviation(id: $id) {{ {SHARED} {REFUSED} }}
  member: deviation(id: $id) {{ {SHARED} }}
  others: deviations {{ edges {{ node {{ title {SHARED} }} }} }}
  tasks {{ totalCount edges {{ node {{ answerable }} }} }}
  dashboard {{ tasks {{ open }} }}
}} }}"""


def test_the_rest_is_told(practice: Practice) -> None:
    nurse = practice.join()
    reported = practice.manager.done("/deviations", report())
    one, chief = f"/deviations/{reported['id']}", str(practice.manager.member)
    practice.manager.done(f"{one}/accept-routing", {"responsible": chief})
    plan = {"kind": "corrective", "description": "Gjør det.", "owner": chief, "due": "2030-01-01"}
    planned = practice.manager.done(f"{one}/measures", plan)
    whole = practice.manager.data(QUERY, id=reported["id"], n=planned["position"])["practice"]
    for _ in range(20):
        answer = nurse.ask(QUERY, id=reported["id"], n=planned["position"])
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["access.role"]
        assert answer["data"]["practice"] == whole | {"deviation": None}


def test_a_list_of_which_every_item_is_refused_in_part(practice: Practice) -> None:
    nurse = practice.join()
    reported = [practice.manager.done("/deviations", report(title=f"Avvik {number}")) for number in range(5)]
    asked = f"{REFUSED} {SHARED} tasks {{ answerableMembers {{ name }} }}"
    query = f"query ($n: Int) {{ practice(atLeast: $n) {{ deviations(first: 5) {{ edges {{ node {{ {asked} }} }} }} }} }}"
    for _ in range(20):
        answer = nurse.ask(query, n=reported[-1]["position"])
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"access.role"}
