"""The words of the generated practices."""

import tomllib
from functools import cache
from importlib.resources import files
from typing import Any


@cache
def texts() -> dict[str, Any]:
    """Everything in texts.toml."""
    return tomllib.loads((files("gateway.generator") / "texts.toml").read_text(encoding="utf-8"))


def deviation_texts(category: str) -> dict[str, Any]:
    """Titles, description, measures and causes of a category."""
    found: dict[str, Any] = next(entry for entry in texts()["deviation"] if entry["category"] == category)
    return found


def risk_texts(area: str) -> dict[str, Any]:
    """Title, scope, scenarios and treatments of an area."""
    found: dict[str, Any] = next(entry for entry in texts()["risk"] if entry["area"] == area)
    return found
