"""What happened in a practice, event by event: timelines, and audit trails with before and after."""

from collections import defaultdict
from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg import sql

from events._codec import decode_line
from events._personal import made_up_fields, personal_fields
from read_side._as_of import Query, View
from read_side._page import EVERY, By, Page, Window, page
from read_side._tables import Column, Table, all_tables, names, table, table_of

NIL = UUID(int=0)
"""Stands for an id that is hidden (RFC 9562, § 5.9)."""


@table("activity", key=("position",), subject_id="subject_id", history=False, indexes=(("subject_id", "position"),))
@dataclass(frozen=True, slots=True)
class ActivityRow:
    """That an event happened: what one searches and counts by. The event itself is read from its line."""

    position: int
    time: datetime
    """When it was recorded."""
    subject: str
    subject_id: UUID | None
    """The id of a subject that is named by one."""
    kind: str
    """The kind of the subject, for instance `deviation`."""
    version: int
    """Position in the subject's stream."""
    type: str
    """Stored name of the event's type and version."""
    actor: str


@dataclass(frozen=True, slots=True)
class RecordedEvent:
    """An event of the practice's record, as its line says."""

    position: int
    time: datetime
    subject: str
    version: int
    type: str
    actor: str
    command_id: UUID
    correlation_id: UUID
    causation_id: str | None
    data: dict[str, Any]
    """The event's own fields, in today's form of its type."""


@dataclass(frozen=True, slots=True)
class Change:
    """What one event made of one column of one row; a row that began has no before, one that ended no after."""

    table: str
    key: tuple[Any, ...]
    column: str
    before: Any
    after: Any
    hidden: bool = False
    """Whether the values are left out because they may identify a person."""


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """An event of a subject (who, what, when) with what it changed."""

    event: RecordedEvent
    changes: tuple[Change, ...]


async def timeline(
    view: View,
    subject: str | None = None,
    window: Window | None = None,
    *,
    kinds: Collection[str] | None = None,
    newest_first: bool = False,
    personal: bool = True,
) -> Page[RecordedEvent]:
    """The events of a subject, or of the whole practice or some kinds of its subjects, in their order.

    Without `personal`, fields that may identify a person are empty, and so are the actor, who reported being one of them,
    and the ids of commands (NIL), which follow from who sent them.
    Raises InvalidPage.
    """
    conditions: list[Query] = [EVERY]
    if subject is not None:
        conditions.append(_of_subject(table_of(ActivityRow), subject))
    if kinds is not None:
        conditions.append(sql.SQL("kind = any(%(kinds)s)"))
    found = await page(
        view,
        ActivityRow,
        window or Window(),
        by=[By("position", descending=newest_first)],
        where=sql.SQL(" and ").join(conditions),
        params={"subject": subject, "subject_id": _uuid(subject), "kinds": list(kinds or ())},
    )
    items = await _events(view, [row.position for row in found.items], personal=personal)
    return Page(items, found.cursors, found.has_next, found.has_previous, found.total)


async def audit_trail(view: View, subject: str, window: Window | None = None, *, personal: bool = True) -> Page[AuditEntry]:
    """The events of a subject, each with the columns of the subject's rows that it changed, before and after.

    Without `personal`, fields, columns and keys that may identify a person are empty. Raises InvalidPage.
    """
    events = await timeline(view, subject, window, personal=personal)
    changes: dict[int, list[Change]] = defaultdict(list)
    if events.items:
        first, last = events.items[0].position, events.items[-1].position
        for declared in all_tables():
            if declared.by_subject and declared.row is not ActivityRow:
                versions = await _versions(view, declared, subject, first, last)
                for position, change in _changes(declared, versions, last):
                    changes[position].append(change if personal else _hidden(declared, change))
    items = [AuditEntry(event, tuple(changes[event.position])) for event in events.items]
    return Page(items, events.cursors, events.has_next, events.has_previous, events.total)


async def _events(view: View, positions: list[int], *, personal: bool) -> list[RecordedEvent]:
    """The events at some positions, in that order."""
    query = sql.SQL("select position, line from projection.record_line where ledger = %(view_practice)s and position = any(%(positions)s)")
    lines = {row["position"]: row["line"] for row in await view.fetch_dicts(query, {"positions": positions})}
    return [_event(lines[position], personal=personal) for position in positions]


