"""From a subscription to what is sent of it, put together once for everybody who asks the same."""

from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing
from inspect import isawaitable
from typing import Any

import orjson
import strawberry
from graphql import ExecutionResult, FieldNode, GraphQLError, Node, VariableNode
from graphql.execution import Executor, create_source_event_stream, execute_subscription_event

from gateway._recent import Recent
from gateway.graphql._errors import told
from gateway.graphql._execution import PlainFirst
from gateway.graphql._request import GraphQLRequest
from gateway.graphql._subscriptions import Listener
from gateway.problems import Language

_KEPT = 8 * 1024 * 1024
"""Characters of payloads that are kept for whoever asks the same."""


class NotStarted(Exception):
    """The stream of a subscription cannot begin; `errors` say why."""

    def __init__(self, errors: list[GraphQLError]) -> None:
        super().__init__(errors[0].message)
        self.errors = errors


class Streams:
    """Runs subscriptions."""

    def __init__(self, schema: strawberry.Schema) -> None:
        self._schema = schema._schema
        subscription = self._schema.subscription_type
        assert subscription is not None
        self._roots = frozenset(subscription.fields)
        self._kept: Recent[str] = Recent(_KEPT, len)

    async def payloads(self, asked: GraphQLRequest, listener: Listener, language: Language) -> AsyncGenerator[str, None]:
        """The payload of each item, as JSON text.

        Raises NotStarted where it cannot begin, and while it runs whatever the source of the items raises.
        """
        prepared = asked.prepared
        executor = PlainFirst.build(
            self._schema,
            prepared.document,
            context_value=listener,
            raw_variable_values=asked.variables,
            operation_name=prepared.operation.name.value if prepared.operation.name else None,
        )
        if isinstance(executor, list):
            raise NotStarted(executor)
        found = create_source_event_stream(executor)
        source = await found if isawaitable(found) else found
        if isinstance(source, ExecutionResult):
            raise NotStarted(source.errors or [])
        same = self._what_is_asked(asked)
        assert isinstance(source, AsyncGenerator)
        async with aclosing(source) as items:
            async for item in items:
                yield await self._payload(executor, item, (same, item.key), language)

    def _what_is_asked(self, asked: GraphQLRequest) -> tuple[Any, ...]:
        """The same for everybody whose payloads are the same: where they begin makes no difference."""
        names = sorted(set(_variables(asked.prepared.document, self._roots)) & asked.variables.keys())
        operation = asked.prepared.operation.name
        return asked.query, operation and operation.value, orjson.dumps([[name, asked.variables[name]] for name in names])

    async def _payload(self, executor: Executor[Any], item: Any, key: Any, language: Language) -> str:
        kept = self._kept.get(key)
        if kept is not None:
            return kept
        made = execute_subscription_event(executor.build_per_event_executor(item))
        result = await made if isawaitable(made) else made
        content: dict[str, Any] = {"data": result.data}
        if result.errors:
            content["errors"] = [told(error, language) for error in result.errors]
        payload = orjson.dumps(content, default=str).decode()
        if not result.errors:
            self._kept.keep(key, payload)
        return payload


def _variables(node: Node, roots: frozenset[str]) -> Iterator[str]:
    """Variables that a payload depends on: all but those in the arguments of the root's fields."""
    if isinstance(node, VariableNode):
        yield node.name.value
    at_root = isinstance(node, FieldNode) and node.name.value in roots
    for name in node.keys:
        if name == "variable_definitions" or (name == "arguments" and at_root):
            continue
        value = getattr(node, name)
        for child in value if isinstance(value, list | tuple) else (value,):
            if isinstance(child, Node):
                yield from _variables(child, roots)
