"""Followers of one process: what they share, what they hold, and what they are told when something is wrong."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager

import pytest
from psycopg_pool import AsyncConnectionPool

from events.ledger.recorder import LedgerRecorder
from gateway._reads import Reads
from gateway.auth.actor import Actor
from gateway.live import Boards, Ending, Follower, Hub
from gateway.live._follower import Piece
from gateway.live._lines import PAGE, PIECE, Lines
from gateway.problems import ProblemError
from projections._engine._generation import ensure_generation
from projections._engine._worker import catch_up
from read_side._errors import NoSuchPractice
from tests._database import Database
from tests.auth.people import CAST, NOW, PRACTICE
from tests.ledger._support import append, fact, recorder
from tests.projections._histories import a_life
from tests.projections._record import Record

pytestmark = pytest.mark.anyio
LONG = b'{"text":"' + b"x" * 2_000 + b'"}'
CUT = ("delete from ledger.entry where position > 10", "update ledger.ledger set size = 10")
"""What stands there when a backup was restored."""
ANOTHER_HISTORY = (
    """update ledger.entry set line = replace(line, '"n":1', '"n":2') where position > 10""",
    "update ledger.entry set leaf = sha256(decode('00', 'hex') || convert_to(line, 'UTF8'))",
)
"""And when others have written since: as many lines as before, but not the same."""


@asynccontextmanager
async def hub_of(database: Database) -> AsyncIterator[tuple[Hub, AsyncConnectionPool]]:
    async with database.async_pool() as pool:
        hub = Hub(pool, database.url, b"secret")
        async with hub.running():
            yield hub, pool


@pytest.fixture
def ledger(database: Database) -> LedgerRecorder:
    return recorder(database.sync_pool(), PRACTICE)


def fill(ledger: LedgerRecorder, number: int, data: bytes = b'{"n":1}') -> None:
    """So many events, a hundred at a time."""
    for start in range(0, number, 100):
        subject = f"deviation/{id(ledger)}-{start}-{len(data)}-{number}"
        append(ledger, *(fact(subject, version, data) for version in range(1, min(100, number - start) + 1)))


def follower(hub: Hub, person: str = "manager", *, heartbeat: float = 5.0) -> Follower:
    actor: Actor = CAST[person]
    return Follower(hub, actor, lambda: NOW, heartbeat)


async def read(to: Follower, after: int, upto: int) -> list[int]:
    """The positions that somebody gets."""
    found: list[int] = []
    async with aclosing(to.lines(PRACTICE, after)) as pieces:
        async for piece in pieces:
            found += [line.position for line in piece.lines]
            if piece.upto >= upto:
                return found
    return found


def forge(database: Database, *statements: str) -> None:
    """What only the owner of the database can do."""
    with database.connect() as owner:
        for table in ("entry", "ledger"):
            owner.execute(f"alter table ledger.{table} disable trigger user")
        for statement in statements:
            owner.execute(statement)


async def drain(pieces: AsyncIterator[Piece]) -> None:
    async for _ in pieces:
        pass


async def test_many_read_each_line_once(database: Database, ledger: LedgerRecorder) -> None:
    fill(ledger, 1_000)
    async with hub_of(database) as (hub, pool):
        before = pool.get_stats().get("requests_num", 0)
        found = await asyncio.gather(*(read(follower(hub), after, 1_000) for after in range(200)))
        assert found == [list(range(after + 1, 1_001)) for after in range(200)]
        looks = 10
        assert pool.get_stats()["requests_num"] - before <= 1_000 / PAGE + looks
        assert not hub.followed, "nobody is left"


async def test_what_is_kept_for_others_is_bounded(database: Database, ledger: LedgerRecorder) -> None:
    fill(ledger, 1_000, LONG)
    async with database.async_pool() as pool:
        lines, most = Lines(pool, kept=500_000), 0
        for place in range(0, 1_000, 30):
            piece = await lines.behind(PRACTICE, place, 1_000)
            assert [line.position for line in piece] == list(range(place + 1, place + len(piece) + 1))
            assert sum(len(line.stored) for line in piece[:-1]) < PIECE
            most = max(most, lines.kept)
    assert 400_000 < most <= 500_000 + PAGE * 2_500


async def test_a_follower_that_rests_holds_nothing_and_loses_nothing(database: Database, ledger: LedgerRecorder) -> None:
    """While somebody does not take what they were given, nothing is put aside for them: they go on from the ledger."""
    fill(ledger, 100, LONG)
    async with hub_of(database) as (hub, _):
        async with aclosing(follower(hub).lines(PRACTICE, 0)) as resting:
            await anext(resting)
            first = await anext(resting)
            await asyncio.to_thread(fill, ledger, 2_000, LONG)
            assert await read(follower(hub), 100, 2_100) == list(range(101, 2_101))
            assert sum(len(line.text) for line in first.lines[:-1]) < PIECE
            found = [line.position for line in first.lines]
            while found[-1] < 2_100:
                found += [line.position for line in (await anext(resting)).lines]
        assert found == list(range(1, 2_101))


async def test_a_line_comes_without_any_hint(database: Database, ledger: LedgerRecorder) -> None:
    fill(ledger, 1)
    async with hub_of(database) as (hub, _), aclosing(follower(hub).lines(PRACTICE, None)) as pieces:
        assert await anext(pieces) == Piece(1, [])
        await asyncio.to_thread(append, ledger, fact("deviation/2"))
        assert [line.position for line in (await anext(pieces)).lines] == [2]


async def test_a_record_restored_from_an_older_backup(database: Database, ledger: LedgerRecorder) -> None:
    """Whoever has more is told so; whoever has less goes on with what is recorded now."""
    fill(ledger, 20)
    async with (
        hub_of(database) as (hub, _),
        aclosing(follower(hub, heartbeat=0.1).lines(PRACTICE, 0)) as ahead,
        aclosing(follower(hub, heartbeat=0.1).lines(PRACTICE, 0)) as behind,
    ):
        for pieces, upto in ((ahead, 20), (behind, 0)):
            while (await anext(pieces)).upto < upto:
                pass
        forge(database, *CUT)
        with pytest.raises(ProblemError) as refused:
            await drain(ahead)
        assert refused.value.problem.code == "live.ahead"
        assert [line.position for line in (await anext(behind)).lines] == list(range(1, 11))


async def texts(to: Follower, after: int, upto: int) -> list[str]:
    async with aclosing(to.lines(PRACTICE, after)) as pieces:
        await anext(pieces)
        return [line.line for line in (await anext(pieces)).lines][: upto - after]


async def test_lines_are_forgotten_when_nobody_follows(database: Database, ledger: LedgerRecorder) -> None:
    """Nobody sees what happens to a record that nobody follows: whoever comes next gets what is recorded then."""
    fill(ledger, 20)
    async with hub_of(database) as (hub, _):
        assert '"n":1' in (await texts(follower(hub), 0, 20))[-1]
        forge(database, *ANOTHER_HISTORY)
        assert '"n":2' in (await texts(follower(hub), 0, 20))[-1]


async def test_another_history_of_the_same_length(database: Database, ledger: LedgerRecorder) -> None:
    """A record may have grown again by the time that somebody looks: its last line tells, not its size."""
    fill(ledger, 20)
    async with hub_of(database) as (hub, _), aclosing(follower(hub).lines(PRACTICE, 20)) as pieces:
        await anext(pieces)
        assert '"n":1' in (await texts(follower(hub), 0, 20))[-1]
        forge(database, *ANOTHER_HISTORY)
        await hub.look([PRACTICE])
        assert '"n":2' in (await texts(follower(hub), 0, 20))[-1]


async def test_a_dashboard_goes_back_with_the_record(database: Database) -> None:
    """Whoever comes after a restore gets the dashboard of what is recorded, not the later one that others were shown."""
    ensure_generation(database.url)
    Record(database.sync_pool(), PRACTICE).append(a_life(events=20))
    await asyncio.to_thread(catch_up, database.url)
    async with hub_of(database) as (hub, pool):
        boards = Boards(Reads(pool, lambda: NOW, 1.0))
        async with aclosing(boards.follow(follower(hub), PRACTICE)) as one, aclosing(boards.follow(follower(hub), PRACTICE)) as late:
            assert (await anext(one)).position == 20
            forge(database, *CUT, "update projection.follower set position = 10")
            await hub.look([PRACTICE])
            assert (await anext(late)).position == 10


async def test_a_gap_ends_the_stream(database: Database, ledger: LedgerRecorder) -> None:
    fill(ledger, 20)
    forge(database, "delete from ledger.entry where position = 7")
    async with hub_of(database) as (hub, _):
        with pytest.raises(ProblemError) as refused:
            await read(follower(hub), 0, 20)
    assert refused.value.problem.code == "live.gap"
    assert refused.value.problem.details["position"] == 7


async def test_what_comes_before_a_line_that_cannot_be_read_is_told(database: Database, ledger: LedgerRecorder) -> None:
    fill(ledger, 5)
    append(ledger, fact("practice/fjordgata", 1, b'{"reason":"x"}', "unheard.of.v1"))
    async with hub_of(database) as (hub, _):
        assert await read(follower(hub), 0, 6) == [1, 2, 3, 4, 5, 6], "as it stands, whatever it means"
        with pytest.raises(Exception, match=r"test\.happened\.v1"):
            await read(follower(hub, "analyst"), 0, 6)


async def test_nobody_waits_for_a_server_that_stops(database: Database, ledger: LedgerRecorder) -> None:
    fill(ledger, 1)
    async with hub_of(database) as (hub, _), aclosing(follower(hub, heartbeat=60).lines(PRACTICE, 1)) as pieces:
        await anext(pieces)
        waiting = asyncio.ensure_future(anext(pieces))
        await asyncio.wait([waiting], timeout=0.05)
        hub.end()
        with pytest.raises(Ending):
            await waiting


async def test_a_practice_that_does_not_exist(database: Database) -> None:
    async with hub_of(database) as (hub, _):
        with pytest.raises(NoSuchPractice):
            await anext(follower(hub).lines(PRACTICE, None))
        assert not hub.followed


async def test_a_frame_holds_the_exact_line(database: Database, ledger: LedgerRecorder) -> None:
    append(ledger, fact(data=json.dumps({"text": "æ\u2028 \\n : data:"}).encode()))
    async with hub_of(database) as (hub, _), aclosing(follower(hub).lines(PRACTICE, 0)) as pieces:
        await anext(pieces)
        (line,) = (await anext(pieces)).lines
    assert line.frame == b"id: 1\nevent: test.happened.v1\ndata: " + line.text + b"\n\n"


async def test_nobody_is_told_of_more_than_the_hub_knows(database: Database, ledger: LedgerRecorder) -> None:
    """A page that was read later than the hub looked holds more lines; whoever had them would seem to be ahead."""
    fill(ledger, 10)
    async with database.async_pool() as pool:
        lines = Lines(pool)
        assert [line.position for line in await lines.behind(PRACTICE, 3, 5)] == [4, 5]
        assert [line.position for line in await lines.behind(PRACTICE, 5, 10)] == [6, 7, 8, 9, 10]
