"""How a thing gets its address: `show(path, RowType, action)`, the place that a command's `Location` names."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway._identity import Identities
from gateway._reads import Reads
from gateway.auth.policy import Allow, Resource, decide, require
from gateway.problems import ProblemError
from read_side._as_of import View
from read_side._tables import table_of


@dataclass
class Things:
    """Shows one row of a table below `/v1/practices/{practice}`; lists and everything that hangs below are GraphQL's."""

    router: APIRouter
    reads: Reads
    identities: Identities

    def __call__(self, path: str, row: type[Any], action: str) -> None:
        """Give the rows of a table their address; the path ends in the id, and `action` is what a reader must be allowed."""
        (key,) = table_of(row).key
        endpoint = self._endpoint(row, key, action)
        name = table_of(row).name
        self.router.add_api_route(
            f"{path}/{{{key}}}",
            endpoint,
            methods=["GET"],
            name=f"{name}.show",
            operation_id=f"{name}.show",
            summary=f"The {name.replace('_', ' ')} as it stands",
            tags=[name],
            response_class=Response,
            response_model=None,
        )

    def _endpoint(self, row: type[Any], key: str, action: str) -> Any:
        async def endpoint(request: Request) -> Response:
            actor, practice, now = self.identities.of(request), request.path_params["practice"], self.reads.clock()
            require(actor, action, Resource(practice), now)
            at_least = _position(request.query_params.get("at_least"))
            id_ = _uuid(request.path_params[key])
            async with self.reads.view(practice, now, at_least=at_least) as view:
                found = await view.one(row, **{key: id_}) if id_ else None
            if found is None:
                raise ProblemError(404, "thing.not_found", id=request.path_params[key])
            personal = isinstance(decide(actor, "read.personal", Resource(practice), now), Allow)
            return _answer(view, found, personal=personal)

        return endpoint


def _answer(view: View, found: Any, *, personal: bool) -> Response:
    columns = table_of(type(found)).columns
    shown = {column.name: getattr(found, column.name) if personal or not column.personal else None for column in columns}
    headers = {"Sporbar-Position": str(view.position), "ETag": f'"{found.version}"', "Cache-Control": "private, no-cache"}
    return Response(orjson.dumps(shown), media_type="application/json", headers=headers)


def _uuid(text: str) -> UUID | None:
    try:
        return UUID(text)
    except ValueError:
        return None


def _position(given: str | None) -> int | None:
    if given is None:
        return None
    if not (given.isascii() and given.isdecimal() and len(given) < 16):
        raise ProblemError(422, "position.malformed")
    return int(given)
