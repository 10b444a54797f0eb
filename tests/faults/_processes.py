"""Parts of Sporbar as processes of their own, as an operator runs them; ended by id."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing import get_context
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import TextIO

from events._workers import end_with_parent
from gateway.cli import main

_ANSWERS = "Sporbar answers at "


@contextmanager
def part(name: str, database_url: str, data_dir: Path, *, module: str = "gateway.cli") -> Iterator["subprocess.Popen[str]"]:
    """`sporbar <name>` on a database, or another module's `<name>`; killed at the end if it is still there."""
    environment = os.environ | {"SPORBAR_DATABASE_URL": database_url, "SPORBAR_DATA_DIR": str(data_dir), "SPORBAR_PORT": "0"}
    process = subprocess.Popen([sys.executable, "-m", module, name], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


@contextmanager
def forked(name: str, database_url: str, data_dir: Path) -> Iterator[tuple[BaseProcess, TextIO]]:
    """As `part`, with what it prints, from a process that has imported everything: so there can be many rounds of it."""
    environment = {"SPORBAR_DATABASE_URL": database_url, "SPORBAR_DATA_DIR": str(data_dir), "SPORBAR_PORT": "0"}
    reads, writes = _FORKS.Pipe(duplex=False)
    process = _FORKS.Process(target=_run, args=(name, environment, writes))
    process.start()
    writes.close()
    with open(reads.fileno(), closefd=False, encoding="utf-8") as printed, reads:
        try:
            yield process, printed
        finally:
            process.kill()
            process.join()


_FORKS = get_context("forkserver")
_FORKS.set_forkserver_preload(["gateway.app", "gateway.cli._app", "gateway.cli._http", "projections._engine._worker"])


def _run(name: str, environment: dict[str, str], prints: "Connection[bytes, bytes]") -> None:
    end_with_parent()
    os.environ.update(environment)
    os.dup2(prints.fileno(), 1)
    sys.argv = ["sporbar", name]
    main()


def address(printed: "subprocess.Popen[str] | TextIO") -> tuple[str, int]:
    """Host and port of a server that has said where it answers."""
    lines = printed.stdout if isinstance(printed, subprocess.Popen) else printed
    assert lines is not None
    line = next(line for line in lines if line.startswith(_ANSWERS))
    host, _, port = line.removeprefix(_ANSWERS).strip().removeprefix("http://").rpartition(":")
    return host, int(port)
