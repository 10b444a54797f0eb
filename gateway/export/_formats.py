'''The formats that exports come in.

To add one, write a module with these two functions and enter it in `FORMATS`. The module is imported when its format is
asked for, so it may import what takes long.

    def writer(export: Export, folder: Path, state: State | None) -> Writer:
        """What writes its files into `folder`; `state` is that of an earlier `Mark`, or None to begin.

        With a state, `write` is next called with what comes behind the mark's position: cut every file back to what
        the mark says, and remove what it does not know of.
        """

    def stream(export: Export) -> Iterator[bytes]:
        """The download: its parts, in one piece of `Format.media_type`, some 1 MiB each.

        It runs in a thread and may be closed at any `yield`: clean up in `finally`. Where there is nothing to send for
        longer than a page takes, empty parts let a client that has gone, or whose right has ended, be noticed. What
        cannot be streamed raises ExportRefused before the first part.
        """

`export.question` tells what is asked for, `export.summary` what it holds as a whole (count, types, times, root),
`export.pages()` gives the lines, `gateway.export._columns.columns(event_class, redaction)` the flat columns of a type.
Same question, same bytes: no wall clock, no random name, no order of a set; and where a page ends must not show, since
a resumed export has other pages. Files are named by positions, types and days, never by what people wrote.

`gateway.export._folder` does the rest: the files become visible all at once under their final names, or not at all; they
are synchronised to the disk, hashed and listed in manifest.json.
'''

from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol, cast

from gateway.export._errors import ExportRefused
from gateway.export._question import Redaction
from gateway.export._source import Export, Page

State = dict[str, Any]
"""What a writer needs to go on, as JSON."""


@dataclass(frozen=True, slots=True)
class Mark:
    """A place from which a broken-off export can go on."""

    position: int
    """Everything up to here is on the disk, as `state` says."""
    state: State


class Writer(Protocol):
    """Writes the files of an export. Its methods raise OSError when the disk does."""

    def write(self, page: Page) -> None:
        """Take in the next page."""

    def checkpoint(self) -> Mark | None:
        """Bring what was taken in to the disk (fsync) and say where one could go on; None where nothing has been gained."""

    def finish(self) -> None:
        """Complete every file; called once, after the last page."""

    def close(self) -> None:
        """Let go of whatever is open; called at the end of every try, finished or not."""


class FormatModule(Protocol):
    """A module that implements a format; see the docstring of this one."""

    def writer(self, export: Export, folder: Path, state: State | None) -> Writer:
        """What writes its files."""

    def stream(self, export: Export) -> Iterator[bytes]:
        """The download."""


@dataclass(frozen=True, slots=True)
class Format:
    """A format that exports come in."""

    name: str
    media_type: str
    """Of the download."""
    suffix: str
    """Of the download's file name, without the dot."""
    module: str
    only_pseudonymised: bool = False
    """Whether nobody is told of by name in it, whatever is asked for."""
    resumes: bool = True
    """Whether an export goes on where it, or an earlier one, ended."""

    def require(self, redaction: Redaction) -> None:
        """Raise ExportRefused (422) for a redaction that it does not come in."""
        if self.only_pseudonymised and redaction is not Redaction.PSEUDONYMISED:
            raise ExportRefused(422, "export.only_pseudonymised", format=self.name)

    def require_resumable(self) -> None:
        """Raise ExportRefused (422) where no export goes on from an earlier one."""
        if not self.resumes:
            raise ExportRefused(422, "export.resume.format", format=self.name)

    def load(self) -> FormatModule:
        """The module that implements it."""
        return cast("FormatModule", import_module(self.module))


FORMATS = {
    format_.name: format_
    for format_ in (
        Format("ndjson", "application/x-ndjson", "ndjson", "gateway.export._ndjson"),
        Format("csv", "text/csv; charset=utf-8; header=present", "csv", "gateway.export._csv"),
        Format("parquet", "application/x-tar", "tar", "gateway.export._parquet"),
        Format("ocel-json", "application/json", "ocel.json", "gateway.export._ocel_json", only_pseudonymised=True, resumes=False),
        Format(
            "ocel-sqlite", "application/vnd.sqlite3", "ocel.sqlite", "gateway.export._ocel_sqlite", only_pseudonymised=True, resumes=False
        ),
    )
}
"""By name."""


def format_named(name: str) -> Format:
    """A format by its name; raises ExportRefused (404) for one that there is not."""
    try:
        return FORMATS[name]
    except KeyError:
        raise ExportRefused(404, "export.format", given=name[:100], expected=list(FORMATS)) from None
