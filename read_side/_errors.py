"""Why a question could not be answered. Each error has a stable code; the gateway turns codes into sentences."""

from typing import Any


class QueryError(Exception):
    """Base of everything that keeps a question from being answered."""

    def __init__(self, code: str, **details: Any) -> None:
        super().__init__(f"{code} {details}" if details else code)
        self.code = code
        self.details = details


class NotYet(QueryError):
    """The read models have not reached the position asked for; ask again shortly."""


class OutOfRange(QueryError):
    """The position or time asked for lies ahead of the record, or before it."""


class NoSuchPractice(QueryError):
    """No read models are kept for this practice."""


class InvalidSearch(QueryError):
    """More is searched for at once than can be."""


class InvalidPage(QueryError):
    """The page asked for is none: a size out of bounds, two directions at once, or a cursor of another list."""
