"""Who reads what: a view of the record, the reader's rights over it, and the loaders that gather what many fields ask for."""

from asyncio import Future, ensure_future, gather, shield
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, TypeVar
from uuid import UUID

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
    _asked: set[Future[Any]] = field(default_factory=set)

    @classmethod
    def of(cls, view: View, actor: Actor, now: datetime) -> "Reader":
        """The reader with the rights that the policy gives."""
        personal = isinstance(decide(actor, "read.personal", Resource(view.practice), now), Allow)
        return cls(view, actor, now, personal)

    def require(self, action: str) -> View:
        """The view, if the policy allows the action; raises NotAllowed."""
        require(self.actor, action, Resource(self.view.practice), self.now)
        return self.view

    def require_to_name(self, *members: UUID | None) -> None:
        """Whoever asks by a member's id must be allowed to see it in answers; raises NotAllowed."""
        if any(members):
            self.require("read.personal")

    async def load(self, batch: Batch[K, V], key: K) -> V:
        """The value of a key; all that is asked for at the same time is fetched by one query."""
        loader = self._loaders.get(batch)
        if loader is None:
            loader = self._loaders[batch] = DataLoader(load_fn=lambda keys: batch(self.view, keys))
        asked = ensure_future(loader.load(key))
        self._asked.add(asked)
        # a field that is refused cancels its siblings, and others may wait for the same value
        value: V = await shield(asked)
        return value

    async def settled(self) -> None:
        """Return when nothing is being loaded any more, wanted or not."""
        while pending := [asked for asked in self._asked if not asked.done()]:
            await gather(*pending, return_exceptions=True)
