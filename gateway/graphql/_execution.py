"""How answers are put together. Most of an answer are columns of rows, and those need none of what a resolver needs."""

from collections.abc import Callable
from contextlib import suppress
from operator import attrgetter
from typing import Any

from graphql import (
    GraphQLEnumType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLOutputType,
    GraphQLResolveInfo,
    GraphQLScalarType,
    GraphQLType,
    Undefined,
)
from graphql.execution import Executor
from graphql.execution.collect_fields import FieldDetailsList, GroupedFieldSet
from graphql.pyutils import AwaitableOrValue, Path
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.schema.schema_converter import GraphQLCoreConverter

Read = Callable[[Any], Any]
"""From a value to what the answer says of it; raises for one that is not as the schema says."""


class PlainFirst(StrawberryGraphQLCoreExecutionContext):
    """Reads at once whatever is attributes all the way down; the rest, and every error, goes the library's way."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._made: dict[tuple[GraphQLType, int], tuple[FieldDetailsList, Read | None]] = {}

    def build_per_event_executor(self, payload: Any) -> Executor[Any]:
        """The one for an item of a subscription; what it makes is forgotten with it, since selections are collected anew."""
        executor = super().build_per_event_executor(payload)
        assert isinstance(executor, PlainFirst)
        executor._made = {}
        return executor

    def execute_fields(
        self,
        parent_type: GraphQLObjectType,
        source_value: Any,
        path: Path | None,
        grouped_field_set: GroupedFieldSet,
        position_context: Any,
    ) -> AwaitableOrValue[dict[str, Any]]:
        """The fields of one object, in the order asked for."""
        results: dict[str, Any] = dict.fromkeys(grouped_field_set)
        others: GroupedFieldSet = {}
        for name, details in grouped_field_set.items():
            read = self._once(self._field, parent_type, details)
            try:
                results[name] = read(source_value) if read else None
            except Exception:  # noqa: BLE001 -- the library meets it again, and tells it with its place
                read = None
            if read is None:
                others[name] = details
        if not others:
            return results
        rest = super().execute_fields(parent_type, source_value, path, others, position_context)
        if isinstance(rest, dict):
            return results | rest

        async def completed() -> dict[str, Any]:
            return results | await rest

        return completed()

    def complete_list_value(
        self,
        return_type: GraphQLList[GraphQLOutputType],
        field_details_list: FieldDetailsList,
        info: GraphQLResolveInfo[Any],
        path: Path,
        result: Any,
        position_context: Any,
    ) -> AwaitableOrValue[list[Any]]:
        """The list that a resolver gave."""
        tell = self._once(self._present, return_type, field_details_list)
        if tell:  # a list only: an iterator would be read to its end here, and empty for the library
            with suppress(Exception):
                told: list[Any] = tell(result)
                return told
        return super().complete_list_value(return_type, field_details_list, info, path, result, position_context)

    def _once(self, make: Callable[[Any, FieldDetailsList], Read | None], type_: GraphQLType, details: FieldDetailsList) -> Read | None:
        """Made once an operation, and not for each value; `details` are what is selected, the same list each time."""
        key = type_, id(details)
        if key not in self._made:
            self._made[key] = details, make(type_, details)
        return self._made[key][1]

    def _field(self, parent: GraphQLObjectType, details: FieldDetailsList) -> Read | None:
        """What reads a field, or None if that takes a resolver."""
        field = parent.fields.get(details[0].node.name.value)
        declared = field and field.extensions.get(GraphQLCoreConverter.DEFINITION_BACKREF)
        if field is None or declared is None or not declared.is_basic_field:
            return None
        tell, get = self._value(field.type, details), attrgetter(declared.python_name)
        return tell and (lambda source: tell(get(source)))

    def _value(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Read | None:
        """What tells a value of a type, or None if that takes a resolver."""
        if isinstance(type_, GraphQLNonNull):
            return self._present(type_.of_type, details)
        tell = self._present(type_, details)
        return tell and (lambda value: None if value is None else tell(value))

    def _present(self, type_: GraphQLOutputType, details: FieldDetailsList) -> Read | None:
        """The same for a value that is not null."""
        match type_:
            case GraphQLEnumType():
                return {member.value: name for name, member in type_.values.items()}.__getitem__
            case GraphQLScalarType():
                return _scalar(type_)
            case GraphQLList():
                item = self._value(type_.of_type, details)
                return item and (lambda values: [item(value) for value in _listed(values)])
            case GraphQLObjectType(is_type_of=None):
                return self._object(type_, details)
            case _:
                return None

    def _object(self, type_: GraphQLObjectType, details: FieldDetailsList) -> Read | None:
        selected = self.collect_subfields(type_, details).grouped_field_set
        fields = [(name, self._once(self._field, type_, inner)) for name, inner in selected.items()]
        plain = [(name, read) for name, read in fields if read]
        return (lambda value: {name: read(value) for name, read in plain}) if len(plain) == len(fields) else None


def _listed(values: Any) -> list[Any] | tuple[Any, ...]:
    if not isinstance(values, list | tuple):
        raise TypeError(values)
    return values


def _scalar(type_: GraphQLScalarType) -> Read:
    def tell(value: Any) -> Any:
        shown = None if value is None else type_.coerce_output_value(value)
        if shown is None or shown is Undefined:
            raise TypeError(value)
        return shown

    return tell
