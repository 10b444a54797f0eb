"""Ctrl-C during `sporbar export`, wherever it comes: one line, status 130, and nothing under the final name unless it is whole."""

import json
import signal
import subprocess
import sys
from contextlib import suppress
from pathlib import Path

import pytest

from gateway.cli._signals import Interrupted, Interrupts
from tests.export.conftest import PRACTICE, Generated
from tests.export.test_command import PROJECT, ended, environment, inherited

LINES = 40
"""Some, so that it takes a moment only."""


def interrupted(generated: Generated, directory: Path, moment: str, *arguments: str) -> "subprocess.CompletedProcess[str]":
    """`sporbar export` of a process that gets SIGINT where it enters a function."""
    command = [sys.executable, "-m", "tests.export.interrupted_at", moment, "export", *arguments]
    told = inherited() | environment(generated.database, directory)
    return subprocess.run(command, cwd=PROJECT, env=told, text=True, capture_output=True, check=False)


def export(directory: Path, *arguments: str) -> tuple[str, ...]:
    return (PRACTICE, "--until", str(LINES), "--to", str(directory / "out"), *arguments)


@pytest.mark.parametrize(
    ("moment", "left"),
    [
        ("gateway/cli/_app.py:<module>", "stopped"),
        ("typer/core.py:_main", "stopped"),
        ("gateway/settings.py:load_settings", "nothing was written"),
        ("_folder.py:_alone", "broken off; {part} is kept, and the same command with --resume goes on"),
        ("_folder.py:_write_whole,pathlib.py:rename", "broken off; {part} is kept, and the same command with --resume goes on"),
        # a class that is made from a text while the format is imported
        ("_folder.py:_write_state,<string>:<module>", "broken off; {part} is kept, and the same command with --resume goes on"),
        ("_csv.py:finish", "broken off; {part} is kept, and the same command with --resume goes on"),
        ("_folder.py:_complete,_folder.py:_sync", "broken off; {part} is kept, and the same command with --resume goes on"),
    ],
)
def test_wherever_it_comes_there_is_one_line_and_nothing_half(generated: Generated, tmp_path: Path, moment: str, left: str) -> None:
    command = export(tmp_path, "--format", "csv")
    told = interrupted(generated, tmp_path, moment, *command)
    part = tmp_path / "out.part"
    assert (told.returncode, told.stdout) == (130, "interrupted\n")
    assert told.stderr == f"sporbar: {left.format(part=part)}\n"
    assert not (tmp_path / "out").exists()
    status, out, err = ended(generated.database, tmp_path, *command, *(["--resume"] if part.exists() else []))
    assert (status, out, err) == (0, f"{tmp_path}/out: {LINES} events of {PRACTICE}, positions 1 to {LINES}, pseudonymised\n", "")
    assert json.loads((tmp_path / "out" / "manifest.json").read_bytes())["count"] == LINES


@pytest.mark.parametrize("moment", ["_folder.py:_complete,pathlib.py:unlink", "export.py:_said", "threading.py:_shutdown"])
def test_it_comes_too_late_for_what_is_whole(generated: Generated, tmp_path: Path, moment: str) -> None:
    told = interrupted(generated, tmp_path, moment, *export(tmp_path))
    said = f"{tmp_path}/out: {LINES} events of {PRACTICE}, positions 1 to {LINES}, pseudonymised"
    assert (told.returncode, sorted(told.stdout.splitlines()), told.stderr) == (0, sorted([said, "interrupted"]), "")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["events.ndjson", "manifest.json"]


def test_one_that_is_lost_on_its_way_is_not_lost() -> None:
    interrupts = Interrupts()
    with suppress(KeyboardInterrupt):  # as where a destructor is interrupted
        interrupts(signal.SIGINT, None)
    interrupts(signal.SIGINT, None)
    with pytest.raises(Interrupted):
        interrupts.too_late()


def test_what_does_not_go_on_is_to_be_removed(generated: Generated, tmp_path: Path) -> None:
    command = export(tmp_path, "--format", "ocel-json")
    told = interrupted(generated, tmp_path, "_ocel_json.py:write", *command)
    part = tmp_path / "out.part"
    assert (told.returncode, told.stderr) == (
        130,
        f"sporbar: broken off; ocel-json begins anew: remove {part}, and give the same command\n",
    )
    for resume in ((), ("--resume",)):
        status, _, err = ended(generated.database, tmp_path, *command, *resume)
        assert (status, err.count("\n")) == (1, 1)
        assert f"remove {part}" in err
