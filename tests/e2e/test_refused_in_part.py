"""An answer of which a part is refused: the rest is told, and what the refused part had begun disturbs nobody."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.e2e import _deviations, _people
from tests.e2e._doors import serving, today
from tests.e2e._people import Staff
from tests.faults._processes import part

REFUSED = "auditTrail { totalCount }"
SHARED = "responsibleMember { name functions { function } } measures { ownerMember { name } } timeline { totalCount }"
IN_PART = f"""
query ($id: UUID!, $n: Int) {{ practice(atLeast: $n) {{
  deviation(id: $id) {{ {SHARED} {REFUSED} }}
  member: deviation(id: $id) {{ {SHARED} }}
  others: deviations {{ edges {{ node {{ title {SHARED} }} }} }}
  dashboard {{ tasks {{ open }} }}
}} }}"""
IN_EVERY_ITEM = f"""
query ($n: Int) {{ practice(atLeast: $n) {{
  deviations(first: 5) {{ edges {{ node {{ {REFUSED} {SHARED} tasks {{ answerableMembers {{ name }} }} }} }} }}
}} }}"""
OFTEN = 60


@pytest.fixture
def staff(database: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Staff]:
    """People of a practice, with a server and a projector."""
    monkeypatch.setenv("SPORBAR_DEMO_SIGN_IN", "true")
    ensure_generation(database.url)
    with part("project", database.url, tmp_path), serving(database, tmp_path) as doors:
        yield _people.employ(doors, _people.register(doors, "fjordgata"))


def test_the_rest_is_told(staff: Staff) -> None:
    first, *_ = [staff.nurse.done("/deviations", _deviations.told(title=f"Avvik {number}")) for number in range(5)]
    one, chief = f"/deviations/{first['id']}", str(staff.manager.member)
    plan = {"kind": "corrective", "description": "Gjør det.", "owner": chief, "due": str(today())}
    staff.manager.done(f"{one}/accept-routing", {"responsible": str(staff.nurse.member)})
    last = staff.manager.done(f"{one}/measures", plan)["position"]

    whole = staff.manager.data(IN_PART, id=first["id"], n=last)["practice"]
    for _ in range(OFTEN):
        answer = staff.nurse.ask(IN_PART, id=first["id"], n=last)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["access.role"]
        assert answer["data"]["practice"] == whole | {"deviation": whole["deviation"] | {"auditTrail": None}}
    for _ in range(OFTEN):
        answer = staff.nurse.ask(IN_EVERY_ITEM, n=last)
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"access.role"}
        assert [edge["node"]["auditTrail"] for edge in answer["data"]["practice"]["deviations"]["edges"]] == [None] * 5
