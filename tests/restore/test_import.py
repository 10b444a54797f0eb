"""`sporbar import`: an export of a generated practice, in another database, is the practice."""

import gzip
import io
import json
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
import zstandard
from psycopg_pool import ConnectionPool

from events.ledger.recorder import LedgerRecorder, open_ledger
from gateway.application import make_application
from gateway.export import Source
from gateway.export._folder import export_to
from gateway.export._formats import format_named
from gateway.export._question import Asked, Redaction
from gateway.generator._plan import Generated, plan_practice
from gateway.generator._profile import PROFILES
from gateway.generator._simulation import Step
from gateway.generator.run import carry_out
from projections._engine._generation import ensure_generation
from projections._engine._verify import verify_read_models
from projections._engine._worker import catch_up
from tests._database import Database, Postgres
from tests.platform.test_cli import Ended, run
from tests.restore.conftest import module_database
from write_side._application import Outcome
from write_side._decider import By
from write_side._errors import KeyReused

PRACTICE = "fjordgata"


@dataclass(frozen=True)
class Practice:
    """Three months of a practice, and its export."""

    database: Database
    plan: Generated
    folder: Path
    lines: list[bytes]
    root: str

    def export(self, to: Path, **asked: Any) -> Path:
        format_ = asked.pop("format_", "ndjson")
        question = replace(Asked(PRACTICE, redaction=Redaction.FULL), **asked)
        export_to(to, Source(self.database.sync_pool().connection, b"x" * 32), question, format_named(format_))
        return to


@pytest.fixture(scope="module")
def practice(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Practice]:
    for database in module_database(postgres):
        plan = plan_practice(PRACTICE, "Fjordgata legesenter", PROFILES[0], 7, date(2025, 1, 6), date(2025, 4, 1))
        carry_out(database.url, PRACTICE, plan.steps, named, lambda: None)
        ensure_generation(database.url)
        catch_up(database.url)
        made = Practice(database, plan, tmp_path_factory.mktemp("export") / "out", [], "")
        made.export(made.folder)
        told = json.loads((made.folder / "manifest.json").read_bytes())
        yield replace(made, lines=(made.folder / "events.ndjson").read_bytes().splitlines(keepends=True), root=told["root"])


def named(_member: UUID) -> str:
    return "p-1"


def import_(database: Database, *arguments: object) -> Ended:
    return run("import", *map(str, arguments), SPORBAR_DATABASE_URL=database.url)


def refused(database: Database, *arguments: object) -> str:
    """What is said of it; nothing is recorded."""
    ended = import_(database, *arguments)
    assert (ended.returncode, ended.stdout) == (1, "")
    with database.connect() as connection:
        assert connection.execute("SELECT FROM ledger.entry").fetchall() == []
    line, end = ended.stderr.removeprefix("sporbar: ").split("\n")
    assert end == ""
    return line


def test_the_practice_is_the_same(practice: Practice, database: Database, tmp_path: Path) -> None:
    imported = import_(database, practice.folder)
    assert (imported.stderr, imported.stdout) == ("", f"{PRACTICE}: {len(practice.lines):,} events recorded, root {practice.root}\n")
    ensure_generation(database.url)
    assert catch_up(database.url) == len(practice.lines)
    assert read_models(database) == read_models(practice.database)
    assert verify_read_models(database.url).sound
    verified = run("verify", SPORBAR_DATABASE_URL=database.url).stdout
    assert f"{len(practice.lines)} entries, root {practice.root}, sound\n" in verified
    assert re.search(rf"  positions 1 to {len(practice.lines)} were imported \S+ by \w+, their root compared\n", verified)
    again = replace(practice, database=database).export(tmp_path / "again")
    assert (again / "events.ndjson").read_bytes() == b"".join(practice.lines)
    assert import_(database, practice.folder).stdout == f"{PRACTICE}: {len(practice.lines):,} events, all there already\n"


def read_models(database: Database) -> dict[str, list[str]]:
    with database.connect() as connection:
        tables = connection.execute("SELECT relname FROM pg_class WHERE relnamespace = 'read_1'::regnamespace AND relkind = 'r'")
        return {
            table: sorted(row for (row,) in connection.execute(f'SELECT t::text FROM read_1."{table}" AS t'))
            for (table,) in tables.fetchall()
        }


