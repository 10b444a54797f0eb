"""Histories of a practice in which every type of event of every capability can happen, from the examples that tests have.

An event may come next if every handler takes it: the rows that it changes are there. So the examples come in any order
that leaves sense to the folds, also in orders that no rule would let through.
"""

from collections.abc import Iterator
from copy import deepcopy
from types import ModuleType
from typing import Any
from uuid import UUID

import orjson
from hypothesis import strategies as st

from events._base import DomainEvent, Envelope
from events._codec import encode_data
from events._registry import build
from projections._model import Key, ReadModel
from tests.contracts.test_golden import examples
from tests.deviation import _story as deviation
from tests.practice import _story as practice
from tests.projections._histories import Happened
from tests.projections._record import MOMENT
from tests.risk_assessment import _story as risk
from tests.task import _story as task

PRACTICE = "practice-1"
COPIES = 2
"""How many things of each kind there may be."""

_SUBJECTS = {
    "deviation": deviation.ID,
    "risk_assessment": risk.ID,
    "risk_matrix": PRACTICE,
    "task": task.OCCURRENCE_ID,
    "recurring_task": task.TEMPLATE,
    "practice": PRACTICE,
}


def _copied(data: Any, number: int) -> Any:
    """Data with other ids, the same for the same: a copy of what it speaks of."""
    if isinstance(data, dict):
        return {name: _copied(value, number) for name, value in data.items()}
    if isinstance(data, list):
        return [_copied(item, number) for item in data]
    try:
        return str(UUID(int=UUID(data).int ^ number << 96)) if isinstance(data, str) and len(data) == 36 else data
    except ValueError:
        return data


def _happened(event: DomainEvent, number: int, id_: UUID | None = None) -> Happened:
    kind = event.TYPE.partition(".")[0]
    subject = f"{kind}/{_copied(str(id_ or _SUBJECTS[kind]), number)}"
    return subject, build(event.TYPE, _copied(orjson.loads(encode_data(event)), number))


def _told(*stories: ModuleType) -> list[DomainEvent]:
    """What the tests of the capabilities tell of."""
    return [told for story in stories for told in vars(story).values() if isinstance(told, DomainEvent)]


_EXAMPLES = [*examples(), *_told(deviation, practice, risk, task), practice.assigned(practice.OWN, practice.LISE, number=2)]
EVERY_EVENT: list[Happened] = [
    happened
    for number in range(COPIES)
    for happened in (_happened(risk.STARTED, number, risk.EARLIER), *(_happened(event, number) for event in _EXAMPLES))
]
"""Examples of every type of event, for each copy of what it happens to."""


class Unfolding:
    """The rows of every table while events happen, by applying one handler after the other."""

    def __init__(self, models: tuple[ReadModel[Any], ...]) -> None:
        self._models = models
        self._written_once = {model.table.name for model in models if not model.table.history}
        self.rows: dict[str, dict[Key, Any]] = {model.table.name: {} for model in models}
        self.happened: list[Happened] = []
        self._versions: dict[str, int] = {}

    def __repr__(self) -> str:
        return f"<{', '.join(event.TYPE for _, event in self.happened)}>"

    def takes(self, next_: Happened) -> bool:
        """Let an event happen, if every handler takes it and it writes no row anew that is written once."""
        subject, event = next_
        envelope = self._envelope(subject, event)
        try:
            changes = [
                (model.table.name, key, step.apply(deepcopy(self.rows[model.table.name].get(key)), event, envelope))
                for model in self._models
                if (step := model.steps.get(type(event)))
                for key in dict.fromkeys(map(tuple, step.keys(event, envelope)))
            ]
        except (AttributeError, TypeError):
            return False
        if any(key in self.rows[table] for table, key, _ in changes if table in self._written_once):
            return False
        for table, key, row in changes:
            if row is None:
                self.rows[table].pop(key, None)
            else:
                self.rows[table][key] = row
        self.happened.append(next_)
        self._versions[subject] = envelope.version
        return True

    def _envelope(self, subject: str, event: DomainEvent) -> Envelope:
        position, version = len(self.happened) + 1, self._versions.get(subject, 0) + 1
        id_ = UUID(int=position)
        return Envelope(PRACTICE, position, subject, version, event.TYPE, MOMENT, "kari", id_, id_, None)


def everything(models: tuple[ReadModel[Any], ...]) -> Unfolding:
    """Every event that can happen as soon as it can, and once again after all of them."""
    unfolding, waiting, before = Unfolding(models), list(EVERY_EVENT), 0
    while len(waiting) != before:
        before = len(waiting)
        waiting = [next_ for next_ in waiting if not unfolding.takes(next_)]
    for next_ in EVERY_EVENT:
        unfolding.takes(next_)
    return unfolding


@st.composite
def unfoldings(draw: st.DrawFn, models: tuple[ReadModel[Any], ...], *, most: int = 40) -> Unfolding:
    """Some events that can happen, one after the other, of every capability."""
    unfolding = Unfolding(models)
    for kind, number in draw(st.lists(st.tuples(st.sampled_from(sorted(_SUBJECTS)), st.integers(0, 200)), min_size=1, max_size=most)):
        possible = [each for each in EVERY_EVENT if each[0].startswith(f"{kind}/")]
        for next_ in _from(possible, number):
            if unfolding.takes(next_):
                break
    return unfolding


def _from(found: list[Happened], number: int) -> Iterator[Happened]:
    start = number % len(found)
    return iter([*found[start:], *found[:start]])
