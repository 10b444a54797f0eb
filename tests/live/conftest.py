"""Fixtures of the live tests: one house for a module, and a practice of its own for each test."""

from collections.abc import Iterator

import pytest

from tests._database import Postgres
from tests.gateway._house import House, Practice, running_house


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """A running house whose streams give a sign of life ten times a second."""
    with running_house(postgres, tmp_path_factory.mktemp("house"), live_heartbeat=0.1) as house:
        yield house


@pytest.fixture
def practice(house: House) -> Practice:
    """A practice that nobody else uses."""
    return house.new_practice()
