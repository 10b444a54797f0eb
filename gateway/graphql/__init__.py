"""GraphQL: the front door of reading, and a mutation for every command."""

from fastapi import FastAPI

from gateway._identity import Identities
from gateway.graphql import _graphiql
from gateway.graphql._context import Sources
from gateway.graphql._cost import Limits
from gateway.graphql._documents import Documents
from gateway.graphql._schema import build_schema
from gateway.graphql._socket import SocketDoor
from gateway.graphql._streams import Streams
from gateway.graphql._view import AlreadyPrepared, GraphQLView
from gateway.live import Live
from gateway.settings import Settings

__all__ = ["Sources", "mount"]


def mount(app: FastAPI, settings: Settings, sources: Sources, identities: Identities, live: Live) -> None:
    """Give GraphQL and GraphiQL their addresses."""
    limits = Limits(
        fields=settings.graphql_fields,
        depth=settings.graphql_depth,
        aliases=settings.graphql_aliases,
        cost=settings.graphql_cost,
    )
    schema = build_schema(AlreadyPrepared)
    documents = Documents(schema._schema, limits, introspection=settings.graphql_introspection)
    app.include_router(GraphQLView(schema, documents, sources, identities, settings.body_limit).router())
    app.include_router(SocketDoor(Streams(schema), documents, identities, live, settings.body_limit).router())
    app.include_router(_graphiql.router(identities))
