"""An export as a folder of files: all of it under its final name, or nothing.

The files grow in `<folder>.part`, next to `resume.json`, which tells what is asked for and up to where everything is on
the disk. When all is written, synchronised and listed in `manifest.json`, the folder gets its final name in one step.
"""

import fcntl
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from gateway.export import _manifest
from gateway.export._errors import ExportRefused
from gateway.export._formats import Format, Mark
from gateway.export._question import Asked, Question
from gateway.export._source import Export, Source

STATE = "resume.json"
PAGES = 25
"""Pages from one checkpoint to the next."""

Progress = Callable[[int, int], None]
"""Told of the positions gone through and of how many there are."""


@dataclass(frozen=True, slots=True)
class Begun:
    """An export under way."""

    export: Export
    mark: Mark | None
    """Where it was broken off, as its `resume.json` tells; None for a new one."""


def export_to(
    folder: Path,
    source: Source,
    asked: Asked,
    format_: Format,
    *,
    resume: bool = False,
    progress: Progress = lambda _done, _of: None,
    naming: Callable[[], None] = lambda: None,
) -> dict[str, Any]:
    """Write an export, or go on with one that was broken off; gives its manifest.

    `naming` is called when all is written, just before the folder gets its name; what it raises keeps it from that.
    Raises ExportRefused where the folder is taken, where the format does not come as asked, or where what was broken off
    there is another export; OSError when the disk is full. Whatever ends it early leaves `<folder>.part`, from which it
    can go on if the format does.
    """
    format_.require(asked.redaction)
    folder = folder.absolute()
    part = part_of(folder)
    _require_free(folder)
    _require_part(folder, part, format_, resume=resume)
    begun = None if resume else Begun(source.ask(asked), None)
    part.mkdir(parents=True, exist_ok=resume)
    with _alone(part):
        begun = begun or _take_up(part, source, asked, format_)
        _write(part, begun, asked, format_, progress)
        told = _complete(part, begun.export, format_)
        naming()
        part.rename(folder)
        (folder / STATE).unlink()
        _sync(folder)
        _sync(folder.parent)
    return told


def _require_part(folder: Path, part: Path, format_: Format, *, resume: bool) -> None:
    """What was broken off is there exactly if it is to be gone on with."""
    if part.exists() and not part.is_dir():
        raise ExportRefused(409, "export.part_taken", folder=folder, part=part)
    if resume and not part.exists():
        raise ExportRefused(409, "export.nothing_to_resume", folder=folder, part=part)
    if part.exists() and not format_.resumes:
        raise ExportRefused(409, "export.begins_anew", format=format_.name, part=part)
    if part.exists() and not resume:
        raise ExportRefused(409, "export.broken_off", folder=folder, part=part)


def part_of(folder: Path) -> Path:
    """Where the files of an export are until it is whole."""
    return folder.with_name(folder.name + ".part")


def _write(part: Path, begun: Begun, asked: Asked, format_: Format, progress: Progress) -> None:
    export, question = begun.export, begun.export.question
    mark = begun.mark or Mark(question.after, {})
    _write_state(part, export, asked, format_, mark)
    with closing(format_.load().writer(export, part, mark.state or None)) as writer:
        for number, page in enumerate(export.pages(mark.position), 1):
            writer.write(page)
            if number % PAGES == 0 and (reached := writer.checkpoint()):
                _write_state(part, export, asked, format_, reached)
            progress(page.upto - question.after, question.upto - question.after)
        writer.finish()


def _complete(part: Path, export: Export, format_: Format) -> dict[str, Any]:
    """Bring every file to the disk and list it in the manifest."""
    told = _manifest.manifest(export, format_.name)
    files = sorted(path for path in part.rglob("*") if path.is_file() and path.name not in (_manifest.FILE, STATE))
    told["files"] = {path.relative_to(part).as_posix(): _listed(path) for path in files}
    _write_whole(part / _manifest.FILE, _manifest.as_json(told))
    for directory in (*(path for path in part.rglob("*") if path.is_dir()), part):
        _sync(directory)
    return told


def _listed(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        os.fsync(file.fileno())
        return {"bytes": file.tell(), "sha256": digest}


def _require_free(folder: Path) -> None:
    """A name that nothing has, or an empty folder that can be put aside for the whole one."""
    if not folder.name:
        raise ExportRefused(409, "export.folder_taken", folder=folder)
    if folder.is_symlink() or folder.exists():
        empty = folder.is_dir() and not folder.is_symlink() and not folder.is_mount() and not any(folder.iterdir())
        if not empty:
            raise ExportRefused(409, "export.folder_taken", folder=folder)


@contextmanager
def _alone(part: Path) -> Iterator[None]:
    """Be the only one who writes there; the kernel lets go of the lock however the process ends."""
    lock = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ExportRefused(409, "export.running", part=part) from None
        yield
    finally:
        os.close(lock)


def _take_up(part: Path, source: Source, asked: Asked, format_: Format) -> Begun:
    if all(path.name == f"{STATE}.new" for path in part.iterdir()):
        return Begun(source.ask(asked), None)  # it was broken off before it had begun
    try:
        state = orjson.loads((part / STATE).read_bytes())
        its, mark = state["export"], Mark(state["position"], state["state"])
        question = Question(asked.practice, state["after"], state["upto"], asked.types, asked.redaction)
    except (OSError, ValueError, KeyError, TypeError):
        raise ExportRefused(409, "export.state", part=part) from None
    if its != _words(source, asked, format_):
        raise ExportRefused(409, "export.other_export", part=part, its=_told(its), asked=_told(_words(source, asked, format_)))
    return Begun(Export(source, question), mark)


def _write_state(part: Path, export: Export, asked: Asked, format_: Format, mark: Mark) -> None:
    told = {
        "export": _words(export.source, asked, format_),
        "after": export.question.after,
        "upto": export.question.upto,
        "position": mark.position,
        "state": mark.state,
    }
    _write_whole(part / STATE, orjson.dumps(told))
    _sync(part)


def _words(source: Source, asked: Asked, format_: Format) -> dict[str, Any]:
    """What an export is: the question in words, the format, and whose pseudonyms it has."""
    return {**asked.words(), "format": format_.name, "key": source.key_name}


def _told(words: Any) -> str:
    given = words.items() if isinstance(words, dict) else ()
    return ", ".join(f"{name} {value}" for name, value in given if value not in (None, []))


def _write_whole(path: Path, content: bytes) -> None:
    draft = path.with_name(path.name + ".new")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.rename(path)


def _sync(directory: Path) -> None:
    opened = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)
