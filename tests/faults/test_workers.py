"""A killed command leaves no worker process behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil

from tests._database import Database


def test_workers_end_with_the_command_that_started_them(database: Database, tmp_path: Path) -> None:
    command = ["generate", "--practices", "1", "--years", "1"]
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen([sys.executable, "-m", "gateway.cli", *command], env=environment, stdout=subprocess.DEVNULL)
    workers: list[psutil.Process] = []
    while not workers and process.poll() is None:
        workers = [child for child in psutil.Process(process.pid).children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    assert workers
    process.send_signal(signal.SIGKILL)
    process.wait()
    _, left = psutil.wait_procs(workers, timeout=30)
    assert left == []
