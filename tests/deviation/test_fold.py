"""What the events come to: the rows of a deviation and of its measures."""

from datetime import date
from uuid import UUID

import pytest

from events._base import DomainEvent
from events._function import Function
from events._registry import event_types, load_all
from events.deviation import (
    AffectedParty,
    Category,
    Effect,
    HarmLevel,
    Kind,
    LinkKind,
    MeasureKind,
    MeasureStrength,
    Moment,
    Potential,
    Precision,
    RejectReason,
    Reporter,
    ReporterKind,
    Status,
    treatment_status,
)
from projections import deviation as folds
from read_side.deviation import DeviationRow, MeasureRow
from tests._given import KARI, OLA
from tests.deviation._folded import Folded, at
from tests.deviation._story import (
    ACCEPTED,
    ANALYSED,
    CANCELLED,
    CLOSED,
    CORRECTED,
    DONE,
    DUPLICATE,
    EVALUATED,
    ID,
    INEFFECTIVE,
    INEFFECTIVENESS_ACCEPTED,
    LINKED,
    MEASURE_ID,
    NEW,
    OCCURRED,
    OTHER,
    PLANNED,
    PROPOSED,
    REASSESSED,
    REJECTED,
    REOPENED,
    REPORTED,
    RESCHEDULED,
    REVIEWED,
    TAKEN_AT_ONCE,
    TODAY,
    TRIAGED,
)

REPORTED_ROW = DeviationRow(
    deviation_id=ID,
    subject=f"deviation/{ID}",
    version=1,
    number=1,
    title="Feil dose",
    description="Dobbel dose ble skrevet ut.",
    kind=Kind.NEAR_MISS,
    harm=HarmLevel.NONE,
    category=Category.CLINICAL,
    status=Status.REPORTED,
    affected=(AffectedParty.PATIENT,),
    affected_count=1,
    occurred_at=OCCURRED,
    occurred_precision=Precision.EXACT,
    detected_at=OCCURRED,
    detected_precision=Precision.EXACT,
    reported_at=at(1),
    reporter_kind=ReporterKind.NAMED,
    reporter_id=KARI,
    pseudonym=None,
    place=None,
    process_step=None,
    potential_consequence=None,
    potential_likelihood=None,
    immediate_measures=(),
    proposed_to=None,
    responsible=None,
    acknowledged_at=None,
    cause_analysis=None,
    reviews=[],
    reviewed_on=None,
    conclusion=None,
    lessons=None,
    reject_reason=None,
    reject_explanation=None,
    duplicate_of=None,
    first_closed_at=None,
    closed_at=None,
    reopened_count=0,
    reopen_reason=None,
    open_measures=0,
    unevaluated_measures=0,
    linked_risks=(),
    linked_tasks=(),
)
PLANNED_ROW = MeasureRow(
    measure_id=MEASURE_ID,
    deviation_id=ID,
    subject=f"deviation/{ID}",
    kind=MeasureKind.CORRECTIVE,
    strength=MeasureStrength.MEDIUM,
    description="Sjekkliste",
    owner=OLA,
    due=date(2026, 4, 1),
    first_due=date(2026, 4, 1),
    moves=0,
    reschedule_reason=None,
    planned_at=at(4),
    done_on=None,
    done_note=None,
    cancelled=False,
    cancel_reason=None,
    effect=None,
    evaluated_on=None,
    evaluation_note=None,
    ineffectiveness_accepted=None,
)


def deviation(*events: DomainEvent) -> DeviationRow:
    return Folded(*events).deviation


def measure(*events: DomainEvent) -> MeasureRow:
    return Folded(*TRIAGED, PLANNED, *events).one(MeasureRow)


def test_every_event_of_the_capability_is_folded() -> None:
    load_all()
    own = {event for name, event in event_types().items() if name.startswith("deviation.")}
    assert set(folds.deviation.steps) == own


def test_a_reported_deviation() -> None:
    assert deviation(REPORTED) == REPORTED_ROW


def test_what_a_report_may_say_beside() -> None:
    unknown = Moment(at=None, precision=Precision.UNKNOWN)
    reporter = Reporter(kind=ReporterKind.PSEUDONYMOUS, pseudonym="p-7f3a")
    told = {"place": "Lab", "process_step": "Merking", "potential": Potential(consequence=4, likelihood=2), "occurred": unknown}
    row = deviation(REPORTED.model_copy(update=told | {"reporter": reporter}))
    assert (row.place, row.process_step, row.potential_consequence, row.potential_likelihood) == ("Lab", "Merking", 4, 2)
    assert (row.occurred_at, row.occurred_precision, row.detected_at) == (None, Precision.UNKNOWN, OCCURRED)
    assert (row.reporter_kind, row.reporter_id, row.pseudonym) == (ReporterKind.PSEUDONYMOUS, None, "p-7f3a")


