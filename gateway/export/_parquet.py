"""Parquet: a dataset a type, partitioned by practice and month, with typed columns and the line beside them.

`type=<type>/practice=<practice>/month=<yyyy-mm>/part-<position>.parquet`, the months those of the recording (UTC), the
position that of the file's first event. What the folders' names say stands in no column, as Hive has it, so every reader
of such folders gives it as one. Each file has one row group of at most `EVENTS` rows. Its bytes follow from the lines and
the version of pyarrow alone.
"""

import hashlib
import os
import re
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from tarfile import BLOCKSIZE, NUL, RECORDSIZE, USTAR_FORMAT, TarInfo
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from gateway.export import _manifest
from gateway.export._arrow import LINE, Tables
from gateway.export._errors import ExportRefused
from gateway.export._formats import Mark, State
from gateway.export._question import Redaction
from gateway.export._source import Export, Page

EVENTS = 2**15
"""Most events that are gathered before files are written of them, and so most rows of a file."""
BYTES = 2**26
"""Bytes of lines after which files are written of fewer."""
_PART = 2**20
_NO_DICTIONARY = frozenset({LINE, "position", "time", "subject"})
_HEAD = re.compile(rb'\{"specversion":"1\.0","id":"(\d+)","source":"[^"]*","type":"([^"]*)","subject":"[^"]*","time":"(\d{4}-\d{2})')


@dataclass(frozen=True, slots=True)
class File:
    """A file of the dataset, whole."""

    path: str
    """Within the export's folder."""
    content: bytes


@dataclass(slots=True)
class Batch:
    """Lines of one month that become files together."""

    month: bytes
    events: int = 0
    size: int = 0
    """Bytes of its lines."""
    last: int = 0
    """Position of its last event."""
    lines: dict[str, list[bytes]] = field(default_factory=dict)
    """By today's name of their type."""
    first: dict[str, int] = field(default_factory=dict)
    """Position of the first event of each type."""


class Batches:
    """Gathers lines and makes files of them: at the end of a month, or when there are enough.

    Where a batch ends follows from the lines behind the end of the one before, and never from pages. Files are made in a
    thread while the next batch is gathered, so there are two batches in memory.
    """

    def __init__(self, practice: str, redaction: Redaction, after: int, most: int = EVENTS) -> None:
        self.upto = after
        """Position up to which everything stands in files."""
        self._practice = practice
        self._most = most
        self._tables = Tables(redaction)
        self._names: dict[bytes, str] = {}
        self._batch = Batch(b"", last=after)
        self._maker = ThreadPoolExecutor(1, thread_name_prefix="parquet")
        self._made: Future[list[File]] | None = None
        self._made_upto = after

    def take(self, lines: Iterable[bytes]) -> Iterator[File]:
        """Gather lines; gives the files that they complete. Raises UnknownEventType, ExportRefused (500)."""
        for line in lines:
            head = _HEAD.match(line)
            batch = self._batch
            if head is None:
                raise self._unreadable(batch.last + 1, batch.last + 1)
            position, stored, month = head.groups()
            if batch.events == self._most or batch.size >= BYTES or month != batch.month:
                yield from self._next(Batch(month))
                batch = self._batch
            batch.last = int(position)
            type_ = self._names.get(stored) or self._named(stored, line)
            if type_ in batch.lines:
                batch.lines[type_].append(line)
            else:
                batch.lines[type_] = [line]
                batch.first[type_] = batch.last
            batch.events += 1
            batch.size += len(line)

    def complete(self) -> Iterator[File]:
        """The files of everything that was taken and not given yet."""
        yield from self._next(Batch(b""))
        yield from self._next(Batch(b""))

    def close(self) -> None:
        """Wait for files that are being made, and give them to nobody."""
        self._maker.shutdown()

    def _next(self, batch: Batch) -> Iterator[File]:
        """Begin with a batch, and with the files of the one so far; gives those of the one before."""
        made, upto = self._made, self._made_upto
        if self._batch.events:
            self._made, self._made_upto = self._maker.submit(self._files, self._batch), self._batch.last
        else:
            self._made = None
        self._batch = batch
        if made is not None:
            yield from made.result()
            self.upto = upto

    def _files(self, batch: Batch) -> list[File]:
        return [self._file(type_, batch) for type_ in sorted(batch.lines)]

    def _named(self, stored: bytes, line: bytes) -> str:
        self._names[stored] = self._tables.name(stored.decode(), line)
        return self._names[stored]

    def _file(self, type_: str, batch: Batch) -> File:
        first = batch.first[type_]
        try:
            table = self._tables.table(type_, batch.lines.pop(type_))
        except ValueError:  # ArrowInvalid is one
            raise self._unreadable(first, batch.last) from None
        folder = f"type={type_}/practice={self._practice}/month={batch.month.decode()}"
        return File(f"{folder}/part-{first:012}.parquet", as_parquet(table))

    def _unreadable(self, first: int, last: int) -> ExportRefused:
        return ExportRefused(500, "export.unreadable", practice=self._practice, first=first, last=last)


