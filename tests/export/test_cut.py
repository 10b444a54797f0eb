"""A download that ends before its end: a right that runs out, a request cancelled wherever it waits."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI

from gateway.app import make_app
from gateway.auth.actor import Role
from gateway.auth.local import local_issuer
from gateway.auth.policy import NotAllowed
from gateway.settings import Settings
from projections._engine._generation import ensure_generation
from tests._database import Database, Postgres
from tests.export._records import make_large

pytestmark = pytest.mark.anyio

PRACTICE = "large"
LINES = 10_000
"""Five pages."""
Send = Callable[[Any], Awaitable[None]]


@pytest.fixture(scope="module")
def large(postgres: Postgres) -> Iterator[Database]:
    """A record of several pages."""
    with postgres.database() as database:
        ensure_generation(database.url)
        make_large(database, PRACTICE, LINES)
        yield database


class Doors:
    """The application without a server: every message that it sends passes here."""

    def __init__(self, database: Database, directory: Path) -> None:
        self.now = datetime.now(UTC)
        settings = Settings(data_dir=directory, exports=1)
        self.app: FastAPI = make_app(settings, database.url, clock=lambda: self.now)
        self._token = local_issuer(settings).issue(practice=PRACTICE, roles=[Role.AUDITOR], subject="auditor", now=self.now)

    async def ask(self, send: Send, path: str = "/events", query: bytes = b"redaction=full") -> None:
        """Ask for the whole record."""
        scope = {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.3"},
            "http_version": "1.1",
            "method": "GET",
            "scheme": "http",
            "path": f"/v1/practices/{PRACTICE}{path}",
            "query_string": query,
            "root_path": "",
            "client": None,
            "headers": [(b"authorization", f"Bearer {self._token}".encode())],
            "server": ("127.0.0.1", 80),
        }
        silent = asyncio.Event()

        async def receive() -> Any:
            await silent.wait()

        await self.app(scope, receive, send)

    async def whole(self) -> int:
        """How many lines come, once there is a place; waits for it ten seconds at most."""
        async with asyncio.timeout(10):
            while True:
                sent: list[Any] = []

                async def send(message: Any, sent: list[Any] = sent) -> None:
                    sent.append(message)

                await self.ask(send)
                if sent[0]["status"] == 200:
                    return b"".join(message.get("body", b"") for message in sent).count(b"\n")


async def test_a_right_that_runs_out_ends_the_download(large: Database, tmp_path: Path) -> None:
    doors = Doors(large, tmp_path)
    parts: list[bytes] = []

    async def send(message: Any) -> None:
        if message["type"] == "http.response.body":
            parts.append(message["body"])
            doors.now += timedelta(days=1)

    async with doors.app.router.lifespan_context(doors.app):
        with pytest.raises(NotAllowed, match=r"access\.expired"):
            await doors.ask(send)
    assert len(parts) == 1


@pytest.mark.parametrize("name", ["ocel-json", "ocel-sqlite"])
async def test_a_right_that_runs_out_ends_a_log_while_it_is_made(large: Database, tmp_path: Path, name: str) -> None:
    """The answer begins at once, and nothing of what is made afterwards is sent."""
    doors = Doors(large, tmp_path)
    parts: list[bytes] = []

    async def send(message: Any) -> None:
        parts.append(message.get("body", b""))
        doors.now += timedelta(days=1)

    async with doors.app.router.lifespan_context(doors.app):
        with pytest.raises(NotAllowed, match=r"access\.expired"):
            await doors.ask(send, f"/exports/{name}", b"")
    sent = b"".join(parts)
    assert b'"id"' not in sent
    assert b"SQLite" not in sent


async def test_a_request_cancelled_wherever_it_waits_leaves_place_and_connections_free(large: Database, tmp_path: Path) -> None:
    doors = Doors(large, tmp_path)
    async with doors.app.router.lifespan_context(doors.app):
        for patience in (0.0, 0.001, 0.003, 0.01, 0.02, 0.04):
            asking = asyncio.create_task(doors.ask(_ignore))
            await asyncio.wait([asking], timeout=patience)
            asking.cancel()
            await asyncio.wait([asking])
            assert await doors.whole() == LINES
        for k in range(1, 8):
            await _cancelled_at(doors, k)
            assert await doors.whole() == LINES
    with large.connect() as connection:
        query = "select count(*) from pg_stat_activity where datname = current_database() and state not in ('idle', 'active')"
        assert connection.execute(query).fetchone() == (0,)


async def _cancelled_at(doors: Doors, k: int) -> None:
    """Ask, and be cancelled while the k-th message is sent."""
    sent = 0

    async def send(_message: Any) -> None:
        nonlocal sent
        sent += 1
        if sent == k:
            asking.cancel()
            await asyncio.sleep(0)

    asking = asyncio.create_task(doors.ask(send))
    await asyncio.wait([asking])


async def _ignore(_message: Any) -> None:
    pass
