"""How the practice stands against its duties, for the page."""

from collections import Counter
from dataclasses import dataclass

from gateway.problems import Language
from gateway.web._language import Speech
from read_side.compliance import Answer, Compliance

_POSITIONS_SHOWN = 8


@dataclass(frozen=True, slots=True)
class DutyLine:
    """One duty, in the language of the page."""

    id: str
    code: str
    paragraph: str
    title: str
    text: str
    status: Compliance
    reason: str
    facts: list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class DutyPanel:
    """Every duty in force."""

    duties: list[DutyLine]
    summary: list[tuple[Compliance, int]]
    """How many stand how; statuses that none has are left out."""

    @property
    def shown(self) -> list[DutyLine]:
        return [duty for duty in self.duties if duty.status is not Compliance.NOT_SHOWN]

    @property
    def not_shown(self) -> list[DutyLine]:
        return [duty for duty in self.duties if duty.status is Compliance.NOT_SHOWN]


def duty_panel(answers: list[Answer], speech: Speech) -> DutyPanel:
    """The duties in the order of the regulation."""
    counts = Counter(answer.status for answer in answers)
    return DutyPanel([_line(answer, speech) for answer in answers], [(status, counts[status]) for status in Compliance if counts[status]])


def _line(answer: Answer, speech: Speech) -> DutyLine:
    duty, norwegian = answer.duty, speech.language is Language.NORWEGIAN
    return DutyLine(
        id=f"duty-{duty.code}",
        code=duty.paragraph.removeprefix("§ "),
        paragraph=duty.paragraph,
        title=duty.title_no if norwegian else duty.title_en,
        text=duty.text_no if norwegian else duty.text_en,
        status=answer.status,
        reason=answer.reason_no if norwegian else answer.reason_en,
        facts=_facts(answer, speech),
    )


def _facts(answer: Answer, speech: Speech) -> list[tuple[str, str]]:
    t, duty = speech.text, answer.duty
    facts = [(t("compliance.basis"), speech.name(duty.basis)), (t("compliance.confidence"), t(f"compliance.confidence_{duty.confidence}"))]
    if answer.status is Compliance.NOT_SHOWN:
        return facts
    if duty.fresh and duty.fresh_basis:
        facts.append((t("compliance.fresh"), f"{speech.count('compliance.fresh_for', duty.fresh.days)} ({speech.name(duty.fresh_basis)})"))
    facts.append((t("compliance.evidence"), _evidence(answer, speech)))
    facts.append((t("compliance.turns"), _turn(answer, speech)))
    return facts


def _evidence(answer: Answer, speech: Speech) -> str:
    if not answer.positions:
        return speech.text("compliance.no_evidence")
    newest = sorted(answer.positions, reverse=True)
    listed = ", ".join(str(position) for position in newest[:_POSITIONS_SHOWN])
    told = speech.count("compliance.positions", len(newest), positions=listed)
    more = len(newest) - _POSITIONS_SHOWN
    return f"{told} {speech.text('compliance.and_more', n=more)}" if more > 0 else told


def _turn(answer: Answer, speech: Speech) -> str:
    if answer.turns_on is None or answer.turns_to is None:
        return speech.text("compliance.stays")
    return speech.text("compliance.turns_text", day=speech.day(answer.turns_on), status=speech.name(answer.turns_to))
