"""How a command gets its address: `mount(path, CommandClass, example=…)`."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from inspect import cleandoc
from typing import Any

import orjson
from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from gateway._body import read_json_object
from gateway._bus import CommandBus, Receipt, checked_key
from gateway._identity import Identities
from gateway.problems import ProblemError
from write_side._decider import Command

_VERSION = re.compile(r'"([0-9]{1,9})"')


@dataclass(frozen=True, slots=True)
class Mounted:
    """A command with its address, for the API description."""

    path: str
    command: type[Command]
    example: Mapping[str, Any]

    @property
    def path_ids(self) -> tuple[str, ...]:
        """Fields of the command that stand in the path."""
        return tuple(re.findall(r"{(\w+)}", self.path))


@dataclass
class Mount:
    """Mounts commands below `/v1/practices/{practice}`."""

    router: APIRouter
    bus: CommandBus
    identities: Identities
    body_limit: int
    mounted: list[Mounted] = field(default_factory=list)

    def __call__(self, path: str, command: type[Command], *, example: Mapping[str, Any], location: str | None = None) -> None:
        """Give a command its address.

        Ids in the path are fields of the command. With `location`, where `{id}` is the new subject's id, the answer is
        201 and says where it is.
        """
        entry = Mounted(path, command, example)
        self.mounted.append(entry)
        self.router.add_api_route(
            path,
            self._endpoint(entry, location),
            methods=["POST"],
            name=command.NAME,
            summary=_sentence(command),
            operation_id=command.NAME,
            tags=[command.NAME.partition(".")[0]],
            status_code=201 if location else 200,
            response_class=Response,
            response_model=None,
        )

    def _endpoint(self, entry: Mounted, location: str | None) -> Any:
        command, path_ids = entry.command, entry.path_ids

        async def endpoint(request: Request) -> Response:
            practice = request.path_params["practice"]
            actor = self.identities.of(request)
            self.bus.admit(actor, practice, command)
            key = checked_key(request.headers.get("idempotency-key"))
            expected = expected_version(request)
            content = await read_json_object(request, self.body_limit)
            for name in path_ids:
                if name in content:
                    raise ProblemError(422, "field.in_path", field=name)
                content[name] = request.path_params[name]
            receipt = await self.bus.carry_out(actor, practice, command, content, key=key, expected_version=expected)
            return _answer(receipt, location)

        return endpoint


def _answer(receipt: Receipt, location: str | None) -> Response:
    headers = {"Sporbar-Position": str(receipt.position)}
    if location:
        headers["Location"] = f"/v1/practices/{receipt.practice}{location.format(id=receipt.id)}"
    return Response(
        orjson.dumps(receipt),
        status_code=201 if location else 200,
        media_type="application/json",
        headers=headers,
    )


def expected_version(request: Request) -> int | None:
    """The version that the subject must stand at (If-Match, RFC 9110 § 13.1.1), if the client names one."""
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    version = _VERSION.fullmatch(given.strip())
    if version is None:
        raise ProblemError(400, "version.malformed")
    return int(version[1])


def _sentence(command: type[Command]) -> str:
    return cleandoc(command.__doc__ or command.NAME).partition("\n")[0]
