"""A process of its own that runs an embedded PostgreSQL until its standard input ends: `serve_postgres.py DIRECTORY [USER [LIMIT]]`.

With USER it becomes that user first, as if they had started it; with LIMIT no file may grow beyond so many bytes, as on a full disk.
"""

import json
import os
import pwd
import resource
import signal
import sys
from pathlib import Path

from gateway.embedded_postgres import EmbeddedPostgres, EmbeddedPostgresError


def become(name: str) -> None:
    entry = pwd.getpwnam(name)
    os.setgroups([])
    os.setgid(entry.pw_gid)
    os.setuid(entry.pw_uid)


def main(directory: str, user: str = "", limit: str = "") -> None:
    if user:
        become(user)
    if limit:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (int(limit), int(limit)))
    try:
        with EmbeddedPostgres(Path(directory)) as server:
            print(json.dumps({"pid": server.pid, "url": server.url()}), flush=True)
            sys.stdin.read()
    except EmbeddedPostgresError as error:
        sys.exit(str(error))


if __name__ == "__main__":
    main(*sys.argv[1:])
