"""Lines from elsewhere become rows once, whoever brings them, however often, and wherever it is cut."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from typing import Any

import pytest

from events.ledger.follower import parked
from projections._all import read_models as every_model
from projections._engine._batch import Switched
from projections._engine._fold import Handlers
from projections._engine._parked import ask_again
from projections._engine._rebuild import rebuild
from projections._engine._received import OutOfStep, Run, Taken, receive, release
from projections._engine._store import Store, connect
from projections._engine._verify import verify_read_models
from tests._database import Database
from tests.projections._histories import a_life
from tests.projections._record import lines, stored
from tests.projections.test_crash import Crash, crashing_at

KARI, OLA = "kari", "ola"


def run(practice: str, start: int, end: int, *, planned: bool = True, **more: Any) -> Run:
    """A run of a practice's life, from one position to another."""
    found = Run(practice, lines(a_life(events=30), practice)[start - 1 : end], **more)
    if planned:
        found.plan(Handlers(every_model()))
    return found


@contextmanager
def desk(database: Database) -> Iterator[Callable[..., dict[str, Taken]]]:
    """Somebody who receives."""
    with connect(database.url) as conn:
        store = Store(conn, "read_1", every_model())
        yield lambda *runs: receive(conn, store, runs)


def sound(database: Database, **expected: int) -> None:
    """The practices stand where they should, and the tables are what a replay makes of the lines."""
    with database.connect() as conn:
        assert dict(conn.execute("select ledger, size from projection.received").fetchall()) == expected
        counted = conn.execute(
            "select ledger, count(line) from projection.received left join projection.received_line using (ledger) group by ledger"
        )
        assert dict(counted.fetchall()) == expected
    verified = verify_read_models(database.url, processes=1)
    assert (verified.differences, verified.events) == ([], sum(expected.values()))


def test_several_practices_at_once(read_models: Database) -> None:
    with desk(read_models) as take:
        assert take(run(OLA, 1, 9), run(KARI, 1, 5)) == {KARI: Taken(5, 5, stopped=False), OLA: Taken(9, 9, stopped=False)}
        assert take(run(OLA, 10, 30), run(KARI, 6, 6, planned=False))[KARI] == Taken(6, 1, stopped=False)
    sound(read_models, kari=6, ola=30)


@pytest.mark.parametrize(("start", "end"), [(1, 5), (1, 10), (3, 10), (10, 10)])
def test_what_is_there_is_dropped(read_models: Database, start: int, end: int) -> None:
    with desk(read_models) as take:
        take(run(KARI, 1, 10))
        assert take(run(KARI, start, end)) == {KARI: Taken(10, 0, stopped=False)}
        assert take(run(KARI, start, 12)) == {KARI: Taken(12, 2, stopped=False)}
    sound(read_models, kari=12)


def test_a_latecomer_waits_and_changes_nothing(read_models: Database) -> None:
    """Two bring the same line: the second finds the practice locked, and then finds the line there."""
    outcome: list[dict[str, Taken]] = []
    with desk(read_models) as take, desk(read_models) as late, read_models.connect() as admin:
        take(run(KARI, 1, 4))
        with admin.transaction():
            admin.execute("select from projection.follower for no key update")
            both = [Thread(target=lambda who=who: outcome.append(who(run(KARI, 5, 9)))) for who in (take, late)]
            for each in both:
                each.start()
            waiting = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
            while admin.execute(waiting).fetchone() != (2,):
                continue
        for each in both:
            each.join()
    assert sorted(each[KARI].events for each in outcome) == [0, 5]
    sound(read_models, kari=9)


def test_a_gap_parks_and_nothing_goes_to_a_parked_practice(read_models: Database) -> None:
    with desk(read_models) as take:
        assert take(run(KARI, 1, 4, followed_by=7)) == {KARI: Taken(4, 4, stopped=True)}
        assert take(run(KARI, 5, 9)) == {KARI: Taken(4, 0, stopped=True)}
        assert take(run(KARI, 7, 9)) == {KARI: Taken(4, 0, stopped=True)}
        assert take(run(OLA, 3, 9)) == {OLA: Taken(0, 0, stopped=True)}
    with read_models.connect() as conn:
        assert {each.ledger: each.error for each in parked(conn)} == {
            KARI: "Gap: line 5 is missing, line 7 came instead",
            OLA: "Gap: line 1 is missing, line 3 came instead",
        }
    sound(read_models, kari=4, ola=0)


def test_another_try_fills_the_gap_and_then_lets_go(read_models: Database) -> None:
    with desk(read_models) as take, connect(read_models.url) as conn:
        take(run(KARI, 1, 4, followed_by=7))
        assert ask_again(read_models.url) == [KARI]
        assert take(run(KARI, 5, 7, retrying=True)) == {KARI: Taken(7, 3, stopped=False)}
        assert len(parked(conn)) == 1
        assert not release(conn, "read_1", KARI, upto=9)
        assert parked(conn)[0].error == "Gap: line 8 is missing, line 9 came instead"
        assert release(conn, "read_1", KARI, upto=7)
        assert parked(conn) == []
        assert take(run(KARI, 8, 9)) == {KARI: Taken(9, 2, stopped=False)}
    sound(read_models, kari=9)