def test_every_event_raises_the_version_and_leaves_the_number() -> None:
    row = deviation(*TRIAGED, PLANNED, RESCHEDULED, LINKED)
    assert (row.version, row.number) == (6, 1)


def test_what_was_done_at_once_is_kept_in_its_order() -> None:
    second = TAKEN_AT_ONCE.model_copy(update={"description": "Låste skapet"})
    assert deviation(*NEW, TAKEN_AT_ONCE, second).immediate_measures == ("Ringte pasienten", "Låste skapet")


def test_it_is_taken_once_it_is_accepted() -> None:
    assert deviation(*NEW).proposed_to is Function.CLINICAL_LEAD
    row = deviation(*TRIAGED)
    assert (row.status, row.responsible, row.acknowledged_at) == (Status.ACKNOWLEDGED, OLA, at(3))


def test_another_proposal_takes_the_acceptance_back_but_not_when_it_was_first_given() -> None:
    proposed = PROPOSED.model_copy(update={"function": Function.QUALITY_LEAD})
    row = deviation(*TRIAGED, proposed)
    assert (row.status, row.proposed_to, row.responsible, row.acknowledged_at) == (Status.REPORTED, Function.QUALITY_LEAD, None, at(3))
    assert deviation(*TRIAGED, proposed, ACCEPTED).acknowledged_at == at(3)


def test_category_kind_and_harm_as_now_known() -> None:
    row = deviation(*NEW, CORRECTED, REASSESSED)
    assert (row.category, row.kind, row.harm) == (Category.ICT, Kind.HARM_EVENT, HarmLevel.SEVERE)


def test_the_latest_analysis_of_causes_is_shown() -> None:
    row = deviation(*TRIAGED, ANALYSED, ANALYSED.model_copy(update={"root_causes": ("b",)}))
    assert row.status is Status.UNDER_TREATMENT
    assert row.cause_analysis == {
        "method": "five_whys",
        "causes": [
            {"id": "a", "category": "method", "text": "Ingen kontroll", "because_of": None},
            {"id": "b", "category": "people", "text": "Travelt", "because_of": "a"},
        ],
        "root_causes": ["b"],
    }


def test_every_review_is_kept_with_the_day_of_the_first() -> None:
    second = REVIEWED.model_copy(update={"reviewed_on": date(2026, 3, 9), "note": "Igjen"})
    row = deviation(*TRIAGED, REVIEWED, second)
    assert (row.status, row.reviewed_on) == (Status.UNDER_TREATMENT, TODAY)
    assert row.reviews == [
        {"on": "2026-03-03", "forum": "practice_meeting", "note": "Gjennomgått"},
        {"on": "2026-03-09", "forum": "practice_meeting", "note": "Igjen"},
    ]


@pytest.mark.parametrize(
    ("events", "status", "open_", "unevaluated"),
    [
        ((PLANNED,), Status.MEASURES_OPEN, 1, 0),
        ((PLANNED, RESCHEDULED), Status.MEASURES_OPEN, 1, 0),
        ((PLANNED, DONE), Status.AWAITING_EFFECT_EVALUATION, 0, 1),
        ((PLANNED, DONE, EVALUATED), Status.ACKNOWLEDGED, 0, 0),
        ((PLANNED, DONE, INEFFECTIVE, EVALUATED.model_copy(update={"previous": Effect.NOT_EFFECTIVE})), Status.ACKNOWLEDGED, 0, 0),
        ((PLANNED, DONE, INEFFECTIVE, INEFFECTIVENESS_ACCEPTED), Status.ACKNOWLEDGED, 0, 0),
        ((REVIEWED, PLANNED, CANCELLED), Status.UNDER_TREATMENT, 0, 0),
    ],
)
def test_its_measures_are_counted(events: tuple[DomainEvent, ...], status: Status, open_: int, unevaluated: int) -> None:
    row = deviation(*TRIAGED, *events)
    assert (row.status, row.open_measures, row.unevaluated_measures) == (status, open_, unevaluated)


def test_a_closed_deviation() -> None:
    row = deviation(*TRIAGED, CLOSED.model_copy(update={"lessons": "Spør først"}))
    assert (row.status, row.conclusion, row.lessons) == (Status.CLOSED, "Rutinen er endret", "Spør først")
    assert (row.closed_at, row.first_closed_at) == (at(4), at(4))


