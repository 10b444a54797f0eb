"""The README's five minutes, its commands word for word against a running demo."""

import os
import re
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ANSWERS = "Sporbar answers at "
OF_THE_DAY = re.compile(r'(?<="reasonEn":)"[^"]*"|(?<="turns(?:On|To)":)"[^"]*"|(?<="positions":)\[[^]]*]|(?<=§ 3"},"status":)"[A-Z_]+"')
"""Where a duty stands on the day that is asked about."""
OTHER_PRACTICES = ("bryggen: ", "solsiden: ")
"""Lines about practices that a small demo does not have."""


@dataclass(frozen=True)
class Demo:
    """A demo that runs."""

    said: str
    """What it printed until it was ready."""
    address: str
    environment: dict[str, str]
    """In which its commands run."""


@pytest.fixture
def demo() -> Iterator[Demo]:
    """A small one."""
    with tempfile.TemporaryDirectory(prefix="sporbar-readme-") as directory:
        Path(directory).chmod(0o711)
        environment = os.environ | {"SPORBAR_DATA_DIR": directory, "SPORBAR_PORT": "0"}
        command = [sys.executable, "-m", "gateway.cli", "demo", "--practices", "1", "--years", "1"]
        process = subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        try:
            said, address = _said_until_ready(process)
            yield Demo(said, address, environment)
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def _said_until_ready(process: subprocess.Popen[str]) -> tuple[str, str]:
    """And where it answers."""
    assert process.stdout is not None
    said = ""
    for line in process.stdout:
        if line.startswith(ANSWERS):
            return said, line.removeprefix(ANSWERS).strip()
        said += line
    raise AssertionError(said)


def blocks(kinds: str) -> list[str]:
    """The tour's blocks of some kinds, in order."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    part = text[text.index("## Five minutes") : text.index("## Where things are")]
    found: list[str] = re.findall(rf"```(?:{kinds})\n(.*?)```", part, re.DOTALL)
    assert len(found) >= 6
    return found


def fragments(shown: str) -> list[str]:
    """What stands between the things of an answer that differ from demo to demo and from day to day, or are left out."""
    same = re.sub(r"[0-9a-f-]+…", "…", OF_THE_DAY.sub("…", shown))
    lines = [line.strip() for line in same.splitlines() if not line.startswith(OTHER_PRACTICES)]
    return [fragment.strip() for line in lines for fragment in line.split("…") if fragment.strip()]


def without_numbers(text: str) -> str:
    """With 0 for each, but those of paragraphs, refusals and versions of events."""
    return re.sub(r'(?<!§ )(?<!"status":)(?<!\.v)(?<!\d)\d+', "0", text)


@pytest.mark.server
def test_the_tour_gives_what_it_shows(demo: Demo, tmp_path: Path) -> None:
    script = "\n".join(blocks("sh")).replace("http://127.0.0.1:8000", demo.address).replace(".venv/bin/", f"{Path(sys.executable).parent}/")
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, env=demo.environment, cwd=tmp_path, capture_output=True, text=True, timeout=100, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    told = without_numbers(demo.said + done.stdout)
    for fragment in map(without_numbers, (fragment for shown in blocks("json|text") for fragment in fragments(shown))):
        before, found, told = told.partition(fragment)
        assert found, f"the README shows {fragment!r}, and this came back: {before[:2_000]}"
