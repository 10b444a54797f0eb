"""What was made last, by key; for what depends on its key alone."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Keeps the values used last, at most `size` of them, or as many as weigh no more than that together."""

    def __init__(self, size: int, weight: Callable[[V], int] = lambda _value: 1) -> None:
        self._size = size
        self._weight = weight
        self._kept: OrderedDict[Hashable, V] = OrderedDict()
        self._weighs = 0

    async def of(self, key: Hashable, make: Callable[[], Awaitable[V]]) -> V:
        """The value of a key, made if it is not kept."""
        kept = self.get(key)
        if kept is None:
            kept = await make()
            self.keep(key, kept)
        return kept

    def get(self, key: Hashable) -> V | None:
        """The value of a key, if it is kept."""
        if key in self._kept:
            self._kept.move_to_end(key)
        return self._kept.get(key)

    def keep(self, key: Hashable, value: V) -> None:
        """Keep a value, in the place of another of the same key."""
        if key in self._kept:
            self._weighs -= self._weight(self._kept.pop(key))
        self._kept[key] = value
        self._weighs += self._weight(value)
        while self._weighs > self._size:
            self._weighs -= self._weight(self._kept.popitem(last=False)[1])
