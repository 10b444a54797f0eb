"""Which lines of a topic are the next ones: messages -> runs of lines by practice. Pure."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from events._base import PRACTICE
from projections._engine._received import Run, begins
from projections._kafka._unpack import Message

_PRACTICE = re.compile(PRACTICE.encode())


@dataclass
class Reread:
    """A partition that is read again from its first message, for practices that are parked."""

    upto: int
    """Offset at which the reading began."""
    furthest: dict[str, int]
    """Position of the last line of each of these practices that came by."""


@dataclass
class Sorter:
    """Drops what is there already and tells gaps, knowing how far each practice is."""

    known: dict[str, int] = field(default_factory=dict)
    """Position of the last line that was taken."""
    stopped: set[str] = field(default_factory=set)
    """Practices that are parked."""
    rereads: dict[int, Reread] = field(default_factory=dict)
    """By partition."""
    dropped: int = 0
    """Lines that were there already."""
    passed_over: int = 0
    """Lines of parked practices."""
    strange: list[int] = field(default_factory=list)
    """Offsets of messages that are no lines: without a practice as key, or without a position in `ce_id`."""
    size: int = 0
    """Bytes of the lines taken."""
    _runs: dict[str, Run] = field(default_factory=dict)
    _names: dict[bytes, str] = field(default_factory=dict)
    """Practices by their keys."""

    def sort(self, partition: int, messages: Iterable[Message]) -> None:
        """Add messages of a partition, in their order, to the runs."""
        again = self.rereads[partition].furthest if partition in self.rereads else {}
        for message in messages:
            practice = self._practice(message.key)
            if practice is None or message.position is None or message.value is None:
                self.strange.append(message.offset)
            elif practice in again:
                self._take_again(practice, message.position, message.value, again)
            elif practice in self.stopped:
                self.passed_over += 1
            else:
                self._take(practice, message.position, message.value)

    def runs(self) -> list[Run]:
        """The runs since it was asked last."""
        found, self._runs, self.size = list(self._runs.values()), {}, 0
        return found

    def stop(self, practice: str) -> None:
        """Take no more of a practice; it is parked."""
        self.stopped.add(practice)
        for reread in self.rereads.values():
            reread.furthest.pop(practice, None)

    def _practice(self, key: bytes | None) -> str | None:
        if key is None:
            return None
        try:
            return self._names[key]
        except KeyError:
            return self._names.setdefault(key, key.decode()) if _PRACTICE.fullmatch(key) else None

    def _take(self, practice: str, position: int, line: bytes) -> None:
        run = self._runs.get(practice)
        last = self.known.get(practice, position - 1)
        if position <= last:
            self._drop(practice, position, line)
        elif run is None:
            self._runs[practice] = Run(practice, [(position, line)])
        elif run.followed_by is not None or run.differs is not None:
            self.passed_over += 1
            return
        elif position == last + 1:
            run.lines.append((position, line))
        else:
            run.followed_by = position
            return
        if position > last:
            self.known[practice] = position
            self.size += len(line)

    def _take_again(self, practice: str, position: int, line: bytes, furthest: dict[str, int]) -> None:
        """What does not fit is passed over: what is missing may come yet, before the end of what there was."""
        furthest[practice] = max(position, furthest[practice])
        last = self.known.get(practice, 0)
        if position <= last:
            self._drop(practice, position, line, retrying=True)
            return
        run = self._runs.setdefault(practice, Run(practice, [], retrying=True))
        if position > last + 1 or run.differs is not None or not begins(practice, position, line):
            self.passed_over += 1
        else:
            run.lines.append((position, line))
            self.known[practice] = position
            self.size += len(line)

    def _drop(self, practice: str, position: int, line: bytes, *, retrying: bool = False) -> None:
        """Drop a line that came before; the last one is held against the one that is there."""
        self.dropped += 1
        run = self._runs.setdefault(practice, Run(practice, [], retrying))
        at = position - run.before - 1
        if not run.lines or at < 0:
            if run.again is None or position >= run.again[0]:
                run.again = (position, line)
        elif run.differs is None and run.lines[at][1] != line and begins(practice, position, line):
            run.differs = position
