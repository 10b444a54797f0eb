"""Which objects each event is about, and what it tells of them: the record as object-centric process mining sees it.

One table for all event types, beside the classes. A new type must be entered here (a test says so), and every field of
it that holds an id must be told or set apart. Nothing of what is told is text that people wrote.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

DEVIATION = "deviation"
MEASURE = "measure"
TASK = "task"
RECURRING_TASK = "recurring_task"
RISK_ASSESSMENT = "risk_assessment"
RISK = "risk"
TREATMENT = "treatment"
RISK_MATRIX = "risk_matrix"
PERSON = "person"
FUNCTION = "function"
PRACTICE = "practice"

KINDS = (DEVIATION, MEASURE, TASK, RECURRING_TASK, RISK_ASSESSMENT, RISK, TREATMENT, RISK_MATRIX, PERSON, FUNCTION, PRACTICE)
"""Kinds of objects. An object is named `<kind>/<id>`; for those that are streams that is the subject."""
SUBJECTS = (DEVIATION, TASK, RECURRING_TASK, RISK_ASSESSMENT, RISK_MATRIX, PRACTICE)
"""Kinds that are streams."""
ACTOR = "actor"
"""Qualifier of the person who gave the command."""


@dataclass(frozen=True, slots=True)
class Part:
    """The part that objects play in an event: those whose ids stand at a place in its data."""

    qualifier: str
    path: str
    """Dotted path into the data; through a list it leads to an id for each item."""
    kind: str | None
    """Their kind; None where the field `kind` beside the id tells it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What an event of one type tells. A part is named by its qualifier, the subject by its kind."""

    parts: tuple[Part, ...] = ()
    """Besides the subject and the actor, who take part in every event."""
    begins: str | None = None
    """The part that comes into being by it."""
    sets: Mapping[str, Mapping[str, str]] = field(default_factory=lambda: MappingProxyType({}))
    """Part -> its attribute -> path of the new value, or `=` and the value itself."""
    relates: tuple[tuple[str, str, str], ...] = ()
    """(part, qualifier, part): relations that hold between objects, from here on or from ever."""
    apart: tuple[str, ...] = ()
    """Paths of ids that name no object."""


def _measure(*more: Part) -> tuple[Part, ...]:
    return (Part(MEASURE, "measure_id", MEASURE), *more)


def _risk(*more: Part) -> tuple[Part, ...]:
    return (Part(RISK, "scenario_id", RISK), *more)


def _treatment(*more: Part) -> tuple[Part, ...]:
    return (Part(TREATMENT, "treatment_id", TREATMENT), *_risk(), *more)


def _assigned(path: str, qualifier: str) -> tuple[Part, Part]:
    return Part(qualifier, f"{path}.members", PERSON), Part(f"{qualifier} function", f"{path}.function", FUNCTION)


def _held(*more: Part, apart: tuple[str, ...] = ("assignment_id",)) -> Told:
    return Told((Part(FUNCTION, "function", FUNCTION), *more), apart=apart)


def _related(kind: str, *qualifiers: str) -> tuple[tuple[str, str, str], ...]:
    """Relations of an object to parts that are named as the relation is."""
    return tuple((kind, qualifier, qualifier) for qualifier in qualifiers)


def _state(part: str, state: str, /, **more: str) -> Mapping[str, Mapping[str, str]]:
    return {part: {"state": f"={state}", **more}}


_OWNER = Part("owner", "owner", PERSON)
_RESPONSIBLE = Part("responsible", "responsible", PERSON)
_FOLLOW_UP = Part("follow-up", "follow_up", PERSON)
_MEMBER = Part("member", "member_id", PERSON)
_LINK = Part("link", "target", None)
_REPLACES = Part("replaces", "replaces", RISK_ASSESSMENT)
_RECORD = Part("evidence", "record.target", None)
_HANDED_OVER = (Part("leaver", "leaver", PERSON), Part("successor", "successor", PERSON))
_ASSIGNEE = _assigned("assignment", "assignee")
_REASSIGNED = (*_ASSIGNEE, *_assigned("previous", "previous assignee"))
_ASSIGNEES = ("assignee", "assignee function")

OBJECTS: Mapping[str, Told] = {
    "deviation.reported.v1": Told(
        (Part("reporter", "reporter.member_id", PERSON), Part("reporter", "reporter.pseudonym", PERSON)),
        begins=DEVIATION,
        sets={DEVIATION: {"status": "=reported", "kind": "kind", "harm": "harm", "category": "category"}},
        relates=_related(DEVIATION, "reporter"),
    ),
    "deviation.immediate_measure_taken.v1": Told(),
    "deviation.routing_proposed.v1": Told((Part("proposed function", "function", FUNCTION),)),
    "deviation.routing_accepted.v1": Told(
        (Part("responsible function", "function", FUNCTION), _RESPONSIBLE),
        sets={DEVIATION: {"status": "=acknowledged"}},
        relates=_related(DEVIATION, "responsible function", "responsible"),
    ),
    "deviation.category_corrected.v1": Told(sets={DEVIATION: {"category": "category"}}),
    "deviation.harm_reassessed.v1": Told(sets={DEVIATION: {"kind": "kind", "harm": "harm"}}),
    "deviation.causes_analysed.v1": Told(),
    "deviation.reviewed.v1": Told(),
    "deviation.measure_planned.v1": Told(
        _measure(_OWNER),
        begins=MEASURE,
        sets=_state(MEASURE, "planned", kind="kind", strength="strength", due="due"),
        relates=((MEASURE, "measure of", DEVIATION), *_related(MEASURE, "owner")),
    ),
    "deviation.measure_rescheduled.v1": Told(_measure(), sets={MEASURE: {"due": "due"}}),
    "deviation.measure_done.v1": Told(_measure(), sets=_state(MEASURE, "done", done_on="done_on")),
    "deviation.measure_cancelled.v1": Told(_measure(), sets=_state(MEASURE, "cancelled")),
    "deviation.measure_evaluated.v1": Told(_measure(), sets=_state(MEASURE, "evaluated", effect="effect")),
    "deviation.ineffectiveness_accepted.v1": Told(_measure()),
    "deviation.closed.v1": Told(sets={DEVIATION: {"status": "=closed"}}),
    "deviation.rejected.v1": Told(
        (Part("duplicate of", "duplicate_of", DEVIATION),),
        sets={DEVIATION: {"status": "=rejected"}},
        relates=_related(DEVIATION, "duplicate of"),
    ),
    "deviation.reopened.v1": Told(sets={DEVIATION: {"status": "=reopened"}}),
    "deviation.linked.v1": Told((_LINK,), relates=_related(DEVIATION, "link")),
    "risk_matrix.adopted.v1": Told(sets={RISK_MATRIX: {"version": "version"}}),
    "risk_assessment.started.v1": Told(
        (_RESPONSIBLE, _REPLACES),
        begins=RISK_ASSESSMENT,
        sets={RISK_ASSESSMENT: {"status": "=in_progress", "area": "area", "trigger": "trigger"}},
        relates=_related(RISK_ASSESSMENT, "responsible", "replaces"),
    ),
    "risk_assessment.scenario_described.v1": Told(
        _risk(_OWNER),
        begins=RISK,
        sets={RISK: {"area": "area"}},
        relates=((RISK, "risk of", RISK_ASSESSMENT), *_related(RISK, "owner")),
    ),
    "risk_assessment.scenario_corrected.v1": Told(_risk(_OWNER), relates=_related(RISK, "owner")),
    "risk_assessment.scored.v1": Told(
        _risk(),
        sets={
            RISK: {
                **{name: name for name in ("stage", "likelihood", "consequence", "band", "acceptable", "next_review")},
            }
        },
    ),
    "risk_assessment.treatment_planned.v1": Told(
        _treatment(_OWNER),
        begins=TREATMENT,
        sets=_state(TREATMENT, "planned", strategy="strategy", due="due"),
        relates=((TREATMENT, "treatment of", RISK), *_related(TREATMENT, "owner")),
    ),
    "risk_assessment.treatment_rescheduled.v1": Told(_treatment(), sets={TREATMENT: {"due": "due"}}),
    "risk_assessment.treatment_done.v1": Told(_treatment(), sets=_state(TREATMENT, "done", done_on="done_on")),
    "risk_assessment.treatment_cancelled.v1": Told(_treatment(), sets=_state(TREATMENT, "cancelled")),
    "risk_assessment.treatment_linked.v1": Told(_treatment(_LINK), relates=_related(TREATMENT, "link")),
    "risk_assessment.risk_accepted.v1": Told(_risk(Part("approver", "approver", PERSON)), sets={RISK: {"acceptance": "=accepted"}}),
    "risk_assessment.acceptance_revoked.v1": Told(_risk(), sets={RISK: {"acceptance": "=revoked"}}),
    "risk_assessment.reviewed.v1": Told((Part(RISK, "renewed.scenario_id", RISK),), sets={RISK: {"next_review": "renewed.next_review"}}),
    "risk_assessment.completed.v1": Told(
        (_REPLACES,),
        sets={RISK_ASSESSMENT: {"status": "=completed", "highest_band": "highest_band"}},
        relates=_related(RISK_ASSESSMENT, "replaces"),
    ),
    "risk_assessment.reopened.v1": Told(sets={RISK_ASSESSMENT: {"status": "=in_progress"}}),
    "risk_assessment.linked.v1": Told(_risk(_LINK), relates=(*_related(RISK_ASSESSMENT, "link"), *_related(RISK, "link"))),
    "task.planned.v1": Told(
        (*_ASSIGNEE, _FOLLOW_UP, Part(RECURRING_TASK, "recurring_task", RECURRING_TASK), Part("link", "links.target", None)),
        begins=TASK,
        sets=_state(TASK, "open", kind="kind", due="due"),
        relates=(*_related(TASK, *_ASSIGNEES, "follow-up", "link"), (TASK, "recurring task", RECURRING_TASK)),
    ),
    "task.described.v1": Told(),
    "task.assigned.v1": Told(_REASSIGNED, relates=_related(TASK, *_ASSIGNEES)),
    "task.handed_over.v1": Told(_HANDED_OVER, relates=_related(TASK, "successor")),
    "task.follow_up_named.v1": Told((_FOLLOW_UP,), relates=_related(TASK, "follow-up")),
    "task.due_date_moved.v1": Told(sets={TASK: {"due": "due"}}),
    "task.linked.v1": Told((Part("link", "link.target", None),), relates=_related(TASK, "link")),
    "task.completed.v1": Told(
        (Part("done by", "done_by", PERSON), _RECORD),
        sets=_state(TASK, "completed", done_on="done_on"),
        relates=_related(TASK, "done by", "evidence"),
        apart=("attachments.reference",),
    ),
    "task.evidence_added.v1": Told((_RECORD,), relates=_related(TASK, "evidence"), apart=("attachments.reference",)),
    "task.skipped.v1": Told(sets=_state(TASK, "skipped")),
    "task.cancelled.v1": Told(sets=_state(TASK, "cancelled")),
    "task.reopened.v1": Told(sets=_state(TASK, "open")),
    "task.withdrawn.v1": Told(sets=_state(TASK, "cancelled")),
    "task.reinstated.v1": Told(sets=_state(TASK, "open")),
    "task.reminder_given.v1": Told(_assigned("to", "reminded")),
    "recurring_task.defined.v1": Told(
        (*_ASSIGNEE, _FOLLOW_UP, Part("link", "links.target", None)),
        begins=RECURRING_TASK,
        sets={RECURRING_TASK: {"lead_days": "lead_days", "started_on": "started_on"}},
        relates=_related(RECURRING_TASK, *_ASSIGNEES, "follow-up", "link"),
    ),
    "recurring_task.started.v1": Told(sets={RECURRING_TASK: {"started_on": "started_on"}}),
    "recurring_task.described.v1": Told(),
    "recurring_task.schedule_changed.v1": Told(),
    "recurring_task.lead_time_changed.v1": Told(sets={RECURRING_TASK: {"lead_days": "lead_days"}}),
    "recurring_task.assigned.v1": Told(_REASSIGNED, relates=_related(RECURRING_TASK, *_ASSIGNEES)),
    "recurring_task.handed_over.v1": Told(_HANDED_OVER, relates=_related(RECURRING_TASK, "successor")),
    "recurring_task.follow_up_named.v1": Told((_FOLLOW_UP,), relates=_related(RECURRING_TASK, "follow-up")),
    "recurring_task.linked.v1": Told((Part("link", "link.target", None),), relates=_related(RECURRING_TASK, "link")),
    "recurring_task.paused.v1": Told(),
    "recurring_task.resumed.v1": Told(),
    "recurring_task.ended.v1": Told(sets={RECURRING_TASK: {"last_day": "last_day"}}),
    "practice.registered.v1": Told(begins=PRACTICE, sets={PRACTICE: {"practice_type": "practice_type"}}),
    "practice.profile_changed.v1": Told(sets={PRACTICE: {"practice_type": "practice_type"}}),
    "practice.member_joined.v1": Told((_MEMBER,), begins="member", sets={"member": {"profession": "profession"}}),
    "practice.member_corrected.v1": Told((_MEMBER,)),
    "practice.profession_changed.v1": Told((_MEMBER,), sets={"member": {"profession": "profession"}}),
    "practice.leaving_recorded.v1": Told((_MEMBER,)),
    "practice.leaving_cancelled.v1": Told((_MEMBER,)),
    "practice.function_established.v1": _held(apart=()),
    "practice.function_renamed.v1": _held(apart=()),
    "practice.function_discontinued.v1": _held(apart=()),
    "practice.function_assigned.v1": Told(
        (Part(FUNCTION, "function", FUNCTION), Part("holder", "members", PERSON), Part("deputy", "deputies", PERSON)),
        relates=_related(FUNCTION, "holder", "deputy"),
        apart=("assignment_id",),
    ),
    "practice.assignment_ended.v1": _held(),
    "practice.assignment_withdrawn.v1": _held(),
    "practice.responsibilities_confirmed.v1": Told((Part(FUNCTION, "held.function", FUNCTION), Part("holder", "held.holders", PERSON))),
}
"""By stored name of the event type."""
