"""Where the time of a rebuild goes: its stages in one process, by what each takes of an event."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from time import perf_counter, process_time
from typing import Any
from unittest.mock import patch

from projections._engine import _rebuild, _store
from projections._engine._fold import PracticeFold
from projections._engine._store import TableStore

_STAGES: tuple[tuple[Any, str, str], ...] = (
    (_rebuild, "_lines", "reading"),
    (PracticeFold, "plan", "decoding"),
    (PracticeFold, "fold", "handlers"),
    (TableStore, "_encode", "encoding"),
    (_store, "_copy", "COPY"),
    (_rebuild, "_make_indexes", "indexes and statistics"),
)


class _Stage:
    """Time that went into a function."""

    def __init__(self) -> None:
        self.cpu = self.wall = 0.0

    def around(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def timed(*args: Any, **options: Any) -> Any:
            wall, cpu = perf_counter(), process_time()
            try:
                return function(*args, **options)
            finally:
                self.wall += perf_counter() - wall
                self.cpu += process_time() - cpu

        return timed


def stages(url: str) -> str:
    """A rebuild in one process, told as microseconds an event: of this process, and waiting for PostgreSQL."""
    with _timed() as found:
        rebuilt = _rebuild.rebuild(url, processes=1)
    each = 1e6 / rebuilt.events
    told = ", ".join(f"{name} {stage.cpu * each:.1f} + {(stage.wall - stage.cpu) * each:.1f}" for name, stage in found.items())
    return f"in one process {rebuilt.seconds * each:.0f} µs an event, Python + waiting for PostgreSQL: {told}"


@contextmanager
def _timed() -> Iterator[dict[str, _Stage]]:
    found = {name: _Stage() for *_, name in _STAGES}
    with ExitStack() as patched:
        for owner, function, name in _STAGES:
            patched.enter_context(patch.object(owner, function, found[name].around(getattr(owner, function))))
        yield found
