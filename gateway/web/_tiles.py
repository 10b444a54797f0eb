"""Key figures as tiles."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from gateway.web._language import Speech
from read_side.compliance import Answer, Compliance
from read_side.dashboard.figures import Dashboard, DeviationFigures, MedianDays, RiskFigures, TaskFigures


class Tone(StrEnum):
    """What a tile's edge says at a glance; its words say the same."""

    PLAIN = "plain"
    GOOD = "good"
    WARN = "warn"
    BAD = "bad"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure."""

    label: str
    value: str
    note: str = ""
    tone: Tone = Tone.PLAIN


def tiles(figures: Dashboard, answers: Sequence[Answer], speech: Speech) -> list[Tile]:
    """The key figures in the order of the page. The number of reports has no tone: many are a good sign, few may not be."""
    return [
        *_deviations(figures.deviations, speech),
        *_tasks(figures.tasks, speech),
        *_risks(figures.risks, speech),
        _duties(answers, speech),
    ]


def _deviations(figures: DeviationFigures, speech: Speech) -> list[Tile]:
    t, n = speech.text, speech.count
    return [
        Tile(
            t("figures.open"),
            speech.number(figures.open),
            n("figures.open_severe", figures.open_severe),
            _none(figures.open_severe, Tone.BAD),
        ),
        Tile(t("figures.reported"), speech.number(figures.reported), n("figures.reporters", figures.reporters)),
        _median(t("figures.to_triage"), figures.to_triage, speech),
        _median(t("figures.to_close"), figures.to_close, speech),
        Tile(
            t("figures.measures_late"),
            speech.number(figures.measures_late),
            n("figures.measures_open", figures.measures_open),
            _none(figures.measures_late, Tone.BAD),
        ),
        Tile(
            t("figures.awaiting_evaluation"),
            speech.number(figures.awaiting_evaluation),
            t("figures.awaiting_evaluation_note"),
            _none(figures.awaiting_evaluation, Tone.WARN),
        ),
    ]


def _tasks(figures: TaskFigures, speech: Speech) -> list[Tile]:
    t, n = speech.text, speech.count
    on_time = figures.on_time_rate
    return [
        Tile(
            t("figures.tasks_overdue"),
            speech.number(figures.overdue),
            n("figures.tasks_open", figures.open),
            _none(figures.overdue, Tone.BAD),
        ),
        Tile(
            t("figures.tasks_on_time"),
            t("unit.none") if on_time is None else speech.percent(on_time),
            n("figures.tasks_due", figures.due),
        ),
    ]


def _risks(figures: RiskFigures, speech: Speech) -> list[Tile]:
    t, n = speech.text, speech.count
    expired = figures.acceptances_expired
    return [
        Tile(
            t("figures.above_criterion"),
            speech.number(figures.above_criterion),
            n("figures.risks_scored", figures.scored),
            _none(figures.above_criterion, Tone.BAD),
        ),
        Tile(
            t("figures.acceptances_expiring"),
            speech.number(figures.acceptances_expiring),
            t("figures.within_30_days") + (f"; {n('figures.acceptances_expired', expired)}" if expired else ""),
            _acceptances(figures),
        ),
        Tile(
            t("figures.reviews_overdue"),
            speech.number(figures.reviews_overdue),
            t("figures.reviews_overdue_note"),
            _none(figures.reviews_overdue, Tone.BAD),
        ),
    ]


def _duties(answers: Sequence[Answer], speech: Speech) -> Tile:
    counts = Counter(answer.status for answer in answers)
    soon, unmet = counts[Compliance.DUE_SOON], counts[Compliance.STALE] + counts[Compliance.MISSING]
    met = counts[Compliance.MET] + soon
    note = speech.count("figures.duties_met", met + unmet, met=speech.number(met))
    return Tile(
        speech.text("figures.duties_unmet"),
        speech.number(unmet),
        f"{note}; {speech.count('figures.duties_soon', soon)}" if soon else note,
        _none(unmet, Tone.BAD) if met + unmet else Tone.PLAIN,
    )


def _median(label: str, median: MedianDays, speech: Speech) -> Tile:
    value = speech.text("unit.none") if median.days is None else speech.days(median.days)
    return Tile(label, value, speech.count("figures.median_of", median.count))


def _acceptances(figures: RiskFigures) -> Tone:
    """By the figure that it shows: none is never an alarm, though those that are over are no good sign either."""
    if figures.acceptances_expired:
        return Tone.BAD if figures.acceptances_expiring else Tone.PLAIN
    return _none(figures.acceptances_expiring, Tone.WARN)


def _none(count: int, otherwise: Tone) -> Tone:
    """Good when there is none."""
    return otherwise if count else Tone.GOOD
