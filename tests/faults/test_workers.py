"""A generator that is killed leaves no worker behind, and goes on where it stopped when it is started again."""

import json
import os
import subprocess
import sys
from dataclasses import replace
from datetime import date
from pathlib import Path

import psutil

from events.ledger.reader import ledgers, read
from gateway.auth.keys import pseudonym_secret
from gateway.generator.run import generate, orders
from tests._database import Database

COMMAND = [sys.executable, "-m", "gateway.cli", "generate", "--practices", "1", "--years", "1", "--seed", "7"]


def recorded(database: Database) -> list[bytes]:
    with database.connect() as conn:
        return read(conn, "fjordgata", 0, 100_000)


def test_a_killed_generator_leaves_no_worker_and_goes_on(database: Database, elsewhere: Database, tmp_path: Path) -> None:
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path)}
    process = subprocess.Popen(COMMAND, env=environment, stdout=subprocess.DEVNULL)
    with database.connect() as conn:
        while ledgers(conn).get("fjordgata", 0) < 100:
            assert process.poll() is None
    workers = [child for child in psutil.Process(process.pid).children(recursive=True) if "spawn_main" in " ".join(child.cmdline())]
    assert workers
    process.kill()
    process.wait()
    _, left = psutil.wait_procs(workers, timeout=30)
    assert left == []
    begun = recorded(database)

    subprocess.run(COMMAND, env=environment, stdout=subprocess.DEVNULL, check=True)
    truth = tmp_path / "truth" / "fjordgata.json"
    told = json.loads(truth.read_bytes())
    (order,) = orders(1, 1, 7, date.fromisoformat(told["end"]))
    order = replace(order, start=date.fromisoformat(told["start"]))
    generate(elsewhere.url, [order], secret=pseudonym_secret(tmp_path / "keys" / "pseudonym.key"), truth_dir=tmp_path / "whole")
    whole = recorded(elsewhere)
    assert 100 <= len(begun) < len(whole)
    assert recorded(database) == whole
    assert truth.read_bytes() == (tmp_path / "whole" / "fjordgata.json").read_bytes()
