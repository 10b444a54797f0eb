"""Where to begin with a ledger: behind what the topic holds of it, and not at all where the two disagree."""

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


def compare(conn: Connection[Any], settings: KafkaSettings, topic: Topic) -> None:
    """Hold the ledgers that have a mark against the topic: a backup that was restored took the marks back with it.

    What the topic got beyond the marks of a database came after the latest of them had moved, so that much is read. A
    ledger that disagrees is parked. Where a publisher died before it moved a mark, it is moved. All that in one
    transaction: a mark that moves hides what came before it. Raises KafkaAway and KafkaUnusable.
    """
    ledgers = {practice_of(ledger): (ledger, since) for ledger, since in _mark.marked(conn, topic.name).items()}
    held = last_lines(settings, topic, {practice: since for practice, (_, since) in ledgers.items()})
    with conn.transaction():
        for practice in sorted(held):
            found = _mark.hold(conn, topic.name, ledgers[practice][0])
            if found:
                _agree(conn, topic, found, held[practice])


def _agree(conn: Connection[Any], topic: Topic, ledger: Claim, last: Held) -> None:
    difference = _difference(conn, ledger, last)
    if difference:
        _park(conn, ledger, min(last.position, ledger.size), difference)
    elif last.position > ledger.position:
        _mark.advance(conn, topic.name, {ledger: last.position})


def _begin(conn: Connection[Any], topic: Topic, ledger: _mark.Unmarked, last: Held | None) -> None:
    position = min(last.position, ledger.size) if last else 0
    with conn.transaction():
        _mark.mark(conn, topic.name, {ledger.ledger: position})
        difference = _difference(conn, ledger, last) if last else None
        if difference:
            _park(conn, Claim(_mark.name_of(topic.name), ledger.ledger, position, ledger.size), position, difference)


def _park(conn: Connection[Any], ledger: Claim, position: int, difference: str) -> None:
    park(conn, ledger, position, difference)
    log.error("ledger parked", follower=ledger.name, ledger=ledger.ledger, position=position, error=difference)


def _difference(conn: Connection[Any], ledger: _mark.Unmarked | Claim, last: Held) -> str | None:
    if last.position > ledger.size:
        return f"the topic holds {last.position} lines, and the record {ledger.size}: the record was restored from an older backup"
    if read(conn, ledger.ledger, last.position - 1, 1) != [last.line]:
        return f"line {last.position} is another one in the topic: the record was restored from an older backup, and went on otherwise"
    return None
