"""CSV (RFC 4180): one file a type, its columns those of the event class.

A text gets an apostrophe where a spreadsheet could take what follows for a formula: in front, and behind whatever a
spreadsheet may take for the end of a cell. Where the separator is `;` or a tab, the quotes around a text that holds one
do not keep it together, since they do not stand at the beginning of a cell. Whoever reads the file with a program takes
those apostrophes away (docs/exports.md) and has the text as it was recorded. Lists stay JSON. What is null or
left out is empty.
"""

import csv
import re
from collections.abc import Iterable, Iterator
from io import StringIO
from pathlib import Path
from typing import Any

import orjson

from events._registry import event_types, load_all, todays, todays_name
from gateway.export._appended import Appended
from gateway.export._columns import ENVELOPE, Column, columns
from gateway.export._errors import ExportRefused
from gateway.export._formats import Mark, State
from gateway.export._question import Redaction, stored_types
from gateway.export._source import Export, Page

_BLANKS = r"[^\S\t\r\n]*"
_FORMULA = "-=+@＝＋－＠'"
"""What a formula may begin with, as OWASP lists it, and the apostrophe that takes it off."""
_IN_FRONT = re.compile(rf"{_BLANKS}[{_FORMULA}\t\r\n]")
_APART = re.compile(rf"""[,;\t\r\n](?={_BLANKS}[{_FORMULA}\t])|[;\t\r\n](?={_BLANKS}(?:"|\Z))""")
"""What may end a cell, before what may be a formula or, as a quote may, put other cells together."""


class CsvWriter:
    """Writes `<type>.csv` for each type that occurs."""

    def __init__(self, folder: Path, redaction: Redaction, state: State | None) -> None:
        self._folder = folder
        self._tables = Tables(redaction)
        self._position = 0
        self._files: dict[str, Appended] = {}
        sizes: dict[str, int] = state["sizes"] if state else {}
        for path in folder.glob("*.csv"):
            if path.stem not in sizes:
                path.unlink()
        for type_, size in sizes.items():
            self._files[type_] = Appended(self._path(type_), size)

    def write(self, page: Page) -> None:
        """Add each line of a page to the file of its type."""
        for type_, rows in by_type(page.lines).items():
            if type_ not in self._files:
                self._files[type_] = Appended(self._path(type_))
                self._files[type_].add(self._tables.header(type_))
            self._files[type_].add(self._tables.rows(type_, rows))
        self._position = page.upto

    def checkpoint(self) -> Mark:
        """Everything so far."""
        for file in self._files.values():
            file.sync()
        return Mark(self._position, {"sizes": {type_: file.size for type_, file in sorted(self._files.items())}})

    def finish(self) -> None:
        """Nothing is left to do."""

    def close(self) -> None:
        """Let go of the files."""
        for file in self._files.values():
            file.close()

    def _path(self, type_: str) -> Path:
        return self._folder / f"{type_}.csv"


class Tables:
    """Rows of each type as CSV."""

    def __init__(self, redaction: Redaction) -> None:
        load_all()
        self._types = event_types()
        self._redaction = redaction

    def header(self, type_: str) -> bytes:
        """The names of the columns."""
        return _csv([[*ENVELOPE, *(column.name for column in self._columns(type_))]])

    def rows(self, type_: str, lines: Iterable[dict[str, Any]]) -> bytes:
        """The rows of lines of one type."""
        wanted = self._columns(type_)
        envelope = tuple(ENVELOPE.values())
        return _csv(
            [*(_cell(line.get(name)) for name in envelope), *(_cell(column.of(line["data"])) for column in wanted)] for line in lines
        )

    def _columns(self, type_: str) -> tuple[Column, ...]:
        return columns(self._types[type_], self._redaction)


def by_type(lines: Iterable[bytes]) -> dict[str, list[dict[str, Any]]]:
    """Lines by today's name of their type, in today's form."""
    found: dict[str, list[dict[str, Any]]] = {}
    for stored in lines:
        line: dict[str, Any] = orjson.loads(stored)
        line["type"], line["data"] = todays(line["type"], line["data"])
        found.setdefault(line["type"], []).append(line)
    return found


def writer(export: Export, folder: Path, state: State | None) -> CsvWriter:
    """What writes its files."""
    return CsvWriter(folder, export.question.redaction, state)


def stream(export: Export) -> Iterator[bytes]:
    """The table of the one type that is asked for; raises ExportRefused where it is not one."""
    types = {todays_name(stored) for stored in stored_types(export.question.types)}
    if len(types) != 1:
        raise ExportRefused(422, "export.one_type")
    return _stream(export, types.pop())


def _stream(export: Export, type_: str) -> Iterator[bytes]:
    tables = Tables(export.question.redaction)
    yield tables.header(type_)
    for page in export.pages():
        yield b"".join(tables.rows(type_, rows) for rows in by_type(page.lines).values())


def _csv(rows: Iterable[list[Any]]) -> bytes:
    out = StringIO()
    csv.writer(out, lineterminator="\r\n").writerows(rows)
    return out.getvalue().encode()


def _cell(value: Any) -> str | int | float | None:
    if type(value) is str:
        return _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | dict):
        return _text(orjson.dumps(value).decode())
    number: int | float | None = value
    return number


def _text(value: str) -> str:
    if value[:1].isalnum() and not ("," in value or ";" in value or "\n" in value or "\r" in value or "\t" in value):
        return value  # nearly all are such, and this is seen in an eighth of the time
    apart = _APART.sub(r"\g<0>'", value)
    return f"'{apart}" if _IN_FRONT.match(value) else apart
