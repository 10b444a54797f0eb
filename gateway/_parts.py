"""Answers that are sent part by part, to clients who may take their time or go away."""

import asyncio
from collections.abc import AsyncGenerator, Callable, Mapping
from contextlib import aclosing

from starlette.responses import StreamingResponse
from starlette.types import Message, Send


class InParts(StreamingResponse):
    """An answer that gives its place back at its end, also when the client has gone."""

    def __init__(
        self,
        parts: AsyncGenerator[bytes, None],
        leave: Callable[[], None],
        patience: float,
        headers: Mapping[str, str],
        media_type: str,
    ) -> None:
        """`leave` gives the place back; `patience`: seconds in which the client must take a part."""
        super().__init__(parts, headers=headers, media_type=media_type)
        self._parts = parts
        self._leave = leave
        self._patience = patience

    async def stream_response(self, send: Send) -> None:
        """Send all of it; raises TimeoutError when the client does not take it, which cuts the connection."""

        async def in_time(message: Message) -> None:
            async with asyncio.timeout(self._patience):
                await send(message)

        try:
            async with aclosing(self._parts):
                await super().stream_response(in_time)
        finally:
            self._leave()
