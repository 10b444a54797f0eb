"""Asking now, as of a position, and as of a time."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from uuid import uuid4

import psycopg
import pytest
from psycopg import sql
from psycopg.pq import TransactionStatus

from projections._engine._worker import catch_up
from read_side._as_of import AsOf, View, open_view
from read_side._errors import NoSuchPractice, NotYet, OutOfRange
from read_side.activity import ActivityRow
from read_side.deviation import DeviationRow, MeasureRow
from tests._database import Database
from tests.projections._histories import a_life
from tests.projections._record import Record

pytestmark = pytest.mark.anyio

BEGIN = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 6, 1, 21, 30, tzinfo=UTC)
MILLISECOND = timedelta(milliseconds=1)


@pytest.fixture
def days(read_models: Database, record: Record) -> Record:
    """A practice with one event a day, twelve days from BEGIN on."""
    for day, happened in enumerate(a_life()):
        record.append([happened], BEGIN + timedelta(days=day))
    catch_up(read_models.url)
    return record


async def position_of(view: View) -> int:
    rows = await view.all(ActivityRow)
    assert [row.position for row in rows] == list(range(1, view.position + 1))
    return view.position


async def test_a_time_means_what_was_recorded_by_then(read_models: Database, days: Record) -> None:
    async with read_models.async_pool() as pool:
        for day in range(12):
            for moment, position in ((-MILLISECOND, day), (timedelta(0), day + 1), (MILLISECOND, day + 1)):
                asked = BEGIN + timedelta(days=day) + moment
                async with open_view(pool, days.practice, now=NOW, as_of=AsOf(time=asked)) as view:
                    assert await position_of(view) == position
                    assert (view.time, view.historical) == (asked, True)


async def test_a_position_means_the_time_of_its_event(read_models: Database, days: Record) -> None:
    async with read_models.async_pool() as pool:
        for position in range(13):
            async with open_view(pool, days.practice, now=NOW, as_of=AsOf(position)) as view:
                assert await position_of(view) == position
                assert view.time == BEGIN + timedelta(days=max(position - 1, 0))


async def test_now_is_the_last_position_and_the_time_of_asking(read_models: Database, days: Record) -> None:
    async with read_models.async_pool() as pool, open_view(pool, days.practice, now=NOW) as view:
        assert (view.position, view.time, view.historical) == (12, NOW, False)
        assert view.today.isoformat() == "2026-06-01"
        assert (await view.one(DeviationRow, deviation_id=(await view.all(DeviationRow))[0].deviation_id)) is not None
        assert (await view.one(MeasureRow, measure_id=uuid4())) is None


@pytest.mark.parametrize(
    ("as_of", "code"),
    [
        (AsOf(13), "as_of.ahead"),
        (AsOf(-1), "as_of.negative"),
        (AsOf(2**62), "as_of.ahead"),
        (AsOf(time=NOW + MILLISECOND), "as_of.future"),
    ],
)
async def test_what_lies_ahead_cannot_be_asked(read_models: Database, days: Record, as_of: AsOf, code: str) -> None:
    async with read_models.async_pool() as pool:
        with pytest.raises(OutOfRange) as refused:
            async with open_view(pool, days.practice, now=NOW, as_of=as_of):
                pass
        assert refused.value.code == code


async def test_before_the_first_event_there_is_nothing(read_models: Database, days: Record) -> None:
    long_ago = AsOf(time=datetime(1900, 1, 1, tzinfo=UTC))
    async with read_models.async_pool() as pool, open_view(pool, days.practice, now=NOW, as_of=long_ago) as view:
        assert (view.position, await view.all(DeviationRow)) == (0, [])


@pytest.mark.parametrize("practice", ["nobody", "", "fjordgata/access", "'; drop table", "x" * 500])
async def test_an_unknown_practice_is_told_so(read_models: Database, days: Record, practice: str) -> None:
    async with read_models.async_pool() as pool:
        for as_of in (None, AsOf(1), AsOf(time=NOW)):
            with pytest.raises(NoSuchPractice):
                async with open_view(pool, practice, now=NOW, as_of=as_of, at_least=1):
                    pass


async def test_a_practice_that_nobody_has_folded_yet_is_empty(read_models: Database, record: Record) -> None:
    record.append(a_life(events=2), BEGIN)
    async with read_models.async_pool() as pool, open_view(pool, record.practice, now=NOW) as view:
        assert (view.position, await view.all(DeviationRow)) == (0, [])


async def test_without_read_models_there_is_no_answer_yet(database: Database) -> None:
    async with database.async_pool() as pool:
        with pytest.raises(NotYet) as late:
            async with open_view(pool, "fjordgata", now=NOW):
                pass
        assert late.value.code == "reading.not_built"


def test_an_as_of_names_one_thing() -> None:
    for wrong in ({}, {"position": 1, "time": NOW}, {"time": datetime(2026, 1, 1)}):  # noqa: DTZ001 -- a naive one is what is refused
        with pytest.raises(ValueError, match=r"position or a time|offset"):
            AsOf(**wrong)


async def test_waiting_holds_no_connection_and_ends_with_the_position(read_models: Database, days: Record) -> None:
    async with read_models.async_pool(max_size=1) as pool:

        async def wait() -> int:
            async with open_view(pool, days.practice, now=NOW, at_least=15, patience=30) as view:
                return view.position

        waiting = [asyncio.create_task(wait()) for _ in range(5)]
        async with open_view(pool, days.practice, now=NOW) as view:
            assert view.position == 12
        days.append(a_life(2, events=3), BEGIN + timedelta(days=20))
        await asyncio.to_thread(catch_up, read_models.url)
        assert await asyncio.gather(*waiting) == [15] * 5


async def test_patience_ends(read_models: Database, days: Record) -> None:
    async with read_models.async_pool() as pool:
        with pytest.raises(NotYet) as late:
            async with open_view(pool, days.practice, now=NOW, at_least=13, patience=0.05):
                pass
        assert late.value.details == {"position": 12, "at_least": 13, "parked_at": None}


async def test_a_view_is_one_snapshot(read_models: Database, days: Record) -> None:
    async with read_models.async_pool() as pool, open_view(pool, days.practice, now=NOW) as view:
        days.append(a_life(2, events=3), BEGIN + timedelta(days=20))
        await asyncio.to_thread(catch_up, read_models.url)
        assert (await position_of(view), len(await view.all(DeviationRow))) == (12, 1)
    async with read_models.async_pool() as pool, open_view(pool, days.practice, now=NOW) as view:
        assert (await position_of(view), len(await view.all(DeviationRow))) == (15, 2)


async def test_a_view_cannot_write(read_models: Database, days: Record) -> None:
    async with read_models.async_pool("sporbar_worker") as pool, open_view(pool, days.practice, now=NOW) as view:
        with pytest.raises(psycopg.errors.ReadOnlySqlTransaction):
            await view.conn.execute("delete from read_1.deviation")


async def test_a_query_must_select_the_row(read_models: Database, days: Record) -> None:
    async with read_models.async_pool() as pool, open_view(pool, days.practice, now=NOW) as view:
        with pytest.raises(LookupError, match="harm"):
            await view.fetch(DeviationRow, sql.SQL("select deviation_id from {}").format(view.source(DeviationRow)))


async def test_a_reader_who_goes_away_leaves_the_connection_clean(read_models: Database, days: Record) -> None:
    """Cancelled at the k-th await, for all k."""

    async def read() -> None:
        async with open_view(pool, days.practice, now=NOW, as_of=AsOf(7), at_least=12) as view:
            await view.all(DeviationRow)
            await view.fetch_dicts(sql.SQL("select count(*) from {}").format(view.source(ActivityRow)))

    async with read_models.async_pool(min_size=1, max_size=1) as pool:
        await pool.wait()
        for awaits in count(1):
            reading = asyncio.create_task(read())
            for _ in range(awaits):
                await asyncio.sleep(0)
            reading.cancel()
            (outcome,) = await asyncio.gather(reading, return_exceptions=True)
            assert outcome is None or isinstance(outcome, asyncio.CancelledError), outcome
            async with pool.connection() as conn:
                assert conn.info.transaction_status is TransactionStatus.IDLE
                settings = await (
                    await conn.execute("select current_setting('search_path'), current_setting('transaction_read_only')")
                ).fetchone()
                assert settings == ('"$user", public', "off")
            if outcome is None:
                break
        assert awaits > 5


@pytest.mark.parametrize("as_of", [None, AsOf(3)])
async def test_questions_can_use_indexes(read_models: Database, days: Record, as_of: AsOf | None) -> None:
    async with read_models.async_pool() as pool, open_view(pool, days.practice, now=NOW, as_of=as_of) as view:
        await view.conn.execute("set local enable_seqscan = off")
        query = sql.SQL("explain select * from {} where deviation_id = %(id)s").format(view.source(DeviationRow))
        plan = "\n".join(line for one in await view.fetch_dicts(query, {"id": uuid4()}) for line in one.values())
        assert plan.count("Index Cond") == (2 if as_of else 1)
        assert "Seq Scan" not in plan
        everything = sql.SQL("explain select * from {}").format(view.source(DeviationRow))
        plan = "\n".join(line for one in await view.fetch_dicts(everything) for line in one.values())
        assert ("replaced_at >" in plan) == (as_of is not None)
        assert "Seq Scan" not in plan
