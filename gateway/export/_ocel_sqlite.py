"""OCEL 2.0 in SQLite: `ocel.sqlite`, the exchange format of the standard with the most readers."""

from collections.abc import Iterable, Iterator
from contextlib import closing
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.export._formats import State
from gateway.export._ocel import Objects, declare, disk_errors
from gateway.export._ocel_model import all_event_types, table_name
from gateway.export._source import Export, Page

FILE = "ocel.sqlite"
_PART = 2**20
_SCHEMA = """
CREATE TABLE "event_map_type" ("ocel_type" TEXT PRIMARY KEY, "ocel_type_map" TEXT);
CREATE TABLE "event" (
    "ocel_id" TEXT PRIMARY KEY, "ocel_type" TEXT, FOREIGN KEY ("ocel_type") REFERENCES "event_map_type" ("ocel_type"));
CREATE TABLE "event_object" (
    "ocel_event_id" TEXT, "ocel_object_id" TEXT, "ocel_qualifier" TEXT,
    PRIMARY KEY ("ocel_event_id", "ocel_object_id", "ocel_qualifier"),
    FOREIGN KEY ("ocel_event_id") REFERENCES "event" ("ocel_id"),
    FOREIGN KEY ("ocel_object_id") REFERENCES "object" ("ocel_id"));
"""


class OcelWriter:
    """Writes the log. One transaction has all of it, so an export that was broken off begins again."""

    def __init__(self, export: Export, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._objects = Objects(path, export.question.practice)
        self._run = self._objects.database.execute
        with disk_errors(path):
            for statement in _SCHEMA.split(";"):
                self._run(statement)
            for type_ in all_event_types().values():
                declare(self._objects.database, "event", type_)
        self._insertions = {type_.name: _insertion(type_.name, 2 + len(type_.attributes)) for type_ in all_event_types().values()}

    def write(self, page: Page) -> None:
        """Take in the lines of a page."""
        with disk_errors(self._path):
            self._add(page.lines)

    def checkpoint(self) -> None:
        """There is no place from which it could go on."""

    def finish(self) -> None:
        """Complete the file."""
        with disk_errors(self._path):
            self._run("COMMIT")
        self.close()

    def close(self) -> None:
        """Let go of the file."""
        self._objects.close()

    def _add(self, lines: Iterable[bytes]) -> None:
        for event in self._objects.take(lines):
            self._run('INSERT INTO "event" VALUES (?, ?)', (event.name, event.type.name))
            self._run(self._insertions[event.type.name], (event.name, event.time, *event.values))
            for name, qualifier in event.objects:
                self._run('INSERT INTO "event_object" VALUES (?, ?, ?)', (event.name, name, qualifier))


def writer(export: Export, folder: Path, _state: State | None) -> OcelWriter:
    """What writes its file."""
    return OcelWriter(export, folder / FILE)


def stream(export: Export) -> Iterator[bytes]:
    """The file, sent when it is complete."""
    with TemporaryDirectory(prefix="sporbar-ocel-") as folder:
        path = Path(folder) / FILE
        with closing(OcelWriter(export, path)) as log:
            for page in export.pages():
                log.write(page)
                yield b""
            log.finish()
        with path.open("rb") as file:
            while part := file.read(_PART):
                yield part


def _insertion(type_: str, columns: int) -> str:
    return f'INSERT INTO "event_{table_name(type_)}" VALUES ({", ".join("?" * columns)})'  # noqa: S608 -- our names
