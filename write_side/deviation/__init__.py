"""Deviations (avvik): what may be asked of one (`commands`), what follows (`rules`), what is remembered (`state`)."""

from write_side.deviation.rules import decider

__all__ = ["decider"]
