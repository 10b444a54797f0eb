"""A running house for tests: a real server on loopback, a projector as a worker runs it, and people with tokens."""

import socket
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from threading import Thread
from typing import Any
from uuid import UUID, uuid4

import httpx
import uvicorn

from events._function import Function, FunctionKey
from gateway.app import make_app
from gateway.auth.actor import Role
from gateway.auth.local import local_issuer
from gateway.auth.tokens import LocalIssuer
from gateway.settings import Settings
from projections._engine._generation import ensure_generation
from projections._engine._worker import Worker
from tests._database import Database, Postgres

MANAGER = frozenset({Role.EMPLOYEE, Role.FUNCTION_HOLDER, Role.MANAGER})
_numbers = count(1)


@dataclass
class Person:
    """Somebody of a practice with a token, who gives commands and asks questions."""

    client: httpx.Client
    practice: str
    token: str
    member: UUID | None

    def post(self, path: str, content: Any, *, key: str | None = None, practice: str | None = None, **headers: str) -> httpx.Response:
        """A command over REST, with a new idempotency key unless one is given."""
        sent = {"Authorization": f"Bearer {self.token}", "Idempotency-Key": key or str(uuid4())} | headers
        return self.client.post(f"/v1/practices/{practice or self.practice}{path}", json=content, headers=sent)

    def done(self, path: str, content: Any, **options: Any) -> dict[str, Any]:
        """A command that is carried out; its receipt."""
        response = self.post(path, content, **options)
        assert response.is_success, response.text
        receipt: dict[str, Any] = response.json()
        return receipt

    def ask(self, query: str, **variables: Any) -> dict[str, Any]:
        """The whole answer of GraphQL."""
        response = self.client.post(
            "/graphql", json={"query": query, "variables": variables}, headers={"Authorization": f"Bearer {self.token}"}
        )
        assert response.headers["content-type"] == "application/json", response.text
        answer: dict[str, Any] = response.json()
        return answer

    def data(self, query: str, **variables: Any) -> Any:
        """The data of an answer without errors."""
        answer = self.ask(query, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]


@dataclass
class House:
    """Server, projector and database."""

    url: str
    database: Database
    issuer: LocalIssuer
    settings: Settings
    client: httpx.Client = field(init=False)

    def __post_init__(self) -> None:
        self.client = httpx.Client(base_url=self.url, timeout=20)

    def token(
        self,
        practice: str,
        roles: Iterable[Role],
        member: UUID | None = None,
        functions: Iterable[FunctionKey] = (),
        *,
        issued: datetime | None = None,
    ) -> str:
        """A token of the local issuer."""
        now = issued or datetime.now(UTC)
        return self.issuer.issue(
            practice=practice, roles=roles, functions=functions, member=member, subject=None if member else "outside", now=now
        )

    def person(self, practice: str, roles: Iterable[Role], member: UUID | None = None, functions: Iterable[FunctionKey] = ()) -> Person:
        """Somebody with a token."""
        return Person(self.client, practice, self.token(practice, roles, member, functions), member)

    def new_practice(self) -> "Practice":
        """A practice of its own, registered by its manager."""
        name = f"practice-{next(_numbers)}"
        founder = self.person(name, MANAGER, uuid4(), [Function.GENERAL_MANAGER])
        registered = founder.done("/register", REGISTER)
        joined = founder.data("query ($n: Int!) { practice(atLeast: $n) { members { id } } }", n=registered["position"])["practice"][
            "members"
        ]
        return Practice(self, name, self.person(name, MANAGER, UUID(joined[0]["id"]), [Function.GENERAL_MANAGER]))

    def size(self, practice: str) -> int:
        """How many events the practice's ledger holds."""
        with self.database.connect() as connection:
            found = connection.execute("select size from ledger.ledger where ledger = %s", (practice,)).fetchone()
        return int(found[0]) if found else 0

    def lines(self, practice: str) -> list[str]:
        """The lines of a practice's ledger."""
        with self.database.connect() as connection:
            found = connection.execute("select line from ledger.entry where ledger = %s order by position", (practice,)).fetchall()
        return [line for (line,) in found]


@dataclass
class Practice:
    """A practice with its manager."""

    house: House
    name: str
    manager: Person

    def join(self, name: str = "Ola Hansen", *, functions: Iterable[FunctionKey] = ()) -> Person:
        """A new member, and their token; with functions, as their holder."""
        receipt = self.manager.done("/members", {"name": name, "profession": "nurse", "employed_from": "2024-01-01"})
        found = self.manager.data("query ($n: Int!) { practice(atLeast: $n) { members { id name joinedAt } } }", n=receipt["position"])[
            "practice"
        ]["members"]
        member = UUID(max(found, key=lambda one: one["joinedAt"])["id"])
        held = list(functions)
        for function in held:
            self.assign(function, member)
        roles = {Role.EMPLOYEE} | ({Role.FUNCTION_HOLDER} if held else set())
        return self.house.person(self.name, roles, member, held)

    def assign(self, function: FunctionKey, member: UUID | None) -> None:
        """A member holds a function."""
        self.manager.done(f"/functions/{function}/assign", {"members": [str(member)], "from_day": "2024-01-01"})

    @property
    def size(self) -> int:
        return self.house.size(self.name)


REGISTER: Mapping[str, Any] = {
    "name": "Fjordgata legesenter",
    "practice_type": "gp_office",
    "fields": ["general_practice"],
    "general_manager": {"name": "Kari Nordmann", "profession": "general_practitioner", "employed_from": "2024-01-01"},
}


def report(**changes: Any) -> dict[str, Any]:
    """A report of a deviation that is as it must be, with changes."""
    occurred = (datetime.now(UTC) - timedelta(days=1)).isoformat()
    told = {
        "title": "Blodprøve forvekslet",
        "description": "To prøver ble merket med samme pasient.",
        "kind": "near_miss",
        "category": "CLINICAL",
        "occurred": {"at": occurred},
    }
    return told | changes


@contextmanager
def running_house(postgres: Postgres, directory: Path, **settings: Any) -> Iterator[House]:
    """Everything started, on a database of its own; stopped and removed at the end."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    ensure_generation(database.url)
    configured = Settings(data_dir=directory, **settings)
    issuer = local_issuer(configured)
    try:
        with _server(database.url, configured) as url, _projector(database.url):
            house = House(url, database, issuer, configured)
            with house.client:
                yield house
    finally:
        database.close()
        postgres.drop_database(name)


@contextmanager
def _server(database_url: str, settings: Settings) -> Iterator[str]:
    listening = socket.create_server(("127.0.0.1", 0), backlog=512)
    app = make_app(settings, database_url)
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, access_log=False, timeout_graceful_shutdown=5))
    thread = Thread(target=server.run, kwargs={"sockets": [listening]}, name="server")
    thread.start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listening.close()


@contextmanager
def _projector(database_url: str) -> Iterator[None]:
    worker = Worker(database_url)
    thread = Thread(target=worker.run, name="projector")
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()
