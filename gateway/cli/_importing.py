"""What `sporbar import` does: files of lines, what their manifests say of them, and the ledger that they become."""

import re
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import orjson
from eventsourcing.persistence import OperationalError

from events._codec import SOURCE_PREFIX
from events.ledger.restore import NotEmpty, OtherLine, Restore, RestoreRefused, UnfitLine, restoring
from gateway.auth.actor import PRACTICE_ID
from gateway.cli._lines import STANDARD_INPUT, Lines, opened
from gateway.export._manifest import FILE as MANIFEST
from gateway.export._ndjson import FILE as EVENTS
from gateway.export._question import Redaction

Progress = Callable[[str, int, int], None]
"""Told of the practice, the lines taken and those to come."""

_ROOT = re.compile(r"[0-9a-f]{64}")
_ANEW = "add --anew to begin with line 1 of another"


class ImportRefused(Exception):
    """These files cannot be imported; the message is one line that says what to do."""


@dataclass(frozen=True, slots=True)
class Imported:
    """What an import came to."""

    practice: str
    size: int
    root: bytes
    compared: bool
    """Whether somebody had told the root."""
    new: bool
    """False when the ledger had all of it already."""


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says of the file beside it."""

    path: Path
    practice: str
    first: int
    last: int
    root: bytes

    @classmethod
    def read(cls, path: Path) -> "Manifest":
        """Read it; raises ImportRefused for one of another kind of export, and for one that is none."""
        try:
            told = orjson.loads(path.read_bytes())
            itself = cls(path, told["practice"], int(told["from"]), int(told["to"]), bytes.fromhex(told["root"]))
            kind, redaction, types, count = told["format"], told["redaction"], told["types"], int(told["count"])
        except OSError as error:
            raise ImportRefused(f"cannot read {path}: {error.strerror}") from error
        except (ValueError, KeyError, TypeError) as error:
            raise ImportRefused(f"{path} is not the manifest of an export; name the right one by --manifest") from error
        if kind != "ndjson":
            raise ImportRefused(f"{path} tells of an export as {kind}: only one as ndjson holds the lines")
        if redaction != Redaction.FULL:
            raise ImportRefused(
                f"{path} tells of a {redaction} export: its lines are not those that were recorded. Export with --redaction full"
            )
        if types:
            raise ImportRefused(f"{path} tells of an export of some event types: a ledger is restored from all. Export without --type")
        if count != itself.last - itself.first + 1:
            raise ImportRefused(f"{path} tells of {count} events between positions {itself.first} and {itself.last}: it was changed")
        return itself


@dataclass(frozen=True, slots=True)
class Part:
    """One file, and its manifest if it has one."""

    path: Path
    manifest: Manifest | None


def parts_of(files: Sequence[Path], manifest: Path | None) -> list[Part]:
    """Files with the manifests beside them; an export's folder stands for its events. Raises ImportRefused."""
    if manifest is not None and len(files) > 1:
        raise ImportRefused("--manifest tells of one file: with several, each has its own manifest.json beside it")
    parts = []
    for file in files:
        path = file / EVENTS if file.is_dir() else file
        beside = path.with_name(MANIFEST)
        if manifest is None and path != STANDARD_INPUT and beside.is_file():
            parts.append(Part(path, Manifest.read(beside)))
        else:
            parts.append(Part(path, Manifest.read(manifest) if manifest else None))
    return parts


def root_of(given: str | None) -> bytes | None:
    """The root that was given on the command line; raises ImportRefused."""
    if given is None:
        return None
    if not _ROOT.fullmatch(given.lower()):
        raise ImportRefused("--root takes the 64 hexadecimal digits that `sporbar verify` prints")
    return bytes.fromhex(given)


def import_files(url: str, parts: Sequence[Part], *, practice: str | None, root: bytes | None, anew: bool, progress: Progress) -> Imported:
    """Make the lines of these files the ledger of the practice that they name; goes on where an import was broken off.

    Raises ImportRefused, RestoreRunning; then nothing is recorded, and what was kept aside is there to go on from, unless
    it is known not to be what the manifest or `root` tells of.
    """
    with ExitStack() as stack:
        files = [stack.enter_context(opened(part.path)) for part in parts]
        lines = iter(files[0])
        first = next(lines, None)
        if first is None:
            raise ImportRefused(f"{files[0].name} holds no lines")
        restore = stack.enter_context(restoring(url, _ledger(first, files[0].name, practice, parts)))
        if anew:
            restore.discard()
        sources: list[Iterable[bytes]] = [chain([first], lines), *files[1:]]
        for part, file, its_lines in zip(parts, files, sources, strict=True):
            _take(restore, part, file, its_lines, progress)
        known = root or (parts[-1].manifest.root if parts[-1].manifest else None)
        return Imported(restore.ledger, restore.position, restore.root, known is not None, _finish(restore, known))


