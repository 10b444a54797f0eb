"""Frozen dataclasses with slots, made and changed as quickly as Python can: millions of them pass through a rebuild.

The dataclass's own `__init__` goes through `object.__setattr__` by name, field by field. Here an instance is of a twin
class, with the same slots and not frozen, until its fields are set. Nothing else about the class changes.
"""

from collections.abc import Callable, Iterable
from dataclasses import MISSING, Field, fields
from functools import cache
from typing import Any, TypeVar

T = TypeVar("T")


def quick(cls: type[T]) -> type[T]:
    """Give a frozen dataclass with slots a quicker `__init__`; TypeError if its own one does more than set the fields in order."""
    frozen: Any = cls
    if hasattr(cls, "__post_init__") or not all(map(_plain, fields(frozen))):
        raise TypeError(f"{cls.__name__} has __post_init__, defaults, or fields that are not given by position")
    names = _names(frozen)
    lines = ["become(self, '__class__', twin)", *(f"self.{name} = {name}" for name in names), "self.__class__ = cls"]
    frozen.__init__ = _written(frozen, f"def __init__(self, {', '.join(names)}):", lines)
    return cls


def _plain(field: Field[Any]) -> bool:
    return field.init and not field.kw_only and field.default is MISSING and field.default_factory is MISSING


def replace(row: T, **changes: Any) -> T:
    """The row with some fields changed: `dataclasses.replace`, at an eighth of its cost."""
    cls: Any = type(row)
    changed = _copier(cls)(row)
    for name, value in changes.items():
        setattr(changed, name, value)
    changed.__class__ = cls
    copy: T = changed
    return copy


@cache
def _copier(cls: Any) -> Callable[[Any], Any]:
    """What copies an instance to one of the twin, which can still be changed."""
    lines = ["new = make(twin)", *(f"new.{name} = row.{name}" for name in _names(cls)), "return new"]
    copy: Callable[[Any], Any] = _written(cls, "def copy(row):", lines)
    return copy


@cache
def _twin(cls: Any) -> Any:
    """A class with the same slots, whose instances may be changed and become instances of `cls`."""
    return type(cls.__name__, cls.__bases__, {"__slots__": cls.__slots__})


def _names(cls: Any) -> list[str]:
    return [field.name for field in fields(cls)]


def _written(cls: Any, head: str, lines: Iterable[str]) -> Any:
    return written(head, lines, {"make": object.__new__, "become": object.__setattr__, "cls": cls, "twin": _twin(cls)})


def written(head: str, lines: Iterable[str], known: dict[str, Any]) -> Any:
    """A function written out field by field, as the dataclass writes its own: without loops, what it calls are `known`."""
    exec("\n    ".join([head, *lines]), known)  # noqa: S102 -- of the names of fields and columns only
    return known[head[len("def ") : head.index("(")]]
