"""Subscriptions over a WebSocket: the subprotocol graphql-transport-ws.

See PROTOCOL.md of graphql-ws. 4403 stands for a token that is missing, not accepted or at its end, since clients come again
after that one, with a new token; 4401 is what the protocol says of a subscription before the connection is acknowledged.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import ExitStack, aclosing, suppress
from dataclasses import dataclass
from typing import Any

import orjson
from fastapi import APIRouter
from graphql import GraphQLError, OperationType
from starlette.requests import Request
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway._body import parse_json
from gateway._identity import Identities
from gateway.auth.actor import Actor
from gateway.auth.policy import NotAllowed
from gateway.graphql._documents import Documents, NotValid
from gateway.graphql._errors import told, told_problem
from gateway.graphql._request import GraphQLRequest, parts
from gateway.graphql._streams import NotStarted, Streams
from gateway.graphql._subscriptions import Listener
from gateway.live import Ending, Live
from gateway.problems import Catalogue, Problem, ProblemError, preferred_language, problem_of, problem_response, unforeseen

PROTOCOL = "graphql-transport-ws"
MOST_SUBSCRIPTIONS = 10
"""Of one socket."""
_NO_PLACE = {503: 1013, 429: 4429}
"""Status of the refusal -> code that the socket closes with."""
_LONGEST_ID = 128
_LONGEST_REASON = 123
"""Bytes (RFC 6455 § 5.5)."""

_log = logging.getLogger("sporbar.live")


class Closing(Exception):
    """The socket is to be closed."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(code, reason)
        self.code = code
        self.reason = reason


class _Cut(Exception):
    """The client does not take what is sent."""


@dataclass(frozen=True)
class SocketDoor:
    """Where sockets come in."""

    streams: Streams
    documents: Documents
    identities: Identities
    live: Live
    body_limit: int

    def router(self) -> APIRouter:
        """The route of the endpoint."""
        router = APIRouter()
        router.add_api_websocket_route("/graphql", self.answer)
        return router

    async def answer(self, websocket: WebSocket) -> None:
        """Speak with one client until either side has enough; as many as follow may be too many (503)."""
        try:
            self.live.places.require_one()
        except ProblemError as refusal:
            await websocket.send_denial_response(_denial(websocket, refusal))
            return
        with suppress(WebSocketDisconnect), ExitStack() as until_end:
            await self._speak(websocket, until_end)

    async def _speak(self, websocket: WebSocket, until_end: ExitStack) -> None:
        if PROTOCOL not in websocket.scope["subprotocols"]:
            await websocket.accept()
            await websocket.close(4406, "Subprotocol not acceptable")
            return
        await websocket.accept(PROTOCOL)
        closing: Closing | None = None
        try:
            await Conversation(self, websocket, until_end).run()
        except* WebSocketDisconnect:
            pass
        except* _Cut:
            _log.warning("a socket was cut off: its client took nothing for %g s", self.live.patience)
        except* Closing as ended:
            closing = _first(ended)
        if closing is not None:
            with suppress(TimeoutError):
                async with asyncio.timeout(self.live.patience):
                    await websocket.close(closing.code, closing.reason)


