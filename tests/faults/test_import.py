"""An import that is ended in its midst, by force or by asking: nothing is recorded, and it goes on."""

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import monotonic

import pytest
from psycopg import Connection, OperationalError
from psycopg.rows import TupleRow

from events.ledger import reader
from events.ledger.verify import verify
from tests._database import TEMPLATE, Database, Postgres
from tests.ledger._support import LEDGER, append, fact, recorder
from tests.platform.test_cli import run

COMMANDS, EVENTS = 60, 100
PATIENCE = 60.0


@pytest.fixture(scope="module")
def lines(postgres: Postgres) -> list[bytes]:
    """Three batches of them."""
    name = postgres.make_database()
    database = Database(postgres.url(name))
    ledger = recorder(database.sync_pool())
    for number in range(COMMANDS):
        append(ledger, *(fact(f"deviation/{number}", version) for version in range(1, EVENTS + 1)))
    with database.connect() as connection:
        found = [line.encode() for line in reader.stream(connection, LEDGER)]
    database.close()
    postgres.drop_database(name)
    return found


@contextmanager
def importing(database: Database) -> Iterator["subprocess.Popen[bytes]"]:
    """An import of what comes through a pipe, so that it is in its midst for as long as a test likes."""
    command = [sys.executable, "-m", "gateway.cli", "import", "-"]
    environment = os.environ | {"SPORBAR_DATABASE_URL": database.url}
    with subprocess.Popen(command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        try:
            yield process
        finally:
            process.kill()


def wait_for(connection: Connection[TupleRow], lines: int) -> None:
    """Return when so many lines are kept aside, or recorded."""
    until = monotonic() + PATIENCE
    query = "SELECT greatest((SELECT size FROM ledger.restoring), (SELECT size FROM ledger.ledger)) >= %s"
    while connection.execute(query, (lines,)).fetchone() != (True,):
        assert monotonic() < until


def complete(database: Database, lines: list[bytes], folder: Path) -> None:
    """Import again, with all lines; the ledger is whole and sound."""
    (folder / "lines").write_bytes(b"\n".join(lines))
    ended = run("import", str(folder / "lines"), SPORBAR_DATABASE_URL=database.url)
    assert (ended.returncode, ended.stderr) == (0, "")
    assert ended.stdout.startswith("fjordgata: 6,000 events")
    with database.connect() as connection:
        assert [line.encode() for line in reader.stream(connection, LEDGER)] == lines
        assert verify(connection, LEDGER).problems == ()


@pytest.mark.parametrize(("number", "status"), [(signal.SIGKILL, -9), (signal.SIGINT, 130), (signal.SIGTERM, 130)])
def test_ended_while_it_waits_for_lines(
    lines: list[bytes], database: Database, tmp_path: Path, number: signal.Signals, status: int
) -> None:
    with importing(database) as process, database.connect() as connection:
        assert process.stdin is not None
        assert process.stderr is not None
        process.stdin.write(b"\n".join(lines[:5_500]))
        process.stdin.flush()
        wait_for(connection, 4_000)
        process.send_signal(number)
        assert process.wait(PATIENCE) == status
        assert (b"the same command goes on" in process.stderr.read()) == (number is not signal.SIGKILL)
        assert reader.ledgers(connection) == {}
        assert connection.execute("SELECT size FROM ledger.restoring").fetchone() == (4_000,)
    complete(database, lines, tmp_path)


@pytest.mark.parametrize("kept", [2_000, 4_000, 6_000])
def test_killed_at_work(lines: list[bytes], database: Database, tmp_path: Path, kept: int) -> None:
    """In a batch, between two, or while all becomes the ledger: as it comes."""
    with importing(database) as process, database.connect() as connection:
        assert process.stdin is not None
        process.stdin.write(b"\n".join(lines))
        process.stdin.close()
        wait_for(connection, kept)
        process.kill()
        assert process.wait(PATIENCE) in (0, -9)
        assert reader.ledgers(connection) in ({}, {LEDGER: 6_000})
    complete(database, lines, tmp_path)


@pytest.fixture
def crashing() -> Iterator[Database]:
    """A database on a server of its own."""
    directory = Path(tempfile.mkdtemp(prefix="sporbar-test-"))
    directory.chmod(0o711)
    own = Postgres(directory / "postgres")
    try:
        with own.server:
            own.make_template()
            yield Database(own.url(TEMPLATE))
    finally:
        shutil.rmtree(directory)


def test_the_server_crashes(lines: list[bytes], crashing: Database, tmp_path: Path) -> None:
    """What was kept aside is gone then, all of it, and the import begins with its first line."""
    with importing(crashing) as process, crashing.connect() as connection:
        assert process.stdin is not None
        process.stdin.write(b"\n".join(lines[:5_500]))
        process.stdin.flush()
        wait_for(connection, 4_000)
        backend = connection.execute("SELECT pid FROM pg_stat_activity WHERE application_name = 'sporbar_importer'").fetchone()
        assert backend is not None
        os.kill(backend[0], signal.SIGKILL)
        said = process.communicate()[1]
        assert process.returncode == 1
        assert re.fullmatch(rb"sporbar: the database went away \(.*\): give the same command again to go on\n", said)
    wait_until_answering(crashing)
    with crashing.connect() as connection:
        for table in ("restoring", "restoring_entry", "restoring_receipt"):
            assert connection.execute(f"SELECT FROM ledger.{table}").fetchall() == []
    complete(crashing, lines, tmp_path)


def wait_until_answering(database: Database) -> None:
    until = monotonic() + PATIENCE
    while True:
        try:
            database.connect().close()
        except OperationalError:
            assert monotonic() < until
        else:
            return
