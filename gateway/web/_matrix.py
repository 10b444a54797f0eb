"""The risk matrix in force, for the page."""

from dataclasses import dataclass

from events.risk_assessment import Label
from gateway.problems import Language
from gateway.web._language import Speech
from read_side.dashboard.figures import RiskCell, RiskFigures


@dataclass(frozen=True, slots=True)
class MatrixRow:
    """A step of likelihood with its cells, least serious consequence first."""

    number: int
    label: str
    cells: list[RiskCell]


@dataclass(frozen=True, slots=True)
class Matrix:
    """The matrix, most likely row first, so that the worst corner is at the upper right."""

    version: int
    consequence: list[str]
    rows: list[MatrixRow]
    earlier: int
    """Risks scored by an earlier matrix."""


def matrix_of(risks: RiskFigures, speech: Speech) -> Matrix | None:
    """The matrix in force with its risks; None before one is adopted."""
    if risks.matrix is None or risks.matrix_version is None:
        return None
    rows = [
        MatrixRow(step, _text(label, speech), [cell for cell in risks.cells if cell.likelihood == step])
        for step, label in enumerate(risks.matrix.likelihood, 1)
    ]
    consequence = [_text(label, speech) for label in risks.matrix.consequence]
    return Matrix(risks.matrix_version, consequence, rows[::-1], risks.scored_by_earlier_matrix)


def _text(label: Label, speech: Speech) -> str:
    return label.no if speech.language is Language.NORWEGIAN else label.en