def test_the_generator_finds_its_commands_carried_out(practice: Practice, database: Database) -> None:
    pool = database.sync_pool("sporbar_generator")
    open_ledger(pool, PRACTICE, simulated=True)
    assert import_(database, practice.folder).returncode == 0
    carry_out(database.url, PRACTICE, practice.plan.steps, named, lambda: None)
    assert LedgerRecorder(pool, PRACTICE).max_notification_id() == len(practice.lines)


def test_a_repeated_command_gets_its_first_answer_and_another_under_its_id_none(practice: Practice, database: Database) -> None:
    assert import_(database, practice.folder).returncode == 0
    there, here = practice.database.sync_pool(), database.sync_pool()
    for step in practice.plan.steps[:150]:
        again = give(here, step)
        assert again.repeated
        assert again == give(there, step)
    one = next(step for step in practice.plan.steps if step.command.NAME == "practice.join_member")
    two = next(step for step in practice.plan.steps if step.command.NAME == "recurring_task.start")
    for other in (replace(one, actor=str(UUID(int=7))), replace(two, command_id=one.command_id, actor=one.actor)):
        with pytest.raises(KeyReused):
            give(here, other)
    with database.connect() as connection:
        assert connection.execute("SELECT size FROM ledger.ledger").fetchone() == (len(practice.lines),)


def give(pool: ConnectionPool[Any], step: Step) -> Outcome:
    name = None if step.actor.startswith("system:") else "p-1"
    return make_application(pool).execute(step.command, By(PRACTICE, step.actor, step.at, step.command_id, step.command_id, pseudonym=name))


@pytest.mark.parametrize("how", ["plain", "gzip", "zstd", "in two frames", "without its last line end"])
def test_files_may_be_compressed(practice: Practice, database: Database, tmp_path: Path, how: str) -> None:
    whole = b"".join(practice.lines)
    content = {
        "plain": whole,
        "gzip": gzip.compress(whole),
        "zstd": zstandard.compress(whole),
        "in two frames": zstandard.compress(whole[:1000]) + zstandard.compress(whole[1000:]),
        "without its last line end": whole[:-1],
    }
    (tmp_path / "lines").write_bytes(content[how])
    imported = import_(database, tmp_path / "lines")
    assert imported.returncode == 0
    assert f"root {practice.root}\n  there was no manifest and no --root: compare" in imported.stdout


def test_standard_input_and_a_root(practice: Practice, database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    for root, ends in (("0" * 64, 1), (practice.root.upper(), 0)):
        stdin = io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"".join(practice.lines))))
        monkeypatch.setattr(sys, "stdin", stdin)
        ended = import_(database, "-", "--root", root)
        assert ended.returncode == ends
        assert ("no --root" in ended.stdout, f"not {root}" in ended.stderr) == (False, bool(ends))


def test_an_export_in_parts(practice: Practice, database: Database, tmp_path: Path) -> None:
    first, second = practice.export(tmp_path / "a", until=100), practice.export(tmp_path / "b", since=101)
    assert "tells of positions 101 and after, and 1 should follow" in refused(database, second)
    assert "tells of positions 1 and after, and 101 should follow" in refused(database, first, first)
    assert import_(database, first, second).stdout.endswith(f"recorded, root {practice.root}\n")


@pytest.mark.parametrize("told_by", ["the manifest", "--root"])
@pytest.mark.parametrize("change", ["a line", "one line more"])
def test_lines_that_came_to_another_root_are_not_in_the_way_of_the_right_ones(
    practice: Practice, database: Database, tmp_path: Path, told_by: str, change: str
) -> None:
    lines = practice.lines.copy()
    if change == "a line":
        lines[-3] = lines[-3].replace(b'"data":{"', b'"data":{"x":1,"')
        assert lines != practice.lines
    right = practice.folder if change == "a line" else practice.export(tmp_path / "right", until=len(lines) - 1)
    (tmp_path / "edited").write_bytes(b"".join(lines))
    root = json.loads((right / "manifest.json").read_bytes())["root"]
    given = ("--manifest", right / "manifest.json") if told_by == "the manifest" else ("--root", root)
    assert "nothing is kept aside; find out which of them is wrong" in refused(database, tmp_path / "edited", *given)
    assert import_(database, right).stdout.endswith(f"recorded, root {root}\n")


