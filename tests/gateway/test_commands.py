"""Commands over REST: what a receipt says, and how often a command happens."""

import json
import re
from concurrent.futures import ThreadPoolExecutor
from uuid import UUID, uuid4, uuid5

import pytest

from events._function import Function
from gateway._bus import _NAMESPACE
from gateway.auth.actor import Role
from gateway.auth.keys import pseudonym_secret
from gateway.auth.policy import depends_on_resource
from gateway.auth.pseudonym import hidden_name
from gateway.rest._commands import Mounted
from tests.e2e._commands import mounted
from tests.gateway._house import Person, Practice, report


def test_a_receipt_tells_where_in_the_record_it_stands(practice: Practice) -> None:
    response = practice.manager.post("/deviations", report())
    receipt = response.json()
    assert response.status_code == 201
    assert response.headers["sporbar-position"] == str(receipt["position"]) == str(practice.size)
    assert response.headers["location"] == f"/v1/practices/{practice.name}/deviations/{receipt['id']}"
    assert receipt == {
        "practice": practice.name,
        "position": practice.size,
        "subject": f"deviation/{receipt['id']}",
        "id": receipt["id"],
        "version": 2,
        "root": receipt["root"],
        "repeated": False,
    }
    assert len(receipt["root"]) == 64


def test_the_same_key_carries_a_command_out_once(practice: Practice) -> None:
    told, key = report(), str(uuid4())
    first = practice.manager.post("/deviations", told, key=key)
    size = practice.size
    again = practice.manager.post("/deviations", told, key=key)
    assert (again.status_code, again.json()) == (201, first.json() | {"repeated": True})
    assert practice.size == size


def test_the_same_key_for_another_command_is_refused(practice: Practice) -> None:
    key = str(uuid4())
    practice.manager.done("/deviations", report(), key=key)
    size = practice.size
    other = practice.manager.post("/deviations", report(title="En annen"), key=key)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency.key_reused")
    assert practice.size == size


def test_one_key_fifty_times_at_once_has_one_effect(practice: Practice) -> None:
    told, key = report(), str(uuid4())
    size = practice.size
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: practice.manager.done("/deviations", told, key=key), range(50)))
    assert len({answer["id"] for answer in answers}) == 1
    assert {answer["position"] for answer in answers} == {size + 2}
    assert [answer["repeated"] for answer in answers].count(False) == 1
    assert practice.size == size + 2


def test_keys_of_two_people_do_not_meet(practice: Practice) -> None:
    nurse, key = practice.join(), str(uuid4())
    one, other = practice.manager.done("/deviations", report(), key=key), nurse.done("/deviations", report(), key=key)
    assert one["id"] != other["id"]


