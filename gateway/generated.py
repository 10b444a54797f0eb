"""Files that are made from the code: `python -m gateway.generated` writes them, `--check` compares."""

import sys
from collections.abc import Callable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]

GENERATED = {
    "schema.graphql": "gateway.graphql.export:sdl",
    "docs/settings.md": "gateway.settings:markdown",
    "docs/cli.md": "gateway.cli._app:markdown",
    "docs/permissions.md": "gateway.auth.policy:markdown",
    "docs/asyncapi.json": "gateway.contracts:asyncapi_text",
}
"""Path of a file -> the function that gives its text."""

FOLDERS = {"docs/schemas": "gateway.contracts:schema_texts"}
"""Path of a folder -> the function that gives the text of each file in it; any other file there is one too many."""


def texts() -> Mapping[str, str]:
    """Path of every generated file -> the text that it should have."""
    files = {path: _made(source) for path, source in GENERATED.items()}
    for folder, source in FOLDERS.items():
        files |= {f"{folder}/{name}": text for name, text in _made(source).items()}
    return files


def outdated() -> list[str]:
    """Paths of the files that are not as the code would make them."""
    return _outdated(texts())


def write() -> list[str]:
    """Write the files that are outdated, remove those that are too many; gives their paths."""
    wanted = texts()
    changed = _outdated(wanted)
    for path in changed:
        if path not in wanted:
            (ROOT / path).unlink()
            continue
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(wanted[path], "utf-8")
    return changed


def _made(source: str) -> Any:
    module, _, name = source.partition(":")
    make: Callable[[], Any] = getattr(import_module(module), name)
    return make()


def _outdated(wanted: Mapping[str, str]) -> list[str]:
    present = (file.relative_to(ROOT).as_posix() for folder in FOLDERS for file in sorted((ROOT / folder).glob("*")))
    return [path for path, text in wanted.items() if not _is(ROOT / path, text)] + [path for path in present if path not in wanted]


def _is(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8") == text


if __name__ == "__main__":
    if "--check" not in sys.argv:
        sys.stdout.writelines(f"written: {path}\n" for path in write())
    elif changed := outdated():
        sys.exit(f"not as the code makes them: {', '.join(changed)}; run `make generated`")
