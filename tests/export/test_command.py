"""`sporbar export` as an operator meets it: a process of its own, that may be stopped at any moment."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from gateway.auth.keys import pseudonym_secret
from gateway.export._question import Redaction
from gateway.export._source import PAGE
from gateway.export._token import Rest, token
from tests._database import Database, Postgres
from tests.export._records import make_large
from tests.export.conftest import PRACTICE, Generated
from tests.platform.test_cli import run

PROJECT = Path(__file__).parents[2]
LARGE = "large"
LINES = 7_000
"""Four pages."""
BEHIND_THE_SECOND_PAGE = ",".join(["_csv.py:write"] * 3)


@pytest.fixture(scope="module")
def large(postgres: Postgres) -> Iterator[Database]:
    """A record of several pages."""
    with postgres.database() as database:
        make_large(database, LARGE, LINES)
        yield database


def environment(database: Database, directory: Path) -> dict[str, str]:
    return {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(directory / "data")}


def inherited() -> dict[str, str]:
    """What a process is given besides."""
    return {name: value for name, value in os.environ.items() if not name.startswith("SPORBAR_")}


def begin(database: Database, directory: Path, *arguments: str) -> "subprocess.Popen[str]":
    """`sporbar export` as a process of its own that waits to be stopped when two pages are written."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.export.waiting_at", BEHIND_THE_SECOND_PAGE, "export", *arguments],
        cwd=PROJECT,
        env=inherited() | environment(database, directory),
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def ended(database: Database, directory: Path, *arguments: str) -> tuple[int, str, str]:
    """Status, standard output and error of `sporbar export`."""
    told = run("export", *arguments, **environment(database, directory))
    return told.returncode, told.stdout, told.stderr


def test_it_is_pseudonymised_unless_asked_otherwise(generated: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    status, out, err = ended(generated.database, tmp_path, PRACTICE, "--to", "out")
    size = len(generated.lines)
    assert (status, err) == (0, "")
    assert out == f"out: {size:,} events of {PRACTICE}, positions 1 to {size}, pseudonymised\n"
    assert b"Nordmann" not in (tmp_path / "out" / "events.ndjson").read_bytes()
    status, out, _ = ended(generated.database, tmp_path, PRACTICE, "--to", "full", "--redaction", "full", "--from", "3", "--until", "4")
    assert (status, out) == (0, f"full: 2 events of {PRACTICE}, positions 3 to 4, as recorded\n")
    assert (tmp_path / "full" / "events.ndjson").read_bytes() == b"".join(line + b"\n" for line in generated.lines[2:4])
    continues = json.loads((tmp_path / "full" / "manifest.json").read_bytes())["resume"]
    ended(generated.database, tmp_path, PRACTICE, "--to", "next", "--continues", continues, "--until", "6")
    assert (tmp_path / "next" / "events.ndjson").read_bytes() == b"".join(line + b"\n" for line in generated.lines[4:6])


def test_where_nothing_is_new_nothing_is_made(generated: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    size = len(generated.lines)
    ended(generated.database, tmp_path, PRACTICE, "--to", "all", "--type", "task.completed")
    resume = json.loads((tmp_path / "all" / "manifest.json").read_bytes())["resume"]
    for asked in (("--continues", resume), ("--continues", resume, "--until", "2099-01-01"), ("--from", str(size + 1))):
        told = ended(generated.database, tmp_path, PRACTICE, "--to", "new", *asked)
        assert told == (0, f"nothing new: {PRACTICE} has no events behind position {size}; new is not made\n", "")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["all", "data"]
    told = ended(generated.database, tmp_path, PRACTICE, "--to", "before", "--until", "2020-01-01")
    assert told == (0, f"before: 0 events of {PRACTICE}, no positions, pseudonymised\n", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_stopped_halfway_it_leaves_nothing_half_and_goes_on(large: Database, tmp_path: Path, number: signal.Signals) -> None:
    command = (LARGE, "--format", "csv", "--redaction", "full", "--to", str(tmp_path / "out"))
    with begin(large, tmp_path, *command) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "waiting\n"
        process.send_signal(number)
        _, err = process.communicate(timeout=30)
    assert not (tmp_path / "out").exists()
    if number != signal.SIGKILL:
        told = f"sporbar: broken off; {tmp_path}/out.part is kept, and the same command with --resume goes on\n"
        assert (err, process.returncode) == (told, 130)
    assert ended(large, tmp_path, *command)[0] == 1
    (part,) = (tmp_path / "out.part").glob("*.csv")
    mark = json.loads((tmp_path / "out.part" / "resume.json").read_bytes())
    assert (mark["position"], mark["state"]) == (2 * PAGE, {"sizes": {part.stem: part.stat().st_size}})
    with part.open("r+b") as file:
        file.write(b"POSITION")  # what stands before the mark is not written again
    status, _, err = ended(large, tmp_path, *command, "--resume")
    assert (status, err) == (0, "")
    assert not (tmp_path / "out.part").exists()
    (table,) = (tmp_path / "out").glob("*.csv")
    positions = [row.partition(b",")[0] for row in table.read_bytes().split(b"\r\n")]
    assert positions == [b"POSITION", *(b"%d" % n for n in range(1, LINES + 1)), b""]


def test_what_goes_wrong_is_one_line_that_says_what_to_do(generated: Generated, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    secret = pseudonym_secret(tmp_path / "data" / "keys" / "pseudonym.key")
    elsewhere = token(secret, Rest("havnegata", 3, None, (), Redaction.FULL))
    for name in ("taken", "b.part"):
        (tmp_path / name).write_text("mine")
    for arguments, told in (
        (("nowhere", "--to", "out"), "There is no record of a practice nowhere."),
        ((PRACTICE, "--to", "out", "--format", "xlsx"), "There is no export format xlsx."),
        ((PRACTICE, "--to", "out", "--type", "task.complete.v1"), "did you mean task.completed.v1?"),
        ((PRACTICE, "--to", "out", "--type", "nope"), "No event has the type nope. docs/schemas"),
        ((PRACTICE, "--to", "out", "--format", "ocel-json", "--continues", "abc"), "goes on from no other"),
        ((PRACTICE, "--to", "out", "--from", "soon"), "from is soon: give a position"),
        ((PRACTICE, "--to", "out", "--until", "99999"), "you asked for 99999"),
        ((PRACTICE, "--to", "out", "--redaction", "none"), "There is no redaction none."),
        ((PRACTICE, "--to", "out", "--continues", elsewhere), f"belongs to another practice than {PRACTICE}"),
        ((PRACTICE, "--to", "out", "--continues", "abc"), "was not given out here"),
        ((PRACTICE, "--to", "out", "--resume"), "leave --resume out"),
        ((PRACTICE, "--to", "taken"), "name a new one, or remove it"),
        ((PRACTICE, "--to", "taken/out"), "cannot write"),
        ((PRACTICE, "--to", "b"), "b.part, where an export to "),
        ((PRACTICE, "--to", "b", "--resume"), "is a file and not a folder: move it away, or export to another folder."),
        ((PRACTICE, "--to", 252 * "x"), ".part: File name too long; nothing was written"),
        ((PRACTICE, "--to", 300 * "x"), "xx: File name too long; nothing was written"),
    ):
        status, out, err = ended(generated.database, tmp_path, *arguments)
        assert (status, out) == (1, ""), arguments
        assert err.startswith("sporbar: ")
        assert told in err
        assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b.part", "data", "taken"]
