"""`schema.graphql`, as the code makes it: `python -m gateway.graphql.export` prints it."""

import sys

from graphql import GraphQLSchema, build_schema, find_breaking_changes

from gateway.graphql._schema import build_schema as current_schema


def sdl() -> str:
    """The schema in the schema definition language."""
    return current_schema().as_str() + "\n"


def breaking_changes(committed: str) -> list[str]:
    """What a client of the committed schema could stumble over in today's, one line each."""
    before: GraphQLSchema = build_schema(committed)
    return [f"{change.type.name}: {change.description}" for change in find_breaking_changes(before, build_schema(sdl()))]


if __name__ == "__main__":
    sys.stdout.write(sdl())
