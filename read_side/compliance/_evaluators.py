"""How each duty is judged from the facts: pure functions (facts, duty, day) -> finding.

None of these says that the law is met; each says whether the record holds the evidence that the duty asks for, by the
intervals of the duty's own entry.
"""

from bisect import bisect_left
from collections.abc import Callable, Iterable, Sequence
from datetime import date, timedelta
from itertools import accumulate
from math import ceil
from operator import attrgetter

from events._function import Function
from events._holding import first_gap, holders, in_force, turn
from events.deviation import HarmLevel, MeasureKind
from events.risk_assessment import Area
from events.task import Outcome
from read_side.compliance._answer import Compliance, Finding, freshness, oldest, standing
from read_side.compliance._facts import TASK_WINDOW, Deviation, Facts, Measure, Risk, Task
from read_side.compliance._labels import AREAS, FUNCTIONS, listed, told
from read_side.regulations import Duty

Evaluator = Callable[[Facts, Duty, date], Finding]

ONE_DAY = timedelta(days=1)
SEVERE = frozenset({HarmLevel.SEVERE, HarmLevel.FATAL})
LEADS = (
    Function.GENERAL_MANAGER,
    Function.QUALITY_LEAD,
    Function.HSE_LEAD,
    Function.DATA_CONTROLLER_LEAD,
    Function.EQUIPMENT_LEAD,
    Function.CLINICAL_LEAD,
)


def _fresh(duty: Duty) -> timedelta:
    assert duty.fresh is not None, f"{duty.code} is judged by an interval and has none"
    return duty.fresh


def definition_only(_facts: Facts, _duty: Duty, _day: date) -> Finding:
    """A definition asks for nothing."""
    return Finding(Compliance.NOT_APPLICABLE, "Bestemmelsen er en definisjon.", "The section is a definition.")


