"""Files of lines, plain or compressed, read one line at a time."""

import gzip
import sys
import zlib
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from io import BufferedReader, RawIOBase
from pathlib import Path
from typing import IO, cast

import zstandard

from events.ledger.restore import LONGEST

STANDARD_INPUT = Path("-")
_GZIP, _ZSTD = b"\x1f\x8b", b"\x28\xb5\x2f\xfd"
_BUFFER = 1 << 20


class DamagedFile(Exception):
    """A file cannot be read to its end; the message says which one and why."""


class Lines:
    """The lines of one file, without their line ends; what is longer than a line may be comes in pieces."""

    def __init__(self, name: str, raw: BufferedReader, content: IO[bytes], size: int) -> None:
        self.name = name
        self._raw = raw
        self._content = content
        self._size = size
        self._number = 0

    def __iter__(self) -> Iterator[bytes]:
        try:
            while line := self._content.readline(LONGEST + 1):
                self._number += 1
                yield line[:-1] if line.endswith(b"\n") else line
        except (OSError, EOFError, zlib.error, zstandard.ZstdError) as error:
            raise DamagedFile(f"{self.name} cannot be read behind line {self._number}: {error}") from error

    def expected(self) -> int:
        """How many lines there will be, judged by what is read; the number read where nobody knows the file's size."""
        read = self._raw.tell() if self._size else 0
        return max(self._number, round(self._number * self._size / read)) if read else self._number


@contextmanager
def opened(path: Path) -> Iterator[Lines]:
    """The lines of a file, or of standard input for `-`; gzip and Zstandard are told by their first bytes."""
    with ExitStack() as stack:
        if path == STANDARD_INPUT:
            name, raw, size = "standard input", cast(BufferedReader, sys.stdin.buffer), 0
        else:
            raw = stack.enter_context(_open(path))
            name, size = str(path), path.stat().st_size
        yield Lines(name, raw, stack.enter_context(_decompressed(raw)), size)


def _open(path: Path) -> BufferedReader:
    try:
        return BufferedReader(path.open("rb", buffering=0), _BUFFER)
    except OSError as error:
        raise DamagedFile(f"cannot read {path}: {error.strerror}") from error


@contextmanager
def _decompressed(raw: BufferedReader) -> Iterator[IO[bytes]]:
    first = raw.peek(len(_ZSTD))
    if first.startswith(_GZIP):
        with gzip.GzipFile(fileobj=raw) as content:
            yield cast(IO[bytes], content)
    elif first.startswith(_ZSTD):
        with zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True, closefd=False) as content:
            yield BufferedReader(cast(RawIOBase, content), _BUFFER)
    else:
        yield raw
