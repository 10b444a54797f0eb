"""Vega-Lite specifications to SVG, one at a time and each of them once.

The drawing engine (V8 in vl-convert) takes half a second and 80 MB when it is first used, so it is loaded by the first
chart, in a thread of its own that also keeps the charts from being drawn all at once.
"""

import asyncio
from collections.abc import Callable, Hashable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Literal

from gateway._recent import Recent
from gateway.problems import Language

KEPT = 400
"""Charts kept, about 20 kB each."""

_TIME_LOCALES: dict[Language, Literal["nb-NO", "en-GB"]] = {Language.NORWEGIAN: "nb-NO", Language.ENGLISH: "en-GB"}


class Drawer:
    """Draws charts, and keeps the last ones by key."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(max_workers=1, thread_name_prefix="charts")
        self._drawn: Recent[bytes] = Recent(KEPT)

    async def svg(self, key: Hashable, language: Language, spec: Callable[[], dict[str, Any]]) -> bytes:
        """The chart of `key`; `spec` is only called when it is not drawn yet."""

        async def draw() -> bytes:
            return await asyncio.get_running_loop().run_in_executor(self._thread, _draw, spec, language)

        return await self._drawn.of(key, draw)

    def close(self) -> None:
        """Let the thread end once its last chart is drawn."""
        self._thread.shutdown(wait=False, cancel_futures=True)


def _draw(spec: Callable[[], dict[str, Any]], language: Language) -> bytes:
    import vl_convert

    svg = vl_convert.vegalite_to_svg(spec(), time_format_locale=_TIME_LOCALES[language], allowed_base_urls=[])
    return svg.encode()
