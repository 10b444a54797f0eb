"""The supervised server."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Self
from urllib.parse import quote

import psycopg

from gateway._parent import die_with_parent
from gateway.embedded_postgres._errors import WRITABLE, EmbeddedPostgresError, complaint, room
from gateway.embedded_postgres._identity import Identity, server_identity
from gateway.embedded_postgres._place import (
    clear_stale_pid,
    make_directory,
    make_socket_directory,
    open_log,
    programs,
    socket_directory,
    sync,
    take_lock,
)

OWNER = "sporbar"
"""Name of the cluster's owner inside PostgreSQL."""

_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "work_mem": "8MB",
    "maintenance_work_mem": "64MB",
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] ",
    # what a statement carries may be personal: it stays out of the log
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
    "log_parameter_max_length_on_error": "0",
}
_NOT_DURABLE = {"fsync": "off", "full_page_writes": "off"}


class EmbeddedPostgres:
    """One server on one directory. A context manager, or `start` and `stop`.

    `durable=False` leaves out fsync: for tests, whose processes may be killed but whose machine stays up.
    All errors are EmbeddedPostgresError.
    """

    def __init__(
        self, directory: Path, *, user: str | None = None, durable: bool = True, settings: Mapping[str, str] | None = None
    ) -> None:
        self.directory = directory.absolute()
        self._user = user
        self._durable = durable
        self._settings = _SETTINGS | ({} if durable else _NOT_DURABLE) | dict(settings or {})
        self._process: subprocess.Popen[bytes] | None = None
        self._lock: int | None = None

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_exception: object) -> None:
        self.stop()

    @property
    def pid(self) -> int | None:
        """Process id of the running server."""
        return self._process.pid if self._process else None

    def url(self, dbname: str = "postgres") -> str:
        """The libpq URL of a database of this server."""
        return _url(socket_directory(self.directory, server_identity(self.directory, self._user).uid), dbname)

    def start(self, patience: float = 120.0) -> None:
        """Start the server and return when it answers; `patience` in seconds covers a recovery after a crash."""
        if threading.current_thread() is not threading.main_thread():
            raise EmbeddedPostgresError(
                "the embedded PostgreSQL must be started from the main thread: it dies with the thread that starts it"
            )
        if not Path("/proc/self").exists():
            raise EmbeddedPostgresError("the embedded PostgreSQL runs on Linux only; set SPORBAR_DATABASE_URL to a PostgreSQL of your own")
        try:
            self._start(patience)
        except OSError as error:
            self.stop()
            raise EmbeddedPostgresError(
                f"cannot keep a database in {self.directory}: {error.strerror or error}{room(self.directory) or WRITABLE}"
            ) from error
        except BaseException:
            self.stop()
            raise

    def stop(self, patience: float = 20.0) -> None:
        """Stop the server: sessions are ended and the data written out; killed after `patience` seconds."""
        process, self._process = self._process, None
        if process is not None:
            for number, seconds in ((signal.SIGINT, patience), (signal.SIGQUIT, 5.0), (signal.SIGKILL, 5.0)):
                process.send_signal(number)
                with suppress(subprocess.TimeoutExpired):
                    process.wait(seconds)
                    break
            self._leave_socket_directory()
        if self._lock is not None:
            os.close(self._lock)
            self._lock = None

    def _leave_socket_directory(self) -> None:
        sockets = socket_directory(self.directory, server_identity(self.directory, self._user).uid)
        if sockets != self.directory:
            with suppress(OSError):  # a killed server leaves its socket in it, and the next one takes both
                sockets.rmdir()

    def _start(self, patience: float) -> None:
        identity = server_identity(self.directory, self._user)
        make_directory(self.directory, identity)
        self._lock = take_lock(self.directory, identity)
        folder = programs(self.directory, identity)
        cluster = self.directory / "pgdata"
        if not cluster.exists():
            self._make_cluster(folder, cluster, identity)
        clear_stale_pid(cluster)
        sockets = socket_directory(self.directory, identity.uid)
        make_socket_directory(sockets, identity)
        with open_log(self.directory, identity) as log:
            log_start = os.fstat(log).st_size
            self._process = self._spawn(folder, cluster, sockets, identity, log)
        self._wait(sockets, log_start, patience)

    def _make_cluster(self, programs: Path, cluster: Path, identity: Identity) -> None:
        """Make the cluster beside its place and move it there, so that half a cluster is never taken for one."""
        half = cluster.with_suffix(".new")
        shutil.rmtree(half, ignore_errors=True)
        arguments = [str(programs / "initdb"), "-D", str(half), "-U", OWNER, "-A", "trust", "-E", "UTF8", "--no-instructions"]
        arguments += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8", "--locale=C", *([] if self._durable else ["--no-sync"])]
        done = subprocess.run(arguments, check=False, capture_output=True, text=True, **identity.process)
        if done.returncode:
            shutil.rmtree(half, ignore_errors=True)
            raise EmbeddedPostgresError(f"cannot make a database in {self.directory}: {complaint(done.stderr)}{room(self.directory)}")
        half.rename(cluster)
        sync(self.directory)

    def _spawn(self, programs: Path, cluster: Path, sockets: Path, identity: Identity, log: int) -> subprocess.Popen[bytes]:
        arguments = [str(programs / "postgres"), "-D", str(cluster)]
        for name, value in {**self._settings, "unix_socket_directories": str(sockets)}.items():
            arguments += ["-c", f"{name}={value}"]
        assert self._lock is not None
        return subprocess.Popen(
            arguments,
            stdout=subprocess.DEVNULL,
            stderr=log,
            start_new_session=True,
            pass_fds=(self._lock,),
            preexec_fn=die_with_parent(signal.SIGINT),  # a fast shutdown
            **identity.process,
        )

    def _wait(self, sockets: Path, log_start: int, patience: float) -> None:
        assert self._process is not None
        deadline = time.monotonic() + patience
        while not _answers(_url(sockets, "postgres")):
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = (self.directory / "log").read_bytes()[log_start:].decode(errors="replace")
                raise EmbeddedPostgresError(f"PostgreSQL did not start in {self.directory}: {complaint(said)}{room(self.directory)}")
            time.sleep(0.01)


def running_url(directory: Path, dbname: str = "postgres") -> str | None:
    """URL of a server that another process runs on `directory`, if one answers."""
    directory = directory.absolute()
    if not os.access(directory, os.X_OK):
        return None
    url = _url(socket_directory(directory, server_identity(directory).uid), dbname)
    return url if _answers(url) else None


def _url(sockets: Path, dbname: str) -> str:
    return f"postgresql://{OWNER}@/{quote(dbname, safe='')}?host={quote(str(sockets), safe='')}"


def _answers(url: str) -> bool:
    try:
        psycopg.connect(url, connect_timeout=5).close()
    except psycopg.OperationalError:
        return False
    return True