def test_a_rejected_deviation_has_an_explanation_and_no_conclusion() -> None:
    row = deviation(*NEW, REJECTED)
    assert (row.status, row.reject_reason, row.reject_explanation) == (Status.REJECTED, RejectReason.NOT_DEVIATION, "Forventet")
    assert (row.conclusion, row.duplicate_of, row.closed_at, row.first_closed_at) == (None, None, at(3), None)
    assert deviation(*NEW, DUPLICATE).duplicate_of == OTHER


@pytest.mark.parametrize(
    "end", [CLOSED.model_copy(update={"lessons": "Spør først"}), REJECTED, DUPLICATE], ids=["closed", "rejected", "duplicate"]
)
def test_a_reopened_deviation_says_nothing_of_its_end(end: DomainEvent) -> None:
    row = deviation(*TRIAGED, end, REOPENED)
    assert (row.status, row.reopened_count, row.reopen_reason) == (Status.REOPENED, 1, "Skjedde igjen")
    assert (row.conclusion, row.lessons, row.reject_reason, row.reject_explanation, row.duplicate_of, row.closed_at) == (None,) * 6


def test_a_reopened_deviation_keeps_when_it_was_first_closed() -> None:
    assert deviation(*TRIAGED, CLOSED, REOPENED, CLOSED).first_closed_at == at(4)
    assert deviation(*TRIAGED, CLOSED, REOPENED, CLOSED).closed_at == at(6)
    assert deviation(*TRIAGED, CLOSED, REOPENED, CLOSED, REOPENED).reopened_count == 2


def test_what_follows_on_a_reopening_says_where_it_stands_now() -> None:
    assert deviation(*TRIAGED, CLOSED, REOPENED, REVIEWED).status is Status.UNDER_TREATMENT


def test_links_are_kept_apart_by_what_they_lead_to_also_on_a_closed_deviation() -> None:
    risk = LINKED.model_copy(update={"kind": LinkKind.RISK_ASSESSMENT, "target": UUID(int=7)})
    row = deviation(*TRIAGED, LINKED, CLOSED, risk)
    assert (row.linked_tasks, row.linked_risks, row.status) == ((OTHER,), (UUID(int=7),), Status.CLOSED)


def test_a_planned_measure() -> None:
    assert measure() == PLANNED_ROW


def test_a_measure_that_was_moved_keeps_its_first_due_date() -> None:
    again = RESCHEDULED.model_copy(update={"due": date(2026, 6, 1), "reason": "Sykdom"})
    row = measure(RESCHEDULED, again)
    assert (row.first_due, row.due, row.moves, row.reschedule_reason) == (date(2026, 4, 1), date(2026, 6, 1), 2, "Sykdom")


def test_a_measure_that_is_done() -> None:
    row = measure(DONE.model_copy(update={"note": "I bruk fra i dag"}))
    assert (row.done_on, row.done_note, row.cancelled, row.effect) == (TODAY, "I bruk fra i dag", False, None)


def test_a_measure_that_was_given_up() -> None:
    row = measure(CANCELLED)
    assert (row.cancelled, row.cancel_reason, row.done_on) == (True, "Ikke aktuelt", None)


def test_the_latest_evaluation_of_a_measure_is_shown() -> None:
    later = EVALUATED.model_copy(update={"previous": Effect.NOT_EFFECTIVE, "evaluated_on": date(2026, 5, 1), "note": "Virker nå"})
    row = measure(DONE, INEFFECTIVE, later)
    assert (row.effect, row.evaluated_on, row.evaluation_note) == (Effect.EFFECTIVE, date(2026, 5, 1), "Virker nå")


def test_why_nothing_followed_a_measure_that_did_not_work() -> None:
    assert measure(DONE, INEFFECTIVE, INEFFECTIVENESS_ACCEPTED).ineffectiveness_accepted == "Ingen bedre vei"


@pytest.mark.parametrize(
    ("triaged", "treated", "open_measures", "unevaluated_measures", "status"),
    [
        (False, False, 0, 0, Status.REPORTED),
        (True, False, 0, 0, Status.ACKNOWLEDGED),
        (True, True, 0, 0, Status.UNDER_TREATMENT),
        (True, True, 0, 2, Status.AWAITING_EFFECT_EVALUATION),
        (True, True, 1, 2, Status.MEASURES_OPEN),
    ],
)
def test_the_status_follows_from_what_has_been_done(
    triaged: bool, treated: bool, open_measures: int, unevaluated_measures: int, status: Status
) -> None:
    told = treatment_status(triaged=triaged, treated=treated, open_measures=open_measures, unevaluated_measures=unevaluated_measures)
    assert told is status
