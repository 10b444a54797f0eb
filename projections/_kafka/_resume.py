"""Where to begin with a ledger that has no mark: behind what the topic holds of it."""

from typing import Any

import structlog
from psycopg import Connection

from events.ledger.follower import Claim, park
from events.ledger.reader import read
from projections._kafka import _mark
from projections._kafka._headers import practice_of
from projections._kafka._settings import KafkaSettings
from projections._kafka._tail import Held, last_lines
from projections._kafka._topic import Topic

log = structlog.get_logger("sporbar.publisher")


def enrol(conn: Connection[Any], settings: KafkaSettings, topic: Topic, kind: str) -> None:
    """Mark the ledgers that have no mark: new ones, and all of them when the marks are lost or the topic is another.

    A ledger of which the topic holds more, or something else, than the database is parked: one of them was restored
    from a backup. Raises KafkaAway and KafkaUnusable.
    """
    found = _mark.unmarked(conn, topic.name, kind)
    if not found:
        return
    held = last_lines(settings, topic, {practice_of(each.ledger): each.since for each in found if each.since is not None})
    for each in found:
        last = held.get(practice_of(each.ledger))
        _begin(conn, topic, each, last)
    if held:
        log.info("publishing resumes behind what the topic holds", topic=topic.name, practices=len(held))


def _begin(conn: Connection[Any], topic: Topic, ledger: _mark.Unmarked, last: Held | None) -> None:
    position = min(last.position, ledger.size) if last else 0
    with conn.transaction():
        _mark.mark(conn, topic.name, {ledger.ledger: position})
        difference = _difference(conn, ledger, last) if last else None
        if difference:
            name = _mark.name_of(topic.name)
            park(conn, Claim(name, ledger.ledger, position, ledger.size), position, difference)
            log.error("ledger parked", follower=name, ledger=ledger.ledger, position=position, error=difference)


def _difference(conn: Connection[Any], ledger: _mark.Unmarked, last: Held) -> str | None:
    if last.position > ledger.size:
        return f"the topic holds {last.position} lines, and the record {ledger.size}: the record was restored from an older backup"
    if read(conn, ledger.ledger, last.position - 1, 1) != [last.line]:
        return f"line {last.position} is another one in the topic: the record was restored from an older backup, and went on otherwise"
    return None
