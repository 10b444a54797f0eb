"""The command line as a person meets it: real processes, a real database."""

import io
import json
import logging
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any
from unittest import mock

import httpx
import pytest
import structlog
from eventsourcing.persistence import StoredEvent
from typer.main import get_command
from typer.testing import CliRunner

from events.ledger.recorder import LedgerRecorder, open_ledger
from gateway.cli import main
from gateway.cli._alone import alone
from gateway.cli._app import app
from projections._engine._worker import catch_up
from tests._database import Database

PROJECT = Path(__file__).parents[2]
KARI = "00000000-0000-4000-8000-00000000000a"


@dataclass(frozen=True)
class Ended:
    """What a command said, and its status."""

    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str, **environment: str) -> Ended:
    """Run a command to its end, in this process, as the program `sporbar` would."""
    out, err = io.StringIO(), io.StringIO()
    handlers, level = list(logging.getLogger().handlers), logging.getLogger().level
    before, sys.argv = sys.argv, ["sporbar", *arguments]
    interrupted = signal.getsignal(signal.SIGINT)
    try:
        with mock.patch.dict(os.environ, _clean() | environment, clear=True), redirect_stdout(out), redirect_stderr(err):
            main()
    except SystemExit as ended:
        return Ended(ended.code if isinstance(ended.code, int) else 0, out.getvalue(), err.getvalue())
    finally:
        sys.argv = before
        signal.signal(signal.SIGINT, interrupted)
        logging.getLogger().handlers[:] = handlers
        logging.getLogger().setLevel(level)
        structlog.reset_defaults()
    return Ended(0, out.getvalue(), err.getvalue())


def _clean() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if not name.startswith("SPORBAR_")}


def command_paths() -> Iterator[tuple[str, ...]]:
    """Every command of `sporbar`, groups included."""
    pending: list[tuple[tuple[str, ...], Any]] = [((), get_command(app))]
    while pending:
        path, command = pending.pop()
        children = getattr(command, "commands", {})
        pending += [((*path, name), child) for name, child in children.items()]
        if not children:
            yield path


@pytest.mark.parametrize("path", sorted(command_paths()), ids=" ".join)
def test_every_command_explains_itself_with_an_example(path: tuple[str, ...]) -> None:
    shown = CliRunner().invoke(app, [*path, "--help"])
    assert shown.exit_code == 0
    assert re.search(r"Examples?: ", shown.output)
    assert f"## `sporbar {path[0]}`" in (PROJECT / "docs" / "cli.md").read_text("utf-8")


@pytest.mark.parametrize(
    ("environment", "line"),
    [
        ({"SPORBAR_PORTT": "1"}, "sporbar: there is no setting SPORBAR_PORTT; did you mean SPORBAR_PORT?"),
        ({"SPORBAR_PORT": "http"}, "sporbar: SPORBAR_PORT: Input should be a valid integer, unable to parse string as an integer"),
        (
            {"SPORBAR_DATABASE_URL": "a secret"},
            "sporbar: SPORBAR_DATABASE_URL: give a libpq URL such as postgresql://user@host/database",
        ),
    ],
)
def test_a_wrong_setting_is_one_clear_line(environment: dict[str, str], line: str) -> None:
    failed = run("migrate", **environment)
    assert (failed.returncode, failed.stderr, failed.stdout) == (1, f"{line}\n", "")


def test_a_wrong_setting_of_kafka_stops_the_commands_that_use_kafka(database: Database, tmp_path: Path) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path), "SPORBAR_KAFKA_SECURITY_PROTOCOL": "foo"}
    for command in (("migrate",), ("open", "fjordgata"), ("token", "fjordgata", "--role", "analyst"), ("verify",), ("parked", "list")):
        done = run(*command, **here)
        assert (done.returncode, done.stderr) == (0, ""), command
    for command in (("publish", "--once"), ("project", "--from-kafka")):
        failed = run(*command, **here)
        line = "sporbar: SPORBAR_KAFKA_SECURITY_PROTOCOL: Input should be 'PLAINTEXT', 'SSL', 'SASL_PLAINTEXT' or 'SASL_SSL'\n"
        assert (failed.returncode, failed.stderr, failed.stdout) == (1, line, "")


