"""What the tests of the contracts share: the schemas as they are committed, and a validator that checks formats too."""

from collections.abc import Mapping
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

import orjson
from jsonschema import Draft202012Validator, FormatChecker

ROOT = Path(__file__).parents[2]
COMMITTED = ROOT / "docs" / "schemas"
FORMATS = FormatChecker()


def _is_moment(value: object) -> bool:
    return not isinstance(value, str) or datetime.fromisoformat(value).tzinfo is not None


FORMATS.checks("date-time", raises=ValueError)(_is_moment)


def read_schemas(folder: Path) -> Mapping[str, dict[str, Any]]:
    """Type name -> schema, of each file in a folder."""
    return {file.stem: orjson.loads(file.read_bytes()) for file in sorted(folder.glob("*.json"))}


@cache
def line_validator(type_name: str) -> Draft202012Validator:
    return Draft202012Validator(read_schemas(COMMITTED)[type_name], format_checker=FORMATS)


def problems(line: bytes | str) -> list[str]:
    """What is wrong with a line, by the schema of the type that it says it is of."""
    read = orjson.loads(line)
    return [f"{error.json_path}: {error.message}" for error in line_validator(read["type"]).iter_errors(read)]
