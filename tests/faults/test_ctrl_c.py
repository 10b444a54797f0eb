"""Ctrl-C as a terminal sends it, to a command and its workers: one line, status 130, and the same command works afterwards."""

import os
import signal
import subprocess
import sys
from multiprocessing import parent_process
from pathlib import Path
from typing import Any

import psutil
import pytest

from events.ledger.recorder import open_ledger
from projections._engine._processes import Desk
from tests._database import Database

GENERATE = ("generate", "--practices", "2", "--years", "1")
PATIENCE = 60
STOPPED = {"verify": "sporbar: stopped\n", "generate": "sporbar: stopped; the same command goes on\n"}


@pytest.fixture
def environment(database: Database, tmp_path: Path) -> dict[str, str]:
    open_ledger(database.sync_pool(), "fjordvik")
    return os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path)}


def workers(process: "subprocess.Popen[str]") -> list[psutil.Process]:
    return [child for child in psutil.Process(process.pid).children() if "spawn_main" in " ".join(child.cmdline())]


@pytest.mark.parametrize("threads", [1, 2], ids=["starting", "at work"])
@pytest.mark.parametrize("command", [("verify",), GENERATE], ids=lambda command: command[0])
def test_it_comes_while_workers_begin(database: Database, environment: dict[str, str], command: tuple[str, ...], threads: int) -> None:
    arguments = [sys.executable, "-m", "gateway.cli", *command]
    pipes: dict[str, Any] = {"stdout": subprocess.DEVNULL, "stderr": subprocess.PIPE}
    with database.connect() as connection, connection.transaction():
        connection.execute("LOCK TABLE ledger.entry")  # no worker comes to an end
        with subprocess.Popen(arguments, env=environment, text=True, start_new_session=True, **pipes) as process:
            while not (begun := [worker for worker in workers(process) if worker.num_threads() >= threads]):
                assert process.poll() is None
            os.killpg(process.pid, signal.SIGINT)
            _, told = process.communicate(timeout=PATIENCE)
    assert (told, process.returncode) == (STOPPED[command[0]], 130)
    _, left = psutil.wait_procs(begun, timeout=PATIENCE)
    assert left == []


def test_a_generation_that_it_stopped_goes_on(environment: dict[str, str]) -> None:
    arguments = [sys.executable, "-m", "gateway.cli", "generate", "--practices", "1", "--years", "1"]
    with subprocess.Popen(arguments, env=environment, stderr=subprocess.PIPE, text=True, start_new_session=True) as process:
        while not workers(process):
            assert process.poll() is None
        os.killpg(process.pid, signal.SIGINT)
        process.communicate(timeout=PATIENCE)
    for command in (arguments, [*arguments[:3], "verify"]):
        ended = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        assert (ended.returncode, ended.stderr) == (0, "")


MANY = 6_000
"""Names that do not fit into a pipe."""
GIVES_UP = """
import sys
from projections._engine._processes import crew
from tests.faults.test_ctrl_c import gives_up

names = {f"practice-{number}": 10 for number in range(int(sys.argv[2]))}
with crew(sys.argv[1], 2, names) as workers:
    workers.run("read_1", gives_up, names, lambda _events: None)
"""


def gives_up(_desk: Desk, _name: str) -> None:
    """Done in a worker; the process that started it is told to stop."""
    if parent_process() is None:
        raise KeyboardInterrupt


def test_a_crew_that_gives_up_ends_whatever_is_left_to_do(elsewhere: Database) -> None:
    arguments = [sys.executable, "-c", GIVES_UP, elsewhere.url, str(MANY)]
    ended = subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ended.stderr.endswith("KeyboardInterrupt\n")
