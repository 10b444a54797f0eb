"""What was made last, by key; for what depends on its key alone."""

from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")


class Recent(Generic[V]):
    """Keeps the values used last, at most `size` of them."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._kept: OrderedDict[Hashable, V] = OrderedDict()

    async def of(self, key: Hashable, make: Callable[[], Awaitable[V]]) -> V:
        """The value of a key, made if it is not kept."""
        if key not in self._kept:
            made = await make()
            self._kept[key] = made
            while len(self._kept) > self._size:
                self._kept.popitem(last=False)
            return made
        self._kept.move_to_end(key)
        return self._kept[key]