def _ledger(line: bytes, file: str, practice: str | None, parts: Sequence[Part]) -> str:
    """The ledger that a line says it is of, if everybody agrees."""
    try:
        source = str(orjson.loads(line)["source"])
    except (ValueError, KeyError, TypeError):
        raise ImportRefused(f"{file} line 1: it is no CloudEvents line in JSON; an export as ndjson has one on each line") from None
    ledger = source.removeprefix(SOURCE_PREFIX)
    if ledger == source or not re.fullmatch(f"{PRACTICE_ID}(/access)?", ledger):
        raise ImportRefused(f"{file} line 1: its source is {source[:80]}, not {SOURCE_PREFIX} and the id of a practice")
    if practice is not None and practice != ledger:
        raise ImportRefused(
            f"{file} holds the lines of {ledger}, not of {practice}: the name stands in every line, and with another one they would be "
            f"other bytes with another root. Import it as {ledger}"
        )
    for manifest in (part.manifest for part in parts):
        if manifest is not None and manifest.practice != ledger:
            raise ImportRefused(f"{manifest.path} tells of {manifest.practice}, and {file} holds the lines of {ledger}")
    return ledger


def _take(restore: Restore, part: Part, file: Lines, lines: Iterable[bytes], progress: Progress) -> None:
    start, manifest = restore.position, part.manifest
    if manifest is not None and manifest.first != start + 1:
        raise ImportRefused(
            f"{manifest.path} tells of positions {manifest.first} and after, and {start + 1} should follow: "
            "name the files of all positions, from 1 on and in their order"
        )
    try:
        restore.take(lines, lambda position: progress(restore.ledger, position, start + file.expected()))
    except UnfitLine as error:
        raise ImportRefused(_unfit(error, file.name, start, restore)) from error
    except NotEmpty as error:
        raise ImportRefused(f"{error}. Nothing was changed; import into another database") from error
    except OperationalError as error:
        raise ImportRefused(_gone(error)) from error
    if manifest is not None:
        _compare(manifest, file.name, restore)


def _unfit(error: UnfitLine, file: str, start: int, restore: Restore) -> str:
    where = f"{file} line {error.position - start}: {error.what}. Nothing is recorded"
    if isinstance(error, OtherLine):
        return f"{where}; give the file of the unfinished import again, or {_ANEW}"
    kept = f"positions 1 to {restore.kept} are kept aside" if restore.kept else "nothing is kept aside"
    return f"{where}, {kept}; give the right file to go on, or {_ANEW}"


def _compare(manifest: Manifest, file: str, restore: Restore) -> None:
    if restore.position != manifest.last:
        what = f"{file} ends with position {restore.position}, and {manifest.path} tells of {manifest.last}: it was cut or added to"
        if restore.position > manifest.last:
            raise _unlike(what, restore)
        raise ImportRefused(f"{what}. Nothing is recorded; give the right file to go on, or {_ANEW}")
    if restore.root != manifest.root:
        told = f"{manifest.path} tells of {manifest.root.hex()}: one of them was changed"
        raise _unlike(f"{file} comes to root {restore.root.hex()}, and {told}", restore)


def _unlike(what: str, restore: Restore) -> ImportRefused:
    """The lines are not those that were told of: kept any longer, they would be in the way of the right ones."""
    restore.discard()
    return ImportRefused(f"{what}. Nothing is recorded, and nothing is kept aside; find out which of them is wrong, and give the right one")


def _finish(restore: Restore, root: bytes | None) -> bool:
    if root is not None and root != restore.root:
        raise _unlike(f"the {restore.position} lines have root {restore.root.hex()}, not {root.hex()}", restore)
    try:
        return restore.finish(root)
    except NotEmpty as error:
        raise ImportRefused(f"{error}. Nothing was changed; import into another database") from error
    except OperationalError as error:
        raise ImportRefused(_gone(error)) from error
    except RestoreRefused as error:
        raise ImportRefused(f"{error}. Nothing is recorded; give the right files to go on, or {_ANEW}") from error


def _gone(error: Exception) -> str:
    return f"the database went away ({str(error).partition(chr(10))[0]}): give the same command again to go on"
