"""The demo as a user starts it, in a process of its own, kept between the benchmarks of one run."""

import atexit
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from html import unescape
from http.client import HTTPConnection
from pathlib import Path
from time import perf_counter
from typing import Any

PRACTICE = "fjordgata"
_ANSWERS = "Sporbar answers at http://"


@dataclass
class Running:
    """A running demo."""

    process: "subprocess.Popen[str]"
    data_dir: Path
    address: str
    seconds: float
    """From the start of the process to its first answer."""

    def connection(self) -> HTTPConnection:
        """A connection that stays open."""
        host, port = self.address.split(":")
        return HTTPConnection(host, int(port), timeout=30)

    def token(self, *options: str, practice: str = PRACTICE) -> str:
        """A token as the command line gives it."""
        command = [sys.executable, "-m", "gateway.cli", "token", practice, *options]
        environment = {**os.environ, "SPORBAR_DATA_DIR": str(self.data_dir)}
        return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def ask(self, connection: HTTPConnection, token: str, query: str, **variables: Any) -> Any:
        """The data of a GraphQL answer."""
        body = json.dumps({"query": query, "variables": variables})
        connection.request("POST", "/graphql", body, {"Authorization": f"Bearer {token}", "Content-Type": "application/json"})
        answer = json.loads(connection.getresponse().read())
        assert "errors" not in answer, answer
        return answer["data"]

    def see_pages(self) -> None:
        """The dashboard page and each of its charts, as a signed-in browser asks for them."""
        connection, cookie = self.connection(), {"Cookie": f"sporbar_session={self.token('--role', 'auditor')}"}
        page = _get(connection, f"/p/{PRACTICE}", cookie).decode()
        for chart in re.findall(rf'src="(/p/{PRACTICE}/charts/[^"]+)"', page):
            _get(connection, unescape(chart), cookie)

    def memory(self) -> int:
        """Bytes of all its processes together, what they share counted once (proportional set size)."""
        return sum(_pss(pid) for pid in _family(self.process.pid))


def _get(connection: HTTPConnection, path: str, headers: dict[str, str]) -> bytes:
    connection.request("GET", path, headers=headers)
    answer = connection.getresponse()
    body = answer.read()
    assert answer.status == 200, f"{path}: {answer.status}"
    return body


@cache
def data_dir() -> Path:
    """Where the demo of this run keeps its data; removed at the end."""
    directory = Path(tempfile.mkdtemp(prefix="sporbar-bench-"))
    directory.chmod(0o711)
    atexit.register(shutil.rmtree, directory)
    return directory


@contextmanager
def running() -> Iterator[Running]:
    """A running demo; the first one of a run makes the practices."""
    environment = {**os.environ, "SPORBAR_DATA_DIR": str(data_dir()), "SPORBAR_PORT": "0"}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # without it every start compiles every module, which no user's does
    started = perf_counter()
    process = subprocess.Popen([sys.executable, "-m", "gateway.cli", "demo"], env=environment, stdout=subprocess.PIPE, text=True)
    try:
        address = _address(process)
        demo = Running(process, data_dir(), address, 0.0)
        connection = demo.connection()
        connection.request("GET", "/health/ready")
        assert connection.getresponse().status == 200
        demo.seconds = perf_counter() - started
        yield demo
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(30)


def _address(process: "subprocess.Popen[str]") -> str:
    assert process.stdout is not None
    for line in process.stdout:
        if line.startswith(_ANSWERS):
            return line.removeprefix(_ANSWERS).strip()
    raise RuntimeError("the demo did not start")


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(each for child in children for each in _family(int(child)))]


def _pss(pid: int) -> int:
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    return 0
