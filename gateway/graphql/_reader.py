"""Who reads what: a view of the record, the reader's rights over it, and the loaders that gather what many fields ask for."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar

from strawberry.dataloader import DataLoader

from gateway.auth.actor import Actor
from gateway.auth.policy import Allow, Resource, decide, require
from read_side._as_of import View

K = TypeVar("K")
V = TypeVar("V")

Batch = Callable[[View, Sequence[K]], Awaitable[list[V]]]
"""A query for many keys at once; one value a key, in their order."""


@dataclass(frozen=True, slots=True)
class Reader:
    """Handed down from the practice to everything below it in an answer."""

    view: View
    actor: Actor
    now: datetime
    personal: bool
    """Whether fields that may identify a person are shown."""
    _loaders: dict[Any, DataLoader[Any, Any]] = field(default_factory=dict)

    @classmethod
    def of(cls, view: View, actor: Actor, now: datetime) -> "Reader":
        """The reader with the rights that the policy gives."""
        personal = isinstance(decide(actor, "read.personal", Resource(view.practice), now), Allow)
        return cls(view, actor, now, personal)

    def require(self, action: str) -> View:
        """The view, if the policy allows the action; raises NotAllowed."""
        require(self.actor, action, Resource(self.view.practice), self.now)
        return self.view

    async def load(self, batch: Batch[K, V], key: K) -> V:
        """The value of a key; all that is asked for at the same time is fetched by one query."""
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = DataLoader(load_fn=lambda keys: batch(self.view, keys))
        value: V = await loader.load(key)
        return value
