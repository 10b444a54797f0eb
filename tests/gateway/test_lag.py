"""How far the publisher lags, told also of practices that it has not come to."""

import pytest

from gateway._telemetry import Telemetry
from projections._kafka._mark import mark, recognise
from projections._kafka._topic import Topic
from tests._database import Database
from tests.kafka._world import record, worker

pytestmark = pytest.mark.anyio


async def figures(database: Database) -> list[str]:
    """What the gateway tells about the publisher."""
    async with database.async_pool() as pool:
        told = bytes((await Telemetry.make().exposition(pool)).body).decode()
    return [line for line in told.splitlines() if 'follower="kafka:events"' in line and "seconds" not in line]


async def test_a_record_without_a_mark_lags_with_all_it_has(database: Database) -> None:
    record(database, "fjordgata", 5)
    record(database, "fjordgata/access", 7)
    assert await figures(database) == [], "nobody ever published"
    with worker(database) as conn:
        recognise(conn, Topic("events", "an id", 3, 1_000_000, {}))
        parked = 'sporbar_follower_parked{follower="kafka:events"} 0.0'
        lag = 'sporbar_follower_lag_positions{follower="kafka:events"} '
        assert await figures(database) == [f"{lag}5.0", parked]
        mark(conn, "events", {"fjordgata": 4})
        assert await figures(database) == [f"{lag}1.0", parked]
        record(database, "solbakken", 2)
        assert await figures(database) == [f"{lag}3.0", parked]