def _event(line: str, *, personal: bool) -> RecordedEvent:
    recorded = decode_line(line)
    of, data = recorded.envelope, recorded.event.model_dump(mode="json")
    hidden = frozenset() if personal else personal_fields(type(recorded.event)) | made_up_fields(type(recorded.event))
    for path in hidden:
        data = _emptied(data, path.split("."))
    return RecordedEvent(
        position=of.position,
        time=of.time,
        subject=of.subject,
        version=of.version,
        type=of.type,
        actor=of.actor if personal else "",
        command_id=of.command_id if personal else NIL,
        correlation_id=of.correlation_id if personal else NIL,
        causation_id=of.causation_id if personal else None,
        data=data,
    )


def _emptied(data: Any, path: list[str]) -> Any:
    if isinstance(data, list):
        return [_emptied(item, path) for item in data]
    if not isinstance(data, dict) or path[0] not in data:
        return data
    return data | {path[0]: _emptied(data[path[0]], path[1:]) if path[1:] else None}


async def _versions(view: View, declared: Table, subject: str, first: int, last: int) -> list[dict[str, Any]]:
    """The versions of the subject's rows that stood at some position from `first` - 1 to `last`, by key and position."""
    columns, of_subject = names(column.name for column in declared.stored), _of_subject(declared, subject)
    arms = [_STANDING.format(columns=columns, table=sql.Identifier(view.schema, declared.name), of_subject=of_subject)]
    if declared.history:
        arms.append(_REPLACED.format(columns=columns, table=sql.Identifier(view.schema, declared.history_name), of_subject=of_subject))
    query = sql.SQL("{} order by {}").format(sql.SQL(" union all ").join(arms), names((*declared.key, "position")))
    return await view.fetch_dicts(query, {"subject": subject, "subject_id": _uuid(subject), "first": first, "last": last})


def _uuid(subject: str | None) -> UUID | None:
    """The id of a subject that is named by a UUID."""
    try:
        return UUID((subject or "").partition("/")[2])
    except ValueError:
        return None


def _of_subject(declared: Table, subject: str) -> Query:
    """Whether a row is one of a subject."""
    of_subject = sql.SQL("subject = %(subject)s")
    if declared.subject_id is None:
        return of_subject
    same = "{} = %(subject_id)s and {}" if _uuid(subject) else "{} is null and {}"
    return sql.SQL(same).format(sql.Identifier(declared.subject_id), of_subject)


_STANDING = sql.SQL(
    "select {columns}, null::bigint as replaced_at from {table}"
    " where practice = %(view_practice)s and {of_subject} and position <= %(last)s"
)
_REPLACED = sql.SQL(
    "select {columns}, replaced_at from {table}"
    " where practice = %(view_practice)s and {of_subject} and position <= %(last)s and replaced_at >= %(first)s"
)


def _changes(declared: Table, versions: list[dict[str, Any]], last: int) -> Iterable[tuple[int, Change]]:
    before: dict[str, Any] | None = None
    for version, following in zip(versions, [*versions, None][1:], strict=True):
        key = tuple(version[name] for name in declared.key)
        begins = before is None or before["replaced_at"] != version["position"]
        yield from _between(declared, key, version["position"], None if begins else before, version)
        goes_on = following is not None and key == tuple(following[name] for name in declared.key)
        replaced_at = version["replaced_at"]
        if replaced_at is not None and replaced_at <= last and not (goes_on and following and following["position"] == replaced_at):
            yield from _between(declared, key, replaced_at, version, None)
        before = version if goes_on else None


def _between(
    declared: Table, key: tuple[Any, ...], position: int, before: dict[str, Any] | None, after: dict[str, Any] | None
) -> Iterable[tuple[int, Change]]:
    for column in declared.columns:
        if column.name in (*declared.key, "subject", "version", "position"):
            continue
        old, new = _value(column, before), _value(column, after)
        if old != new:
            yield position, Change(declared.name, key, column.name, old, new)


def _value(column: Column, version: dict[str, Any] | None) -> Any:
    value = version[column.name] if version else None
    return column.load(value) if column.load is not None and value is not None else value


def _hidden(declared: Table, change: Change) -> Change:
    personal = {column.name for column in declared.columns if column.personal}
    shown = change if personal.isdisjoint(declared.key) else replace(change, key=())
    return replace(shown, before=None, after=None, hidden=True) if change.column in personal else shown
