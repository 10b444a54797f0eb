"""Fixtures of the gateway's tests: one house for a module, and a practice of its own for each test."""

from collections.abc import Iterator
from typing import cast

import pytest
from fastapi import APIRouter

from gateway._bus import CommandBus
from gateway._identity import Identities
from gateway.rest import deviation, risk_assessment, task
from gateway.rest import practice as practices
from gateway.rest._commands import Mount
from tests._database import Postgres
from tests.gateway._house import House, Practice, running_house


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running house with the defaults."""
    with running_house(postgres, tmp_path_factory.mktemp("house")) as house:
        yield house


@pytest.fixture
def practice(house: House) -> Practice:
    """A practice that nobody else uses."""
    return house.new_practice()


@pytest.fixture(scope="session")
def mounted() -> Mount:
    """Every command with its address, mounted on nothing that runs."""
    mount = Mount(APIRouter(), cast("CommandBus", None), cast("Identities", None), 0)
    for capability in (deviation, practices, risk_assessment, task):
        capability.routes(mount)
    return mount
