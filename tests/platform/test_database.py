"""The fixtures that other tests stand on."""

import pytest

from tests._database import Database, Postgres


def test_a_database_is_migrated_and_empty(database: Database) -> None:
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.entry").fetchone() == (0,)


def test_two_databases_share_nothing(database: Database, postgres: Postgres) -> None:
    other = postgres.make_database()
    with database.sync_pool().connection() as connection:
        connection.execute("SELECT ledger.open('fjordgata', false)")
    there = Database(postgres.url(other))
    with there.connect() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.ledger").fetchone() == (0,)
    postgres.drop_database(other)


def test_a_pool_works_in_its_role(database: Database) -> None:
    with database.sync_pool("sporbar_worker").connection() as connection:
        assert connection.execute("SELECT current_user").fetchone() == ("sporbar_worker",)


@pytest.mark.anyio
async def test_an_asynchronous_pool_works_in_its_role(database: Database) -> None:
    async with database.async_pool() as pool, pool.connection() as connection:
        cursor = await connection.execute("SELECT current_user")
        assert await cursor.fetchone() == ("sporbar_app",)


def test_what_asks_for_the_server_is_marked_so(request: pytest.FixtureRequest, postgres: Postgres) -> None:
    assert request.node.get_closest_marker("server") is not None
    assert postgres.server.pid is not None
