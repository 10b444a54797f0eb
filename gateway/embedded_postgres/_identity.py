"""Whose processes the server's are."""

import os
import pwd
import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gateway.embedded_postgres._errors import EmbeddedPostgresError

UNPRIVILEGED = ("postgres", "nobody")
"""Users of the system that may own the server when root starts it, the first that exists."""
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


@dataclass(frozen=True, slots=True)
class Identity:
    """Whose processes the server's are."""

    uid: int
    gid: int
    drop: bool
    """Whether we are root and step down to this user."""

    @property
    def name(self) -> str:
        try:
            return pwd.getpwuid(self.uid).pw_name
        except KeyError:
            return str(self.uid)

    @property
    def process(self) -> dict[str, Any]:
        """Arguments of `subprocess` under which a program of the server runs."""
        common: dict[str, Any] = {"cwd": "/", "stdin": subprocess.DEVNULL, "env": _ENVIRONMENT}
        return common | ({"user": self.uid, "group": self.gid, "extra_groups": []} if self.drop else {})

    def own(self, path: Path) -> None:
        if self.drop:
            os.chown(path, self.uid, self.gid, follow_symlinks=False)

    def may_enter(self, directory: Path) -> bool:
        """Whether the user gets into a directory; asked of the kernel, by trying."""
        probe = ["/bin/sh", "-c", 'cd -- "$1"', "sh", str(directory)]
        return subprocess.run(probe, check=False, stderr=subprocess.DEVNULL, **self.process).returncode == 0


def server_identity(directory: Path, user: str | None = None) -> Identity:
    """Who runs the server of `directory`: this user, or when that is root the named one, the directory's owner, or an unprivileged one."""
    if os.geteuid() != 0:
        return Identity(os.geteuid(), os.getegid(), drop=False)
    if user is None and directory.exists() and directory.stat().st_uid != 0:
        owner = directory.stat()
        return Identity(owner.st_uid, owner.st_gid, drop=True)
    for name in (user,) if user else UNPRIVILEGED:
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Identity(entry.pw_uid, entry.pw_gid, drop=True)
    wanted = user or " or ".join(UNPRIVILEGED)
    raise EmbeddedPostgresError(
        f"PostgreSQL does not run as root and there is no user {wanted}; run as an ordinary user, or set SPORBAR_DATABASE_URL"
    )
