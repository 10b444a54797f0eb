"""Carries out generated commands through the real handlers; killed, it goes on where it stopped."""

import json
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import FIRST_COMPLETED, Future, wait
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from multiprocessing import get_context
from multiprocessing.sharedctypes import Synchronized
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg.conninfo import make_conninfo

from events._workers import Workers
from events.ledger.connect import conninfo, sync_pool
from events.ledger.errors import NotSimulated
from events.ledger.recorder import open_ledger
from gateway.application import make_application
from gateway.auth.pseudonym import pseudonym
from gateway.generator._plan import Generated, plan_practice
from gateway.generator._profile import PROFILES, Profile
from gateway.generator._simulation import Step
from write_side._application import Application
from write_side._decider import By

NAMES = (
    ("fjordgata", "Fjordgata legesenter"),
    ("solsiden", "Solsiden legekontor"),
    ("bryggen", "Bryggen legesenter"),
    ("skogly", "Skogly legekontor"),
    ("torget", "Torget legesenter"),
)
PROCESSES = 2

Progress = Callable[[int, int], None]
"""Told of the commands carried out and those planned so far."""


class GeneratorError(Exception):
    """A practice cannot be generated; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Order:
    """A practice to be generated."""

    practice: str
    display_name: str
    profile: Profile
    seed: int
    start: date
    end: date


def orders(practices: int, years: int, seed: int, today: date) -> list[Order]:
    """Practices with names and profiles in turn, each over the `years` before today."""
    start = today.replace(year=today.year - years, day=min(today.day, 28))
    return [Order(*_name(number), PROFILES[number % len(PROFILES)], seed, start, today) for number in range(practices)]


def _name(number: int) -> tuple[str, str]:
    return NAMES[number] if number < len(NAMES) else (f"praksis-{number + 1}", f"Praksis {number + 1}")


def generate(
    url: str, wanted: Iterable[Order], *, secret: bytes, truth_dir: Path, progress: Progress = lambda _done, _planned: None
) -> int:
    """Generate practices, two at a time; answers how many commands were carried out.

    The truth behind each is written to `truth_dir`. A practice that was begun goes on with its own days, which stand there too.
    Raises GeneratorError.
    """
    truth_dir.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    done, planned = context.Value("q", 0), context.Value("q", 0)
    with Workers(PROCESSES, _count_in, (done, planned)) as pool:
        waiting: set[Future[int]] = {pool.submit(_generate_one, url, order, secret, truth_dir) for order in wanted}
        return sum(_as_completed(waiting, lambda: progress(done.value, planned.value)))


def _as_completed(waiting: set[Future[int]], tell: Callable[[], None]) -> Iterator[int]:
    while waiting:
        done, waiting = wait(waiting, timeout=0.2, return_when=FIRST_COMPLETED)
        tell()
        for future in done:
            yield future.result()


_counts: list["Synchronized[int]"] = []


def _count_in(done: "Synchronized[int]", planned: "Synchronized[int]") -> None:
    _counts[:] = [done, planned]


def _count(which: int, number: int) -> None:
    with _counts[which].get_lock():
        _counts[which].value += number


def _generate_one(url: str, order: Order, secret: bytes, truth_dir: Path) -> int:
    # A lost end of the stream is made again: the commit need not wait for the disk.
    url = make_conninfo(url, options="-c synchronous_commit=off")
    if _begun(url, order.practice):
        order = _as_begun(order, truth_dir)
    plan = plan_practice(order.practice, order.display_name, order.profile, order.seed, order.start, order.end)
    _count(1, len(plan.steps))
    _write_truth(truth_dir, order.practice, plan)
    return carry_out(url, order.practice, plan.steps, partial(pseudonym, secret, order.practice), lambda: _count(0, 1))


def _begun(url: str, practice: str) -> bool:
    with psycopg.connect(conninfo(url, "sporbar_generator")) as conn:
        query = "select from ledger.entry join ledger.ledger using (ledger) where ledger = %s and position = 1 and simulated"
        return conn.execute(query, (practice,)).fetchone() is not None


def _as_begun(order: Order, truth_dir: Path) -> Order:
    """The order with the days that the practice was begun with: its commands follow from them, and today may be a later one."""
    file = truth_dir / f"{order.practice}.json"
    if not file.exists():
        raise GeneratorError(f"{order.practice} was begun with another data directory, where its {file.name} is: use that one")
    told = json.loads(file.read_text(encoding="utf-8"))
    if told["seed"] != order.seed:
        raise _other_seed(order.practice)
    begun = replace(order, start=date.fromisoformat(told["start"]), end=date.fromisoformat(told["end"]))
    if _years(begun) != _years(order):
        raise GeneratorError(f"{order.practice} was made with --years {_years(begun)}: use that, or another database")
    return begun


def _years(order: Order) -> int:
    return order.end.year - order.start.year


def _other_seed(practice: str) -> GeneratorError:
    return GeneratorError(f"{practice} has a record that was not made with this seed: use that seed, or another database")


def _write_truth(truth_dir: Path, practice: str, plan: Generated) -> None:
    whole = truth_dir / f"{practice}.json"
    part = whole.with_suffix(".part")
    part.write_text(json.dumps(plan.truth, ensure_ascii=False, indent=1), encoding="utf-8")
    part.replace(whole)


def carry_out(url: str, practice: str, steps: list[Step], named: Callable[[UUID], str], told: Callable[[], None]) -> int:
    """Give the commands that were not given before, in order; answers how many those were."""
    with sync_pool(url, "sporbar_generator", max_size=1) as pool:
        open_ledger(pool, practice, simulated=True)
        with pool.connection() as conn:
            receipts = {row[0] for row in conn.execute("select command_id from ledger.receipt where ledger = %s", (practice,))}
        if receipts and steps[0].command_id not in receipts:
            raise _other_seed(practice)
        application, given = make_application(pool, given_clock=True), 0
        for step in steps:
            if step.command_id not in receipts:
                _give(application, practice, step, named)
                given += 1
            told()
        return given


def _give(application: Application, practice: str, step: Step, named: Callable[[UUID], str]) -> None:
    name = None if step.actor.startswith("system:") else named(UUID(step.actor))
    by = By(practice, step.actor, step.at, step.command_id, step.command_id, pseudonym=name)
    try:
        application.execute(step.command, by)
    except NotSimulated:
        raise GeneratorError(f"{practice} is the record of a real practice: choose another database") from None
