"""Parts of Sporbar as processes of their own, as an operator runs them; ended by id."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

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


def address(process: "subprocess.Popen[str]") -> tuple[str, int]:
    """Host and port of a server that has said where it answers."""
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith(_ANSWERS))
    host, _, port = line.removeprefix(_ANSWERS).strip().removeprefix("http://").rpartition(":")
    return host, int(port)
