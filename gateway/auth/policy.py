"""Who may do what: one pure function over one table. What the table does not allow is not allowed.

HelseID, DPoP and row-level security come in front of and behind this function; see docs/adr/ on signing in.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from events._function import FunctionKey
from gateway.auth.actor import Actor, Role


class Who(StrEnum):
    """What somebody must be for an action; one of those that the table names is enough."""

    STAFF = "staff"
    """Anybody who works in the practice."""
    HOLDER = "holder of a function"
    """Whoever holds any function of the practice."""
    CONCERNED = "concerned"
    """Whoever it is with: holder of the function it is proposed or assigned to, member responsible, owner, assignee."""
    MANAGER = "manager"
    AUDITOR = "auditor"
    ANALYST = "analyst"


_AT_WORK = frozenset({Role.EMPLOYEE, Role.FUNCTION_HOLDER, Role.MANAGER})


def _may(who: Iterable[Who], *actions: str) -> dict[str, frozenset[Who]]:
    return dict.fromkeys(actions, frozenset(who))


PERMISSIONS: dict[str, frozenset[Who]] = {
    **_may({Who.STAFF}, "deviation.report", "deviation.take_immediate_measure", "deviation.link"),
    **_may(
        {Who.CONCERNED, Who.MANAGER},
        "deviation.propose_routing",
        "deviation.accept_routing",
        "deviation.correct_category",
        "deviation.reassess_harm",
        "deviation.analyse_causes",
        "deviation.review",
        "deviation.plan_measure",
        "deviation.reschedule_measure",
        "deviation.complete_measure",
        "deviation.cancel_measure",
        "deviation.evaluate_measure",
        "deviation.accept_ineffectiveness",
        "deviation.close",
        "deviation.reject",
        "deviation.reopen",
    ),
    **_may({Who.MANAGER}, "risk_matrix.adopt", "risk_assessment.accept_risk", "risk_assessment.revoke_acceptance"),
    **_may({Who.HOLDER, Who.MANAGER}, "risk_assessment.start"),
    **_may(
        {Who.CONCERNED, Who.MANAGER},
        "risk_assessment.describe_scenario",
        "risk_assessment.correct_scenario",
        "risk_assessment.score",
        "risk_assessment.plan_treatment",
        "risk_assessment.reschedule_treatment",
        "risk_assessment.complete_treatment",
        "risk_assessment.cancel_treatment",
        "risk_assessment.link_treatment",
        "risk_assessment.review",
        "risk_assessment.complete",
        "risk_assessment.reopen",
        "risk_assessment.link",
    ),
    # whoever did a task says so; the record names them
    **_may({Who.STAFF}, "task.plan", "task.complete", "task.add_evidence", "task.link"),
    **_may(
        {Who.CONCERNED, Who.MANAGER},
        "task.describe",
        "task.assign",
        "task.hand_over",
        "task.name_follow_up",
        "task.move_due_date",
        "task.skip",
        "task.cancel",
        "task.reopen",
    ),
    # the scheduler's own, which comes through no door
    **_may((), "task.plan_occurrence", "task.give_reminder", "task.withdraw_occurrence"),
    **_may({Who.HOLDER, Who.MANAGER}, "recurring_task.define"),
    **_may(
        {Who.CONCERNED, Who.MANAGER},
        "recurring_task.start",
        "recurring_task.describe",
        "recurring_task.change_schedule",
        "recurring_task.change_lead_time",
        "recurring_task.assign",
        "recurring_task.hand_over",
        "recurring_task.name_follow_up",
        "recurring_task.link",
        "recurring_task.pause",
        "recurring_task.resume",
        "recurring_task.end",
    ),
    **_may(
        {Who.MANAGER},
        "practice.register",
        "practice.change_profile",
        "practice.join_member",
        "practice.correct_member",
        "practice.change_profession",
        "practice.record_leaving",
        "practice.cancel_leaving",
        "practice.establish_function",
        "practice.rename_function",
        "practice.discontinue_function",
        "practice.assign_function",
        "practice.hand_over_function",
        "practice.vacate_function",
        "practice.confirm_responsibilities",
    ),
    **_may(
        {Who.STAFF, Who.AUDITOR, Who.ANALYST},
        "read.practice",
        "read.dashboard",
        "read.deviations",
        "read.risks",
        "read.tasks",
        "read.compliance",
    ),
    **_may({Who.MANAGER, Who.AUDITOR, Who.ANALYST}, "read.audit_trail", "read.export"),
    **_may({Who.STAFF, Who.AUDITOR}, "read.personal"),
}
"""Action (a command's NAME or a `read.…`) -> who may. `read.personal` is what may identify a person, within the others."""


@dataclass(frozen=True, slots=True)
class Resource:
    """What an action is about; empty sets for what concerns nobody in particular."""

    practice: str
    functions: frozenset[FunctionKey] = frozenset()
    """Functions that it is proposed or assigned to."""
    members: frozenset[UUID] = frozenset()
    """Members who are responsible for it, own it or have it assigned."""


@dataclass(frozen=True, slots=True)
class Allow:
    """It may be done."""


@dataclass(frozen=True, slots=True)
class Deny:
    """It may not be done."""

    reason: str
    """Stable code `access.…`. None of them tells anything of another practice."""


class NotAllowed(Exception):
    """The policy does not allow it; `code` is the stable reason of the denial."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def decide(actor: Actor, action: str, resource: Resource, now: datetime) -> Allow | Deny:
    """May `actor` do `action` to `resource` now?"""
    if now >= actor.expires_at:
        return Deny("access.expired")
    if resource.practice != actor.practice:
        return Deny("access.other_practice")
    permitted = PERMISSIONS.get(action, frozenset())
    who = _who(actor, resource)
    if permitted & who:
        return Allow()
    return Deny("access.not_concerned" if Who.CONCERNED in permitted and Who.STAFF in who else "access.role")


def require(actor: Actor, action: str, resource: Resource, now: datetime) -> None:
    """Raise NotAllowed unless `actor` may do `action` to `resource` now."""
    decision = decide(actor, action, resource, now)
    if isinstance(decision, Deny):
        raise NotAllowed(decision.reason)


def could(actor: Actor, action: str, practice: str, now: datetime) -> Allow | Deny:
    """May `actor` do `action` to anything at all in the practice? For a refusal before the thing itself is looked up."""
    members = frozenset({actor.member} if actor.member else ())
    return decide(actor, action, Resource(practice, actor.functions, members), now)


def depends_on_resource(action: str) -> bool:
    """Whether the answer can differ between two things of one practice, so that `functions` and `members` must be looked up."""
    return Who.CONCERNED in PERMISSIONS.get(action, ())


def _who(actor: Actor, resource: Resource) -> frozenset[Who]:
    at_work = bool(actor.roles & _AT_WORK)
    holder = Role.FUNCTION_HOLDER in actor.roles and bool(actor.functions)
    concerned = (holder and actor.functions & resource.functions) or (at_work and actor.member in resource.members)
    facts = {
        Who.STAFF: at_work,
        Who.HOLDER: holder,
        Who.CONCERNED: concerned,
        Who.MANAGER: Role.MANAGER in actor.roles,
        Who.AUDITOR: Role.AUDITOR in actor.roles,
        Who.ANALYST: Role.ANALYST in actor.roles,
    }
    return frozenset(who for who, is_so in facts.items() if is_so)


def markdown() -> str:
    """docs/permissions.md."""
    lines = [
        "# Who may do what",
        "",
        "An access token names one practice; nothing is allowed in another. What has no cross is not allowed.",
        "*Concerned* is whoever a thing is with: the holder of the function it is proposed or assigned to, the member responsible,",
        "its owner or assignee. *Staff* is everybody who works in the practice, the manager included.",
        "",
        "| Action | " + " | ".join(Who) + " |",
        "|---|" + ":-:|" * len(Who),
    ]
    for action, permitted in sorted(PERMISSIONS.items()):
        lines.append(f"| `{action}` | " + " | ".join("x" if who in permitted else "" for who in Who) + " |")
    return "\n".join(lines) + "\n"
