"""Risks on the dashboard: those of every assessment that no later one has replaced."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from typing import Any

from psycopg import sql

from events.risk_assessment import RiskMatrix
from read_side._as_of import View
from read_side.dashboard.figures import SOON_DAYS, RiskCell, RiskFigures
from read_side.risk_assessment import RiskAssessmentRow, RiskMatrixRow, RiskScenarioRow

_QUERY = sql.SQL("""
with matrix as materialized (
  select version, matrix from {matrix} order by version desc limit 1
), s as materialized (
  select likelihood, consequence, acceptable, next_review, accepted_at, accepted_until,
         matrix_version is not distinct from (select version from matrix) as by_this_matrix
  from {scenario} join {assessment} using (assessment_id)
  where standing is not null and replaced_by is null
), figures as (
  select count(*) as scored,
         count(*) filter (where not by_this_matrix) as scored_by_earlier_matrix,
         count(*) filter (where not acceptable) as above_criterion,
         count(*) filter (where accepted_at is not null and accepted_until between %(today)s and %(soon)s) as acceptances_expiring,
         count(*) filter (where accepted_at is not null and accepted_until < %(today)s) as acceptances_expired,
         count(*) filter (where next_review < %(today)s) as reviews_overdue
  from s
), cells as (
  select likelihood, consequence, count(*) as count from s where by_this_matrix group by 1, 2
)
select to_jsonb(figures) as figures, (select jsonb_agg(cells) from cells) as cells,
       (select version from matrix) as matrix_version, (select matrix from matrix) as matrix
from figures
""")


async def risk_figures(view: View) -> RiskFigures:
    """How the risks stand."""
    (found,) = await view.fetch_dicts(
        _QUERY.format(matrix=view.source(RiskMatrixRow), scenario=view.source(RiskScenarioRow), assessment=view.source(RiskAssessmentRow)),
        {"today": view.today, "soon": view.today + timedelta(days=SOON_DAYS)},
    )
    matrix = RiskMatrix.model_validate(found["matrix"]) if found["matrix"] else None
    return RiskFigures(
        matrix=matrix,
        matrix_version=found["matrix_version"],
        cells=_cells(matrix, found["cells"] or []),
        **found["figures"],
    )


def _cells(matrix: RiskMatrix | None, counted: Sequence[Mapping[str, Any]]) -> tuple[RiskCell, ...]:
    if matrix is None:
        return ()
    counts = {(cell["likelihood"], cell["consequence"]): cell["count"] for cell in counted}
    return tuple(
        RiskCell(likelihood, consequence, band, counts.get((likelihood, consequence), 0))
        for likelihood, row in enumerate(matrix.cells, 1)
        for consequence, band in enumerate(row, 1)
    )
