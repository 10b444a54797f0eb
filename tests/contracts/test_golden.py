"""Every event type ever stored has a golden file: the exact bytes of its data, readable by today's code."""

from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules

import orjson
import pytest

import tests.golden
from events._base import DomainEvent
from events._codec import encode_data
from events._registry import build, event_types, load_all

GOLDEN = Path(__file__).parent.parent / "golden"

load_all()


def examples() -> list[DomainEvent]:
    """One event of each type, from every capability."""
    modules = [module.name for module in iter_modules(tests.golden.__path__) if module.name.startswith("_examples_")]
    return [event for name in modules for event in import_module(f"tests.golden.{name}").EXAMPLES]


@pytest.mark.parametrize("event", examples(), ids=lambda event: event.TYPE)
def test_todays_code_writes_the_golden_bytes(event: DomainEvent) -> None:
    assert encode_data(event) == (GOLDEN / f"{event.TYPE}.json").read_bytes()


@pytest.mark.parametrize("path", sorted(GOLDEN.glob("*.json")), ids=lambda path: path.stem)
def test_every_stored_version_can_still_be_read(path: Path) -> None:
    assert isinstance(build(path.stem, orjson.loads(path.read_bytes())), DomainEvent)


def test_every_event_type_has_one() -> None:
    assert {event.TYPE for event in examples()} == set(event_types())
    assert set(event_types()) <= {path.stem for path in GOLDEN.glob("*.json")}
