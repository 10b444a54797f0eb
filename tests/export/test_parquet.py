"""Parquet: DuckDB and Polars find in it what the ledger holds, typed."""

import gc
import tarfile
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from datetime import date, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import duckdb
import orjson
import polars as pl
import pyarrow.parquet
import pytest

from events import _registry
from events._personal import member_fields, personal_fields
from events._registry import UnknownEventType, event_types
from gateway.export import Source
from gateway.export._arrow import ENVELOPE, column_name, data_fields
from gateway.export._errors import ExportRefused
from gateway.export._folder import export_to
from gateway.export._formats import FORMATS
from gateway.export._parquet import Batches, File
from gateway.export._question import Asked, Redaction
from tests._database import Postgres
from tests.export._documented import run_block
from tests.export._everything import PRACTICE, recorded

PARQUET = FORMATS["parquet"]


@pytest.fixture(scope="session", autouse=True)
def thawed() -> Iterator[None]:
    """Undo the gateway's gc.freeze at the end, or DuckDB complains of objects that nobody collects."""
    yield
    gc.unfreeze()


class Exported:
    """A record with every event type, exported in full and pseudonymised."""

    def __init__(self, source: Source, lines: list[bytes], folder: Path) -> None:
        self.source = source
        self.lines = lines
        self.parsed = [orjson.loads(line) for line in lines]
        self.folder = folder
        for redaction in Redaction:
            export_to(folder / redaction.value, source, Asked(PRACTICE, redaction=redaction), PARQUET)


@pytest.fixture(scope="module")
def exported(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Exported]:
    with recorded(postgres) as (source, lines):
        yield Exported(source, lines, tmp_path_factory.mktemp("parquet"))


def by_type(lines: list[dict[str, Any]]) -> dict[str, list[dict[str, Any]]]:
    return {type_: [line for line in lines if line["type"] == type_] for type_ in {line["type"] for line in lines}}


def duck(query: str) -> list[dict[str, Any]]:
    with duckdb.connect() as connection:
        found = connection.sql(query)
        return [dict(zip(found.columns, row, strict=True)) for row in found.fetchall()]


def as_json(value: Any) -> Any:
    """A value as the line has it; moments as numbers, since one moment has many spellings."""
    if isinstance(value, dict):
        return {name: as_json(each) for name, each in value.items()}
    if isinstance(value, list):
        return [as_json(each) for each in value]
    if isinstance(value, datetime):
        return value.timestamp()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, str) and len(value) > 19 and value[10] == "T":
        return datetime.fromisoformat(value).timestamp()
    return value


def test_duckdb_finds_every_value_of_every_type(exported: Exported) -> None:
    for type_, lines in by_type(exported.parsed).items():
        rows = duck(f"select * from read_parquet('{exported.folder}/full/type={type_}/**/*.parquet') order by position")
        assert len(rows) == len(lines)
        fields = [field.name for field in data_fields(event_types()[type_], Redaction.FULL)]
        for row, line in zip(rows, lines, strict=True):
            assert {name: as_json(row[name]) for name in ENVELOPE} | {"position": str(row["position"])} == {
                name: as_json(line.get(attribute)) for name, (attribute, _) in ENVELOPE.items()
            }
            assert {name: as_json(row[column_name(name)]) for name in fields} == as_json(line["data"])
            assert (row["type"], row["practice"], row["month"]) == (type_, PRACTICE, line["time"][:7])
            assert row["line"].encode() == exported.lines[row["position"] - 1]


def test_polars_finds_every_line_and_counts_alike(exported: Exported) -> None:
    lines: list[tuple[int, str]] = []
    counted: Counter[tuple[str, str]] = Counter()
    for folder in sorted((exported.folder / "full").glob("type=*")):
        frame = pl.scan_parquet(folder, hive_partitioning=True)
        lines += frame.select("position", "line").collect().rows()
        for month, count in frame.group_by("month").len().collect().rows():
            counted[folder.name.removeprefix("type="), month] = count
    assert [line.encode() for _, line in sorted(lines)] == exported.lines
    assert counted == Counter((line["type"], line["time"][:7]) for line in exported.parsed)


def test_duckdb_reads_all_types_at_once(exported: Exported) -> None:
    query = f"select type, count(*) as n from read_parquet('{exported.folder}/full/**/*.parquet', union_by_name=true) group by type"
    assert {row["type"]: row["n"] for row in duck(query)} == Counter(line["type"] for line in exported.parsed)


def test_columns_are_typed_as_the_class_declares(exported: Exported) -> None:
    schema = pl.scan_parquet(exported.folder / "full" / "type=deviation.reported.v1").collect_schema()
    moment = pl.Struct({"at": pl.Datetime("us", "UTC"), "precision": pl.String})
    assert {name: schema[name] for name in ("position", "time", "affected", "affected_count", "occurred")} == {
        "position": pl.Int64,
        "time": pl.Datetime("ms", "UTC"),
        "affected": pl.List(pl.String),
        "affected_count": pl.Int64,
        "occurred": moment,
    }
    scored = pl.scan_parquet(exported.folder / "full" / "type=risk_assessment.scored.v1").collect_schema()
    assert scored["acceptable"] == pl.Boolean
    assert scored["next_review"] == pl.Date
    adopted = pl.scan_parquet(exported.folder / "full" / "type=risk_matrix.adopted.v1").collect_schema()
    assert adopted["version"] == pl.Int32
    assert adopted["data_version"] == pl.Int64


