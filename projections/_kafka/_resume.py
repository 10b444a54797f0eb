"""Where to begin with a ledger: behind what the topic holds of it, and not at all where the two disagree."""

from collections.abc import Collection
from datetime import UTC, datetime
from typing import Any

import structlog
from psycopg import Connection

from events.ledger.follower import Claim, park
from events.ledger.reader import read
from projections._kafka import _mark
from projections._kafka._headers import practice_of
from projections._kafka._settings import KafkaSettings, KafkaUnusable
from projections._kafka._tail import Held, by_partition, first_lines, in_order, lacking, last_lines
from projections._kafka._topic import Topic

_EVER = datetime(1970, 1, 1, tzinfo=UTC)
_NOT_THE_SAME = "the record was restored from a backup, or begun anew"

log = structlog.get_logger("sporbar.publisher")


class TopicReplaced(KafkaUnusable):
    """The topic is another one than before, by the same name, and does not begin with the first lines."""

    def __init__(self, topic: str, found: str) -> None:
        super().__init__(
            f"topic {topic} begins in the midst ({found}): it was deleted and made anew while it was published to."
            " Delete it and start `sporbar publish` again, which makes it and fills it from the beginning"
        )


def enrol(conn: Connection[Any], settings: KafkaSettings, topic: Topic, kind: str) -> None:
    """Mark the ledgers that have no mark: new ones, and all of them when the marks are lost or the topic is another.

    A ledger of which the topic holds more, or something else, than the database is parked: one of them was restored
    from a backup. Raises TopicReplaced, KafkaAway and KafkaUnusable.
    """
    found = _mark.unmarked(conn, topic.name, kind)
    if not found:
        return
    held = last_lines(settings, topic, {practice_of(each.ledger): each.since for each in found})
    if held:
        _require_beginnings(settings, topic, held)
    for each in found:
        _begin(conn, topic, each, held.get(practice_of(each.ledger)))
    if held:
        log.info("publishing resumes behind what the topic holds", topic=topic.name, practices=len(held))


def _require_beginnings(settings: KafkaSettings, topic: Topic, practices: Collection[str]) -> None:
    """What was sent to a topic that is deleted can arrive in the one that is made anew, without the lines before it."""
    for practice, first in first_lines(settings, topic, practices).items():
        if first.position > 1 + first.dropped:
            raise TopicReplaced(topic.name, f"line {first.position} of {practice} is the first one")


def compare(conn: Connection[Any], settings: KafkaSettings, topic: Topic) -> None:
    """Hold the ledgers that have a mark against the topic: a backup that was restored took the marks back with it.

    First as `mend`. What the topic got beyond the marks of a database came after the latest of them had moved, so that
    much is read. A ledger that disagrees is parked. Where a publisher died before it moved a mark, it is moved. All that in
    one transaction: a mark that moves hides what came before it. Raises KafkaAway and KafkaUnusable.
    """
    mend(conn, settings, topic)
    marks = _marks(conn, topic)
    since = max((each.moved_at for each in marks.values()), default=_EVER)
    held = last_lines(settings, topic, dict.fromkeys(marks, since))
    with conn.transaction():
        for practice in sorted(held):
            found = _mark.hold(conn, topic.name, marks[practice].ledger)
            if found:
                _agree(conn, topic, found, held[practice])


def mend(conn: Connection[Any], settings: KafkaSettings, topic: Topic) -> None:
    """Move marks back where the topic lost lines that it had acknowledged: the power failed, or a leader lacked them.

    A partition that lost its end lacks the line at the mark that moved last. So that one is looked for, and when it is
    not there, the marks of the partition go back to what a reader gets of it. Raises KafkaAway and KafkaUnusable.
    """
    marks = {practice: each for practice, each in _marks(conn, topic).items() if each.position}
    partitions = by_partition(topic, marks)
    latest = {max(practices, key=lambda practice: marks[practice].moved_at): number for number, practices in partitions.items()}
    for missing in lacking(settings, topic, ((practice, marks[practice].position) for practice in latest)):
        number = latest[missing]
        for practice, last in in_order(settings, topic, number, partitions[number]).items():
            _go_back(conn, topic, marks[practice], last)


def _go_back(conn: Connection[Any], topic: Topic, mark: _mark.Mark, last: Held | None) -> None:
    position = last.position if last else 0
    if position >= mark.position:
        return
    with conn.transaction():
        found = _mark.hold(conn, topic.name, mark.ledger)
        difference = _difference(conn, found, last) if found and last else None
        if found and difference:
            _park(conn, found, position, difference)
        elif found and position < found.position:
            _mark.go_back(conn, topic.name, found, position)
            log.warning("the topic has lost lines: publishing them again", ledger=found.ledger, first=position + 1, last=found.position)


def _marks(conn: Connection[Any], topic: Topic) -> dict[str, _mark.Mark]:
    """The marks by practice."""
    return {practice_of(each.ledger): each for each in _mark.marked(conn, topic.name)}


def _agree(conn: Connection[Any], topic: Topic, ledger: Claim, last: Held) -> None:
    difference = _difference(conn, ledger, last)
    if difference:
        _park(conn, ledger, min(last.position, ledger.size), difference)
    elif last.first - 1 <= ledger.position < last.position:
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
        return f"the topic holds {last.position} lines, and the record {ledger.size}: {_NOT_THE_SAME}"
    if read(conn, ledger.ledger, last.position - 1, 1) != [last.line]:
        return f"line {last.position} is another one in the topic: {_NOT_THE_SAME}, and went on otherwise"
    return None
