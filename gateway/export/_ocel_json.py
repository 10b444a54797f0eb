"""OCEL 2.0 as JSON: `ocel.json`, written from the log in SQLite, which holds what memory need not."""

import sqlite3
from collections.abc import Iterator, Mapping
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import orjson

from gateway.export._appended import Appended
from gateway.export._formats import State
from gateway.export._ocel import connected, disk_errors
from gateway.export._ocel_model import all_event_types, all_object_types, table_name
from gateway.export._ocel_sqlite import OcelWriter, made
from gateway.export._source import Export, Page

FILE = "ocel.json"
_LOG = "ocel.sqlite.new"
_PART = 2**20
Json = dict[str, Any]


class OcelJsonWriter:
    """Writes the log to SQLite first, and to JSON at the end. An export that was broken off begins again."""

    def __init__(self, export: Export, folder: Path) -> None:
        (folder / FILE).unlink(missing_ok=True)
        self._folder = folder
        self._log = OcelWriter(export, folder / _LOG)

    def write(self, page: Page) -> None:
        """Take in the lines of a page."""
        self._log.write(page)

    def checkpoint(self) -> None:
        """There is no place from which it could go on."""

    def finish(self) -> None:
        """Write the JSON."""
        self._log.finish()
        with closing(Appended(self._folder / FILE)) as file:
            for part in as_json(self._folder / _LOG):
                file.add(part)
        (self._folder / _LOG).unlink()

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()


def writer(export: Export, folder: Path, _state: State | None) -> OcelJsonWriter:
    """What writes its file."""
    return OcelJsonWriter(export, folder)


def stream(export: Export) -> Iterator[bytes]:
    """The JSON, sent when the whole log has been gone through."""
    with TemporaryDirectory(prefix="sporbar-ocel-") as folder:
        path = Path(folder) / _LOG
        made(export, path)
        yield from as_json(path)


def as_json(log: Path) -> Iterator[bytes]:
    """The JSON of a complete log, part by part; each event and object on a line of its own."""
    waiting: list[bytes] = []
    size = 0
    with disk_errors(log), closing(connected(log)) as database:
        for piece in _pieces(database):
            waiting.append(piece)
            size += len(piece)
            if size >= _PART:
                yield b"".join(waiting)
                waiting, size = [], 0
    yield b"".join(waiting)


def _pieces(database: sqlite3.Connection) -> Iterator[bytes]:
    object_types = {type_.name: type_.attributes for type_ in all_object_types().values()}
    event_types = {type_.name: type_.attributes for type_ in all_event_types().values()}
    yield b'{"objectTypes":['
    yield from _listed(_types(object_types))
    yield b'],\n"eventTypes":['
    yield from _listed(_types(event_types))
    yield b'],\n"objects":['
    yield from _listed(_objects(database, object_types))
    yield b'],\n"events":['
    yield from _listed(_events(database, event_types))
    yield b"]}\n"


def _listed(items: Iterator[Json]) -> Iterator[bytes]:
    before = b"\n"
    for item in items:
        yield before + orjson.dumps(item)
        before = b",\n"


def _types(types: Mapping[str, Mapping[str, str]]) -> Iterator[Json]:
    for name, attributes in types.items():
        yield {"name": name, "attributes": [{"name": each, "type": kind} for each, kind in attributes.items()]}


def _objects(database: sqlite3.Connection, types: Mapping[str, Mapping[str, str]]) -> Iterator[Json]:
    for name, kind in database.execute('SELECT "ocel_id", "ocel_type" FROM "object" ORDER BY rowid'):
        versions = _rows(database, f"object_{table_name(kind)}", name)
        told = [
            {"name": each, "time": time, "value": _value(of_value, value)}
            for _, time, _, *found in versions
            for (each, of_value), value in zip(types[kind].items(), found, strict=True)
            if value is not None
        ]
        yield {"id": name, "type": kind, "attributes": told, "relationships": _relationships(database, "object_object", "source", name)}


def _events(database: sqlite3.Connection, types: Mapping[str, Mapping[str, str]]) -> Iterator[Json]:
    for name, type_ in database.execute('SELECT "ocel_id", "ocel_type" FROM "event" ORDER BY rowid'):
        ((_, time, *found),) = _rows(database, f"event_{table_name(type_)}", name)
        told = [
            {"name": each, "value": _value(kind, value)}
            for (each, kind), value in zip(types[type_].items(), found, strict=True)
            if value is not None
        ]
        related = _relationships(database, "event_object", "event", name)
        yield {"id": name, "type": type_, "time": time, "attributes": told, "relationships": related}


def _rows(database: sqlite3.Connection, table: str, name: str) -> list[Any]:
    return database.execute(f'SELECT * FROM "{table}" WHERE "ocel_id" = ? ORDER BY rowid', (name,)).fetchall()  # noqa: S608


def _relationships(database: sqlite3.Connection, table: str, of: str, name: str) -> list[Json]:
    target = "ocel_object_id" if of == "event" else "ocel_target_id"
    statement = f'SELECT "{target}", "ocel_qualifier" FROM "{table}" WHERE "ocel_{of}_id" = ? ORDER BY rowid'  # noqa: S608
    return [{"objectId": other, "qualifier": qualifier} for other, qualifier in database.execute(statement, (name,))]


def _value(kind: str, value: Any) -> Any:
    return bool(value) if kind == "boolean" else value