def test_a_database_that_does_not_answer_is_one_clear_line_without_the_password(tmp_path: Path) -> None:
    failed = run("migrate", SPORBAR_DATABASE_URL=f"postgresql://somebody:geheim@/x?host={tmp_path}")
    assert failed.returncode == 1
    assert failed.stderr.startswith("sporbar: cannot reach the database: ")
    assert failed.stderr.endswith("; check SPORBAR_DATABASE_URL\n")
    assert failed.stderr.count("\n") == 1
    assert "geheim" not in failed.stderr


def test_a_record_is_opened_once(database: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url}
    assert run("open", "fjordgata", **here).stdout == "opened fjordgata\n"
    assert run("open", "fjordgata", **here).stdout == "fjordgata is open already\n"
    refused = run("open", "Fjordgata 7", **here)
    assert refused.returncode == 2
    assert "small letters" in refused.stderr


def test_where_there_is_no_ledger_nothing_is_proven(elsewhere: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": elsewhere.url}
    nothing = run("verify", **here)
    assert (nothing.returncode, nothing.stderr) == (1, "")
    assert nothing.stdout.startswith("there is no ledger in this database")
    assert run("verify", "--read-models", **here).returncode == 0


def test_a_changed_line_is_found_and_named(database: Database) -> None:
    pool, here = database.sync_pool(), {"SPORBAR_DATABASE_URL": database.url}
    open_ledger(pool, "fjordgata")
    recorder = LedgerRecorder(pool, "fjordgata")
    recorder.insert_events([StoredEvent("deviation/x", version, "deviation.closed.v1", b'{"conclusion":"done"}') for version in (1, 2, 3)])
    sound = run("verify", **here)
    assert sound.returncode == 0
    assert re.fullmatch(r"fjordgata: 3 entries, root [0-9a-f]{64}, sound\n", sound.stdout)
    with database.connect() as connection:
        connection.execute("ALTER TABLE ledger.entry DISABLE TRIGGER ALL")  # as only its owner can
        connection.execute("UPDATE ledger.entry SET line = replace(line, 'done', 'gone') WHERE position = 2")
    tampered = run("verify", "fjordgata", **here)
    assert tampered.returncode == 1
    assert "NOT SOUND\n  position 2: " in tampered.stdout
    assert run("verify", "havnegata", **here).stderr == "sporbar: there is no ledger havnegata\n"


def test_a_database_is_migrated_once(database: Database) -> None:
    for _ in range(2):
        migrated = run("migrate", SPORBAR_DATABASE_URL=database.url)
        assert (migrated.returncode, migrated.stdout) == (0, "ready; read models in read_1\n")


def test_a_command_on_a_database_that_was_never_migrated_says_so(database: Database) -> None:
    with database.connect() as connection:
        connection.execute("DELETE FROM sporbar.migration")
    failed = run("open", "fjordgata", SPORBAR_DATABASE_URL=database.url)
    assert failed.stderr == "sporbar: the database is not of the form that this version needs: run `sporbar migrate` first\n"


@pytest.mark.parametrize(
    "command",
    [
        *(("verify",), ("rebuild",), ("parked", "list"), ("open", "fjordgata"), ("serve",)),
        *(("token", "fjordgata", "--role", "auditor"), ("export", "fjordgata", "--to", "out")),
    ],
    ids=lambda command: command[0],
)
def test_a_command_where_there_is_no_database_makes_nothing(tmp_path: Path, command: tuple[str, ...]) -> None:
    failed = run(*command, SPORBAR_DATA_DIR=str(tmp_path), SPORBAR_PORT="0")
    assert failed.returncode == 1
    assert failed.stderr.startswith(f"sporbar: there is no database in {tmp_path}: ")
    assert list(tmp_path.iterdir()) == []


@contextmanager
def running(*arguments: str, **environment: str) -> Iterator[subprocess.Popen[str]]:
    """A command that runs until it is told to stop, its output in one pipe."""
    command = [sys.executable, "-m", "gateway.cli", *arguments]
    pipes: dict[str, Any] = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE, "stderr": subprocess.STDOUT, "text": True}
    with subprocess.Popen(command, cwd=PROJECT, env=_clean() | environment, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def test_the_server_answers_until_told_to_stop(database: Database, tmp_path: Path) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path), "SPORBAR_PORT": "0"}
    assert run("migrate", **here).returncode == 0
    with running("serve", **here) as server:
        assert server.stdout is not None
        told = re.fullmatch(r"Sporbar answers at (http://127\.0\.0\.1:(\d+))\n", server.stdout.readline())
        assert told is not None
        assert httpx.get(f"{told[1]}/health/live", timeout=30).status_code == 200
        second = run("serve", **here | {"SPORBAR_PORT": told[2]})
        assert second.returncode == 1
        assert second.stderr == (
            f"sporbar: cannot listen on 127.0.0.1 port {told[2]}: Address already in use; set SPORBAR_HOST or SPORBAR_PORT to another\n"
        )
        server.send_signal(signal.SIGTERM)
        assert server.wait(30) == 0


