"""How far each ledger is published: a follower's marks, taken in hand several at a time."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from psycopg import Connection
from psycopg.types.string import ByteaBinaryLoader

from events.ledger.follower import Claim, LostClaim
from projections._kafka._topic import Topic

_CLAIM = """
    select f.name, f.ledger, f.position, l.size
    from projection.follower as f join ledger.ledger as l using (ledger)
    where f.name = %s and f.parked_at is null and l.size > f.position
    order by f.advanced_at limit %s
    for no key update of f skip locked
"""
_LINES = """
    select claimed.number::int, line.line
    from unnest(%s::text[], %s::bigint[]) with ordinality as claimed (ledger, position, number), lateral (
      select position, line, sum(octet_length(line)) over (order by position) - octet_length(line) as before
      from (
        select position, line from ledger.entry
        where entry.ledger = claimed.ledger and entry.position > claimed.position
        order by position limit %s
      ) as next
    ) as line
    where line.before < %s
    order by claimed.number, line.position
"""
_ADVANCE = """
    update projection.follower as f set position = moved.to_position, advanced_at = clock_timestamp()
    from unnest(%s::text[], %s::bigint[], %s::bigint[]) as moved (ledger, from_position, to_position)
    where f.name = %s and f.ledger = moved.ledger and f.position = moved.from_position
"""
_UNMARKED = """
    select l.ledger, l.size, first.time
    from ledger.ledger as l join ledger.entry as first on first.ledger = l.ledger and first.position = 1
    where split_part(l.ledger, '/', 2) = %(kind)s
      and not exists (select from projection.follower as f where f.name = %(name)s and f.ledger = l.ledger)
    order by l.ledger
"""

_MARKED = "select ledger, position, advanced_at from projection.follower where name = %s and parked_at is null order by ledger"
_HOLD = """
    select f.name, f.ledger, f.position, l.size
    from projection.follower as f join ledger.ledger as l using (ledger)
    where f.name = %s and f.ledger = %s and f.parked_at is null
    for no key update of f
"""


@dataclass(frozen=True, slots=True)
class Unmarked:
    """A ledger of which no mark says how far it is published."""

    ledger: str
    size: int
    since: datetime
    """When its first event was recorded."""


@dataclass(frozen=True, slots=True)
class Mark:
    """How far a ledger was published when it was asked."""

    ledger: str
    position: int
    moved_at: datetime


def name_of(topic: str) -> str:
    """The follower that publishes to a topic."""
    return f"kafka:{topic}"


def recognise(conn: Connection[Any], topic: Topic) -> bool:
    """Note which topic the marks are about; False, with the marks removed, if they were about another of that name."""
    with conn.transaction():
        conn.execute("insert into projection.topic (name, id) values (%s, %s) on conflict do nothing", (topic.name, topic.id))
        known = conn.execute("select id from projection.topic where name = %s for update", (topic.name,)).fetchone()
        assert known is not None
        if known[0] == topic.id:
            return True
        conn.execute("delete from projection.follower where name = %s", (name_of(topic.name),))
        conn.execute("update projection.topic set id = %s, noted_at = now() where name = %s", (topic.id, topic.name))
        return False


def unmarked(conn: Connection[Any], topic: str, kind: str) -> list[Unmarked]:
    """Ledgers of a kind (what stands after the slash of their name) that have events and no mark."""
    return [Unmarked(*row) for row in conn.execute(_UNMARKED, {"name": name_of(topic), "kind": kind}, prepare=True)]


def marked(conn: Connection[Any], topic: str) -> list[Mark]:
    """The marks of ledgers that are not parked."""
    return [Mark(*row) for row in conn.execute(_MARKED, (name_of(topic),))]


def hold(conn: Connection[Any], topic: str, ledger: str) -> Claim | None:
    """Take a ledger in hand, to the end of the transaction, waiting for whoever has it; None if it is parked."""
    row = conn.execute(_HOLD, (name_of(topic), ledger), prepare=True).fetchone()
    return Claim(*row) if row else None


def mark(conn: Connection[Any], topic: str, positions: Mapping[str, int]) -> None:
    """Mark ledgers as published up to a position; a mark that somebody else made meanwhile stays."""
    conn.execute(
        "insert into projection.follower (name, ledger, position)"
        " select %s, * from unnest(%s::text[], %s::bigint[]) on conflict do nothing",
        (name_of(topic), list(positions), list(positions.values())),
    )


def claim(conn: Connection[Any], topic: str, most: int) -> list[Claim]:
    """Take ledgers in hand, to the end of the transaction, that have lines to publish, those left alone longest first."""
    return [Claim(*row) for row in conn.execute(_CLAIM, (name_of(topic), most), prepare=True)]


def lines(conn: Connection[Any], claims: Sequence[Claim], each: int, size: int) -> list[list[bytes]]:
    """The next lines of each claim: at most `each`, and not more when they have `size` bytes."""
    with conn.cursor(binary=True) as cursor:
        cursor.adapters.register_loader("text", ByteaBinaryLoader)
        cursor.execute(_LINES, ([each_.ledger for each_ in claims], [each_.position for each_ in claims], each, size), prepare=True)
        found: list[list[bytes]] = [[] for _ in claims]
        for number, line in cursor:
            found[number - 1].append(line)
    return found


def advance(conn: Connection[Any], topic: str, published: Mapping[Claim, int]) -> None:
    """Move the marks, in the transaction of the claims; raises LostClaim if somebody else moved one."""
    moved = {claimed: position for claimed, position in published.items() if position > claimed.position}
    if not moved:
        return
    ledgers, before = [claimed.ledger for claimed in moved], [claimed.position for claimed in moved]
    if conn.execute(_ADVANCE, (ledgers, before, list(moved.values()), name_of(topic)), prepare=True).rowcount != len(moved):
        raise LostClaim(f"a mark of {name_of(topic)} is not where it was claimed")


def go_back(conn: Connection[Any], topic: str, held: Claim, position: int) -> None:
    """Move the mark of a ledger that is in hand to an earlier position: what comes after it is published again."""
    query = "update projection.follower set position = %s, advanced_at = clock_timestamp() where name = %s and ledger = %s"
    conn.execute(query, (position, name_of(topic), held.ledger))


def behind(conn: Connection[Any], topic: str) -> int:
    """How many lines wait to be published; those of parked ledgers do not count."""
    query = """
        select coalesce(sum(l.size - f.position), 0)::bigint
        from projection.follower as f join ledger.ledger as l using (ledger) where f.name = %s and f.parked_at is null
    """
    row = conn.execute(query, (name_of(topic),)).fetchone()
    assert row is not None
    return int(row[0])
