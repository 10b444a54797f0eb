"""How a practice stands against the duties, at any instant, with evidence. It is no legal advice."""

from collections.abc import Iterable
from datetime import date
from functools import partial

from read_side._as_of import View
from read_side.compliance._answer import Answer, Compliance, Finding, answer
from read_side.compliance._evaluators import EVALUATORS
from read_side.compliance._facts import Facts, load_facts
from read_side.regulations import Duty, duties_in_force

__all__ = ["Answer", "Compliance", "Facts", "assess", "judge"]

_NOT_SHOWN = Finding(Compliance.NOT_SHOWN, "Vises ikke av dette systemet ennå.", "Not yet shown by this system.")


async def assess(view: View, duties: Iterable[Duty] | None = None) -> list[Answer]:
    """Every duty in force at the view's instant, of those given or of all, judged from what was known at its position."""
    facts = await load_facts(view, view.today)
    return [judge(duty, facts, view.today) for duty in duties_in_force(view.today, duties)]


def judge(duty: Duty, facts: Facts, today: date) -> Answer:
    """One duty on a day."""
    if duty.shown_by is None:
        return answer(duty, today, lambda _day: _NOT_SHOWN)
    return answer(duty, today, partial(EVALUATORS[duty.shown_by], facts, duty))
