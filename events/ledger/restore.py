"""Restoring a ledger from its lines, as an export gives them: the same positions, the same bytes, the same root.

The database checks each line and keeps it aside; when all are there and their root is the one that was to be expected,
they become the ledger at once. Until then nobody sees any of it, and a restore that was broken off goes on where it stood.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, LiteralString

import psycopg
from psycopg import sql

from events.ledger._statement import Statement, texts
from events.ledger.connect import conninfo
from events.ledger.errors import translated
from events.ledger.merkle import Frontier, leaf_hash

LONGEST = 16_000_000
"""Bytes that a line may have; what is longer was never one."""
_BATCH = 2_000
_BATCH_BYTES = 4_000_000
_PATIENCE = "10s"
"""How long to wait for another restore of the ledger; one that was killed ends within its batch."""
_UNFIT = "SB010"
_WRITTEN_TO = "SB011"

_RESTORE = Statement("sporbar_restore", "SELECT position, root FROM ledger.restore($1::text, $2::text[])")
_KEPT: LiteralString = """
    SELECT position, leaf FROM ledger.restoring_entry
    WHERE ledger = %s AND position > %s AND position <= %s ORDER BY position
"""
_RECORDED = _KEPT.replace("restoring_entry", "entry")

Progress = Callable[[int], None]
"""Told of the lines taken so far."""


class RestoreRefused(Exception):
    """A ledger cannot be restored like this; the message says why, and no entry was made."""


class NotEmpty(RestoreRefused):
    """The ledger has entries, and they are not these."""


class RestoreRunning(RestoreRefused):
    """Another process restores the same ledger."""


class UnfitLine(RestoreRefused):
    """A line cannot stand at its position; those before it are kept aside."""

    def __init__(self, position: int, what: str) -> None:
        super().__init__(f"line {position}: {what}")
        self.position = position
        """Where it would have stood; the first line has 1."""
        self.what = what


class OtherLine(UnfitLine):
    """A line is not the one that was taken at its position before."""


@dataclass(frozen=True, slots=True)
class Restoration:
    """What is remembered of a ledger that was restored."""

    ledger: str
    size: int
    """How many of its first lines were recorded in another database."""
    compared: bool
    """Whether their root was compared with one that came beside them."""
    restored_at: datetime
    restored_by: str
    """Login of whoever did it."""


def restorations(connection: psycopg.Connection[Any]) -> list[Restoration]:
    """Every ledger that began as a restored one, by name."""
    query = "SELECT ledger, size, compared, restored_at, restored_by FROM ledger.restoration ORDER BY ledger"
    return [Restoration(*row) for row in connection.execute(query)]


@contextmanager
def restoring(url: str, ledger: str) -> Iterator["Restore"]:
    """The restore of a ledger, taken up where it stands; raises RestoreRunning while another process has it."""
    with psycopg.connect(conninfo(url, "sporbar_importer", statement_timeout=0), autocommit=True) as connection:
        connection.execute("SELECT set_config('lock_timeout', %s, false)", (_PATIENCE,))
        try:
            connection.execute("SELECT pg_advisory_lock(hashtextextended('sporbar.restore/' || %s, 0))", (ledger,))
        except psycopg.errors.LockNotAvailable:
            raise RestoreRunning(f"another process restores {ledger} at this moment: wait for it, or end it") from None
        connection.execute("SET lock_timeout = 0")
        yield Restore(connection, ledger)


class Restore:
    """Takes the lines of one ledger from the first on, also those that it has; then `finish`.

    Errors of the database are those of `events.ledger.errors`.
    """

    def __init__(self, connection: psycopg.Connection[Any], ledger: str) -> None:
        self._connection = connection
        self.ledger = ledger
        self._frontier = Frontier()
        self.recorded = self._size("ledger")
        """Entries that the ledger has; with any, its lines are compared and nothing is kept."""
        self.kept = self._size("restoring")
        """Lines that are kept aside."""

    @property
    def position(self) -> int:
        """How many lines were taken."""
        return self._frontier.size

    @property
    def root(self) -> bytes:
        """RFC 6962 root over the lines taken."""
        return self._frontier.root()

    def discard(self) -> int:
        """Put away what an earlier restore kept; how many lines that were. Before the first line is taken, or behind the last."""
        self._connection.execute("SELECT ledger.discard(%s)", (self.ledger,))
        discarded, self.kept = self.kept, 0
        return discarded

    def take(self, lines: Iterable[bytes], progress: Progress = lambda _position: None) -> None:
        """Take lines, without their line ends; may be called again with those that follow.

        Raises UnfitLine at the first that does not fit, with those before it kept; OtherLine where a line is kept
        already and has other bytes; NotEmpty where the ledger has entries that are not these.
        """
        for batch in _batches(lines):
            reasons = ((nth, what) for nth, line in enumerate(batch) if (what := _no_text(line)))
            nth, what = next(reasons, (len(batch), None)) if _suspicious(batch) else (len(batch), None)
            self._take(batch[:nth])
            if what is not None:
                raise UnfitLine(self.position + 1, what)
            progress(self.position)

    def finish(self, root: bytes | None) -> bool:
        """Make the lines taken the ledger, all at once; False if it has them already.

        `root` is the one that came beside the lines, None if none did. Raises RestoreRefused when the lines have another
        one, when more lines are kept than were taken, or when the ledger got entries meanwhile; then nothing is changed.
        """
        if root is not None and root != self.root:
            raise RestoreRefused(f"the {self.position} lines have root {self.root.hex()}, not {root.hex()}")
        if self.recorded:
            return False
        if self.kept != self.position:
            raise RestoreRefused(f"{self.kept} lines are kept aside from before, and these were {self.position}")
        try:
            self._connection.execute("SELECT ledger.restored(%s, %s, %b)", (self.ledger, self.position, root))
        except psycopg.Error as error:
            raise self._refusal(error) from error
        return True

    def _take(self, batch: Sequence[bytes]) -> None:
        leaves = [leaf_hash(line) for line in batch]
        known = self._compare(leaves)
        if known < len(batch):
            if self.recorded:
                raise NotEmpty(f"{self.ledger} has {self.recorded} entries, and only an empty ledger can be restored")
            self._keep(batch[known:])
        for leaf in leaves[known:]:
            self._frontier.append(leaf)

    def _compare(self, leaves: Sequence[bytes]) -> int:
        """How many of these lines are there already; raises OtherLine, NotEmpty."""
        if self.position >= (self.recorded or self.kept):
            return 0
        query = _RECORDED if self.recorded else _KEPT
        there = self._connection.execute(query, (self.ledger, self.position, self.position + len(leaves)), binary=True)
        known = 0
        for leaf, (position, stored) in zip(leaves, there, strict=False):
            if leaf != stored:
                if self.recorded:
                    raise NotEmpty(f"{self.ledger} has {self.recorded} entries of its own, and only an empty ledger can be restored")
                raise OtherLine(position, "it is not the line that an unfinished import has kept from before")
            self._frontier.append(leaf)
            known += 1
        return known

    def _keep(self, lines: Sequence[bytes]) -> None:
        if not lines:
            return
        try:
            position, _root = _RESTORE.row(self._connection, (self.ledger.encode(), texts(lines)))
        except psycopg.Error as error:
            if error.sqlstate != _UNFIT:
                raise self._refusal(error) from error
            nth = int(error.diag.message_detail or 1)
            refused = UnfitLine(self.kept + nth, error.diag.message_primary or "")
        else:
            self.kept = int.from_bytes(position)
            return
        self._keep(lines[: nth - 1])
        raise refused

    def _refusal(self, error: psycopg.Error) -> Exception:
        if error.sqlstate == _WRITTEN_TO:
            return NotEmpty(error.diag.message_primary)
        return translated(error)

    def _size(self, table: str) -> int:
        query = sql.SQL("SELECT size FROM ledger.{} WHERE ledger = %s").format(sql.Identifier(table))
        row = self._connection.execute(query, (self.ledger,)).fetchone()
        return row[0] if row else 0


def _batches(lines: Iterable[bytes]) -> Iterator[list[bytes]]:
    batch: list[bytes] = []
    size = 0
    for line in lines:
        batch.append(line)
        size += len(line)
        if len(batch) == _BATCH or size >= _BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def _suspicious(batch: list[bytes]) -> bool:
    together = b"\n".join(batch)
    try:
        together.decode()
    except UnicodeDecodeError:
        return True
    return b"\0" in together or b"\r" in together or not all(batch) or len(max(batch, key=len)) > LONGEST


def _no_text(line: bytes) -> str | None:
    """Why the database could not even look at a line."""
    if len(line) > LONGEST:
        return f"it has more than {LONGEST // 1_000_000} MB: the file does not have one event a line"
    if not line:
        return "it is empty"
    if line.endswith(b"\r"):
        return "it ends with a carriage return: the line ends of the file were changed on its way"
    try:
        line.decode()
    except UnicodeDecodeError:
        return "it is not UTF-8 text"
    return "it holds a NUL byte" if b"\0" in line else None