class Conversation:
    """One client's socket. Whatever fails ends all of it; each subscription waits until the client takes what it sends."""

    def __init__(self, door: SocketDoor, websocket: WebSocket, until_end: ExitStack) -> None:
        """`until_end` is closed when the socket is, and gives back what it took."""
        self._door = door
        self._websocket = websocket
        self._until_end = until_end
        self._language = preferred_language(websocket.headers.get("accept-language"))
        self._actor: Actor | None = None
        self._subscriptions: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Take messages until the end; raises a group of WebSocketDisconnect, Closing or _Cut."""
        doorstep = self._door.live.doorstep
        async with asyncio.TaskGroup() as self._tasks:
            try:
                async with asyncio.timeout(doorstep.patience) as self._deadline:
                    doorstep.enter(self._deadline)
                    while True:
                        await self._take(await self._message())
            except TimeoutError:
                raise self._too_late() from None
            finally:
                doorstep.leave(self._deadline)

    def _too_late(self) -> Closing:
        if self._actor is not None:
            return self._forbidden(Problem(401, "token.expired"))
        if self._door.live.doorstep.leave(self._deadline):
            return Closing(4408, "Connection initialisation timeout")
        return Closing(4408, self._reason(Problem(408, "live.crowded")))

    async def _message(self) -> dict[str, Any]:
        received = await self._websocket.receive()
        if received["type"] == "websocket.disconnect":
            raise WebSocketDisconnect(received.get("code", 1005))
        text = received.get("text")
        if text is None:
            raise self._malformed("binary")
        if len(text) > self._door.body_limit:
            raise self._malformed(f"> {self._door.body_limit} bytes")
        try:
            message = parse_json(text.encode())
        except ProblemError as error:
            raise self._malformed(error.problem.code) from None
        if not isinstance(message, dict):
            raise self._malformed("not an object")
        return message

    async def _take(self, message: dict[str, Any]) -> None:
        match message:
            case {"type": "connection_init"}:
                await self._begin(message.get("payload"))
            case {"type": "ping"}:
                await self._send({"type": "pong"} | ({"payload": message["payload"]} if "payload" in message else {}))
            case {"type": "pong"}:
                pass
            case {"type": "subscribe", "id": str(id_), "payload": payload} if 0 < len(id_) <= _LONGEST_ID:
                await self._subscribe(id_, payload)
            case {"type": "complete", "id": str(id_)}:
                if subscription := self._subscriptions.pop(id_, None):
                    subscription.cancel()
            case _:
                raise self._malformed(str(message.get("type"))[:40])

    async def _begin(self, payload: Any) -> None:
        if self._actor is not None:
            raise Closing(4429, "Too many initialisation requests")
        if not isinstance(payload, dict | None):
            raise self._malformed("payload")
        try:
            actor = self._door.identities.of_socket(self._websocket, _token(payload or {}))
        except ProblemError as refusal:
            raise self._forbidden(refusal.problem) from None
        try:
            place = self._door.live.places.take(actor)
        except ProblemError as refusal:
            raise Closing(_NO_PLACE[refusal.problem.status], self._reason(refusal.problem)) from None
        self._until_end.callback(place.leave)
        self._door.live.doorstep.leave(self._deadline)
        self._actor = actor
        left = (actor.expires_at - self._door.live.clock()).total_seconds()
        self._deadline.reschedule(asyncio.get_running_loop().time() + left)
        await self._send({"type": "connection_ack"})

    async def _subscribe(self, id_: str, payload: Any) -> None:
        if self._actor is None:
            raise Closing(4401, "Unauthorized")
        if id_ in self._subscriptions:
            raise Closing(4409, _fitting(f"Subscriber for {id_} already exists"))
        try:
            asked = self._prepare(*parts(payload))
        except ProblemError as refusal:
            await self._refuse(id_, [told_problem(refusal.problem, self._language)])
        except NotValid as refusal:
            await self._refuse(id_, [told(error, self._language) for error in refusal.errors])
        else:
            listener = Listener(self._door.live.follower(self._actor), self._door.live.boards)
            self._subscriptions[id_] = self._tasks.create_task(self._run(id_, asked, listener))

    def _prepare(self, query: str, variables: dict[str, Any], name: str | None) -> GraphQLRequest:
        if len(self._subscriptions) >= MOST_SUBSCRIPTIONS:
            raise ProblemError(429, "live.subscriptions", limit=MOST_SUBSCRIPTIONS)
        prepared = self._door.documents.prepare(query, name, variables)
        if prepared.operation.operation is not OperationType.SUBSCRIPTION:
            raise ProblemError(400, "graphql.over_a_socket")
        return GraphQLRequest(query, variables, prepared)

    async def _run(self, id_: str, asked: GraphQLRequest, listener: Listener) -> None:
        head = f'{{"id":{orjson.dumps(id_).decode()},"type":"next","payload":'
        try:
            async with aclosing(self._door.streams.payloads(asked, listener, self._language)) as payloads:
                async for payload in payloads:
                    await self._send_text(f"{head}{payload}}}")
        except (WebSocketDisconnect, _Cut):
            raise
        except Ending:
            raise Closing(1012, "Service restart") from None
        except NotStarted as refusal:
            await self._end(id_, refusal.errors)
        except Exception as error:  # noqa: BLE001 -- told as everywhere else, and logged if nobody foresaw it
            await self._end(id_, [error])

    async def _end(self, id_: str, errors: Sequence[Exception]) -> None:
        """End a subscription with its errors; the end of the token ends the socket."""
        causes = [getattr(error, "original_error", None) or error for error in errors]
        if any(isinstance(cause, NotAllowed) and cause.code == "access.expired" for cause in causes):
            raise self._forbidden(Problem(401, "token.expired"))
        self._subscriptions.pop(id_, None)
        await self._refuse(id_, [self._told(error) for error in errors])

    def _told(self, error: Exception) -> dict[str, Any]:
        if isinstance(error, GraphQLError):
            return told(error, self._language)
        return told_problem(problem_of(error) or unforeseen(error), self._language)

    async def _refuse(self, id_: str, errors: list[dict[str, Any]]) -> None:
        await self._send({"id": id_, "type": "error", "payload": errors})

    async def _send(self, message: dict[str, Any]) -> None:
        await self._send_text(orjson.dumps(message, default=str).decode())

    async def _send_text(self, text: str) -> None:
        try:
            async with asyncio.timeout(self._door.live.patience):
                await self._websocket.send_text(text)
        except TimeoutError:
            raise _Cut from None

    def _malformed(self, reason: str) -> Closing:
        return Closing(4400, self._reason(Problem(400, "live.not_a_message", {"reason": reason})))

    def _forbidden(self, problem: Problem) -> Closing:
        return Closing(4403, self._reason(problem))

    def _reason(self, problem: Problem) -> str:
        return _fitting(f"{problem.code}: {Catalogue.load().sentence(problem.code, self._language, problem.details)}")


def _token(payload: dict[str, Any]) -> str | None:
    """The header Authorization, which a browser cannot send, out of the first message."""
    given = next((value for name, value in payload.items() if name.lower() == "authorization"), None)
    return None if given is None else str(given)


def _fitting(reason: str) -> str:
    return reason.encode()[:_LONGEST_REASON].decode(errors="ignore")


def _first(group: BaseExceptionGroup[Closing]) -> Closing:
    found = group.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found


def _denial(websocket: WebSocket, refusal: ProblemError) -> Response:
    """The answer to a handshake that is refused."""
    request = Request({**websocket.scope, "type": "http", "method": "GET"})
    return problem_response(request, refusal)