def test_an_expected_version_must_be_the_one_it_stands_at(practice: Practice) -> None:
    reported = practice.manager.done("/deviations", report())
    path = f"/deviations/{reported['id']}/take-immediate-measure"
    stale = practice.manager.post(path, {"description": "Ringte."}, **{"If-Match": '"1"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version.conflict")
    assert stale.json()["details"] == {"expected": 1, "actual": 2}
    done = practice.manager.done(path, {"description": "Ringte."}, **{"If-Match": '"2"'})
    assert done["version"] == 3
    malformed = practice.manager.post(path, {"description": "Ringte igjen."}, **{"If-Match": "3"})
    assert (malformed.status_code, malformed.json()["code"]) == (400, "version.malformed")


def test_nothing_to_do_is_no_error(practice: Practice) -> None:
    reported = practice.manager.done("/deviations", report(immediate_measures=["Ringte."]))
    again = practice.manager.done(f"/deviations/{reported['id']}/take-immediate-measure", {"description": "Ringte."})
    assert (again["position"], again["version"], again["repeated"]) == (reported["position"], 3, False)


@pytest.mark.parametrize("reporter", ["anonymous", "pseudonymous"])
def test_who_reports_without_a_name_is_not_in_the_record(practice: Practice, reporter: str) -> None:
    nurse, key = practice.join(), str(uuid4())
    nurse.done("/deviations", report(reporter=reporter), key=key)
    lines = [json.loads(line) for line in practice.house.lines(practice.name)]
    told = [line for line in lines if line["subject"].startswith("deviation/")]
    assert {line["actor"] for line in told} != {str(nurse.member)}
    assert str(nurse.member) not in json.dumps(told)
    assert all(line["commandid"] == line["correlationid"] for line in told)


@pytest.mark.parametrize("reporter", ["anonymous", "pseudonymous"])
def test_two_who_report_without_a_name_under_the_same_key_do_not_meet(practice: Practice, reporter: str) -> None:
    nurse, told, key = practice.join(), report(reporter=reporter), "1"
    first = nurse.done("/deviations", told, key=key)
    assert nurse.done("/deviations", told, key=key) == first | {"repeated": True}
    other = practice.manager.done("/deviations", told, key=key)
    assert (other["id"] == first["id"], other["repeated"]) == (False, False)
    another = practice.join("Åse Berg").post("/deviations", told | {"title": "Noe annet"}, key=key)
    assert another.status_code == 201


@pytest.mark.parametrize("reporter", ["anonymous", "pseudonymous"])
def test_the_command_id_of_a_report_without_a_name_is_of_nobody_who_lacks_the_secret(practice: Practice, reporter: str) -> None:
    """Nobody who knows the key can try out the members' ids until the command id fits."""
    nurse, key = practice.join(), "1"
    nurse.done("/deviations", report(reporter=reporter), key=key)
    (command_id,) = {
        UUID(line["commandid"]) for line in map(json.loads, practice.house.lines(practice.name)) if "deviation/" in line["subject"]
    }
    secret = pseudonym_secret(practice.house.settings.pseudonym_key)

    def made(secret: bytes) -> UUID:
        return uuid5(_NAMESPACE, hidden_name(secret, practice.name, str(nurse.member), key))

    assert command_id == made(secret) != made(bytes(32))
    assert command_id != uuid5(_NAMESPACE, f"{practice.name}\n{nurse.member}\n{key}")


def test_a_function_holder_may_treat_what_is_with_their_function(practice: Practice) -> None:
    clinical = practice.join("Lege Lund", functions=[Function.CLINICAL_LEAD])
    other = practice.join("Helle HMS", functions=[Function.HSE_LEAD])
    reported = practice.manager.done("/deviations", report(category="CLINICAL"))
    path = f"/deviations/{reported['id']}/accept-routing"
    size = practice.size
    denied = other.post(path, {"responsible": str(other.member)})
    assert (denied.status_code, denied.json()["code"]) == (403, "access.not_concerned")
    assert practice.size == size
    refused = practice.manager.post(path, {"responsible": str(practice.manager.member)})
    assert (refused.status_code, refused.json()["code"]) == (409, "deviation.routing.not_holder")
    assert "does not hold CLINICAL_LEAD today" in refused.json()["detail"]
    assert practice.size == size
    clinical.done(path, {"responsible": str(clinical.member)})


def test_the_owner_of_a_measure_may_complete_it_and_nobody_else(practice: Practice) -> None:
    nurse, other = practice.join("Nina"), practice.join("Ola")
    practice.assign(Function.CLINICAL_LEAD, practice.manager.member)
    reported = practice.manager.done("/deviations", report())
    one = f"/deviations/{reported['id']}"
    practice.manager.done(f"{one}/accept-routing", {"responsible": str(practice.manager.member)})
    planned = practice.manager.done(
        f"{one}/measures", {"kind": "corrective", "description": "Gjør det.", "owner": str(nurse.member), "due": "2030-01-01"}
    )
    query = "query ($id: UUID!, $n: Int) { practice(atLeast: $n) { deviation(id: $id) { measures { id } } } }"
    (measure,) = nurse.data(query, id=reported["id"], n=planned["position"])["practice"]["deviation"]["measures"]
    done = {"done_on": "2026-01-02"}
    assert other.post(f"{one}/measures/{measure['id']}/complete", done).status_code == 403
    assert nurse.post(f"{one}/measures/{measure['id']}/complete", done).status_code == 200


@pytest.mark.parametrize(
    "entry", [entry for entry in mounted() if depends_on_resource(entry.command.NAME)], ids=lambda entry: entry.command.NAME
)
def test_what_the_practice_does_not_have_is_not_found_by_anybody(practice: Practice, entry: Mounted) -> None:
    """Of another practice or of none: one answer for whoever could be allowed such a command."""
    elsewhere = practice.house.new_practice().manager.done("/deviations", report())["id"]
    staff = (practice.manager, practice.join("Helle HMS", functions=[Function.HSE_LEAD]), practice.join())
    size = practice.size
    for id_ in (elsewhere, str(uuid4())):
        answers = [person.post(re.sub(r"{\w+}", id_, entry.path), dict(entry.example)) for person in staff]
        assert {answer.status_code for answer in answers} == {404}, [answer.text for answer in answers]
        assert len({answer.text for answer in answers}) == 1
    assert practice.size == size


def test_a_part_that_a_thing_does_not_have_is_not_found_by_anybody(practice: Practice) -> None:
    nurse = practice.join()
    reported = practice.manager.done("/deviations", report())
    path = f"/deviations/{reported['id']}/measures/{uuid4()}/complete"
    answers = [person.post(path, {"done_on": "2026-01-02"}) for person in (practice.manager, nurse)]
    assert {(answer.status_code, answer.json()["code"]) for answer in answers} == {(404, "deviation.measure.not_found")}
    refused = nurse.post(f"/deviations/{reported['id']}/close", {"conclusion": "x"})
    assert (refused.status_code, refused.json()["code"]) == (403, "access.not_concerned")


def test_auditors_and_analysts_write_nothing(practice: Practice) -> None:
    size = practice.size
    for role in (Role.AUDITOR, Role.ANALYST):
        outsider: Person = practice.house.person(practice.name, [role])
        refused = outsider.post("/deviations", report())
        assert (refused.status_code, refused.json()["code"]) == (403, "access.role")
    assert practice.size == size


def test_a_member_of_the_practice_is_named_by_id(practice: Practice) -> None:
    reported = practice.manager.done("/deviations", report())
    refused = practice.manager.post(f"/deviations/{reported['id']}/accept-routing", {"responsible": str(UUID(int=7))})
    assert (refused.status_code, refused.json()["code"]) == (422, "reference.not_found")


def test_a_repeated_command_gets_the_first_answer_whatever_came_between(practice: Practice) -> None:
    key, content = str(uuid4()), report()
    first = practice.manager.done("/deviations", content, key=key)
    practice.manager.done(f"/deviations/{first['id']}/take-immediate-measure", {"description": "Ringte pasienten"})
    again = practice.manager.done("/deviations", content, key=key)
    assert again == first | {"repeated": True}
