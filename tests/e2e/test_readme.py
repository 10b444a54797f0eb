"""The README's five minutes, its commands word for word against a running demo."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANSWERS = "Sporbar answers at "
SHOWN = (
    '"repeated":false}',
    '"code":"deviation.close.measures_open"',
    '"status":"MEASURES_OPEN"',
    '"historical":true,"dashboard"',
    '"duty":{"paragraph":"§ 3"}',
    "fjordgata: ",
    "as a replay makes them",
)
"""What the tour says comes back."""


@pytest.fixture
def demo() -> Iterator[tuple[str, dict[str, str]]]:
    """A small demo: its address, and the environment that its commands run in."""
    with tempfile.TemporaryDirectory(prefix="sporbar-readme-") as directory:
        Path(directory).chmod(0o711)
        environment = os.environ | {"SPORBAR_DATA_DIR": directory, "SPORBAR_PORT": "0"}
        command = [sys.executable, "-m", "gateway.cli", "demo", "--practices", "1", "--years", "1"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            assert process.stdout is not None
            address = next(line for line in process.stdout if line.startswith(ANSWERS)).removeprefix(ANSWERS).strip()
            yield address, environment
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def tour() -> str:
    """The shell blocks of the tour, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text[text.index("## Five minutes") : text.index("## Where things are")]
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", part, re.DOTALL)
    assert len(blocks) >= 7
    return "\n".join(blocks)


@pytest.mark.server
def test_the_tour_gives_what_it_shows(demo: tuple[str, dict[str, str]], tmp_path: Path) -> None:
    address, environment = demo
    script = tour().replace("http://127.0.0.1:8000", address).replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script], env=environment, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    for shown in SHOWN:
        assert shown in done.stdout