def otherwise(found: Run) -> Run:
    """A run of another life of the practice, under the same positions."""
    found.lines = [(position, line.replace(b'"actor":"', b'"actor":"x')) for position, line in found.lines]
    found.plan(Handlers(every_model()))
    return found


def after(again: tuple[int, bytes], *, start: int = 6, end: int = 9, retrying: bool = False) -> Run:
    """A run of another life, and the line before it that was dropped; or that line only."""
    return otherwise(run(KARI, start, end, again=again, retrying=retrying))


FIVE = run(KARI, 5, 5).lines[0]
OTHER_FIVE = otherwise(run(KARI, 5, 5)).lines[0]


@pytest.mark.parametrize("came", [after(OTHER_FIVE), after(OTHER_FIVE, end=5), otherwise(run(KARI, 4, 9)), otherwise(run(KARI, 2, 5))])
def test_a_line_that_comes_again_as_another_one_parks(read_models: Database, came: Run) -> None:
    with desk(read_models) as take, connect(read_models.url) as conn:
        take(run(KARI, 1, 5))
        assert take(run(OLA, 1, 9), came) == {KARI: Taken(5, 0, stopped=True), OLA: Taken(9, 9, stopped=False)}
        (found,) = parked(conn)
        assert (found.ledger, found.position) == (KARI, 5)
        assert found.error.startswith("OtherHistory: line 5 came again as another one: the record was begun anew, or restored")
    sound(read_models, kari=5, ola=9)


def test_a_line_that_comes_again_as_another_one_within_a_run_parks_behind_it(read_models: Database) -> None:
    with desk(read_models) as take, connect(read_models.url) as conn:
        assert take(run(KARI, 1, 5, differs=3)) == {KARI: Taken(5, 5, stopped=True)}
        assert [(found.position, found.error[:24]) for found in parked(conn)] == [(3, "OtherHistory: line 3 cam")]
    sound(read_models, kari=5)


@pytest.mark.parametrize("again", [FIVE, (5, b"\xff" + FIVE[1])], ids=["the same", "damaged"])
def test_a_line_that_comes_again_is_compared_if_it_is_one(read_models: Database, again: tuple[int, bytes]) -> None:
    with desk(read_models) as take:
        take(run(KARI, 1, 5))
        assert take(Run(KARI, [], again=again)) == {KARI: Taken(5, 0, stopped=False)}
        assert take(run(KARI, 6, 9, again=again)) == {KARI: Taken(9, 4, stopped=False)}
    sound(read_models, kari=9)


def test_another_try_takes_nothing_of_another_life(read_models: Database) -> None:
    """What is under way already comes when the try has failed."""
    with desk(read_models) as take, connect(read_models.url) as conn:
        take(run(KARI, 1, 5))
        take(after(OTHER_FIVE))
        ask_again(read_models.url)
        assert take(after(OTHER_FIVE, end=5, retrying=True)) == {KARI: Taken(5, 0, stopped=True)}
        assert take(otherwise(run(KARI, 6, 9, retrying=True))) == {KARI: Taken(5, 0, stopped=True)}
        assert len(parked(conn)) == 1
    sound(read_models, kari=5)


def test_a_row_that_the_database_refuses_parks_at_its_line(read_models: Database) -> None:
    spoilt = run(KARI, 1, 20, planned=False)
    position, line = spoilt.lines[12]
    spoilt.lines[12] = position, line.replace(b'"actor":"', b'"actor":"\\u0000')
    with desk(read_models) as take:
        taken = take(run(OLA, 1, 20), spoilt)
    assert taken == {KARI: Taken(12, taken[KARI].events, stopped=True), OLA: Taken(20, 20, stopped=False)}
    sound(read_models, kari=12, ola=20)


def test_it_is_cut_at_each_of_its_statements(read_models: Database) -> None:
    with desk(read_models) as take, connect(read_models.url) as observer:
        take(run(KARI, 1, 9))
        before = stored(observer, "read_1", KARI, every_model())
        for statement in range(1, 100):
            try:
                with connect(read_models.url) as conn:
                    store = Store(conn, "read_1", every_model())
                    conn.cursor_factory = crashing_at(statement)
                    receive(conn, store, [run(KARI, 8, 20), run(OLA, 1, 9)])
            except Crash:
                assert stored(observer, "read_1", KARI, every_model()) == before
            else:
                break
        assert statement > 12
    sound(read_models, kari=20, ola=9)


def test_it_goes_on_with_the_generation_that_answers(read_models: Database) -> None:
    with desk(read_models) as take:
        take(run(KARI, 1, 9))
        rebuild(read_models.url, processes=1)
        with pytest.raises(Switched):
            take(run(KARI, 10, 12))
    with connect(read_models.url) as conn:
        assert receive(conn, Store(conn, "read_2", every_model()), [run(KARI, 10, 12)]) == {KARI: Taken(12, 3, stopped=False)}


def test_positions_that_somebody_changed_are_told(read_models: Database) -> None:
    with desk(read_models) as take, read_models.connect() as admin:
        take(run(KARI, 1, 9))
        admin.execute("update projection.received set size = 5")
        with pytest.raises(OutOfStep, match="run `sporbar rebuild`"):
            take(run(KARI, 10, 12))
