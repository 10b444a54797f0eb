"""Relay connections (the GraphQL Cursor Connections Specification) over the read side's pages."""

from collections.abc import Callable
from typing import Annotated, Any, Generic, Self, TypeVar

import strawberry

from read_side._page import Page, Window

__all__ = ["After", "Before", "Connection", "Edge", "First", "Last", "PageInfo", "Window"]

N = TypeVar("N")

First = Annotated[int | None, strawberry.argument(description="How many items, from the beginning or behind `after`; at most 100.")]
After = Annotated[str | None, strawberry.argument(description="Cursor of the item before the first one wanted.")]
Last = Annotated[int | None, strawberry.argument(description="How many items, from the end or in front of `before`; at most 100.")]
Before = Annotated[str | None, strawberry.argument(description="Cursor of the item behind the last one wanted.")]


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    """Where a page stands in its list."""

    has_next_page: bool
    has_previous_page: bool
    start_cursor: str | None
    end_cursor: str | None


@strawberry.type(description="An item with the cursor that stands for its place.")
class Edge(Generic[N]):
    """An item of a page."""

    cursor: str
    node: N


@strawberry.type(description="A page of a list.")
class Connection(Generic[N]):
    """A page of a list."""

    edges: list[Edge[N]]
    page_info: PageInfo
    total_count: int = strawberry.field(description="Items in the whole list.")

    @classmethod
    def of(cls, page: Page[Any], shown: Callable[[Any], N]) -> Self:
        """The page, each item as `shown` makes it."""
        edges = [Edge(cursor=cursor, node=shown(item)) for cursor, item in zip(page.cursors, page.items, strict=True)]
        info = PageInfo(
            has_next_page=page.has_next,
            has_previous_page=page.has_previous,
            start_cursor=page.cursors[0] if page.cursors else None,
            end_cursor=page.cursors[-1] if page.cursors else None,
        )
        return cls(edges=edges, page_info=info, total_count=page.total)
