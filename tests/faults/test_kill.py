"""kill -9 of the API in a storm of commands, and of the projector in the midst of folding.

What was acknowledged is there once; what was not is absent, or found once when the client tries again; a replay from
zero equals the live read models; the ledger proves.
"""

import json
import random
import signal
from contextlib import closing, suppress
from datetime import UTC, datetime
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from threading import Barrier, Condition, Thread, Timer
from typing import Any
from uuid import uuid4

import pytest
from psycopg import Connection

from events.ledger.recorder import open_ledger
from events.ledger.verify import verify_all
from gateway.auth.local import local_issuer
from gateway.settings import Settings
from projections._engine._generation import ensure_generation
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up
from tests._database import Database
from tests.faults._processes import address, forked, part
from tests.gateway._house import MANAGER, report

CLIENTS = 8
ROUNDS = 10
PRACTICE = "fjordgata"


class Storm:
    """Clients that report deviations until the server is gone, and remember what they were told."""

    def __init__(self, token: str) -> None:
        self._token = token
        self._told = Condition()
        self.acknowledged: dict[str, int] = {}
        self.sent: set[str] = set()

    def rage(self, host: str, port: int, started: Barrier) -> None:
        """One client, until its connection fails."""
        started.wait()
        with closing(HTTPConnection(host, port, timeout=10)) as connection, suppress(HTTPException, OSError):
            while True:
                key = str(uuid4())
                with self._told:
                    self.sent.add(key)
                position = self.give(connection, key)
                with self._told:
                    self.acknowledged[key] = position
                    self._told.notify_all()

    def wait_for(self, acknowledged: int) -> None:
        """Return when so many commands were acknowledged."""
        with self._told:
            assert self._told.wait_for(lambda: len(self.acknowledged) >= acknowledged, timeout=60)

    def give(self, connection: HTTPConnection, key: str) -> int:
        """Report once under this key; the position of the acknowledgement."""
        headers = {"Authorization": f"Bearer {self._token}", "Idempotency-Key": key, "Content-Type": "application/json"}
        # the same key always comes with the same content
        body = json.dumps(report(title=f"Avvik {key}", occurred={"at": "2026-01-12T08:00:00Z"}))
        connection.request("POST", f"/v1/practices/{PRACTICE}/deviations", body, headers)
        answer = connection.getresponse()
        content = answer.read()
        assert answer.status == 201, content
        position: int = json.loads(content)["position"]
        return position


@pytest.fixture
def practice(database: Database, tmp_path: Path) -> str:
    """A token of the manager of a registered practice."""
    open_ledger(database.sync_pool(), PRACTICE)
    ensure_generation(database.url)
    issuer = local_issuer(Settings(data_dir=tmp_path))
    return issuer.issue(practice=PRACTICE, roles=MANAGER, functions=(), member=uuid4(), subject=None, now=datetime.now(UTC))


def test_the_api_is_killed_in_a_storm(database: Database, practice: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice, storm = random.Random(seed), Storm(practice)
    for _ in range(ROUNDS):
        with forked("serve", database.url, tmp_path) as (server, printed):
            host, port = address(printed)
            started = Barrier(CLIENTS + 1)
            clients = [Thread(target=storm.rage, args=(host, port, started)) for _ in range(CLIENTS)]
            for client in clients:
                client.start()
            started.wait()
            storm.wait_for(len(storm.acknowledged) + dice.randint(1, 4 * CLIENTS))
            server.kill()
            for client in clients:
                client.join()

    with part("serve", database.url, tmp_path) as after, closing(HTTPConnection(*address(after), timeout=10)) as connection:
        again = {key: storm.give(connection, key) for key in storm.sent}
    assert {key: again[key] for key in storm.acknowledged} == storm.acknowledged
    with database.connect() as conn:
        titles = conn.execute(
            "select line::jsonb #>> '{data,title}' from ledger.entry where ledger = %s and type = 'deviation.reported.v1'", (PRACTICE,)
        ).fetchall()
    assert sorted(title for (title,) in titles) == sorted(f"Avvik {key}" for key in storm.sent)
    assert [found.problems for found in verify_all(database.url, None)] == [()]


def test_the_projector_is_killed_in_the_midst(database: Database, practice: str, tmp_path: Path) -> None:
    seed = random.randrange(2**32)
    print(f"seed {seed}")
    dice, storm = random.Random(seed), Storm(practice)
    with part("serve", database.url, tmp_path) as server:
        host, port = address(server)
        started = Barrier(CLIENTS + 1)
        clients = [Thread(target=storm.rage, args=(host, port, started)) for _ in range(CLIENTS)]
        for client in clients:
            client.start()
        started.wait()
        for _ in range(ROUNDS):
            with forked("project", database.url, tmp_path) as (projector, _):
                _until_it_folds(database)
                Timer(dice.uniform(0.0, 0.3), projector.kill).start()
                projector.join(30)
        server.send_signal(signal.SIGKILL)
        for client in clients:
            client.join()
    catch_up(database.url)
    verified = verify_read_models(database.url, processes=1)
    assert verified.sound, verified.differences
    assert verified.events >= 2 * len(storm.acknowledged)


def _until_it_folds(database: Database) -> None:
    """Wait for the projection's position to move."""
    with database.connect() as conn:
        before = _position(conn)
        while _position(conn) <= before:
            continue


def _position(conn: Connection[Any]) -> int:
    found = conn.execute("select coalesce(max(position), 0) from projection.follower where ledger = %s", (PRACTICE,)).fetchone()
    assert found is not None
    return int(found[0])
