"""Risk assessments and the practice's risk matrix: what may be asked (`commands`), what follows (`rules`), what is remembered (`state`)."""

from write_side.risk_assessment.rules import deciders

__all__ = ["deciders"]
