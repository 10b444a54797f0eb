"""A process that hangs while it folds does not keep others from a practice for ever, with PostgreSQL 16 either."""

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from threading import Event
from typing import Any

import pytest
from structlog.testing import capture_logs

from projections._all import read_models
from projections._engine._fold import Handlers
from projections._engine._received import Taken, receive
from projections._kafka import _desk
from projections._model import ReadModel, Step
from tests._database import Database
from tests._kafka import until
from tests.projections.test_received import KARI, run


def is_free(database: Database) -> bool:
    """Whether nobody has the practice in hand."""
    with database.connect() as conn:
        return conn.execute("select from projection.follower where ledger = %s for update skip locked", (KARI,)).fetchone() is not None


def hanging(model: ReadModel[Any], hang: Callable[[], None]) -> ReadModel[Any]:
    """A read model whose handlers hang before they do anything."""

    def late(step: Step[Any]) -> Step[Any]:
        def apply(*given: Any) -> Any:
            hang()
            return step.apply(*given)

        return replace(step, apply=apply)

    return replace(model, steps={event_class: late(step) for event_class, step in model.steps.items()})


def test_its_transaction_is_ended(elsewhere: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_desk, "_LIMITED", 1_000_000)  # as if this one could not limit a whole transaction
    models = tuple(hanging(model, lambda: until(lambda: is_free(elsewhere), 20, "the practice is free")) for model in read_models())
    slow = run(KARI, 6, 9, planned=False)
    slow.plan(Handlers(models))
    with capture_logs() as logs, _desk.Desk(elsewhere.url, None, Event(), longest=0.5) as desk:
        desk.submit(partial(receive, runs=[run(KARI, 1, 5)])).result(30)
        assert desk.submit(partial(receive, runs=[slow])).result(60) == {KARI: Taken(9, 4, stopped=False)}
    assert [log["event"] for log in logs] == ["storing interrupted"]
