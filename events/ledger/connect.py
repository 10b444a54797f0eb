"""Connections in the roles that the migrations make."""

from typing import Any, Literal

from psycopg import AsyncConnection, Connection
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg_pool import AsyncConnectionPool, ConnectionPool

Role = Literal["sporbar_app", "sporbar_worker", "sporbar_generator", "sporbar_importer"]
"""The gateway's role, the projections', the generator's and that of imports."""

STATEMENT_TIMEOUT = 30.0
"""Seconds a statement may take before the server ends it."""
IDLE_TIMEOUT = 60.0
"""Seconds a session may rest inside a transaction: it keeps others from tidying up, and may hold a ledger's lock."""


def conninfo(url: str, role: str, *, statement_timeout: float = STATEMENT_TIMEOUT) -> str:
    """Connection string for a session in `role`; `statement_timeout` in seconds, 0 for none.

    One database URL serves every role: its login is the owner of the database or a member of the role.
    """
    settings = {
        "role": role,
        "statement_timeout": f"{round(statement_timeout * 1000)}ms",
        "idle_in_transaction_session_timeout": f"{round(IDLE_TIMEOUT * 1000)}ms",
    }
    given = conninfo_to_dict(url).get("options")
    options = [str(given)] if given else []
    options += [f"-c {name}={value}" for name, value in settings.items()]
    return make_conninfo(url, options=" ".join(options), fallback_application_name=role)


def sync_pool(
    url: str,
    role: str,
    *,
    min_size: int = 1,
    max_size: int = 10,
    timeout: float = 10.0,
    statement_timeout: float = STATEMENT_TIMEOUT,
) -> ConnectionPool[Connection[Any]]:
    """An open pool of autocommit connections; `timeout` is how many seconds to wait for one."""
    return ConnectionPool(
        conninfo(url, role, statement_timeout=statement_timeout),
        kwargs={"autocommit": True},
        min_size=min_size,
        max_size=max_size,
        timeout=timeout,
        open=True,
    )


def async_pool(
    url: str,
    role: str,
    *,
    min_size: int = 1,
    max_size: int = 10,
    timeout: float = 10.0,
    statement_timeout: float = STATEMENT_TIMEOUT,
) -> AsyncConnectionPool[AsyncConnection[Any]]:
    """As `sync_pool`, but asynchronous and not yet open: `async with` it in the running loop."""
    return AsyncConnectionPool(
        conninfo(url, role, statement_timeout=statement_timeout),
        kwargs={"autocommit": True},
        min_size=min_size,
        max_size=max_size,
        timeout=timeout,
        open=False,
    )
