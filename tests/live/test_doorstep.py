"""Sockets that nobody has signed in to: they take no place, and the one that has waited longest makes room."""

import asyncio
import re
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from gateway.live import Doorstep, _doorstep
from tests._database import Postgres
from tests.gateway._house import House, Practice, running_house
from tests.live._clients import Socket, closed, eventually, raw_socket, refused, socket, stream

PLACES = 3
ROOM = 5


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(postgres, tmp_path_factory.mktemp("house"), live_streams=PLACES) as house:
        yield house


@pytest.fixture
def token(practice: Practice) -> str:
    return practice.manager.token


def taken(house: House) -> int:
    """How many places are taken."""
    return int(float(re.findall(r"^sporbar_live_streams (\S+)", house.client.get("/metrics").text, re.MULTILINE)[0]))


def sign_in(opened: Socket, token: str) -> None:
    opened.send(type="connection_init", payload={"Authorization": f"Bearer {token}"})


def cause(told: tuple[int, str]) -> tuple[int, str]:
    """Code of the closing, and of its reason."""
    return told[0], told[1].partition(":")[0]


def test_those_who_say_nothing_keep_nobody_out(house: House, practice: Practice, token: str) -> None:
    with ExitStack() as idle:
        for _ in range(PLACES + 2):
            idle.enter_context(raw_socket(house))
        assert taken(house) == 0
        with stream(practice.manager) as streamed, socket(house, token):
            assert streamed.response.status_code == 200
            assert taken(house) == 2
    eventually(lambda: taken(house) == 0)


def test_whoever_has_waited_longest_makes_room(house: House, token: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_doorstep, "ROOM", ROOM)
    with ExitStack() as together:
        idle = [together.enter_context(raw_socket(house)) for _ in range(ROOM + 1)]
        assert cause(closed(idle[0])) == (4408, "live.crowded")
        sign_in(idle[1], token)
        assert idle[1].receive() == {"type": "connection_ack"}, "those who came later wait on"
        idle += [together.enter_context(raw_socket(house)) for _ in range(2)]
        assert cause(closed(idle[2])) == (4408, "live.crowded"), "the room of whoever signed in is free"
        sign_in(idle[3], token)
        assert idle[3].receive() == {"type": "connection_ack"}
        assert taken(house) == 2
    eventually(lambda: taken(house) == 0)


def test_a_place_that_is_gone_in_the_meantime(house: House, practice: Practice, token: str) -> None:
    with ExitStack() as together:
        waiting = together.enter_context(raw_socket(house))
        for _ in range(PLACES):
            together.enter_context(stream(practice.manager))
        sign_in(waiting, token)
        assert cause(closed(waiting)) == (1013, "live.full")
        assert refused(practice.manager) == (503, "live.full")
    eventually(lambda: taken(house) == 0)


@pytest.mark.parametrize(("patience", "expected"), [(30.0, 5.0), (2.0, 2.0)])
def test_nobody_waits_longer_than_five_seconds(patience: float, expected: float) -> None:
    assert Doorstep(patience).patience == expected


@pytest.mark.anyio
async def test_one_whose_time_is_up_is_not_sent_away_again(monkeypatch: pytest.MonkeyPatch) -> None:
    """Its deadline has passed, and it has not yet come to leave, when somebody else needs the room."""
    monkeypatch.setattr(_doorstep, "ROOM", 1)
    doorstep, late = Doorstep(5), asyncio.timeout(0)

    async def wait() -> Any:
        async with late:
            doorstep.enter(late)
            await asyncio.Event().wait()

    waiting = asyncio.create_task(wait())
    for _ in range(2):  # it begins; its deadline passes
        await asyncio.sleep(0)
    assert late.expired()
    async with asyncio.timeout(5) as newcomer:
        doorstep.enter(newcomer)
        with pytest.raises(TimeoutError):
            await waiting
    assert (doorstep.leave(late), doorstep.leave(newcomer)) == (False, True)