def as_parquet(table: pa.Table) -> bytes:
    """The bytes of a Parquet file with one row group."""
    out = BytesIO()
    repeating = [field.name for field in table.schema if field.name not in _NO_DICTIONARY]
    pyarrow.parquet.write_table(
        table,
        out,
        row_group_size=max(1, table.num_rows),
        compression="zstd",
        use_dictionary=repeating,
        write_statistics=[field.name for field in table.schema if field.name != LINE],
        store_schema=False,
    )
    return out.getvalue()


class ParquetWriter:
    """Writes the files of the dataset as they become complete."""

    def __init__(self, export: Export, folder: Path, state: State | None) -> None:
        after = state["position"] if state else export.question.after
        self._folder = folder
        self._marked = after
        self._new: list[Path] = []  # within the folder; not known to be on the disk
        self._batches = Batches(export.question.practice, export.question.redaction, after)
        for path in folder.rglob("part-*.parquet"):
            if int(path.stem.removeprefix("part-")) > after:
                path.unlink()
        for directory in sorted(folder.rglob("*=*"), reverse=True):
            if not any(directory.iterdir()):
                directory.rmdir()

    def write(self, page: Page) -> None:
        """Write the files that the page completes."""
        self._write(self._batches.take(page.lines))

    def checkpoint(self) -> Mark | None:
        """Everything up to the end of the last batch; nothing while it is the same."""
        if self._batches.upto == self._marked:
            return None
        for path in (*self._new, *{above for file in self._new for above in file.parents}):
            _sync(self._folder / path)
        self._new.clear()
        self._marked = self._batches.upto
        return Mark(self._marked, {"position": self._marked})

    def finish(self) -> None:
        """Write what is left."""
        self._write(self._batches.complete())

    def close(self) -> None:
        """Let go of what is being made."""
        self._batches.close()

    def _write(self, files: Iterable[File]) -> None:
        for file in files:
            path = Path(file.path)
            (self._folder / path).parent.mkdir(parents=True, exist_ok=True)
            (self._folder / path).write_bytes(file.content)
            self._new.append(path)


def writer(export: Export, folder: Path, state: State | None) -> ParquetWriter:
    """What writes its files."""
    return ParquetWriter(export, folder, state)


def stream(export: Export) -> Iterator[bytes]:
    """The same files as a tar archive (POSIX ustar), each when it is complete; `manifest.json` is the last of them."""
    waiting, size = [], 0
    for part in _archive(export):
        waiting.append(part)
        size += len(part)
        if size >= _PART:
            yield b"".join(waiting)
            waiting, size = [], 0
    yield b"".join(waiting)


def _archive(export: Export) -> Iterator[bytes]:
    listed: dict[str, Any] = {}
    size = 0
    for file in _files(export):
        listed[file.path] = {"bytes": len(file.content), "sha256": hashlib.sha256(file.content).hexdigest()}
        part = _archived(file)
        size += len(part)
        yield part
    told = _manifest.manifest(export, "parquet") | {"files": dict(sorted(listed.items()))}
    last = _archived(File(_manifest.FILE, _manifest.as_json(told)))
    end = 2 * BLOCKSIZE
    yield last + NUL * (end + -(size + len(last) + end) % RECORDSIZE)


def _files(export: Export) -> Iterator[File]:
    question = export.question
    with closing(Batches(question.practice, question.redaction, question.after)) as batches:
        for page in export.pages():
            yield from batches.take(page.lines)
        yield from batches.complete()


def _archived(file: File) -> bytes:
    about = TarInfo(file.path)
    about.size = len(file.content)
    return about.tobuf(USTAR_FORMAT) + file.content + NUL * (-about.size % BLOCKSIZE)


def _sync(path: Path) -> None:
    opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