def test_a_line_that_does_not_fit_is_told_with_its_number_and_the_import_goes_on(
    practice: Practice, database: Database, tmp_path: Path
) -> None:
    lines = practice.lines.copy()
    lines[150] = lines[150].replace(b'"streamversion":', b'"streamversion":7')
    broken, good = tmp_path / "broken", practice.folder
    broken.write_bytes(b"".join(lines))
    said = refused(database, broken)
    assert re.match(rf"{broken} line 151: version 7\d+ does not follow in stream \S+, whose last one is \w+\. Nothing is recorded", said)
    assert said.endswith("positions 1 to 150 are kept aside; give the right file to go on, or add --anew to begin with line 1 of another")
    lines[3] = lines[3].replace(b"Z", b"z")
    broken.write_bytes(b"".join(lines))
    assert "line 4: it is not the line that an unfinished import has kept from before" in refused(database, broken)
    assert "line 4: it is not written byte for byte" in refused(database, broken, "--anew")
    assert import_(database, good).returncode == 0


MANIFESTS: list[tuple[dict[str, object], str]] = [
    ({"root": "0" * 64}, "and .* tells of 0000.*: one of them was changed"),
    ({"to": 1, "count": 1}, "ends with position .* tells of 1: it was cut or added to"),
    ({"count": 5}, "tells of 5 events between"),
    ({"practice": "havnegata"}, "tells of havnegata, and .* holds the lines of fjordgata"),
    ({"redaction": "pseudonymised"}, "pseudonymised export: .* --redaction full"),
    ({"types": ["deviation.reported.v1"]}, "some event types"),
    ({"format": "csv"}, "an export as csv"),
    ({"root": "x"}, "not the manifest of an export"),
]


@pytest.mark.parametrize(("change", "says"), MANIFESTS, ids=lambda each: ", ".join(each) if isinstance(each, dict) else "")
def test_what_the_manifest_says_must_be_so(
    practice: Practice, database: Database, tmp_path: Path, change: dict[str, object], says: str
) -> None:
    manifest = tmp_path / "other.json"
    manifest.write_text(json.dumps(json.loads((practice.folder / "manifest.json").read_bytes()) | change), "utf-8")
    assert re.search(says, refused(database, practice.folder, "--manifest", manifest))


def test_a_pseudonymised_export_is_refused_with_and_without_its_manifest(practice: Practice, database: Database, tmp_path: Path) -> None:
    out = practice.export(tmp_path / "out", redaction=Redaction.PSEUDONYMISED)
    assert "tells of a pseudonymised export" in refused(database, out)
    (out / "manifest.json").unlink()
    assert "line 1: it is pseudonymised, and so not what was recorded" in refused(database, out)


def test_other_things_that_go_wrong(practice: Practice, database: Database, tmp_path: Path) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "text").write_text("Hei\n")
    (tmp_path / "other").write_text('{"source":"/clinics/x"}\n')
    (tmp_path / "cut.gz").write_bytes(gzip.compress(b"".join(practice.lines))[:-500])
    csv = practice.export(tmp_path / "csv", format_="csv")
    assert refused(database, practice.folder, "--practice", "havnegata").endswith("other bytes with another root. Import it as fjordgata")
    assert refused(database, tmp_path / "empty") == f"{tmp_path / 'empty'} holds no lines"
    assert "line 1: it is no CloudEvents line in JSON" in refused(database, tmp_path / "text")
    assert "its source is /clinics/x" in refused(database, tmp_path / "other")
    assert re.search(r"cannot be read behind line \d+", refused(database, tmp_path / "cut.gz"))
    assert "cannot read" in refused(database, tmp_path / "none")
    assert "an export as csv" in refused(database, csv)
    assert "64 hexadecimal digits" in refused(database, practice.folder, "--root", "abc")
    assert "each has its own" in refused(database, practice.folder, practice.folder, "--manifest", tmp_path / "x")
    assert "cannot read" in refused(database, practice.folder, "--manifest", tmp_path / "x")


def test_a_practice_with_entries_of_its_own_is_left_alone(practice: Practice, database: Database) -> None:
    pool = database.sync_pool()
    open_ledger(pool, PRACTICE)
    give(pool, practice.plan.steps[0])
    ended = import_(database, practice.folder)
    assert re.match(
        r"sporbar: fjordgata has \d+ entries of its own, and only an empty ledger can be restored\. Nothing was changed", ended.stderr
    )
