"""The code that docs/exports.md shows, run as it stands."""

import re
from pathlib import Path
from typing import Any

_PAGE = Path(__file__).parents[2] / "docs" / "exports.md"


def run_block(section: str) -> dict[str, Any]:
    """Run the Python of a section in the current folder; gives the names that it makes."""
    text = _PAGE.read_text(encoding="utf-8").partition(f"\n### {section}\n")[2]
    found = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert found is not None
    names: dict[str, Any] = {}
    exec(compile(found[1], f"docs/exports.md {section}", "exec"), names)  # noqa: S102 -- our own page
    return names
