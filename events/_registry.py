"""Stored type name -> event class, and the upcasters that lead old stored versions to today's classes."""

import re
from collections.abc import Callable
from importlib import import_module
from pkgutil import iter_modules
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from events._base import DomainEvent

Data = dict[str, Any]
Upcaster = Callable[[Data], Data]

_classes: dict[str, "type[DomainEvent]"] = {}
_upcasters: dict[str, tuple[str, Upcaster]] = {}


class UnknownEventType(LookupError):
    """A stored type name that no class and no upcaster of this version knows."""

    def __init__(self, type_name: str) -> None:
        super().__init__(f"no event class has the stored name {type_name!r}; run the version of Sporbar that wrote it, or newer")
        self.type_name = type_name


def register(event_class: "type[DomainEvent]") -> None:
    """Make an event class known by its `TYPE`; two classes may not share a name."""
    known = _classes.setdefault(event_class.TYPE, event_class)
    if known is not event_class:
        raise ValueError(f"{event_class.TYPE} is the stored name of {known.__name__} already")


def upcaster(old: str, new: str) -> Callable[[Upcaster], Upcaster]:
    """Declare how the data of stored type `old` becomes data of stored type `new`; applied on read, never stored."""

    def declare(function: Upcaster) -> Upcaster:
        _upcasters[old] = (new, function)
        return function

    return declare


def event_types() -> dict[str, "type[DomainEvent]"]:
    """Every stored name with its class, sorted by name."""
    return dict(sorted(_classes.items()))


def todays_name(type_name: str) -> str:
    """Today's stored name of what is stored under `type_name`."""
    while type_name in _upcasters:
        type_name, _ = _upcasters[type_name]
    return type_name


def meant_by(name: str) -> tuple[str, ...]:
    """The stored names that somebody means by `name`, sorted; none where no event has it.

    A stored name means itself, be it today's or an older one. A name without a version means every version of the type,
    also what was stored under another name and is read as the type today.
    """
    stored = _classes.keys() | _upcasters.keys()
    if name in stored:
        return (name,)
    return tuple(sorted(each for each in stored if name in (without_version(each), without_version(todays_name(each)))))


def without_version(type_name: str) -> str:
    """`deviation.reported` of `deviation.reported.v1`."""
    return re.sub(r"\.v[0-9]+$", "", type_name)


def known_names() -> frozenset[str]:
    """Every name that means something: stored ones, and those without a version."""
    stored = _classes.keys() | _upcasters.keys()
    return frozenset(stored | {without_version(each) for each in stored})


def todays(type_name: str, data: Data) -> tuple[str, Data]:
    """Today's stored name and form of the data stored under `type_name`."""
    while type_name in _upcasters:
        type_name, upcast = _upcasters[type_name]
        data = upcast(data)
    return type_name, data


def build(type_name: str, data: Data) -> "DomainEvent":
    """Today's event from the data stored under `type_name`.

    Raises UnknownEventType, or pydantic's ValidationError when the data do not fit the class.
    """
    type_name, data = todays(type_name, data)
    try:
        event_class = _classes[type_name]
    except KeyError:
        raise UnknownEventType(type_name) from None
    event: DomainEvent = event_class.__pydantic_validator__.validate_python(data)  # model_validate, without its own arguments
    return event


def load_all() -> None:
    """Import every capability of this folder, so that every event class is registered."""
    for module in iter_modules(import_module("events").__path__):
        if not module.name.startswith("_") and module.name != "ledger":
            import_module(f"events.{module.name}")
