"""Fields that may identify a person.

A field typed `Personal[str]` is left out for readers whose rights do not reach personal data (the analyst's default),
and is what a later sealing of personal data covers. A field typed `MemberId` names a member of the practice: it is
personal too, and an export without personal data puts a pseudonym in its place, so that one member stays one.
A field typed `MadeUpId` holds an id that somebody typed, which such an export replaces too.
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


class MadeUpMark:
    """Marks a field that holds an id somebody made up."""


Personal = Annotated[T, PersonalMark()]
MemberId = Annotated[UUID, MemberMark()]
"""Id of a member of the practice."""
MadeUpId = Annotated[str, MadeUpMark()]
"""Id that somebody typed, such as `kari-was-tired`; it names something within the event's subject, and may tell anything."""


@cache
def personal_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of `model` that are marked personal, as dotted paths into nested values; members' ids are among them."""
    return _paths(model, PersonalMark)


@cache
def member_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of `model` that hold ids of members, as dotted paths into nested values."""
    return _paths(model, MemberMark)


@cache
def made_up_fields(model: type[BaseModel]) -> frozenset[str]:
    """Names of the fields of `model` that hold ids which people made up, as dotted paths into nested values."""
    return _paths(model, MadeUpMark)


def _paths(model: type[BaseModel], mark: type) -> frozenset[str]:
    found: set[str] = set()
    for name, field in model.model_fields.items():
        if any(isinstance(each, mark) for each in field.metadata) or _marked(field.annotation, mark):
            found.add(name)
            continue
        for nested in models_within(field.annotation):
            found |= {f"{name}.{inner}" for inner in _paths(nested, mark)}
    return frozenset(found)


def _marked(annotation: object, mark: type) -> bool:
    if get_origin(annotation) is Annotated:
        return any(isinstance(each, mark) for each in get_args(annotation)[1:])
    return any(_marked(part, mark) for part in get_args(annotation))


def models_within(annotation: object) -> list[type[BaseModel]]:
    """The classes of the values that a field of this type holds, in lists and optionals too."""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in get_args(annotation) for model in models_within(part)]
