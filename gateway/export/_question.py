"""What an export asks for.

Somebody asks in words (`Asked`: from a day, until a position …); the words are looked up once and become positions
(`Question`), which mean the same for ever. Same question, same bytes.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from difflib import get_close_matches
from enum import StrEnum
from typing import Any

import psycopg

from events._base import OSLO
from events._registry import known_names, load_all, meant_by
from events.ledger import reader
from events.ledger.errors import UnknownLedger
from gateway._elsewhere import FED
from gateway.export._errors import ExportRefused

_POSITION = re.compile(r"[0-9]{1,15}")
_JUST_BEFORE = timedelta(microseconds=1)
_NEAR = 0.8
"""How alike two names of types must be (`difflib` ratio) for one to be meant by the other."""

Bound = int | date | datetime
"""A position, a day in Norway, or a moment."""


class Redaction(StrEnum):
    """How much of each event is shown."""

    FULL = "full"
    """The lines exactly as they are recorded."""
    PSEUDONYMISED = "pseudonymised"
    """Personal fields left out, members under pseudonyms of this practice."""


@dataclass(frozen=True, slots=True)
class Question:
    """The events of a practice in (after, upto], all or of some types."""

    practice: str
    after: int
    """Position behind which it begins."""
    upto: int
    """Last position that is asked about."""
    types: tuple[str, ...] = ()
    """Event types as they were asked for, sorted; none: all. `stored_types` tells how lines of them are stored."""
    redaction: Redaction = Redaction.PSEUDONYMISED

    def behind(self, position: int) -> "Question":
        """What remains of it behind a position."""
        return replace(self, after=position)


@dataclass(frozen=True, slots=True)
class Asked:
    """A question as somebody puts it; bounds are included."""

    practice: str
    since: Bound | None = None
    until: Bound | None = None
    types: tuple[str, ...] = ()
    redaction: Redaction = Redaction.PSEUDONYMISED

    @classmethod
    def of(cls, practice: str, since: str | None, until: str | None, types: Iterable[str], redaction: str | None) -> "Asked":
        """The question that these words put; raises ExportRefused (400) where they put none."""
        return cls(practice, _bound("from", since), _bound("until", until), known_types(types), _redaction(redaction))

    def words(self) -> dict[str, Any]:
        """What it says, for comparing with another."""
        bounds = {"from": self.since, "until": self.until}
        told = {name: None if bound is None else str(bound) for name, bound in bounds.items()}
        return {"practice": self.practice, **told, "types": list(self.types), "redaction": self.redaction.value}


def known_types(names: Iterable[str]) -> tuple[str, ...]:
    """Event types without repetition, sorted; raises ExportRefused (400) for one that no event has."""
    load_all()
    wanted = tuple(sorted(set(names)))
    for name in wanted:
        if not meant_by(name):
            raise _unknown(name[:100])
    return wanted


def stored_types(names: Iterable[str]) -> list[str]:
    """The stored names that are meant by known types: every version of a type whose name has none."""
    load_all()
    return sorted({stored for name in names for stored in meant_by(name) or (name,)})


def _unknown(name: str) -> ExportRefused:
    near = get_close_matches(name, sorted(known_names()), n=1, cutoff=_NEAR)
    return ExportRefused(400, "export.type.near", given=name, meant=near[0]) if near else ExportRefused(400, "export.type", given=name)


def resolve(connection: psycopg.Connection[Any], asked: Asked) -> Question:
    """The positions that are meant now; an end in the future means the end of the record as it is.

    Raises ExportRefused for a practice without a record (404), or with one that is kept elsewhere (421), and for bounds
    that lie ahead or the wrong way round (422).
    """
    try:
        size = reader.size(connection, asked.practice)
        after = _first(connection, asked.practice, asked.since, size) - 1
        upto = _last(connection, asked, size)
    except UnknownLedger:
        if connection.execute(FED).fetchone() == (True,):
            raise ExportRefused(421, "record.elsewhere") from None
        raise ExportRefused(404, "export.no_record", practice=asked.practice) from None
    if upto < after or _later(asked.since, asked.until):
        raise ExportRefused(422, "export.backwards", since=asked.since, until=asked.until)
    return Question(asked.practice, after, upto, asked.types, asked.redaction)


def _first(connection: psycopg.Connection[Any], practice: str, bound: Bound | None, size: int) -> int:
    if bound is None:
        return 1
    if isinstance(bound, int):
        if not 1 <= bound <= size + 1:
            raise ExportRefused(422, "export.ahead", asked=bound, size=size)
        return bound
    return reader.position_at(connection, practice, _begin(bound) - _JUST_BEFORE) + 1


def _last(connection: psycopg.Connection[Any], asked: Asked, size: int) -> int:
    bound = asked.until
    if bound is None:
        return size
    if isinstance(bound, int):
        lowest = 0 if asked.since == 1 else 1  # manifests and tokens of a question without positions tell of 1 to 0
        if not lowest <= bound <= size:
            raise ExportRefused(422, "export.ahead", asked=bound, size=size)
        return bound
    return reader.position_at(connection, asked.practice, _end(bound))


def _later(since: Bound | None, until: Bound | None) -> bool:
    if isinstance(since, int | None) or isinstance(until, int | None):
        return False
    return _begin(since) > _end(until)


def _begin(bound: date | datetime) -> datetime:
    return bound if isinstance(bound, datetime) else datetime.combine(bound, time.min, OSLO)


def _end(bound: date | datetime) -> datetime:
    return bound if isinstance(bound, datetime) else _begin(bound + timedelta(days=1)) - _JUST_BEFORE


def _bound(name: str, given: str | None) -> Bound | None:
    if given is None:
        return None
    if _POSITION.fullmatch(given):
        return int(given)
    try:
        bound = date.fromisoformat(given) if len(given) == len("2026-03-31") else datetime.fromisoformat(given)
    except ValueError:
        bound = None
    if bound is None or (isinstance(bound, datetime) and bound.tzinfo is None) or not 2000 <= bound.year <= 2100:
        raise ExportRefused(400, "export.bound", name=name, given=given[:100])
    return bound


def _redaction(given: str | None) -> Redaction:
    try:
        return Redaction(given or Redaction.PSEUDONYMISED)
    except ValueError:
        raise ExportRefused(400, "export.redaction", given=str(given)[:100], expected=list(Redaction)) from None
