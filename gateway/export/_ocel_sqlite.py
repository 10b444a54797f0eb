"""OCEL 2.0 in SQLite: `ocel.sqlite`, the exchange format of the standard with the most readers."""

from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from gateway.export._formats import State
from gateway.export._ocel import Log, disk_errors
from gateway.export._source import Export, Page

FILE = "ocel.sqlite"
_PART = 2**20


class OcelWriter:
    """Writes the log. One transaction has all of it, so an export that was broken off begins again."""

    def __init__(self, export: Export, path: Path) -> None:
        path.unlink(missing_ok=True)
        self._path = path
        self._log = Log(path, export.question.practice)

    def write(self, page: Page) -> None:
        """Take in the lines of a page."""
        with disk_errors(self._path):
            self._log.add(page.lines)

    def checkpoint(self) -> None:
        """There is no place from which it could go on."""

    def finish(self) -> None:
        """Complete the file."""
        with disk_errors(self._path):
            self._log.complete()

    def close(self) -> None:
        """Let go of the file."""
        self._log.close()


def writer(export: Export, folder: Path, _state: State | None) -> OcelWriter:
    """What writes its file."""
    return OcelWriter(export, folder / FILE)


def stream(export: Export) -> Iterator[bytes]:
    """The file, sent when it is complete."""
    with TemporaryDirectory(prefix="sporbar-ocel-") as folder:
        path = Path(folder) / FILE
        made(export, path)
        with path.open("rb") as file:
            while part := file.read(_PART):
                yield part


def made(export: Export, path: Path) -> None:
    """Write the whole log to a file."""
    log = OcelWriter(export, path)
    try:
        for page in export.pages():
            log.write(page)
        log.finish()
    finally:
        log.close()
