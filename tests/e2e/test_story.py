"""The whole story over real HTTP against real processes: from a practice's registration to the proof of its record."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.auth.local import local_issuer
from gateway.settings import Settings
from projections._engine._generation import ensure_generation
from tests._database import Database
from tests.e2e import _deviations, _people, _risks, _tasks
from tests.e2e._deviations import Treated, told
from tests.e2e._doors import Doors, nodes, today
from tests.e2e._later import LATER
from tests.e2e._people import Staff
from tests.e2e._questions import FITTING, duties, overview, statuses, types_by_position
from tests.faults._processes import address, part
from tests.gateway._house import Person

PRACTICE = "fjordgata"


@pytest.fixture
def data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SPORBAR_DEMO_SIGN_IN", "true")
    return tmp_path


@contextmanager
def serving(database: Database, data_dir: Path, **options: str) -> Iterator[Doors]:
    """A server process."""
    with part("serve", database.url, data_dir, **options) as server:
        host, port = address(server)
        url = f"http://{host}:{port}"
        with httpx.Client(base_url=url, timeout=20) as client:
            yield Doors(url, client, local_issuer(Settings(data_dir=data_dir)))


def test_from_a_report_to_the_proof(database: Database, data_dir: Path) -> None:
    ensure_generation(database.url)
    with part("project", database.url, data_dir), serving(database, data_dir) as doors:
        manager = _people.register(doors, PRACTICE)
        staff = _people.employ(doors, manager)
