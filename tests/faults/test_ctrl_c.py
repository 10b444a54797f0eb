"""Ctrl-C as a terminal sends it, to a command and its workers: one line, status 130, and the same command works afterwards."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import psutil
import pytest

from events.ledger.recorder import open_ledger
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
