"""Files that are made from the code: `python -m gateway.generated` writes them, `--check` compares."""

import sys
from collections.abc import Callable
from importlib import import_module
from pathlib import Path

ROOT = Path(__file__).parents[1]

GENERATED = {
    "schema.graphql": "gateway.graphql.export:sdl",
    "docs/settings.md": "gateway.settings:markdown",
    "docs/cli.md": "gateway.cli:markdown",
    "docs/permissions.md": "gateway.auth.policy:markdown",
}
"""Path of a file -> the function that gives its text."""


def text_of(path: str) -> str:
    """The text that a generated file should have."""
    module, _, name = GENERATED[path].partition(":")
    make: Callable[[], str] = getattr(import_module(module), name)
    return make()


def outdated() -> list[str]:
    """Paths of the files that are not as the code would make them."""
    return [path for path in GENERATED if not _is(ROOT / path, text_of(path))]


def write() -> list[str]:
    """Write the files that are outdated; gives their paths."""
    changed = outdated()
    for path in changed:
        (ROOT / path).parent.mkdir(parents=True, exist_ok=True)
        (ROOT / path).write_text(text_of(path), "utf-8")
    return changed


def _is(file: Path, text: str) -> bool:
    return file.exists() and file.read_text("utf-8") == text


if __name__ == "__main__":
    if "--check" not in sys.argv:
        sys.stdout.writelines(f"written: {path}\n" for path in write())
    elif changed := outdated():
        sys.exit(f"not as the code makes them: {', '.join(changed)}; run `make generated`")
