"""docs/analyst.md word for word: files by command and over HTTP, DuckDB on them, and a process map.

What it shows of Kafka is in tests/kafka/test_analyst.py.
"""

import re
import shutil
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
import pytest

from gateway.settings import Settings
from tests._database import Postgres
from tests._pages import shell, typed
from tests.export._everything import record
from tests.gateway._house import _server

PAGE = "analyst.md"


@dataclass(frozen=True)
class Desk:
    """The files as the page fetches them, and the record that they are of."""

    folder: Path
    lines: list[dict[str, Any]]

    def of(self, type_: str) -> list[dict[str, Any]]:
        return [line for line in self.lines if line["type"] == type_]


@pytest.fixture(scope="module")
def desk(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    folder = tmp_path_factory.mktemp("analyst")
    settings = Settings(data_dir=folder / "data")
    with postgres.database() as database, _server(database.url, settings) as url:
        lines = [orjson.loads(line) for line in record(database.sync_pool("sporbar_generator", max_size=1))]
        script = shell(PAGE, "Files").replace("http://127.0.0.1:8000", url)
        typed(script, folder, SPORBAR_DATABASE_URL=database.url, SPORBAR_DATA_DIR=str(settings.data_dir))
        yield Desk(folder, lines)


def files(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_what_is_fetched_is_what_is_exported(desk: Desk) -> None:
    fetched = files(desk.folder / "fetched")
    assert fetched == files(desk.folder / "parquet")
    assert {re.sub("/.*", "", name) for name in fetched} == {f"type={line['type']}" for line in desk.lines} | {"manifest.json"}


def test_duckdb_counts_reports_and_closures(desk: Desk) -> None:
    shown = typed(shell(PAGE, "DuckDB"), desk.folder)
    rows = [[cell.strip() for cell in line.split("│")[1:-1]] for line in shown.splitlines() if re.search(r"│ +\d+ │", line)]
    reported = Counter((line["time"][:7], line["data"]["category"]) for line in desk.of("deviation.reported.v1"))
    assert {(month, category): int(reports) for month, category, reports, _ in (row for row in rows if len(row) == 4)} == reported
    assert sum(int(closed) for _, closed, _ in (row for row in rows if len(row) == 3)) == len(desk.of("deviation.closed.v1"))


def test_the_map_has_the_steps_of_the_record(desk: Desk) -> None:
    drawn = shutil.which("dot") is not None
    script = shell(PAGE, "A process map")
    shown = typed(script if drawn else re.sub(".*needs Graphviz.*\n", "", script), desk.folder)
    edges = {(before, after): int(times) for times, before, after in re.findall(r"(\d+)  (\S+) -> (\S+)", shown)}
    assert edges.items() <= steps(desk.lines).items()
    assert len(edges) == 10
    if drawn:
        assert "deviation.closed" in (desk.folder / "deviation.svg").read_text()


def steps(lines: list[dict[str, Any]]) -> Counter[tuple[str, str]]:
    """How often one event of a deviation comes straight behind another."""
    ways: dict[str, list[str]] = {}
    for line in lines:
        if line["type"].startswith("deviation."):
            ways.setdefault(line["subject"], []).append(line["type"].rpartition(".v")[0])
    return Counter(step for way in ways.values() for step in pairwise(way))
