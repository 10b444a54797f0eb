"""The pages of docs/ as somebody follows them who types what they show."""

import os
import re
import subprocess
import sys
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def shell(page: str, section: str) -> str:
    """The shell blocks of a section, in order."""
    text = (DOCS / page).read_text(encoding="utf-8").partition(f"\n## {section}\n")[2].partition("\n## ")[0]
    return shown(text)


def shown(text: str) -> str:
    """The shell blocks of a text, in order."""
    blocks: list[str] = re.findall(r"```sh\n(.*?)```", text, re.DOTALL)
    assert blocks, text
    return "\n".join(blocks)


def typed(script: str, folder: Path, **environment: str) -> str:
    """What a script says that is typed into a shell in a folder; every command of it has to succeed."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script.replace(".venv/bin/", f"{Path(sys.executable).parent}/")],
        env=os.environ | environment,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout
