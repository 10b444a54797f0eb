"""Fields that may identify a person.

A field typed `Personal[str]` is left out for readers whose rights do not reach personal data (the analyst's default),
and is what a later sealing of personal data covers. A field typed `MemberId` names a member of the practice: it is
personal too, and an export without personal data puts a pseudonym in its place, so that one member stays one.
The marks are part of the event class, so every door sees the same.
"""

from functools import cache
from typing import Annotated, TypeVar, get_args, get_origin
from uuid import UUID

from pydantic import BaseModel

T = TypeVar("T")


class PersonalMark:
    """Marks a field whose value may identify a person."""


class MemberMark(PersonalMark):
    """Marks a field that holds the id of a member."""


Personal = Annotated[T, PersonalMark()]
MemberId = Annotated[UUID, MemberMark()]
"""Id of a member of the practice."""


@cache
def personal_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of `model` that are marked personal, as dotted paths into nested values; members' ids are among them."""
    return _paths(model, PersonalMark)


@cache
def member_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of `model` that hold ids of members, as dotted paths into nested values."""
    return _paths(model, MemberMark)


def _paths(model: type[BaseModel], mark: type[PersonalMark]) -> frozenset[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        if any(isinstance(each, mark) for each in field.metadata) or _marked(field.annotation, mark):
            found.add(name)
            continue
        for nested in _models(field.annotation):
            found |= {f"{name}.{inner}" for inner in _paths(nested, mark)}
    return frozenset(found)


def _marked(annotation: object, mark: type[PersonalMark]) -> bool:
    if get_origin(annotation) is Annotated:
        return any(isinstance(each, mark) for each in get_args(annotation)[1:])
    return any(_marked(part, mark) for part in get_args(annotation))


def _models(annotation: object) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in _models(part)]
