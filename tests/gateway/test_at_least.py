"""Fields of one question that want to see further than others: they share one snapshot, which shows what all of them ask for."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg

from events._function import Function
from tests._database import Postgres
from tests.gateway._house import MANAGER, REGISTER, Practice, report, running_house

BOTH = """
query ($n: Int) {
  first: practice { position deviations { totalCount } }
  second: practice(atLeast: $n) { position deviations { totalCount } }
  before: practice(asOf: { position: 1 }, atLeast: $n) { position latestPosition }
}"""


@contextmanager
def held_back(practice: Practice) -> Iterator[psycopg.Connection[Any]]:
    """While the read models of the practice cannot go on; with a connection of the database's owner."""
    with practice.house.database.connect() as holder, practice.house.database.connect() as watcher, holder.transaction():
        holder.execute("select from projection.follower where ledger = %s for update", (practice.name,))
        yield watcher


def last_look(watcher: psycopg.Connection[Any]) -> Any:
    """When somebody last looked where the read models stand."""
    query = "select max(query_start) from pg_stat_activity where datname = current_database() and query like '%position_at(record.ledger%'"
    row = watcher.execute(query).fetchone()
    assert row is not None
    return row[0]


def test_a_second_field_waits_as_the_first_one_would(practice: Practice) -> None:
    with ThreadPoolExecutor(1) as threads:
        with held_back(practice) as watcher:
            position = practice.manager.done("/deviations", report())["position"]
            before = last_look(watcher)
            asking = threads.submit(practice.manager.data, BOTH, n=position)
            while last_look(watcher) == before:
                pass
        shown = asking.result(timeout=30)
    assert shown["first"] == shown["second"] == {"position": position, "deviations": {"totalCount": 1}}
    assert shown["before"] == {"position": 1, "latestPosition": position}


def test_only_the_field_that_waits_in_vain_is_refused(postgres: Postgres, tmp_path: Path) -> None:
    with running_house(postgres, tmp_path, at_least_patience=0) as house:
        founder = house.person("fjordgata", MANAGER, uuid4(), [Function.GENERAL_MANAGER])
        position = founder.done("/register", REGISTER)["position"]
        answer = founder.ask(BOTH, n=position + 1_000)
    assert [(error["path"], error["extensions"]["code"]) for error in answer["errors"]] == [(["second"], "reading.not_yet")]
    assert answer["errors"][0]["extensions"]["details"]["at_least"] == position + 1_000
