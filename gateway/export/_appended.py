"""A file that is only ever added to, and cut back to where it is known to be whole."""

import os
from pathlib import Path


class Appended:
    """An open file of an export; `size` is what was added so far."""

    def __init__(self, path: Path, size: int = 0) -> None:
        """Open it with its first `size` bytes; what lies behind them is cut off. Raises OSError when it is shorter."""
        self._file = path.open("r+b" if size else "wb", buffering=0)
        if size:
            if self._file.seek(0, os.SEEK_END) < size:
                self._file.close()
                raise OSError(f"{path} is shorter than it was: {size} bytes")
            self._file.truncate(size)
            self._file.seek(size)
        self.size = size

    def add(self, content: bytes) -> None:
        """Write at the end; raises OSError."""
        rest = memoryview(content)
        while rest:
            rest = rest[self._file.write(rest) :]
        self.size += len(content)

    def sync(self) -> None:
        """Wait until the disk has it."""
        os.fsync(self._file.fileno())

    def close(self) -> None:
        """Let go of it."""
        self._file.close()
