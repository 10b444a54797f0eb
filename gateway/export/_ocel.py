"""An OCEL 2.0 log as the relational schema of the standard, in SQLite; OCEL JSON is written from one as well.

The lines come in once, in their order, and go into one transaction, so memory is flat and the same lines give the same
bytes. Values that come with an object's first event stand at the beginning of time, as the standard has initial values;
later ones at the time when they were recorded. Events of one command are recorded in one millisecond; here they are
microseconds apart, since readers order events by their times alone. Persons are pseudonyms, and nothing is text that people wrote.
"""

import errno
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson

from events._registry import UnknownEventType
from gateway.export._ocel_model import EventType, ObjectType, all_event_types, all_object_types, parts_of, table_name, values

BEGINNING = "1970-01-01T00:00:00Z"
_COLUMN = {"string": "TEXT", "time": "TIMESTAMP", "integer": "INTEGER", "float": "REAL", "boolean": "BOOLEAN"}
_REMEMBERED = 100_000
_LAST = 999
_SCHEMA = """
CREATE TABLE "event_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "object_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "event" (
    "ocel_id" TEXT PRIMARY KEY, "ocel_type" TEXT, FOREIGN KEY ("ocel_type") REFERENCES "event_map_type" ("ocel_type"));
CREATE TABLE "object" (
    "ocel_id" TEXT PRIMARY KEY, "ocel_type" TEXT, FOREIGN KEY ("ocel_type") REFERENCES "object_map_type" ("ocel_type"));
CREATE TABLE "event_object" (
    "ocel_event_id" TEXT, "ocel_object_id" TEXT, "ocel_qualifier" TEXT,
    PRIMARY KEY ("ocel_event_id", "ocel_object_id", "ocel_qualifier"),
    FOREIGN KEY ("ocel_event_id") REFERENCES "event" ("ocel_id"),
    FOREIGN KEY ("ocel_object_id") REFERENCES "object" ("ocel_id"));
CREATE TABLE "object_object" (
    "ocel_source_id" TEXT, "ocel_target_id" TEXT, "ocel_qualifier" TEXT,
    PRIMARY KEY ("ocel_source_id", "ocel_target_id", "ocel_qualifier"),
    FOREIGN KEY ("ocel_source_id") REFERENCES "object" ("ocel_id"),
    FOREIGN KEY ("ocel_target_id") REFERENCES "object" ("ocel_id"));
"""


class Log:
    """A log that is being written."""

    def __init__(self, path: Path, practice: str) -> None:
        self._practice = practice
        self._event_types = all_event_types()
        self._known: set[str] = set()
        self._time, self._same = "", 0
        with disk_errors(path):
            self._database = connected(path)
            self._database.executescript("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF; PRAGMA cache_size=-32768; BEGIN;" + _SCHEMA)
            for type_ in self._event_types.values():
                self._declare("event", type_, "PRIMARY KEY")
            for kind in all_object_types().values():
                self._declare("object", kind, "")
        self._events = {name: _insertion(type_) for name, type_ in self._event_types.items()}

    def add(self, lines: Iterable[bytes]) -> None:
        """Take in pseudonymised lines; raises UnknownEventType, sqlite3.Error."""
        for stored in lines:
            line = orjson.loads(stored)
            try:
                type_ = self._event_types[line["type"]]
            except KeyError:
                raise UnknownEventType(line["type"]) from None
            self._add(line, type_)

    def complete(self) -> None:
        """End the transaction."""
        self._database.execute("COMMIT")
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def _add(self, line: Mapping[str, Any], type_: EventType) -> None:
        event, time, data = f"{self._practice}/{int(line['id']):012}", self._apart(line["time"]), line["data"]
        run = self._database.execute
        run('INSERT INTO "event" VALUES (?, ?)', (event, type_.name))
        run(self._events[line["type"]], (event, time, *(_at(data, path) for path in type_.paths)))
        parts = parts_of(type_.told, self._practice, line)
        for qualifier, objects in parts.items():
            for name in objects:
                self._mention(name)
                run('INSERT OR IGNORE INTO "event_object" VALUES (?, ?, ?)', (event, name, qualifier))
        for part, attributes in type_.told.sets.items():
            self._set(parts.get(part, []), attributes, data, None if part == type_.told.begins else time)
        for source, qualifier, target in type_.told.relates:
            for one in parts.get(source, ()):
                for other in parts.get(target, ()):
                    run('INSERT OR IGNORE INTO "object_object" VALUES (?, ?, ?)', (one, other, qualifier))

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
        if self._database.execute('INSERT OR IGNORE INTO "object" VALUES (?, ?)', (name, kind)).rowcount:
            self._database.execute(f'INSERT INTO {_table("object", kind)} ("ocel_id", "ocel_time") VALUES (?, ?)', (name, BEGINNING))  # noqa: S608

    def _set(self, objects: list[str], attributes: Mapping[str, str], data: Any, time: str | None) -> None:
        """Give objects values: initial ones where there is no time."""
        for attribute, source in attributes.items():
            found = [source[1:]] if source.startswith("=") else values(data, source)
            for name, value in zip(objects, found * len(objects) if len(found) == 1 else found, strict=True):
                table = _table("object", name.partition("/")[0])
                if value is None:
                    continue
                if time is None:
                    statement = f'UPDATE {table} SET "{attribute}" = ? WHERE "ocel_id" = ? AND "ocel_changed_field" IS NULL'  # noqa: S608
                    self._database.execute(statement, (value, name))
                else:
                    statement = f'INSERT INTO {table} ("ocel_id", "ocel_time", "ocel_changed_field", "{attribute}") VALUES (?, ?, ?, ?)'  # noqa: S608
                    self._database.execute(statement, (name, time, attribute, value))

    def _declare(self, what: str, type_: EventType | ObjectType, key: str) -> None:
        table = _table(what, type_.name)
        columns = [f'"ocel_id" TEXT {key}', '"ocel_time" TIMESTAMP', *(['"ocel_changed_field" TEXT'] if what == "object" else [])]
        columns += [f'"{name}" {_COLUMN[kind]}' for name, kind in type_.attributes.items()]
        columns.append(f'FOREIGN KEY ("ocel_id") REFERENCES "{what}" ("ocel_id")')
        self._database.execute(f"CREATE TABLE {table} ({', '.join(columns)})")
        if what == "object":
            self._database.execute(f'CREATE INDEX "index_{table_name(type_.name)}" ON {table} ("ocel_id")')
        self._database.execute(f'INSERT INTO "{what}_map_type" VALUES (?, ?)', (type_.name, table_name(type_.name)))  # noqa: S608


def connected(path: Path) -> sqlite3.Connection:
    """A connection without transactions of its own; it may go from thread to thread, one at a time."""
    return sqlite3.connect(path, isolation_level=None, check_same_thread=False, cached_statements=512)


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Tell what the disk refuses as OSError."""
    try:
        yield
    except sqlite3.OperationalError as error:
        raise OSError(errno.EIO, str(error), str(path)) from error


def _insertion(type_: EventType) -> str:
    places = ", ".join("?" * (2 + len(type_.attributes)))
    return f"INSERT INTO {_table('event', type_.name)} VALUES ({places})"  # noqa: S608


def _table(what: str, type_: str) -> str:
    return f'"{what}_{table_name(type_)}"'


def _at(data: Any, path: tuple[str, ...]) -> Any:
    for step in path:
        data = data.get(step) if isinstance(data, dict) else None
    return data
