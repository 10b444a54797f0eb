"""Fields that may identify a person.

A field typed `Personal[str]` is left out for readers whose rights do not reach personal data (the analyst's default),
and is what a later sealing of personal data covers. The mark is part of the event class, so every door sees the same.
"""

from functools import cache
from typing import Annotated, TypeVar, get_args, get_origin

from pydantic import BaseModel

T = TypeVar("T")


class PersonalMark:
    """Marks a field whose value may identify a person."""


Personal = Annotated[T, PersonalMark()]


@cache
def personal_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of `model` that are marked personal, as dotted paths into nested values."""
    found: set[str] = set()
    for name, field in model.model_fields.items():
        if any(isinstance(mark, PersonalMark) for mark in field.metadata) or _marked(field.annotation):
            found.add(name)
            continue
        for nested in _models(field.annotation):
            found |= {f"{name}.{inner}" for inner in personal_fields(nested)}
    return frozenset(found)


def _marked(annotation: object) -> bool:
    if get_origin(annotation) is Annotated:
        return any(isinstance(mark, PersonalMark) for mark in get_args(annotation)[1:])
    return any(_marked(part) for part in get_args(annotation))


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
