"""One process at a time on what it works on."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


class NotAloneError(Exception):
    """Another process works on it; the message is one line that says what to do."""


@contextmanager
def alone(directory: Path, name: str) -> Iterator[None]:
    """Be the only `sporbar <name>` on a data directory within the block; raises NotAloneError.

    The kernel lets go of the lock however the process ends. The file stays: were it removed, two could each lock one of
    that name.
    """
    try:
        directory.mkdir(parents=True, exist_ok=True)
        lock = os.open(directory / f"{name}.lock", os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    except OSError as error:
        why = os.strerror(error.errno or 0)
        raise NotAloneError(f"cannot keep data in {directory}: {why}; set SPORBAR_DATA_DIR to a directory that can be written") from error
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.pread(lock, 20, 0).decode().strip() or "unknown"
            raise NotAloneError(
                f"`sporbar {name}` runs already on {directory} (process {holder}): stop it, or set SPORBAR_DATA_DIR to another directory"
            ) from None
        os.ftruncate(lock, 0)
        os.pwrite(lock, b"%d\n" % os.getpid(), 0)
        yield
    finally:
        os.close(lock)
