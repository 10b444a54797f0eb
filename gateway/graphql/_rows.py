"""Object types from row types: a table's columns are the type's fields, and resolvers add what hangs below them."""

from collections.abc import Callable, Iterable
from typing import Any, ClassVar, Self, TypeVar, get_type_hints

import strawberry

from gateway.graphql._reader import Reader
from gateway.graphql._types import attribute_docs, describe, graphql_type
from read_side._tables import Column, table_of, values_reader

T = TypeVar("T", bound="RowType")


class RowType:
    """A row as one reader may see it."""

    reader: strawberry.Private[Reader]
    _plain: ClassVar[tuple[str, ...]]
    """Columns that are fields as they stand."""
    _read: ClassVar[Callable[[Any], tuple[Any, ...]]]
    """Reads those columns of a row."""
    _hidden: ClassVar[dict[str, Any]]
    """What stands in a personal column for a reader whose rights do not reach it."""
    _identity: ClassVar[str | None]

    @classmethod
    def of(cls, reader: Reader, row: Any, **beside: Any) -> Self:
        """The row, its personal fields emptied unless the reader has `read.personal`; `beside` are private attributes."""
        shown = cls.__new__(cls)
        values: dict[str, Any] = dict(zip(cls._plain, cls._read(row), strict=True))
        if cls._identity:
            values["id"] = str(getattr(row, cls._identity))
        if not reader.personal:
            values.update(cls._hidden)
        shown.__dict__.update(values, reader=reader, row=row, **beside)
        return shown


def show(reader: Reader, row: Any) -> Any:
    """A row as the type that was declared for it, whichever capability did."""
    return _types[type(row)].of(reader, row)


_types: dict[type[Any], type[RowType]] = {}


def row_type(row: type[Any], *, name: str, identity: str | None = None, omit: Iterable[str] = ()) -> Callable[[type[T]], type[T]]:
    """Declare the object type `name` of a row type.

    The column `identity` becomes `id: ID!`, or `id: ID` if it is personal. Columns marked `Personal[…]` can be null, or
    empty. Columns in `omit`, and those that the class has a field or resolver of its own for, are left out.
    """

    def declare(cls: type[T]) -> type[T]:
        own = dict(vars(cls).get("__annotations__", {}))
        left_out = {*omit, *vars(cls), *own, identity}
        columns = [column for column in table_of(row).columns if column.name not in left_out]
        personal = {column.name for column in table_of(row).columns if column.personal}
        hints, told = get_type_hints(row), attribute_docs(row)
        for column in columns:
            own[column.name] = _shown_as(column, graphql_type(hints[column.name]))
            setattr(cls, column.name, strawberry.field(description=told.get(column.name)))
        if identity:
            own["id"] = strawberry.ID | None if identity in personal else strawberry.ID
        cls.__annotations__ = own
        cls._plain, cls._identity = tuple(column.name for column in columns), identity
        cls._read = staticmethod(values_reader(cls._plain))
        cls._hidden = {column.name: () if _is_array(column) else None for column in columns if column.personal}
        if identity in personal:
            cls._hidden["id"] = None
        _types[row] = cls
        return strawberry.type(cls, name=name, description=describe(cls))

    return declare


def _shown_as(column: Column, hint: Any) -> Any:
    return hint | None if column.personal and not _is_array(column) else hint


def _is_array(column: Column) -> bool:
    return column.type.endswith("[]")
