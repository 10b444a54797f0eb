"""A server that is told to stop lets those go who follow, and does not wait for them."""

import signal
from pathlib import Path
from uuid import uuid4

import httpx

from events._function import Function
from gateway.auth.local import local_issuer
from gateway.settings import Settings
from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.faults._processes import address, part
from tests.gateway._house import MANAGER, REGISTER, House, Person
from tests.live._clients import EVENTS, closed, socket, stream

GRACE = 10
"""Seconds; a server that waited would take its whole patience, which is 15."""


def test_streams_and_sockets_end(database: Database, tmp_path: Path) -> None:
    ensure_generation(database.url)
    settings = Settings(data_dir=tmp_path)
    with part("serve", database.url, tmp_path) as server:
        host, port = address(server)
        house = House(f"http://{host}:{port}", database, local_issuer(settings), settings)
        house.client.close()
        token = house.token("fjordgata", MANAGER, uuid4(), [Function.GENERAL_MANAGER])
        with httpx.Client(base_url=house.url, timeout=20) as client:
            manager = Person(client, "fjordgata", token, None)
            manager.done("/register", REGISTER)
            with stream(manager, after=0) as opened, socket(house, token) as followed:
                followed.subscribe(EVENTS, p="fjordgata", after=0)
                assert followed.next()["position"] == opened.take(1)[0].position == 1
                server.send_signal(signal.SIGTERM)
                assert [event for event in opened.events() if event.fields["event"] == "closed"] == []
                assert closed(followed)[0] == 1012
        server.wait(GRACE)
