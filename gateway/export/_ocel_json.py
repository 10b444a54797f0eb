"""OCEL 2.0 as JSON: `ocel.json`, the events as they are read and the objects behind them.

Objects are known when all events have been gone through. Until then they lie in SQLite, which holds what memory need not.
"""

import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from gateway.export._appended import Appended
from gateway.export._formats import State
from gateway.export._ocel import Event, Objects, disk_errors
from gateway.export._ocel_model import all_event_types, all_object_types, table_name
from gateway.export._source import Export, Page

FILE = "ocel.json"
_OBJECTS = "objects.sqlite.new"
_PART = 2**20
Json = dict[str, Any]


class Parts:
    """The JSON part by part; each event and object stands on a line of its own."""

    def __init__(self, path: Path, practice: str) -> None:
        """`path`: file for the objects until they are told."""
        self._path = path
        self._objects = Objects(path, practice)
        self._before = b"\n"

    def head(self) -> bytes:
        """The types, and the beginning of the events."""
        types = {"objectTypes": _types(all_object_types().values()), "eventTypes": _types(all_event_types().values())}
        listed = (b'"%b":[%b],\n' % (name.encode(), b"".join(_listed(b"\n", each))) for name, each in types.items())
        return b"{%b%b" % (b"".join(listed), b'"events":[')

    def events(self, lines: Iterable[bytes]) -> bytes:
        """The events of pseudonymised lines; raises UnknownEventType, OSError."""
        with disk_errors(self._path):
            told = b"".join(_listed(self._before, map(_event, self._objects.take(lines))))
        if told:
            self._before = b",\n"
        return told

    def objects(self) -> Iterator[bytes]:
        """The objects, when all events have been told, and the end; raises OSError."""
        waiting, size = [b'],\n"objects":['], 0
        with disk_errors(self._path):
            for piece in _listed(b"\n", _objects(self._objects.database)):
                waiting.append(piece)
                size += len(piece)
                if size >= _PART:
                    yield b"".join(waiting)
                    waiting, size = [], 0
        yield b"".join([*waiting, b"]}\n"])

    def close(self) -> None:
        """Let go of the objects."""
        self._objects.close()


class OcelJsonWriter:
    """Writes the file. An export that was broken off begins again."""

    def __init__(self, export: Export, folder: Path) -> None:
        self._kept = folder / _OBJECTS
        self._kept.unlink(missing_ok=True)
        self._file = Appended(folder / FILE)
        self._parts = Parts(self._kept, export.question.practice)
        self._file.add(self._parts.head())

    def write(self, page: Page) -> None:
        """Write the events of a page."""
        self._file.add(self._parts.events(page.lines))

    def checkpoint(self) -> None:
        """There is no place from which it could go on."""

    def finish(self) -> None:
        """Write the objects."""
        for part in self._parts.objects():
            self._file.add(part)
        self._parts.close()
        self._kept.unlink()

    def close(self) -> None:
        """Let go of the files."""
        self._parts.close()
        self._file.close()


def writer(export: Export, folder: Path, _state: State | None) -> OcelJsonWriter:
    """What writes its file."""
    return OcelJsonWriter(export, folder)


def stream(export: Export) -> Iterator[bytes]:
    """The JSON, its types at once and then page by page."""
    with TemporaryDirectory(prefix="sporbar-ocel-") as folder, closing(Parts(Path(folder) / _OBJECTS, export.question.practice)) as parts:
        yield parts.head()
        for page in export.pages():
            yield parts.events(page.lines)
        yield from parts.objects()


def _listed(before: bytes, items: Iterable[Json]) -> Iterator[bytes]:
    for item in items:
        yield before + orjson.dumps(item)
        before = b",\n"


def _types(types: Iterable[Any]) -> Iterator[Json]:
    for type_ in types:
        yield {"name": type_.name, "attributes": [{"name": each, "type": kind} for each, kind in type_.attributes.items()]}


def _event(event: Event) -> Json:
    told = [{"name": name, "value": value} for name, value in zip(event.type.attributes, event.values, strict=True) if value is not None]
    related = [{"objectId": name, "qualifier": qualifier} for name, qualifier in event.objects]
    return {"id": event.name, "type": event.type.name, "time": event.time, "attributes": told, "relationships": related}


def _objects(database: sqlite3.Connection) -> Iterator[Json]:
    types: Mapping[str, Mapping[str, str]] = {type_.name: type_.attributes for type_ in all_object_types().values()}
    for name, kind in database.execute('SELECT "ocel_id", "ocel_type" FROM "object" ORDER BY rowid'):
        told = [
            {"name": each, "time": time, "value": bool(value) if of_value == "boolean" else value}
            for _, time, _, *found in _rows(database, f"object_{table_name(kind)}", "ocel_id", name)
            for (each, of_value), value in zip(types[kind].items(), found, strict=True)
            if value is not None
        ]
        related = [
            {"objectId": other, "qualifier": qualifier} for _, other, qualifier in _rows(database, "object_object", "ocel_source_id", name)
        ]
        yield {"id": name, "type": kind, "attributes": told, "relationships": related}


def _rows(database: sqlite3.Connection, table: str, column: str, name: str) -> list[Any]:
    return database.execute(f'SELECT * FROM "{table}" WHERE "{column}" = ? ORDER BY rowid', (name,)).fetchall()  # noqa: S608 -- our names
