"""Frozen dataclasses with slots, made and changed as quickly as Python can: millions of them pass through a rebuild.

The dataclass's own `__init__` goes through `object.__setattr__` by name, field by field; here each field's slot is set
directly. Nothing else about the class changes.
"""

from collections.abc import Callable
from dataclasses import MISSING, fields
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def quick(cls: type[T]) -> type[T]:
    """Give a frozen dataclass with slots and without defaults a quicker `__init__`."""
    frozen: Any = cls
    if any(field.default is not MISSING or field.default_factory is not MISSING for field in fields(frozen)):
        raise TypeError(f"{cls.__name__} has defaults")
    names = tuple(_setters(frozen))
    lines = [f"set_{name}(self, {name})" for name in names]
    frozen.__init__ = _written(frozen, f"def __init__(self, {', '.join(names)}):", lines, "__init__")
    return cls


def replace(row: T, **changes: Any) -> T:
    """The row with some fields changed: `dataclasses.replace`, at a quarter of its cost."""
    row_type: Any = type(row)
    changed: T = _copier(row_type)(row)
    setters = _setters(row_type)
    for name, value in changes.items():
        setters[name](changed, value)
    return changed


@cache
def _copier(cls: Any) -> Callable[[Any], Any]:
    lines = ["new = make(cls)", *(f"set_{name}(new, row.{name})" for name in _setters(cls)), "return new"]
    copy: Callable[[Any], Any] = _written(cls, "def copy(row):", lines, "copy")
    return copy


@cache
def _setters(cls: Any) -> dict[str, Callable[[Any, Any], None]]:
    """What sets each field of an instance that is not yet anybody's."""
    return {field.name: getattr(cls, field.name).__set__ for field in fields(cls)}


def _written(cls: Any, head: str, lines: list[str], name: str) -> Any:
    """A function of a class's fields, written out as the dataclass writes its own."""
    known: dict[str, Any] = {"make": object.__new__, "cls": cls} | {f"set_{field}": setter for field, setter in _setters(cls).items()}
    exec("\n    ".join([head, *lines]), known)  # noqa: S102 -- of the names of fields only
    return known[name]
