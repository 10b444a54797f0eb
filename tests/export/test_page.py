"""The beginning of docs/exports.md word for word: exports by command and over HTTP, beside a running gateway."""

from pathlib import Path

import orjson

from gateway.settings import Settings
from tests._database import Database
from tests._pages import DOCS, shown, typed
from tests.export._everything import record
from tests.gateway._house import _server


def test_the_first_commands_of_the_page(database: Database, tmp_path: Path) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    lines = record(database.sync_pool("sporbar_generator", max_size=1))
    beginning = (DOCS / "exports.md").read_text(encoding="utf-8").partition("\n## ")[0]
    with _server(database.url, settings) as url:
        script = shown(beginning).replace("http://127.0.0.1:8000", url)
        said = typed(script, tmp_path, SPORBAR_DATABASE_URL=database.url, SPORBAR_DATA_DIR=str(settings.data_dir))
    fetched = (tmp_path / "events.ndjson").read_bytes()
    assert fetched.splitlines() == lines
    assert fetched == (tmp_path / "out-full" / "events.ndjson").read_bytes()
    assert (tmp_path / "reported.csv").read_bytes().startswith(b"position,")
    manifest = orjson.loads((tmp_path / "out" / "manifest.json").read_bytes())
    assert orjson.loads(said[said.index("{") :]) | {"files": manifest["files"]} == manifest