def test_the_read_models_follow_until_told_to_stop(database: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_LOG_FORMAT": "json"}
    assert run("migrate", **here).returncode == 0
    pool = database.sync_pool()
    open_ledger(pool, "fjordgata")
    LedgerRecorder(pool, "fjordgata").insert_events([StoredEvent("deviation/x", 1, "nobody.knows.v1", b"{}")])
    with running("project", **here) as worker:
        assert worker.stdout is not None
        line = json.loads(worker.stdout.readline())
        assert (line["event"], line["practice"], line["position"]) == ("practice parked", "fjordgata", 1)
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(30) == 0


def test_a_parked_practice_is_listed_and_its_retry_says_how_it_went(database: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_LOG_LEVEL": "error"}
    assert run("migrate", **here).returncode == 0
    assert run("parked", "list", **here).stdout == "nothing is parked\n"
    pool = database.sync_pool()
    open_ledger(pool, "fjordgata")
    LedgerRecorder(pool, "fjordgata").insert_events([StoredEvent("deviation/x", 1, "nobody.knows.v1", b"{}")])
    catch_up(database.url)
    listed = run("parked", "list", **here)
    assert re.match(r"fjordgata in read_1: position 1, since .* UTC: UnknownEventType", listed.stdout)
    retried = run("parked", "retry", "fjordgata", **here)
    assert retried.returncode == 1
    assert retried.stdout.startswith("fjordgata: stopped again: UnknownEventType")


def test_a_retry_of_a_practice_that_is_not_there_is_refused(database: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url}
    assert run("migrate", **here).returncode == 0
    unknown = run("parked", "retry", "fjordgata", **here)
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (1, "", "sporbar: there is no ledger fjordgata\n")
    open_ledger(database.sync_pool(), "fjordgata")
    assert run("parked", "retry", "fjordgata", **here).stdout == "nothing is parked\n"


def test_it_says_which_version_it_is() -> None:
    said = run("--version")
    assert (said.returncode, said.stdout) == (0, f"sporbar {version('sporbar')}\n")


HOLD = """
import sys
from pathlib import Path
from gateway.cli._alone import alone
with alone(Path(sys.argv[1]), "demo"):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_demo_whose_data_can_be_kept_nowhere_says_so(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    refused = run("demo", SPORBAR_DATA_DIR=str(tmp_path / "file"), SPORBAR_PORT="0")
    assert (refused.returncode, refused.stdout) == (1, "")
    assert (
        refused.stderr
        == f"sporbar: cannot keep data in {tmp_path / 'file'}: File exists; set SPORBAR_DATA_DIR to a directory that can be written\n"
    )


def test_a_second_demo_on_the_same_data_is_refused_and_a_killed_one_leaves_nothing_behind(tmp_path: Path) -> None:
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen([sys.executable, "-c", HOLD, str(tmp_path)], cwd=PROJECT, **pipes) as holder:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        second = run("demo", SPORBAR_DATA_DIR=str(tmp_path), SPORBAR_PORT="0")
        holder.kill()
    assert (second.returncode, second.stdout) == (1, "")
    told = f"sporbar: `sporbar demo` runs already on {tmp_path} (process {holder.pid}): "
    assert second.stderr == f"{told}stop it, or set SPORBAR_DATA_DIR to another directory\n"
    with alone(tmp_path, "demo"):
        assert sorted(path.name for path in tmp_path.iterdir()) == ["demo.lock"]


def test_a_read_model_that_is_not_what_its_record_comes_to_is_named(database: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_LOG_LEVEL": "error"}
    assert run("migrate", **here).returncode == 0
    pool = database.sync_pool()
    open_ledger(pool, "fjordgata")
    reported = (PROJECT / "tests" / "golden" / "deviation.reported.v1.json").read_bytes()
    LedgerRecorder(pool, "fjordgata").insert_events([StoredEvent(f"deviation/{KARI}", 1, "deviation.reported.v1", reported)])
    catch_up(database.url)
    sound = run("verify", "--read-models", **here)
    assert sound.returncode == 0, sound.stderr
    assert "read models in read_1: 1 practices, 1 events, as a replay makes them\n" in sound.stdout
    with database.connect() as connection:
        connection.execute("UPDATE read_1.deviation SET title = 'geheim'")
    changed = run("verify", "--read-models", **here)
    assert changed.returncode == 1
    assert "  fjordgata, deviation {" in changed.stdout
    assert "position 1: different in title\n" in changed.stdout
    assert "geheim" not in changed.stdout


def test_a_rebuild_says_what_it_did(database: Database) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_LOG_LEVEL": "error"}
    assert run("migrate", **here).returncode == 0
    rebuilt = run("rebuild", **here)
    assert rebuilt.returncode == 0, rebuilt.stderr
    assert rebuilt.stdout.startswith("read_2 answers: 0 practices, 0 events in ")


def test_a_token_is_printed_for_somebody_from_outside_a_practice_that_is_there(database: Database, tmp_path: Path) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path)}
    assert run("migrate", **here).returncode == 0
    unknown = run("token", "fjordgata", "--role", "auditor", **here)
    assert (unknown.returncode, unknown.stdout, unknown.stderr) == (1, "", "sporbar: there is no ledger fjordgata\n")
    assert run("open", "fjordgata", **here).returncode == 0
    printed = run("token", "fjordgata", "--role", "auditor", **here)
    assert re.fullmatch(r"[\w-]+\.[\w-]+\.[\w-]+\n", printed.stdout), printed.stderr


@pytest.mark.parametrize("options", [(), ("--role", "employee"), ("--role", "auditor", "--member", KARI)], ids=" ".join)
def test_a_token_for_nobody_in_particular_is_refused_with_what_to_give(options: tuple[str, ...], tmp_path: Path) -> None:
    refused = run("token", "fjordgata", *options, SPORBAR_DATA_DIR=str(tmp_path))
    assert (refused.returncode, refused.stdout) == (2, "")
    assert "--holder" in refused.stderr


def test_the_founder_of_a_practice_gets_a_token_while_it_has_no_record(database: Database, tmp_path: Path) -> None:
    here = {"SPORBAR_DATABASE_URL": database.url, "SPORBAR_DATA_DIR": str(tmp_path)}
    assert run("migrate", **here).returncode == 0
    unknown = run("token", "fjordgata", "--founder", **here)
    assert unknown.stderr == "sporbar: there is no ledger fjordgata\n"
    assert run("open", "fjordgata", **here).returncode == 0
    assert run("token", "fjordgata", "--founder", **here).stdout.count(".") == 2
