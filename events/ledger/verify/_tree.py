"""The entries together: no position is missing, every receipt's root and the head row are those of the leaves."""

from dataclasses import dataclass, field
from typing import Any

import psycopg
from psycopg import sql

from events.ledger.errors import UnknownLedger
from events.ledger.merkle import EMPTY_ROOT, Frontier
from events.ledger.verify._snapshot import ENOUGH, Problem, copied

# A position has one receipt with events and any number without.
_ENTRIES = sql.SQL("""
    SELECT e.position, e.leaf, r.count, r.root FROM ledger.entry AS e
    LEFT JOIN (SELECT position, count, root FROM ledger.receipt WHERE ledger = {ledger}) AS r USING (position)
    WHERE e.ledger = {ledger} ORDER BY e.position, r.count DESC
""")
_TYPES = ["int8", "bytea", "int4", "bytea"]
_OTHER_RECEIPTS = """
    SELECT position, root FROM ledger.receipt AS r
    WHERE ledger = %s AND NOT EXISTS (SELECT FROM ledger.entry AS e WHERE e.ledger = r.ledger AND e.position = r.position)
    ORDER BY position LIMIT 2
"""
_HEAD = """
    SELECT size, frontier, last_time IS NOT DISTINCT FROM coalesce(
      (SELECT time FROM ledger.entry AS e WHERE e.ledger = l.ledger ORDER BY position DESC LIMIT 1), '-infinity')
    FROM ledger.ledger AS l WHERE ledger = %s
"""


@dataclass(frozen=True, slots=True)
class Tree:
    """What the entries of a ledger come to."""

    size: int
    root: bytes
    problems: list[Problem]


def check_tree(connection: psycopg.Connection[Any], ledger: str, upto: int) -> Tree:
    """Build the tree anew from the stored leaf hashes and compare it with every receipt and with the head row.

    All that is there is compared; the size and the root told are those up to position `upto`, however many came after it.
    """
    walk = _Walk(upto)
    for position, leaf, count, root in copied(connection, _ENTRIES.format(ledger=sql.Literal(ledger)), _TYPES):
        if position != walk.position:
            walk.entry(position, leaf)
        if root is not None:
            walk.receipt(position, count, root)
    for position, root in connection.execute(_OTHER_RECEIPTS, (ledger,)):
        walk.receipt_without_entry(position, root)
    head = connection.execute(_HEAD, (ledger,)).fetchone()
    if head is None:
        raise UnknownLedger(f"there is no ledger {ledger}")
    walk.head(*head)
    return Tree(*(walk.at_upto or walk.come_to()), walk.problems)


@dataclass(slots=True)
class _Walk:
    """Along the positions. After the first break in the tree all later roots differ, which says nothing new."""

    upto: int
    at_upto: tuple[int, bytes] | None = None
    """What it had come to there, if it has gone further."""
    frontier: Frontier = field(default_factory=Frontier)
    position: int = 0
    receipted: int = 0
    """Up to here, every entry belongs to a receipt."""
    broken: bool = False
    problems: list[Problem] = field(default_factory=list)

    def come_to(self) -> tuple[int, bytes]:
        return self.frontier.size, self.frontier.root()

    def entry(self, position: int, leaf: bytes) -> None:
        if position > self.upto and self.at_upto is None:
            self.at_upto = self.come_to()
        if position != self.position + 1:
            self._break(min(position, self.position + 1), f"position {self.position + 1} should follow, not {position}")
        self.position = position
        self.frontier.append(leaf)

    def receipt(self, position: int, count: int, root: bytes) -> None:
        if count and position - count != self.receipted and not self.broken:
            self._break(self.receipted + 1, f"the receipts do not tell of each entry up to {position} once")
        if count:
            self.receipted = position
        if not self.broken and root != self.frontier.root():
            first = position - max(count, 1) + 1
            self._break(first, f"entries {first} to {position} are not those that were recorded: their receipt has another root")

    def receipt_without_entry(self, position: int, root: bytes) -> None:
        if position != 0:
            self._break(min(position, self.position + 1), f"a receipt tells of position {position}, which is not there")
        elif root != EMPTY_ROOT:
            self._break(1, "a receipt from before the first entry has another root than that of the empty tree")

    def head(self, size: int, frontier: list[bytes], last_time_agrees: bool) -> None:
        if size != self.position:
            self._break(min(size, self.position) + 1, f"the head row tells of {size} entries, the last one there is {self.position}")
        elif not self.broken and tuple(frontier) != self.frontier.hashes:
            self._break(max(size, 1), "the head row's frontier is not that of the entries")
        if self.receipted < self.position and not self.broken:
            self._break(self.receipted + 1, "no receipt tells of it")
        if size == self.position and not last_time_agrees:
            self._break(max(self.position, 1), "the head row's last time is not that of the last entry")

    def _break(self, position: int, what: str) -> None:
        self.broken = True
        if len(self.problems) < ENOUGH:
            self.problems.append(Problem(position, what))
