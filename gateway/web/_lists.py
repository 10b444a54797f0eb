"""What needs attention, as tables."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from events._function import Function
from gateway.web._language import Speech
from read_side.dashboard.figures import Attention, Dashboard, HighRisk, OverdueTask

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AttentionList:
    """One table: the worst few, and how many there are in all."""

    id: str
    heading: str
    nothing: str
    total: int
    columns: Row
    rows: Sequence[Row]


@dataclass(frozen=True, slots=True)
class Names:
    """What persons and functions are called, for a viewer who may see that, or may not."""

    members: Mapping[UUID, str]
    functions: Mapping[str, str]
    """Functions that the practice has established for itself."""
    personal: bool
    speech: Speech

    def member(self, member: UUID | None) -> str:
        """A person's name."""
        if member is None:
            return self.speech.text("attention.nobody")
        return self.shown(self.members.get(member, self.speech.text("unit.none")))

    def function(self, function: str) -> str:
        """A function's name."""
        if function in set(Function):
            return self.speech.name(Function(function))
        return self.functions.get(function, self.speech.text("unit.none"))

    def shown(self, text: str) -> str:
        """A text that may identify a person."""
        return text if self.personal else self.speech.text("attention.hidden")


def attention_lists(attention: Attention, figures: Dashboard, names: Names, today: date) -> list[AttentionList]:
    """The tables in the order of the page, as they stand on the day shown."""
    return [
        _severe_deviations(attention, figures, names),
        _late_measures(attention, figures, names),
        _overdue_tasks(attention, figures, names),
        _high_risks(attention, figures, names, today),
    ]


def _severe_deviations(attention: Attention, figures: Dashboard, names: Names) -> AttentionList:
    speech = names.speech
    rows = [
        (
            str(deviation.number),
            names.shown(deviation.title),
            speech.name(deviation.harm),
            speech.name(deviation.status),
            speech.days(deviation.days_open),
            names.member(deviation.responsible),
        )
        for deviation in attention.severe_deviations
    ]
    columns = ("number", "title", "harm", "status", "open_for", "responsible")
    return _list("severe_deviations", figures.deviations.open_severe, columns, rows, speech)


def _late_measures(attention: Attention, figures: Dashboard, names: Names) -> AttentionList:
    speech = names.speech
    rows = [
        (
            names.shown(measure.description),
            str(measure.deviation_number),
            speech.short_day(measure.due),
            speech.days(measure.days_late),
            names.member(measure.owner),
        )
        for measure in attention.late_measures
    ]
    return _list("late_measures", figures.deviations.measures_late, ("measure", "deviation", "due", "late", "owner"), rows, speech)


def _overdue_tasks(attention: Attention, figures: Dashboard, names: Names) -> AttentionList:
    speech = names.speech
    rows = [
        (names.shown(task.title), _assigned(task, names), speech.short_day(task.due), speech.days(task.days_late))
        for task in attention.overdue_tasks
    ]
    return _list("overdue_tasks", figures.tasks.overdue, ("task", "assigned", "due", "late"), rows, speech)


def _high_risks(attention: Attention, figures: Dashboard, names: Names, today: date) -> AttentionList:
    speech = names.speech
    rows = [
        (
            names.shown(risk.title),
            speech.name(risk.band),
            _accepted(risk, today, speech),
            speech.short_day(risk.next_review) if risk.next_review else speech.text("unit.none"),
            names.member(risk.owner),
        )
        for risk in attention.high_risks
    ]
    return _list("high_risks", figures.risks.above_criterion, ("risk", "band", "accepted", "next_review", "owner"), rows, speech)


def _list(name: str, total: int, columns: Row, rows: Sequence[Row], speech: Speech) -> AttentionList:
    headings = tuple(speech.text(f"attention.{column}") for column in columns)
    heading, nothing = speech.text(f"attention.{name}"), speech.text(f"attention.{name}_none")
    return AttentionList(name.replace("_", "-"), heading, nothing, total, headings, rows)


def _assigned(task: OverdueTask, names: Names) -> str:
    if task.function is not None:
        return names.function(task.function)
    return ", ".join(names.member(member) for member in task.members)


def _accepted(risk: HighRisk, today: date, speech: Speech) -> str:
    if not risk.accepted:
        return speech.text("attention.accepted_no")
    if risk.accepted_until is None:
        return speech.text("attention.accepted_yes")
    told = "attention.accepted_expired" if risk.accepted_until < today else "attention.accepted_until"
    return speech.text(told, day=speech.short_day(risk.accepted_until))
