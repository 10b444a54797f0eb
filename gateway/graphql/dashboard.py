"""The dashboard in GraphQL."""

from typing import Any

import strawberry

from gateway.graphql._root import PracticeRoot
from gateway.graphql._values import value_type
from read_side.dashboard import dashboard
from read_side.dashboard.figures import Dashboard, RiskFigures

value_type(RiskFigures, omit=["matrix"])  # the matrix itself stands at `Practice`
DashboardType = value_type(Dashboard)


async def _dashboard(root: "PracticeDashboard") -> Dashboard:
    return await dashboard(root.reader.require("read.dashboard"))


@strawberry.type
class PracticeDashboard(PracticeRoot):
    """The practice at a glance."""

    dashboard: Any = strawberry.field(
        resolver=_dashboard,
        graphql_type=DashboardType,
        description="Key figures and monthly series. Many reports are a good sign: read a fall together with how many people report.",
    )