def test_every_type_has_columns() -> None:
    _registry.load_all()
    for event_class in event_types().values():
        assert [field.name for field in data_fields(event_class, Redaction.FULL)] == list(event_class.model_fields)


def test_a_pseudonymised_dataset_has_no_column_for_what_is_left_out(exported: Exported) -> None:
    shown = exported.source.ask(Asked(PRACTICE))
    assert sorted(line for (line,) in _lines(exported.folder / "pseudonymised")) == sorted(line.decode() for line in shown.lines())
    for type_, event_class in event_types().items():
        hidden = personal_fields(event_class) - member_fields(event_class)
        schema = pl.scan_parquet(exported.folder / "pseudonymised" / f"type={type_}").collect_schema()
        assert not {path for path in hidden if "." not in path} & set(schema) - set(ENVELOPE)
    causes = pl.scan_parquet(exported.folder / "pseudonymised" / "type=deviation.causes_analysed.v1").collect_schema()["causes"]
    assert causes == pl.List(pl.Struct(dict.fromkeys(("id", "category", "because_of"), pl.String)))


def _lines(folder: Path) -> list[tuple[str]]:
    return pl.scan_parquet(folder / "**" / "*.parquet", extra_columns="ignore").select("line").collect().rows()


def test_a_file_has_one_row_group_and_no_trace_of_its_making(exported: Exported) -> None:
    for path in (exported.folder / "full").rglob("*.parquet"):
        about = pyarrow.parquet.read_metadata(path)
        assert about.num_row_groups == 1
        assert about.metadata is None
        assert {about.row_group(0).column(number).compression for number in range(about.num_columns)} == {"ZSTD"}


def test_a_batch_is_bounded_and_no_event_is_left_or_doubled(exported: Exported) -> None:
    files = files_of(exported.lines, most=7)
    tables = [pyarrow.parquet.read_table(BytesIO(file.content)) for file in files]
    assert sorted(position for table in tables for position in table["position"].to_pylist()) == list(range(1, len(exported.lines) + 1))
    assert max(table.num_rows for table in tables) <= 7
    assert len({file.path for file in files}) == len(files)


def test_the_download_is_the_folder_as_a_tar(exported: Exported) -> None:
    for redaction in Redaction:
        content = b"".join(PARQUET.load().stream(exported.source.ask(Asked(PRACTICE, redaction=redaction))))
        with tarfile.open(fileobj=BytesIO(content)) as archive:
            files = {each.name: _read(archive, each) for each in archive.getmembers()}
            assert archive.getnames()[-1] == "manifest.json"
        folder = exported.folder / redaction.value
        assert files == {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def _read(archive: tarfile.TarFile, member: tarfile.TarInfo) -> bytes:
    file = archive.extractfile(member)
    assert file is not None
    return file.read()


def test_lines_of_an_older_version_stand_with_todays(exported: Exported, monkeypatch: pytest.MonkeyPatch) -> None:
    today, old = "deviation.linked.v1", "deviation.linked.v0"
    monkeypatch.setitem(_registry._upcasters, old, (today, lambda data: {"kind": "task", "target": data["task"]}))
    new = next(line for line in exported.lines if b'"type":"deviation.linked.v1"' in line)
    stored = orjson.dumps(orjson.loads(new) | {"type": old, "data": {"task": "00000000-0000-4000-8000-00000000000a"}})
    (file,) = files_of([new, stored])
    table = pyarrow.parquet.read_table(BytesIO(file.content))
    assert file.path.startswith(f"type={today}/")
    assert table["target"].to_pylist()[1] == "00000000-0000-4000-8000-00000000000a"
    assert table["line"].to_pylist() == [new.decode(), stored.decode()]


def test_what_does_not_have_its_form_is_told(exported: Exported) -> None:
    linked = next(line for line in exported.lines if b'"type":"deviation.linked.v1"' in line)
    for bad in (b"{}", linked.replace(b'"kind":"', b'"kind":7,"x":"'), linked[:-2]):
        with pytest.raises(ExportRefused, match=r" export\.unreadable "):
            files_of([bad])
    with pytest.raises(UnknownEventType):
        files_of([linked.replace(b"deviation.linked.v1", b"deviation.sent_to_mars.v1")])


def files_of(lines: list[bytes], most: int = 1_000) -> list[File]:
    with closing(Batches(PRACTICE, Redaction.FULL, 0, most)) as batches:
        return [*batches.take(lines), *batches.complete()]


def test_the_queries_of_the_documentation_run(exported: Exported, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "out-parquet").symlink_to(exported.folder / "pseudonymised")
    monkeypatch.chdir(tmp_path)
    found = run_block("Parquet")
    assert sum(row[3] for row in found["by_harm"].fetchall()) == sum(line["type"] == "deviation.reported.v1" for line in exported.parsed)
    assert sum(row[1] for row in found["by_type"].fetchall()) == len(exported.lines)
    assert found["waiting"].height > 0
