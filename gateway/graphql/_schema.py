"""The schema: `Practice` put together from what each capability contributes, and a mutation for every command."""

from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionContext

from gateway.graphql import activity, compliance, dashboard, deviation, practice, risk_assessment, task
from gateway.graphql._context import Info
from gateway.graphql._execution import PlainFirst
from gateway.graphql._mutations import mutation_type
from gateway.graphql._root import AsOfInput, PracticeHead, state_asked_for
from gateway.graphql._scalars import SCALARS
from gateway.graphql._subscriptions import Subscription
from gateway.graphql._types import field

COMMANDS = (*practice.COMMANDS, *deviation.COMMANDS, *risk_assessment.COMMANDS, *task.COMMANDS)
"""Every command that has a mutation."""


@strawberry.type(description="A practice, and its record as one state of it shows.")
class Practice(
    PracticeHead,
    practice.PracticeProfile,
    deviation.PracticeDeviations,
    risk_assessment.PracticeRisks,
    task.PracticeTasks,
    dashboard.PracticeDashboard,
    compliance.PracticeCompliance,
    activity.PracticeActivity,
):
    """Each capability adds its part as a base class."""


@strawberry.type(description="Everything is asked of a practice.")
class Query:
    """The root of every question."""

    @field("A practice's record, now or as of an earlier state; everything below is read from one snapshot.")
    async def practice(
        self,
        info: Info,
        id: Annotated[  # noqa: A002 -- the argument's name in the schema
            strawberry.ID | None, strawberry.argument(description="The practice; the one that your token names, if left out.")
        ] = None,
        as_of: Annotated[AsOfInput | None, strawberry.argument(description="An earlier state of the record.")] = None,
        at_least: Annotated[
            int | None, strawberry.argument(description="Position that the answer must include, such as that of your own command.")
        ] = None,
    ) -> Practice:
        operation = info.context
        asked = state_asked_for(as_of, operation.now) if as_of else None
        return Practice(reader=await operation.reader(str(id or operation.actor.practice), asked, at_least))


class SporbarSchema(strawberry.Schema):
    """The schema as the gateway runs it; errors are told and logged by the view, once."""

    def process_errors(self, errors: list[GraphQLError], execution_context: ExecutionContext | None = None) -> None:
        """Nothing: see `gateway.graphql._errors`."""


def build_schema(*extensions: Any) -> strawberry.Schema:
    """The schema of this version."""
    return SporbarSchema(
        query=Query,
        mutation=mutation_type(COMMANDS),
        subscription=Subscription,
        extensions=extensions,
        execution_context_class=PlainFirst,
        config=StrawberryConfig(disable_field_suggestions=True, scalar_map=SCALARS),
    )
