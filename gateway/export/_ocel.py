"""What a record tells as an OCEL 2.0 log: its events one by one, and its objects, which are gathered in SQLite.

The lines come in once, in their order, and objects go into one transaction, so memory is flat and the same lines give the
same bytes. The tables are those of the standard's relational schema. Values that come with an object's first event stand at
the beginning of time, as the standard has initial values; later ones at the time when they were recorded. Events of one
command are recorded in one millisecond; here they are microseconds apart, since readers order events by their times alone.
Persons are pseudonyms, and nothing is text that people wrote.
"""

import errno
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from events._objects import SUBJECTS
from events._registry import UnknownEventType
from gateway.export._errors import ExportRefused
from gateway.export._ocel_model import EventType, ObjectType, all_event_types, all_object_types, parts_of, table_name, values

BEGINNING = "1970-01-01T00:00:00Z"
_COLUMN = {"string": "TEXT", "time": "TIMESTAMP", "integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN"}
_REMEMBERED = 100_000
_LAST = 999
_REFUSED_BY_THE_DISK = {sqlite3.SQLITE_FULL: errno.ENOSPC, sqlite3.SQLITE_IOERR: errno.EIO, sqlite3.SQLITE_CANTOPEN: errno.EIO}
_SCHEMA = """
CREATE TABLE "object_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "object" (
    "ocel_id" TEXT PRIMARY KEY, "ocel_type" TEXT, FOREIGN KEY ("ocel_type") REFERENCES "object_map_type" ("ocel_type"));
CREATE TABLE "object_object" (
    "ocel_source_id" TEXT, "ocel_target_id" TEXT, "ocel_qualifier" TEXT,
    PRIMARY KEY ("ocel_source_id", "ocel_target_id", "ocel_qualifier"),
    FOREIGN KEY ("ocel_source_id") REFERENCES "object" ("ocel_id"),
    FOREIGN KEY ("ocel_target_id") REFERENCES "object" ("ocel_id"));
"""


@dataclass(frozen=True, slots=True)
class Event:
    """An event of the log."""

    name: str
    type: EventType
    time: str
    values: tuple[Any, ...]
    """One for each attribute of its type; None where there is none."""
    objects: tuple[tuple[str, str], ...]
    """Name and qualifier of each object it is about, each pair once."""


class Objects:
    """The objects of a log that is being written, with what they become and how they are related."""

    def __init__(self, path: Path, practice: str) -> None:
        self._practice = practice
        self._event_types = all_event_types()
        self._known: set[str] = set()
        self._time, self._same = "", 0
        with disk_errors(path):
            self.database = sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)
            self.database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768; BEGIN;" + _SCHEMA)
            for kind in all_object_types().values():
                declare(self.database, "object", kind)
                table = table_name(kind.name)
                self.database.execute(f'CREATE INDEX "index_{table}" ON "object_{table}" ("ocel_id")')

    def take(self, lines: Iterable[bytes]) -> Iterator[Event]:
        """Take in pseudonymised lines, telling the event of each.

        Raises UnknownEventType, sqlite3.Error, and ExportRefused (500) for a subject of no kind that we have.
        """
        for stored in lines:
            line = orjson.loads(stored)
            if line["subject"].partition("/")[0] not in SUBJECTS:  # an imported line may have any
                raise ExportRefused(500, "export.unreadable", practice=self._practice, first=line["id"], last=line["id"])
            try:
                type_ = self._event_types[line["type"]]
            except KeyError:
                raise UnknownEventType(line["type"]) from None
            yield self._event(line, type_)

    def close(self) -> None:
        """Let go of the file."""
        self.database.close()

    def _event(self, line: Mapping[str, Any], type_: EventType) -> Event:
        name, time, data = f"{self._practice}/{int(line['id']):012}", self._apart(line["time"]), line["data"]
        parts = parts_of(type_.told, self._practice, line)
        about = dict.fromkeys((each, qualifier) for qualifier, objects in parts.items() for each in objects)
        for each, _ in about:
            self._mention(each)
        for part, attributes in type_.told.sets.items():
            self._set(parts.get(part, []), attributes, data, None if part == type_.told.begins else time)
        for source, qualifier, target in type_.told.relates:
            for one in parts.get(source, ()):
                for other in parts.get(target, ()):
                    self.database.execute('INSERT OR IGNORE INTO "object_object" VALUES (?, ?, ?)', (one, other, qualifier))
        return Event(name, type_, time, tuple(_at(data, path) for path in type_.paths), tuple(about))

    def _apart(self, time: str) -> str:
        """The time with microseconds that keep events of one millisecond in their order: readers order by time alone."""
        self._same = min(self._same + 1, _LAST) if time == self._time else 0
        self._time = time
        return f"{time.removesuffix('Z')}{self._same:03}Z"

    def _mention(self, name: str) -> None:
        """Have the object, with a row for its initial values."""
        if name in self._known:
            return
        if len(self._known) == _REMEMBERED:
            self._known.clear()
        self._known.add(name)
        kind = name.partition("/")[0]
        if self.database.execute('INSERT OR IGNORE INTO "object" VALUES (?, ?)', (name, kind)).rowcount:
            table = _table("object", kind)
            self.database.execute(f'INSERT INTO {table} ("ocel_id", "ocel_time") VALUES (?, ?)', (name, BEGINNING))  # noqa: S608 -- our names

    def _set(self, objects: list[str], attributes: Mapping[str, str], data: Any, time: str | None) -> None:
        """Give objects values: initial ones where there is no time."""
        for attribute, source in attributes.items():
            found = [source[1:]] if source.startswith("=") else values(data, source)
            for name, value in zip(objects, found * len(objects) if len(found) == 1 else found, strict=True):
                table = _table("object", name.partition("/")[0])
                if value is None:
                    continue
                if time is None:
                    where = '"ocel_id" = ? AND "ocel_changed_field" IS NULL'
                    self.database.execute(f'UPDATE {table} SET "{attribute}" = ? WHERE {where}', (value, name))  # noqa: S608 -- our names
                else:
                    columns = f'"ocel_id", "ocel_time", "ocel_changed_field", "{attribute}"'
                    statement = f"INSERT INTO {table} ({columns}) VALUES (?, ?, ?, ?)"  # noqa: S608 -- our names
                    self.database.execute(statement, (name, time, attribute, value))


def declare(database: sqlite3.Connection, what: str, type_: EventType | ObjectType) -> None:
    """Make the table of a type of events or objects."""
    columns = ['"ocel_id" TEXT', '"ocel_time" TIMESTAMP', *(['"ocel_changed_field" TEXT'] if what == "object" else [])]
    columns += [f'"{name}" {_COLUMN[kind]}' for name, kind in type_.attributes.items()]
    columns += ['PRIMARY KEY ("ocel_id")'] if what == "event" else []
    columns.append(f'FOREIGN KEY ("ocel_id") REFERENCES "{what}" ("ocel_id")')
    database.execute(f"CREATE TABLE {_table(what, type_.name)} ({', '.join(columns)})")
    database.execute(f'INSERT INTO "{what}_map_type" VALUES (?, ?)', (type_.name, table_name(type_.name)))  # noqa: S608 -- one of two names


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Tell what the disk refuses as OSError; whatever else SQLite raises comes through."""
    try:
        yield
    except sqlite3.OperationalError as error:
        refused = _REFUSED_BY_THE_DISK.get(error.sqlite_errorcode & 0xFF)  # the primary code; extended ones tell more above it
        if refused is None:
            raise
        raise OSError(refused, str(error), str(path)) from error


def _table(what: str, type_: str) -> str:
    return f'"{what}_{table_name(type_)}"'


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data
