"""Generated commands on a real ledger: once each, resumable, on simulated ledgers only; and what the duties say of them."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import cache
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest

from events.ledger.recorder import open_ledger
from events.ledger.verify import verify_all
from gateway.generator._plan import Generated, plan_practice
from gateway.generator._profile import PROFILES
from gateway.generator.run import GeneratorError, Order, carry_out, generate
from projections._engine._generation import ensure_generation
from projections._engine._worker import catch_up
from read_side._as_of import AsOf, open_view
from read_side.compliance import Compliance, assess
from tests._database import Database

START, END = date(2025, 1, 6), date(2025, 7, 1)


@cache
def plan(seed: int = 7) -> Generated:
    return plan_practice("fjordgata", "Fjordgata legesenter", PROFILES[0], seed, START, END)


def named(_member: UUID) -> str:
    return "p-1"


class Stopped(Exception):
    """The generator was stopped."""


def stop_after(commands: int) -> Callable[[], None]:
    given = count(1)

    def told() -> None:
        if next(given) == commands:
            raise Stopped

    return told


def size(database: Database) -> int:
    with database.connect() as conn:
        found = conn.execute("select size from ledger.ledger where ledger = 'fjordgata'").fetchone()
    return int(found[0]) if found else 0


@pytest.mark.anyio
async def test_a_stopped_generator_goes_on_and_the_duties_answer(database: Database) -> None:
    steps = plan().steps
    with pytest.raises(Stopped):
        carry_out(database.url, "fjordgata", steps, named, stop_after(300))
    assert carry_out(database.url, "fjordgata", steps, named, lambda: None) == len(steps) - 300
    whole = size(database)
    assert carry_out(database.url, "fjordgata", steps, named, lambda: None) == 0
    assert size(database) == whole
    assert [report.problems for report in verify_all(database.url, None)] == [()]

    ensure_generation(database.url)
    assert catch_up(database.url) == whole
    async with database.async_pool() as pool:
        async with open_view(pool, "fjordgata", now=datetime(2025, 7, 1, 12, tzinfo=UTC)) as view:
            now = {answer.duty.code: answer for answer in await assess(view)}
        async with open_view(
            pool, "fjordgata", now=datetime(2025, 7, 1, 12, tzinfo=UTC), as_of=AsOf(time=datetime(2025, 1, 20, 12, tzinfo=UTC))
        ) as view:
            then = {answer.duty.code: answer for answer in await assess(view)}
    assert now["6d"].status is Compliance.MET
    assert then["6d"].status is Compliance.MISSING
    assert {now[code].status for code in ("3", "8a")} == {Compliance.MET}
    assert now["8f"].status is Compliance.NOT_SHOWN
    assert all(1 <= position <= whole for answer in now.values() for position in answer.positions)


def test_what_was_begun_on_another_day_goes_on_with_its_own_days(database: Database, tmp_path: Path) -> None:
    def given(seed: int, later: int = 0, truth_dir: Path = tmp_path, first: date = date(2025, 1, 4)) -> int:
        days = [day + timedelta(days=later) for day in (first, date(2025, 1, 10))]  # from a Saturday on
        return generate(
            database.url, [Order("fjordgata", "Fjordgata legesenter", PROFILES[0], seed, *days)], secret=b"-", truth_dir=truth_dir
        )

    assert given(seed=7) > 0
    truth = (tmp_path / "fjordgata.json").read_bytes()
    assert (given(seed=7), given(seed=7, later=2)) == (0, 0)
    with pytest.raises(GeneratorError, match="was not made with this seed"):
        given(seed=8)
    with pytest.raises(GeneratorError, match="was made with --years 0"):
        given(seed=7, first=date(2024, 1, 10))
    assert (tmp_path / "fjordgata.json").read_bytes() == truth
    with pytest.raises(GeneratorError, match="another data directory"):
        given(seed=7, truth_dir=tmp_path / "elsewhere")


def test_another_seed_does_not_go_on_with_it(database: Database) -> None:
    with pytest.raises(Stopped):
        carry_out(database.url, "fjordgata", plan().steps, named, stop_after(5))
    with pytest.raises(GeneratorError, match="was not made with this seed"):
        carry_out(database.url, "fjordgata", plan(8).steps, named, lambda: None)


def test_the_record_of_a_real_practice_is_left_alone(database: Database) -> None:
    open_ledger(database.sync_pool(), "fjordgata")
    with pytest.raises(GeneratorError, match="real practice"):
        carry_out(database.url, "fjordgata", plan().steps, named, lambda: None)
    assert size(database) == 0
