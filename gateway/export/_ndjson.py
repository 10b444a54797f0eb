"""NDJSON: the lines, one after the other, each with a line end. In full they are the recorded bytes."""

from collections.abc import Iterator
from pathlib import Path

from gateway.export._appended import Appended
from gateway.export._formats import Mark, State
from gateway.export._source import Export, Page

FILE = "events.ndjson"


class NdjsonWriter:
    """Writes `events.ndjson`."""

    def __init__(self, folder: Path, state: State | None) -> None:
        self._file = Appended(folder / FILE, state["size"] if state else 0)
        self._position = 0

    def write(self, page: Page) -> None:
        """Add the lines of a page."""
        self._file.add(_joined(page))
        self._position = page.upto

    def checkpoint(self) -> Mark:
        """Everything so far."""
        self._file.sync()
        return Mark(self._position, {"size": self._file.size})

    def finish(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()


def writer(_export: Export, folder: Path, state: State | None) -> NdjsonWriter:
    """What writes its file."""
    return NdjsonWriter(folder, state)


def stream(export: Export) -> Iterator[bytes]:
    """The lines, a page at a time."""
    return (_joined(page) for page in export.pages())


def _joined(page: Page) -> bytes:
    return b"\n".join([*page.lines, b""])
