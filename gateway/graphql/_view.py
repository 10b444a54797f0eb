"""GraphQL over HTTP: one operation a POST, nothing by GET, no batches."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import orjson
import strawberry
from fastapi import APIRouter
from graphql import OperationType as GraphQLOperation
from starlette.requests import Request
from starlette.responses import Response
from strawberry.extensions import SchemaExtension
from strawberry.types.graphql import OperationType

from gateway._body import read_json
from gateway._identity import Identities
from gateway.graphql._context import Operation, Sources
from gateway.graphql._documents import Documents, NotValid
from gateway.graphql._errors import told, told_problem
from gateway.graphql._request import parts
from gateway.problems import Language, ProblemError, preferred_language

MEDIA_TYPE = "application/graphql-response+json"
_ALLOWED = (OperationType.QUERY, OperationType.MUTATION)


class AlreadyPrepared(SchemaExtension):
    """Hands over the document that `Documents` has parsed, measured and validated."""

    def on_parse(self) -> Iterator[None]:
        """Take the prepared document."""
        prepared = self.execution_context.context.prepared
        self.execution_context.graphql_document = prepared.document
        self.execution_context.pre_execution_errors = []
        yield


@dataclass(frozen=True)
class GraphQLView:
    """Answers operations."""

    schema: strawberry.Schema
    documents: Documents
    sources: Sources
    identities: Identities
    body_limit: int

    def router(self) -> APIRouter:
        """The route of the endpoint."""
        router = APIRouter()
        router.add_api_route("/graphql", self.answer, methods=["POST"], include_in_schema=False, response_model=None)
        return router

    async def answer(self, request: Request) -> Response:
        """Run the operation of a request and answer with its data and errors."""
        actor = self.identities.of(request)
        query, variables, name = parts(await read_json(request, self.body_limit))
        language = preferred_language(request.headers.get("accept-language"))
        try:
            prepared = self.documents.prepare(query, name, variables)
            if prepared.operation.operation is GraphQLOperation.SUBSCRIPTION:
                raise ProblemError(400, "graphql.over_http")
        except ProblemError as refusal:
            return _answer(request, {"errors": [told_problem(refusal.problem, language)]}, refused=True)
        except NotValid as refusal:
            return _answer(request, {"errors": [told(error, language) for error in refusal.errors]}, refused=True)
        operation = Operation(self.sources, actor, self.sources.reads.clock(), prepared)
        try:
            return await self._run(request, operation, query, variables, language)
        finally:
            await operation.close()

    async def _run(self, request: Request, operation: Operation, query: str, variables: dict[str, Any], language: Language) -> Response:
        chosen = operation.prepared.operation.name
        result = await self.schema.execute(
            query,
            variable_values=variables,
            context_value=operation,
            operation_name=chosen.value if chosen else None,
            allowed_operation_types=_ALLOWED,
        )
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = [told(error, language) for error in result.errors]
        return _answer(request, content, position=operation.position)


def _answer(request: Request, content: dict[str, Any], *, refused: bool = False, position: int | None = None) -> Response:
    modern = MEDIA_TYPE in request.headers.get("accept", "")
    headers = {"Cache-Control": "no-store"}
    if position is not None:
        headers["Sporbar-Position"] = str(position)
    return Response(
        orjson.dumps(content, default=str),
        status_code=400 if refused and modern else 200,
        media_type=MEDIA_TYPE if modern else "application/json",
        headers=headers,
    )
