"""Exports as files: whole or not there, to be gone on with, the same bytes for the same question."""

import hashlib
import resource
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import orjson
import pytest

from events.ledger.merkle import Frontier, leaf_hash
from events.ledger.verify import verify
from gateway.export import Source
from gateway.export._errors import ExportRefused
from gateway.export._folder import STATE, export_to, part_of
from gateway.export._formats import FORMATS, Format
from gateway.export._question import Asked, Redaction
from tests.export.conftest import PRACTICE, Generated

NDJSON, CSV = FORMATS["ndjson"], FORMATS["csv"]
FULL = Asked(PRACTICE, redaction=Redaction.FULL)
HIDDEN = Asked(PRACTICE)


class Stopped(BaseException):
    """The export was stopped, as by Ctrl-C."""


def stop_after(pages: int) -> Callable[[int, int], None]:
    told = count(1)

    def tell(_done: int, _of: int) -> None:
        if next(told) == pages:
            raise Stopped

    return tell


def contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def refused(code: str) -> Any:
    return pytest.raises(ExportRefused, match=f" {code} ")


def test_ndjson_in_full_is_the_recorded_bytes(generated: Generated, tmp_path: Path) -> None:
    told = export_to(tmp_path / "out", generated.source, FULL, NDJSON)
    written = (tmp_path / "out" / "events.ndjson").read_bytes()
    assert written == b"".join(line + b"\n" for line in generated.lines)
    tree = Frontier()
    for line in written.splitlines():
        tree.append(leaf_hash(line))
    assert told["root"] == tree.root().hex()
    assert set(contents(tmp_path / "out")) == {"events.ndjson", "manifest.json"}
    assert not part_of(tmp_path / "out").exists()


def test_the_manifest_says_what_is_exported(generated: Generated, tmp_path: Path) -> None:
    asked = Asked.of(PRACTICE, "11", "90", [], "full")
    export_to(tmp_path / "out", generated.source, asked, NDJSON)
    told = orjson.loads((tmp_path / "out" / "manifest.json").read_bytes())
    lines = [orjson.loads(line) for line in generated.lines[10:90]]
    tree = Frontier()
    for line in generated.lines[:90]:
        tree.append(leaf_hash(line))
    assert told["root"] == tree.root().hex()
    assert (told["format"], told["practice"], told["from"], told["to"], told["count"]) == ("ndjson", PRACTICE, 11, 90, 80)
    assert (told["firstTime"], told["lastTime"]) == (lines[0]["time"], lines[-1]["time"])
    assert (told["redaction"], told["types"]) == ("full", [])
    assert {type_: one["count"] for type_, one in told["schemas"].items()} == {
        type_: sum(line["type"] == type_ for line in lines) for type_ in sorted({line["type"] for line in lines})
    }
    content = (tmp_path / "out" / "events.ndjson").read_bytes()
    assert told["files"] == {"events.ndjson": {"bytes": len(content), "sha256": hashlib.sha256(content).hexdigest()}}


@pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda format_: format_.name)
def test_a_manifest_says_how_to_go_on_where_one_can(generated: Generated, tmp_path: Path, format_: Format) -> None:
    told = export_to(tmp_path / "out", generated.source, Asked(PRACTICE, until=3), format_)
    assert ("resume" in told) is format_.resumes


def test_the_root_of_a_whole_record_is_that_of_the_proof(generated: Generated) -> None:
    with generated.database.connect() as connection:
        assert generated.source.ask(HIDDEN).summary.root == verify(connection, PRACTICE).root


@pytest.mark.parametrize(
    ("format_", "asked"),
    [(format_, asked) for format_ in FORMATS.values() for asked in (HIDDEN, FULL) if asked is HIDDEN or not format_.only_pseudonymised],
    ids=lambda told: told.name if isinstance(told, Format) else told.redaction.value,
)
def test_the_same_question_gives_the_same_bytes_in_any_pages_and_after_a_break(
    generated: Generated, tmp_path: Path, format_: Format, asked: Asked
) -> None:
    whole, again, broken = (tmp_path / name for name in ("whole", "again", "broken"))
    export_to(whole, generated.source, asked, format_)
    other_pages = Source(generated.source.connect, generated.source.secret, page=333)
    export_to(again, other_pages, asked, format_)
    assert contents(again) == contents(whole)
    with pytest.raises(Stopped):
        export_to(broken, generated.source, asked, format_, progress=stop_after(3))
    with pytest.raises(Stopped):
        after_a_break(broken, generated, asked, format_, progress=stop_after(30))
    assert not broken.exists()
    after_a_break(broken, generated, asked, format_)
    assert contents(broken) == contents(whole)


def after_a_break(folder: Path, generated: Generated, asked: Asked, format_: Format, **options: Any) -> None:
    """Do as the documentation says: go on, or begin anew where the format does not."""
    if not format_.resumes:
        for resume in (True, False):
            with refused("export.begins_anew"):
                export_to(folder, generated.source, asked, format_, resume=resume)
        shutil.rmtree(part_of(folder))
    export_to(folder, generated.source, asked, format_, resume=format_.resumes, **options)


