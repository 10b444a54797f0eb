"""Frozen dataclasses with an `__init__` of our own: what the dataclass's own one does is done, or refused."""

from dataclasses import FrozenInstanceError, dataclass, field
from uuid import UUID

import pytest

from events._frozen import quick, replace


@quick
@dataclass(frozen=True, slots=True)
class Plain:
    """As all that are quick."""

    number: int
    id: UUID


@dataclass(frozen=True, slots=True)
class Checked:
    number: int

    def __post_init__(self) -> None:
        raise ValueError(self.number)


@dataclass(frozen=True, slots=True)
class Inheriting(Checked):
    other: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    number: int


@dataclass(frozen=True, slots=True)
class WithDefault:
    number: int = 1


@dataclass(frozen=True, slots=True)
class WithFactory:
    numbers: list[int] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class NotGiven:
    number: int = field(init=False)


def test_one_is_made_changed_and_frozen() -> None:
    made = Plain(1, id=UUID(int=1))
    assert (made, replace(made, number=2)) == (Plain(1, UUID(int=1)), Plain(2, UUID(int=1)))
    assert type(replace(made, number=2)) is Plain
    with pytest.raises(FrozenInstanceError):
        made.number = 3  # type: ignore[misc]
    with pytest.raises(TypeError):
        Plain(1)  # type: ignore[call-arg]


@pytest.mark.parametrize("cls", [Checked, Inheriting, Named, WithDefault, WithFactory, NotGiven])
def test_a_class_whose_own_init_does_more_is_refused(cls: type[object]) -> None:
    with pytest.raises(TypeError, match=cls.__name__):
        quick(cls)
