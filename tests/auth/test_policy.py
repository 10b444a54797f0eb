"""Every role × action × practice, with nothing allowed by default."""

from dataclasses import replace
from datetime import timedelta
from itertools import product
from uuid import UUID

import pytest

from events._function import Function, FunctionKey
from gateway.auth.actor import Actor, Role
from gateway.auth.policy import PERMISSIONS, Allow, Deny, NotAllowed, Resource, could, decide, depends_on_resource, require
from tests.auth.people import CAST, ELSEWHERE, KARI, NOW, OLA, PRACTICE, actor
from tests.platform._commands import command_names

READS = {
    "read.practice",
    "read.dashboard",
    "read.deviations",
    "read.risks",
    "read.tasks",
    "read.compliance",
    "read.audit_trail",
    "read.export",
    "read.personal",
}
SCHEDULERS = {"task.plan_occurrence", "task.give_reminder", "task.withdraw_occurrence"}
ANYBODYS = {
    "deviation.report",
    "deviation.take_immediate_measure",
    "deviation.link",
    "task.plan",
    "task.complete",
    "task.add_evidence",
    "task.link",
}
STARTED_BY_HOLDERS = {"risk_assessment.start", "recurring_task.define"}
MANAGERS = {"risk_matrix.adopt", "risk_assessment.accept_risk", "risk_assessment.revoke_acceptance"}
STAFF_READS = READS - {"read.audit_trail", "read.export"}

NOBODYS = Resource(PRACTICE)
WITH_THE_CLINICAL_LEAD = Resource(PRACTICE, functions=frozenset[FunctionKey]({Function.CLINICAL_LEAD}))
WITH_KARI = Resource(PRACTICE, members=frozenset({KARI}))
WITH_OLA = Resource(PRACTICE, members=frozenset({OLA}), functions=frozenset[FunctionKey]({Function.HSE_LEAD}))


def _expected(who: str, action: str, resource: Resource) -> bool:
    """The rules in words, written without the table."""
    if action in SCHEDULERS:
        return False
    if who == "auditor":
        return action in READS
    if who == "analyst":
        return action in READS - {"read.personal"}
    if who == "manager":
        return True
    if action in STAFF_READS | ANYBODYS:
        return True
    if action in READS | MANAGERS or action.startswith("practice."):
        return False
    if action in STARTED_BY_HOLDERS:
        return who == "function holder"
    mine = KARI in resource.members
    my_functions = who == "function holder" and Function.CLINICAL_LEAD in resource.functions
    return mine or my_functions


@pytest.mark.parametrize("resource", [NOBODYS, WITH_THE_CLINICAL_LEAD, WITH_KARI, WITH_OLA], ids=["nobody", "function", "member", "other"])
@pytest.mark.parametrize("who", CAST)
def test_every_role_and_action_in_the_own_practice(who: str, resource: Resource) -> None:
    for action in PERMISSIONS:
        allowed = isinstance(decide(CAST[who], action, resource, NOW), Allow)
        assert allowed is _expected(who, action, resource), action


def test_nothing_is_allowed_in_another_practice() -> None:
    there = Resource(ELSEWHERE, functions=frozenset(Function), members=frozenset({KARI}))
    for person, action in product(CAST.values(), PERMISSIONS):
        assert decide(person, action, there, NOW) == Deny("access.other_practice")


def test_nothing_is_allowed_once_the_token_has_ended() -> None:
    for person, action in product(CAST.values(), PERMISSIONS):
        assert decide(person, action, WITH_KARI, person.expires_at) == Deny("access.expired")
        assert decide(person, action, WITH_KARI, person.expires_at + timedelta(days=1)) == Deny("access.expired")


@pytest.mark.parametrize("action", ["", "read", "read.", "read.everything", "deviation.delete", "DEVIATION.REPORT", "deviation.report "])
def test_what_the_table_does_not_name_is_allowed_to_nobody(action: str) -> None:
    everything = actor(*Role, functions=tuple(Function))
    assert decide(everything, action, WITH_KARI, NOW) == Deny("access.role")


def test_somebody_without_a_role_may_do_nothing() -> None:
    for action in PERMISSIONS:
        assert isinstance(decide(actor(), action, WITH_KARI, NOW), Deny)


def test_functions_count_only_for_function_holders() -> None:
    claims_without_role = actor(Role.EMPLOYEE, functions=(Function.CLINICAL_LEAD,), member=OLA)
    assert decide(claims_without_role, "deviation.close", WITH_THE_CLINICAL_LEAD, NOW) == Deny("access.not_concerned")


def test_a_function_that_the_practice_made_for_itself_counts_like_the_others() -> None:
    own = UUID("00000000-0000-4000-8000-0000000000f1")
    holder = actor(Role.FUNCTION_HOLDER, functions=(own,))
    assert decide(holder, "task.skip", Resource(PRACTICE, functions=frozenset({own})), NOW) == Allow()


@pytest.mark.parametrize(("person", "reason"), [("employee", "access.not_concerned"), ("auditor", "access.role")])
def test_a_denial_says_why_without_telling_whether_the_thing_exists(person: str, reason: str) -> None:
    assert decide(CAST[person], "deviation.close", NOBODYS, NOW) == Deny(reason)
    assert decide(CAST[person], "deviation.close", WITH_OLA, NOW) == Deny(reason)


def test_an_auditor_without_a_membership_is_not_taken_for_a_member() -> None:
    nobody: Actor = replace(CAST["employee"], member=None)
    assert isinstance(decide(nobody, "deviation.close", NOBODYS, NOW), Deny)


def test_what_somebody_could_do_covers_whatever_they_may_do_to_some_thing() -> None:
    for person, action in product(CAST.values(), PERMISSIONS):
        some = any(isinstance(decide(person, action, r, NOW), Allow) for r in (NOBODYS, WITH_THE_CLINICAL_LEAD, WITH_KARI, WITH_OLA))
        assert isinstance(could(person, action, PRACTICE, NOW), Allow) is some, action


def test_the_thing_itself_need_not_be_looked_up_where_it_makes_no_difference() -> None:
    for person, action in product(CAST.values(), PERMISSIONS):
        if not depends_on_resource(action):
            assert decide(person, action, NOBODYS, NOW) == decide(person, action, WITH_KARI, NOW), action


def test_requiring_raises_the_reason() -> None:
    require(CAST["manager"], "deviation.close", NOBODYS, NOW)
    with pytest.raises(NotAllowed) as denied:
        require(CAST["analyst"], "read.personal", NOBODYS, NOW)
    assert denied.value.code == "access.role"


def test_every_command_is_in_the_table_and_nothing_else_is() -> None:
    assert set(PERMISSIONS) == command_names() | READS