def test_a_resumed_export_does_not_begin_again(generated: Generated, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        export_to(tmp_path / "out", generated.source, FULL, NDJSON, progress=stop_after(40))
    state = orjson.loads((part_of(tmp_path / "out") / STATE).read_bytes())
    assert state["position"] == 25 * 20
    told: list[int] = []
    export_to(tmp_path / "out", generated.source, FULL, NDJSON, resume=True, progress=lambda done, _of: told.append(done))
    assert told[0] == 26 * 20


def test_a_question_keeps_its_end_over_a_break(generated: Generated, tmp_path: Path) -> None:
    with pytest.raises(Stopped):
        export_to(tmp_path / "out", generated.source, HIDDEN, NDJSON, progress=stop_after(1))
    state = part_of(tmp_path / "out") / STATE
    told = orjson.loads(state.read_bytes())
    assert told["upto"] == len(generated.lines)
    state.write_bytes(orjson.dumps(told | {"upto": 100}))
    assert export_to(tmp_path / "out", generated.source, HIDDEN, NDJSON, resume=True)["to"] == 100


def test_what_was_broken_off_is_neither_overwritten_nor_mixed(generated: Generated, tmp_path: Path) -> None:
    out = tmp_path / "out"
    with refused("export.nothing_to_resume"):
        export_to(out, generated.source, FULL, NDJSON, resume=True)
    with pytest.raises(Stopped):
        export_to(out, generated.source, FULL, NDJSON, progress=stop_after(1))
    before = contents(part_of(out))
    with refused("export.broken_off"):
        export_to(out, generated.source, FULL, NDJSON)
    other_key = Source(generated.source.connect, b"y" * 32, page=20)
    for source, asked, format_ in (
        (generated.source, HIDDEN, NDJSON),
        (generated.source, FULL, CSV),
        (generated.source, Asked.of(PRACTICE, "2", None, [], "full"), NDJSON),
        (generated.source, Asked("havnegata", redaction=Redaction.FULL), NDJSON),
        (other_key, FULL, NDJSON),
    ):
        with refused("export.other_export"):
            export_to(out, source, asked, format_, resume=True)
    assert contents(part_of(out)) == before
    (part_of(out) / STATE).write_bytes(b"{")
    with refused("export.state"):
        export_to(out, generated.source, FULL, NDJSON, resume=True)
    assert not out.exists()


def test_what_was_broken_off_before_it_had_begun_is_gone_on_with(generated: Generated, tmp_path: Path) -> None:
    out = tmp_path / "out"
    part_of(out).mkdir()
    (part_of(out) / f"{STATE}.new").write_bytes(b"{")
    export_to(out, generated.source, FULL, NDJSON, resume=True)
    assert set(contents(out)) == {"events.ndjson", "manifest.json"}
    (tmp_path / "other.part").mkdir()
    (tmp_path / "other.part" / "mine").touch()
    with refused("export.state"):
        export_to(tmp_path / "other", generated.source, FULL, NDJSON, resume=True)


def test_nobody_writes_beside_a_running_export(generated: Generated, tmp_path: Path) -> None:
    tried: list[int] = []

    def try_too(_done: int, _of: int) -> None:
        if not tried:
            with refused("export.running"):
                export_to(tmp_path / "out", generated.source, FULL, NDJSON, resume=True)
            tried.append(1)

    export_to(tmp_path / "out", generated.source, FULL, NDJSON, progress=try_too)
    assert tried


@pytest.mark.parametrize("taken", ["file", "folder", "link"])
def test_what_is_there_stays(generated: Generated, tmp_path: Path, taken: str) -> None:
    out = tmp_path / "out"
    if taken == "file":
        out.write_text("mine")
    elif taken == "folder":
        out.mkdir()
        (out / "mine").write_text("mine")
    else:
        (tmp_path / "elsewhere").mkdir()
        out.symlink_to(tmp_path / "elsewhere")
    with refused("export.folder_taken"):
        export_to(out, generated.source, FULL, NDJSON)
    assert not part_of(out).exists()


@pytest.mark.parametrize("format_", [NDJSON, FORMATS["ocel-json"]], ids=lambda format_: format_.name)
@pytest.mark.parametrize("resume", [False, True])
def test_a_file_where_it_is_written_first_is_in_the_way(generated: Generated, tmp_path: Path, format_: Format, resume: bool) -> None:
    part = part_of(tmp_path / "out")
    part.write_text("mine")
    with refused("export.part_taken"):
        export_to(tmp_path / "out", generated.source, HIDDEN, format_, resume=resume)
    assert part.read_text() == "mine"


def test_an_empty_folder_may_be_named(generated: Generated, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    export_to(tmp_path / "out", generated.source, FULL, NDJSON)
    assert (tmp_path / "out" / "manifest.json").exists()


@contextmanager
def no_file_larger_than(size: int) -> Iterator[None]:
    """As a full disk: a write beyond it fails with OSError."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


@pytest.mark.parametrize("format_", FORMATS.values(), ids=lambda format_: format_.name)
def test_a_disk_that_is_full_leaves_what_can_be_gone_on_with(generated: Generated, tmp_path: Path, format_: Format) -> None:
    whole, out = tmp_path / "whole", tmp_path / "out"
    export_to(whole, generated.source, HIDDEN, format_)
    largest = max(len(content) for content in contents(whole).values())
    with no_file_larger_than(largest * 3 // 4), pytest.raises(OSError):
        export_to(out, generated.source, HIDDEN, format_)
    assert not out.exists()
    after_a_break(out, generated, HIDDEN, format_)
    assert contents(out) == contents(whole)
