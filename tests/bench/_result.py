"""One measured figure, and the peer or limit it is held against."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Result:
    """A figure measured on this machine, as a ratio to a named peer or limit of the same run."""

    name: str
    value: float
    unit: str
    peer: str
    """What it is held against: another library in the same run, or the limit that was set."""
    peer_value: float
    ratio: float
    """value / peer_value."""
    bar: str
    """What was asked for, for instance `>= 4 times` or `p99 < 10 ms`."""
    met: bool
    note: str = ""


def against(
    name: str,
    value: float,
    unit: str,
    peer: str,
    peer_value: float,
    *,
    at_least: float | None = None,
    at_most: float | None = None,
    note: str = "",
) -> Result:
    """A figure whose ratio to `peer_value` should be at least or at most something."""
    ratio = value / peer_value
    if at_least is not None:
        return Result(name, value, unit, peer, peer_value, ratio, f">= {at_least:g} times the peer", ratio >= at_least, note)
    assert at_most is not None
    return Result(name, value, unit, peer, peer_value, ratio, f"<= {at_most:g} times the peer", ratio <= at_most, note)


def limit(name: str, value: float, unit: str, *, at_least: float | None = None, below: float | None = None, note: str = "") -> Result:
    """A figure held against the limit that was set for it."""
    if at_least is not None:
        return Result(name, value, unit, "limit", at_least, value / at_least, f">= {at_least:,g} {unit}", value >= at_least, note)
    assert below is not None
    return Result(name, value, unit, "limit", below, value / below, f"< {below:,g} {unit}", value < below, note)
