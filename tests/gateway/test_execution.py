"""Answers put together the quick way are those that the library would give, errors included."""

import asyncio
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import pytest
import strawberry

from gateway.graphql._execution import PlainFirst


@strawberry.enum
class Colour(StrEnum):
    """A choice."""

    RED = "red"


@strawberry.type
class Leaf:
    """Attributes only."""

    number: int
    colour: Colour | None = None
    words: list[str | None] | None = None


@strawberry.type
class Tree:
    """Attributes, and resolvers of either kind."""

    name: str
    best: Leaf | None
    leaves: list[Leaf]

    @strawberry.field
    def poured(self) -> list[Leaf | None]:
        """Given by an iterator, which can be read but once."""
        return iter(self.leaves)  # type: ignore[return-value]

    @strawberry.field
    def given(self) -> list[Leaf | None]:
        """Given at once."""
        return [*self.leaves, None]

    @strawberry.field
    async def awaited(self) -> list[Leaf]:
        """Given later."""
        return self.leaves


@dataclass
class Query:
    """The root."""

    tree: Tree | None


SCHEMAS = [strawberry.Schema(strawberry.type(Query), execution_context_class=each) for each in (PlainFirst, None)]
QUERY = """query ($no: Boolean = false) { tree { skipped: name @skip(if: true) kept: name @include(if: true)
  lost: best @include(if: $no) { number }
  poured { number } last: awaited { n: number } name __typename given { colour words } best { words ...on Leaf { number } } again: name
  leaves { colour number } leaves { words } } }"""
PLAIN = Leaf(number=1, colour=Colour.RED, words=["a", None])


@pytest.mark.parametrize(
    "tree",
    [
        None,
        Tree(name="oak", best=None, leaves=[]),
        Tree(name="oak", best=PLAIN, leaves=[PLAIN, Leaf(number=2)]),
        Tree(name="oak", best=Leaf(number="x"), leaves=[PLAIN]),  # type: ignore[arg-type]
        Tree(name="oak", best=Leaf(number=None), leaves=[PLAIN]),  # type: ignore[arg-type]
        Tree(name="oak", best=Leaf(number=1, colour="green"), leaves=[PLAIN]),  # type: ignore[arg-type]
        Tree(name="oak", best=PLAIN, leaves=[Leaf(number=2**40)]),
        Tree(name=None, best=PLAIN, leaves=[PLAIN]),  # type: ignore[arg-type]
        Tree(name="oak", best=Leaf(number=1, words="abc"), leaves=[PLAIN]),  # type: ignore[arg-type]
        Tree(name="oak", best=None, leaves=[PLAIN, Leaf(number="x"), PLAIN]),  # type: ignore[arg-type]
        Tree(name="oak", best=PLAIN, leaves=None),  # type: ignore[arg-type]
    ],
)
def test_a_quick_answer_is_the_answer(tree: Tree | None) -> None:
    quick, usual = [asyncio.run(schema.execute(QUERY, root_value=Query(tree))) for schema in SCHEMAS]
    assert quick.data == usual.data
    assert repr(quick.data) == repr(usual.data), "in the order asked for"
    assert _told(quick.errors) == _told(usual.errors)


def _told(errors: Any) -> list[Any]:
    return sorted((str(error.path), error.message) for error in errors or ())