def accountable_leader(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 3: there is a general manager, and who is responsible was confirmed lately."""
    assignments = facts.holders_of(Function.GENERAL_MANAGER)
    standing = in_force(assignments, day)
    edges = frozenset(_gap_edges(facts, [Function.GENERAL_MANAGER], day))
    if standing is None:
        return Finding(Compliance.MISSING, "Ingen er daglig leder.", "Nobody is general manager.", (), edges)
    practice = facts.practice
    positions = [facts.assignment_positions[standing.assignment_id]]
    confirmed = standing.from_day
    if practice and practice.confirmed_on and practice.confirmed_on >= confirmed:
        confirmed = practice.confirmed_on
        positions.append(practice.confirmed_position or 0)
    fresh = freshness(confirmed, _fresh(duty), day)
    return Finding(
        fresh.status,
        f"Daglig leder er utpekt; ansvaret sist bekreftet {told(confirmed)[0]}.",
        f"There is a general manager; the responsibility was last confirmed on {told(confirmed)[1]}.",
        tuple(positions),
        edges | fresh.edges,
    )


def responsibilities_held(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 6 a: every lead function is held, and the overview was confirmed since staff or roles last changed."""
    edges = frozenset(_gap_edges(facts, LEADS, day))
    vacant = [function for function in LEADS if not holders(facts.holders_of(function), day)]
    held = tuple(
        facts.assignment_positions[standing.assignment_id]
        for function in LEADS
        if (standing := in_force(facts.holders_of(function), day)) is not None
    )
    if vacant:
        no, en = listed(vacant, FUNCTIONS)
        return Finding(Compliance.MISSING, f"Uten ansvarlig: {no}.", f"Nobody holds: {en}.", held, edges)
    practice = facts.practice
    if practice is None or practice.confirmed_on is None or practice.confirmed_position is None:
        return Finding(Compliance.MISSING, "Ansvarsfordelingen er aldri bekreftet.", "Who holds what was never confirmed.", held, edges)
    positions = (*held, practice.confirmed_position)
    if practice.changed_on and (practice.changed_position or 0) > practice.confirmed_position:
        reopened = freshness(practice.changed_on, timedelta(days=duty.limits["grace_days"]), day)
        status = Compliance.STALE if reopened.status is Compliance.STALE else Compliance.DUE_SOON
        return Finding(
            status,
            f"Ansatte eller roller er endret {told(practice.changed_on)[0]}; oversikten må bekreftes på nytt.",
            f"Staff or roles changed on {told(practice.changed_on)[1]}; the overview must be confirmed again.",
            (*positions, practice.changed_position or 0),
            edges | reopened.edges,
        )
    fresh = freshness(practice.confirmed_on, _fresh(duty), day)
    return Finding(
        fresh.status,
        f"Alle lederfunksjoner har en ansvarlig; bekreftet {told(practice.confirmed_on)[0]}.",
        f"Every lead function is held; confirmed on {told(practice.confirmed_on)[1]}.",
        positions,
        edges | fresh.edges,
    )


def _gap_edges(facts: Facts, functions: Iterable[Function], day: date) -> Iterable[date]:
    for function in functions:
        assignments = facts.holders_of(function)
        gap = first_gap(assignments, day)
        if gap is not None:
            yield gap
        yield from (assignment.from_day for assignment in assignments)
        standing = in_force(assignments, day)
        if standing is not None and (last := turn(standing, day).last_day) is not None:
            yield last + ONE_DAY


def risk_areas_assessed(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 6 d: each mandatory area has a completed risk assessment that is fresh."""
    newest = {
        area: max((a for a in facts.assessments if a.area is area), key=lambda a: a.completed_on, default=None)
        for area in Area
        if area.mandatory
    }
    positions = tuple(assessment.position for assessment in newest.values() if assessment)
    missing = [area for area, assessment in newest.items() if assessment is None]
    if missing:
        no, en = listed(missing, AREAS)
        return Finding(Compliance.MISSING, f"Ikke risikovurdert: {no}.", f"Never assessed: {en}.", positions)
    age = oldest((assessment.completed_on for assessment in newest.values() if assessment), _fresh(duty), day)
    assert age is not None, "there are mandatory areas"
    until = age.stale_on - ONE_DAY
    return Finding(
        age.status,
        f"Begge obligatoriske områder er vurdert; den eldste vurderingen står til {told(until)[0]}.",
        f"Both mandatory areas are assessed; the oldest assessment stands until {told(until)[1]}.",
        positions,
        age.edges,
    )


def risks_treated(facts: Facts, _duty: Duty, day: date) -> Finding:
    """§ 6 e: every risk above the criterion is treated on time or accepted until a day ahead, and its review is not overdue."""
    if not facts.assessments:
        return Finding(Compliance.MISSING, "Ingen risikovurdering er fullført.", "No risk assessment is completed.")
    open_risks = [risk for risk in facts.risks if _answered_until(risk) < day]
    if open_risks:
        number = len(open_risks)
        return Finding(
            Compliance.STALE,
            f"Risikoer over akseptkriteriet uten tiltak i rute eller gyldig aksept, eller med forfalt gjennomgang: {number}.",
            f"Risks above the criterion without a treatment on time or a valid acceptance, or with an overdue review: {number}.",
            tuple(risk.position for risk in open_risks),
        )
    first_end = min(map(_answered_until, facts.risks), default=date.max)
    age = standing(first_end + ONE_DAY, day) if first_end < date.max else None
    return Finding(
        age.status if age else Compliance.MET,
        f"Risikoer over akseptkriteriet, alle med tiltak i rute eller gyldig aksept: {len(facts.risks)}.",
        f"Risks above the criterion, all with a treatment on time or a valid acceptance: {len(facts.risks)}.",
        tuple(risk.position for risk in facts.risks) or tuple(a.position for a in facts.assessments),
        age.edges if age else frozenset(),
    )


def _answered_until(risk: Risk) -> date:
    """Last day on which a risk is treated on time or accepted, and its review not overdue; the first of all days if it is neither."""
    ends = list(risk.treatments_due[:1])
    if risk.accepted:
        ends.append(risk.accepted_until or date.max)
    return min(max(ends, default=date.min), risk.next_review or date.max)


def staff_take_part(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 7 d: several people report, and reports are gone through, within the interval."""
    fresh = _fresh(duty)
    reports = [d for d in facts.deviations if (d.reporter or d.pseudonym) and day - fresh <= d.reported_on <= day]
    reviews = [
        (d.reviewed_on, d.reviewed_position)
        for d in facts.deviations
        if d.reviewed_on and d.reviewed_position and day - fresh <= d.reviewed_on <= day
    ]
    named = _last_reports((d.reporter, d.reported_on) for d in reports)
    pseudonymous = _last_reports((d.pseudonym, d.reported_on) for d in reports)
    # one person may report by name and under a pseudonym: only the larger of the two counts is certain
    people, asked = max(len(named), len(pseudonymous)), ceil(duty.limits["people"])
    positions = tuple(sorted({d.reported_position for d in reports} | {position for _, position in reviews}))
    if not facts.deviations:
        return Finding(Compliance.MISSING, "Ingen har meldt avvik.", "Nobody has reported a deviation.")
    share_no, share_en = (f"{people} {of} {facts.practice.staff}" if facts.practice else str(people) for of in ("av", "of"))
    enough = people >= asked and bool(reviews)
    age = freshness(_last_enough(named, pseudonymous, asked, max(reviews)[0]), fresh, day) if enough else None
    return Finding(
        age.status if age else Compliance.STALE,
        f"Siste {fresh.days} dager: minst {share_no} ansatte har meldt avvik, {len(reviews)} avvik er gjennomgått.",
        f"In the last {fresh.days} days at least {share_en} members of staff reported deviations, and {len(reviews)} were gone through.",
        positions,
        age.edges if age else frozenset(),
    )


def _last_enough(named: list[date], pseudonymous: list[date], asked: int, last_review: date) -> date:
    """The day of what must not grow too old: the last review, or the report of the last person needed."""
    return min(last_review, max(days[asked - 1] for days in (named, pseudonymous) if len(days) >= asked))


def _last_reports(reports: Iterable[tuple[str | None, date]]) -> list[date]:
    """The day of each person's last report, the latest first."""
    last: dict[str, date] = {}
    for person, day in reports:
        if person:
            last[person] = max(day, last.get(person, day))
    return sorted(last.values(), reverse=True)


def tasks_carried_out(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 8 a: tasks that fell due within the interval were done, or skipped with a reason."""
    fresh = _fresh(duty)
    assert fresh <= TASK_WINDOW, f"{duty.code} asks for older tasks than are read"
    since = bisect_left(facts.tasks, day - fresh, key=attrgetter("due"))
    now = bisect_left(facts.tasks, day, key=attrgetter("due"))
    fallen_due = facts.tasks[since:now]
    status, edges = _share(facts.tasks, since, duty, day)
    if not fallen_due:
        return Finding(
            Compliance.MISSING,
            f"Ingen oppgaver har hatt frist de siste {fresh.days} dagene.",
            f"No task was due in the last {fresh.days} days.",
            (),
            edges,
        )
    ended = [task for task in fallen_due if task.outcome is not None]
    skipped = sum(task.outcome is Outcome.SKIPPED for task in ended)
    return Finding(
        status,
        f"{len(ended)} av {len(fallen_due)} oppgaver med frist siste {fresh.days} dager er gjort ({skipped} hoppet over med grunn).",
        f"{len(ended)} of {len(fallen_due)} tasks due in the last {fresh.days} days are done ({skipped} skipped with a reason).",
        _positions(fallen_due),
        edges,
    )


def _by_share(ended: int, fallen_due: int, duty: Duty) -> Compliance:
    if not fallen_due:
        return Compliance.MISSING
    return Compliance.MET if ended >= duty.limits["done_share"] * fallen_due else Compliance.STALE


def _share(tasks: Sequence[Task], since: int, duty: Duty, today: date) -> tuple[Compliance, frozenset[date]]:
    """The status that the tasks make that have fallen due and are not too old, and the days on which it may be another one.

    Due soon once a day is near on which the share that is done would no longer do if nothing more were done.
    """
    fresh, dues = _fresh(duty), [task.due for task in tasks]
    ended_before = list(accumulate((task.outcome is not None for task in tasks), initial=0))

    def status(day: date) -> Compliance:
        start, end = bisect_left(dues, day - fresh), bisect_left(dues, day)
        return _by_share(ended_before[end] - ended_before[start], end - start, duty)

    now = status(today)
    days = sorted({day for due in set(dues[since:]) for day in (due + ONE_DAY, due + fresh + ONE_DAY) if day > today})
    turn = next((day for day in days if status(day) is not now), None)
    if turn is None or now is not Compliance.MET:
        return now, frozenset({turn} if turn else ())
    age = standing(turn, today)
    return age.status, age.edges


def measures_evaluated(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 8 c: measures that are done are evaluated within the interval; one that never was, counts for ever."""
    look_back = timedelta(days=duty.limits["look_back_days"])
    done = [(m, m.done_on) for m in facts.measures if m.done_on and (not m.evaluated or m.done_on >= day - look_back)]
    if not done:
        return Finding(Compliance.NOT_APPLICABLE, "Ingen tiltak er gjennomført det siste året.", "No measure was done in the last year.")
    waiting = [done_on for m, done_on in done if not m.evaluated]
    evaluated = len(done) - len(waiting)
    age = oldest(waiting, _fresh(duty), day)
    return Finding(
        age.status if age else Compliance.MET,
        f"{evaluated} av {len(done)} gjennomførte tiltak er evaluert.",
        f"{evaluated} of {len(done)} measures that are done are evaluated.",
        _positions(m for m, _ in done),
        age.edges if age else frozenset({max(done_on for _, done_on in done) + look_back + ONE_DAY}),
    )


def deviations_reviewed(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 8 e: each deviation is gone through, or its causes analysed, within the interval; one that never was, counts for ever."""
    look_back = timedelta(days=duty.limits["look_back_days"])
    counted = [d for d in facts.deviations if not d.rejected and (d.reviewed_position is None or d.reported_on >= day - look_back)]
    if not counted:
        return Finding(Compliance.NOT_APPLICABLE, "Ingen avvik det siste året.", "No deviation in the last year.")
    waiting = [d.reported_on for d in counted if d.reviewed_position is None]
    reviewed = len(counted) - len(waiting)
    age = oldest(waiting, _fresh(duty), day)
    return Finding(
        age.status if age else Compliance.MET,
        f"{reviewed} av {len(counted)} avvik er gjennomgått.",
        f"{reviewed} of {len(counted)} deviations are gone through.",
        tuple(d.reviewed_position or d.reported_position for d in counted),
        age.edges if age else frozenset({max(d.reported_on for d in counted) + look_back + ONE_DAY}),
    )


def severe_deviations_closed(facts: Facts, duty: Duty, day: date) -> Finding:
    """§ 9 a: severe deviations are put right within the interval."""
    severe = [d for d in facts.deviations if d.harm in SEVERE and not d.rejected]
    if not severe:
        return Finding(Compliance.NOT_APPLICABLE, "Ingen alvorlige avvik er meldt.", "No severe deviation is reported.")
    still_open = [d.reported_on for d in severe if d.closed_position is None]
    age = oldest(still_open, _fresh(duty), day)
    return Finding(
        age.status if age else Compliance.MET,
        f"{len(severe) - len(still_open)} av {len(severe)} alvorlige avvik er lukket.",
        f"{len(severe) - len(still_open)} of {len(severe)} severe deviations are closed.",
        tuple(_severe_position(d) for d in severe),
        age.edges if age else frozenset(),
    )


def _severe_position(deviation: Deviation) -> int:
    return deviation.closed_position or deviation.reported_position


def corrective_measures_on_time(facts: Facts, _duty: Duty, day: date) -> Finding:
    """§ 9 b: corrective measures are done by their due dates."""
    corrective = [m for m in facts.measures if m.kind is MeasureKind.CORRECTIVE]
    if not corrective:
        return Finding(Compliance.NOT_APPLICABLE, "Ingen korrigerende tiltak er planlagt.", "No corrective measure is planned.")
    waiting = [m for m in corrective if m.done_on is None]
    late = [m for m in waiting if m.due < day]
    age = standing(min(m.due for m in waiting) + ONE_DAY, day) if waiting else None
    return Finding(
        age.status if age else Compliance.MET,
        f"{len(corrective) - len(waiting)} av {len(corrective)} korrigerende tiltak er gjort; {len(late)} er over fristen.",
        f"{len(corrective) - len(waiting)} of {len(corrective)} corrective measures are done; {len(late)} are late.",
        _positions(late or corrective),
        age.edges if age else frozenset(),
    )


def _positions(facts: Iterable[Measure | Task]) -> tuple[int, ...]:
    return tuple(fact.position for fact in facts)


EVALUATORS: dict[str, Evaluator] = {
    evaluator.__name__: evaluator
    for evaluator in (
        definition_only,
        accountable_leader,
        responsibilities_held,
        risk_areas_assessed,
        risks_treated,
        staff_take_part,
        tasks_carried_out,
        measures_evaluated,
        deviations_reviewed,
        severe_deviations_closed,
        corrective_measures_on_time,
    )
}
