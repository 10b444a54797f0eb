"""Which practices there are. For a start page that may show them all, and for whoever runs the installation."""

from typing import Any

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

_PRACTICES = "select ledger from projection.record where strpos(ledger, '/') = 0 order by ledger limit %s"


async def practice_ids(pool: AsyncConnectionPool[AsyncConnection[Any]], *, limit: int = 50) -> list[str]:
    """Ids of the first practices by id, at most `limit`."""
    async with pool.connection() as conn:
        found = await conn.execute(_PRACTICES, (limit,))
        return [row[0] for row in await found.fetchall()]
