"""What is done in the database is done to its end: a query that is broken off takes its connection with it."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")

_running: set[asyncio.Task[Any]] = set()
"""The loop itself does not hold on to its tasks."""


def begin(work: Coroutine[Any, Any, T]) -> asyncio.Task[T]:
    """Do something in a task of its own, for `asyncio.shield`: it goes on also when nobody waits for it any more."""
    task = asyncio.ensure_future(work)
    _running.add(task)
    task.add_done_callback(_ended)
    return task


async def unbroken(work: Coroutine[Any, Any, T]) -> T:
    """The result of something that goes on also when whoever waits is cancelled."""
    return await asyncio.shield(begin(work))


def _ended(task: asyncio.Task[Any]) -> None:
    _running.discard(task)
    if not task.cancelled():
        task.exception()  # whoever waited has it; nobody may be left
