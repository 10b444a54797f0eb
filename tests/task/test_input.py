"""What a command to a task may say: bounded, complete, and free of contradictions."""

from datetime import date
from typing import Any
from uuid import UUID

import orjson
import pytest
from pydantic import ValidationError

from events._function import Function
from events.task import LinkKind, TaskKind
from tests._given import KARI, OLA
from tests.task._story import DEVIATION, ID, OWN_FUNCTION, SHA, TEMPLATE
from write_side._decider import Command
from write_side.task import commands
from write_side.task.recurring import commands as recurring

PLAN = {"title": "Kalibrer", "assignment": {"members": [str(OLA)]}, "due": "2026-03-16"}
DEFINE = {
    "title": "Kontroller akuttkofferten",
    "schedule": {"starts_on": "2026-03-09", "rule": "FREQ=WEEKLY;BYDAY=MO"},
    "assignment": {"function": "QUALITY_LEAD"},
}
COMPLETE = {"task_id": str(ID), "done_on": "2026-03-03"}


def read(command: type[Command], content: dict[str, Any]) -> Any:
    return command.model_validate_json(orjson.dumps(content), strict=True)


def test_a_task_is_read_from_json() -> None:
    command = read(commands.PlanTask, PLAN | {"follow_up": str(KARI), "kind": "setup", "recurring_task": str(TEMPLATE)})
    assert (command.kind, command.due, command.assignment.members) == (TaskKind.SETUP, date(2026, 3, 16), (OLA,))


@pytest.mark.parametrize(("given", "kept"), [("HSE_LEAD", Function.HSE_LEAD), (str(OWN_FUNCTION), OWN_FUNCTION)])
def test_a_function_is_one_of_every_practices_or_one_of_its_own(given: str, kept: Function | UUID) -> None:
    assert read(commands.PlanTask, PLAN | {"assignment": {"function": given}}).assignment.function == kept


def test_a_recurring_task_is_read_from_json() -> None:
    command = read(recurring.DefineRecurringTask, DEFINE | {"schedule": {"starts_on": "2026-03-09", "rule": "byday=mo;freq=weekly"}})
    assert (command.schedule.rule, command.lead_days) == ("FREQ=WEEKLY;BYDAY=MO", 14)


def test_a_link_names_a_subject_by_id_and_the_rest_by_name() -> None:
    links = [{"kind": "deviation", "target": str(DEVIATION)}, {"kind": "document", "name": "Prosedyre 4.2"}]
    assert [link.kind for link in read(commands.PlanTask, PLAN | {"links": links}).links] == [LinkKind.DEVIATION, LinkKind.DOCUMENT]


MANY = [str(UUID(int=number)) for number in range(1, 22)]

BAD: list[tuple[type[Command], dict[str, Any], str]] = [
    (commands.PlanTask, PLAN | {"titel": "x"}, "extra_forbidden"),
    (commands.PlanTask, PLAN | {"title": " "}, "string_too_short"),
    (commands.PlanTask, PLAN | {"title": "x" * 201}, "string_too_long"),
    (commands.PlanTask, PLAN | {"title": "a\u0000b"}, "text.control_character"),
    (commands.PlanTask, PLAN | {"description": "x" * 10_001}, "string_too_long"),
    (commands.PlanTask, PLAN | {"due": "1999-12-31"}, "date.too_early"),
    (commands.PlanTask, PLAN | {"due": "i morgen"}, "date_parsing"),
    (commands.PlanTask, PLAN | {"kind": "occurrence"}, "literal_error"),
    (commands.PlanTask, PLAN | {"recurring_task": str(TEMPLATE)}, "task.starts_only_from_setup"),
    (commands.PlanTask, PLAN | {"assignment": {}}, "task.assignment"),
    (commands.PlanTask, PLAN | {"assignment": {"members": [str(OLA)], "function": "HSE_LEAD"}}, "task.assignment"),
    (commands.PlanTask, PLAN | {"assignment": {"members": MANY}}, "too_long"),
    (commands.PlanTask, PLAN | {"links": [{"kind": "deviation"}]}, "task.link"),
    (commands.PlanTask, PLAN | {"links": [{"kind": "deviation", "target": str(DEVIATION), "name": "x"}]}, "task.link"),
    (commands.PlanTask, PLAN | {"links": [{"kind": "document", "target": str(DEVIATION)}]}, "task.link"),
    (commands.PlanTask, PLAN | {"links": [{"kind": "document", "name": "https://intranett.no/4.2"}]}, "task.link.address"),
    (commands.PlanTask, PLAN | {"links": [{"kind": "document", "name": "se www.intranett.no"}]}, "task.link.address"),
    (commands.HandOverTask, {"task_id": str(ID), "leaver": str(OLA), "successor": str(OLA)}, "task.hand_over.same_member"),
    (commands.CompleteTask, COMPLETE | {"attachments": [{"reference": str(ID), "sha256": SHA.upper()}]}, "string_pattern_mismatch"),
    (commands.CompleteTask, COMPLETE | {"attachments": [{"reference": "kari.pdf", "sha256": SHA}]}, "uuid_parsing"),
    (commands.AddEvidence, {"task_id": str(ID)}, "task.evidence.empty"),
    (commands.SkipTask, {"task_id": str(ID)}, "missing"),
    (recurring.DefineRecurringTask, DEFINE | {"schedule": {"starts_on": "2026-03-09"}}, "recurring_task.schedule"),
    (
        recurring.DefineRecurringTask,
        DEFINE | {"schedule": {"starts_on": "2026-03-09", "rule": "FREQ=DAILY", "months_after_done": 1}},
        "recurring_task.schedule",
    ),
    (recurring.DefineRecurringTask, DEFINE | {"schedule": {"starts_on": "2026-03-09", "rule": "FREQ=HOURLY"}}, "recurrence.too_frequent"),
    (recurring.DefineRecurringTask, DEFINE | {"schedule": {"starts_on": "2026-03-09", "months_after_done": 0}}, "greater_than_equal"),
    (recurring.DefineRecurringTask, DEFINE | {"schedule": {"starts_on": "2026-03-09", "months_after_done": 121}}, "less_than_equal"),
    (recurring.DefineRecurringTask, DEFINE | {"lead_days": 367}, "less_than_equal"),
    (recurring.DefineRecurringTask, DEFINE | {"lead_days": -1}, "greater_than_equal"),
    (
        recurring.HandOverRecurringTask,
        {"recurring_task_id": str(TEMPLATE), "leaver": str(OLA), "successor": str(OLA)},
        "task.hand_over.same_member",
    ),
]


@pytest.mark.parametrize(("command", "content", "code"), BAD)
def test_what_cannot_be_meant_is_refused(command: type[Command], content: dict[str, Any], code: str) -> None:
    with pytest.raises(ValidationError) as refused:
        read(command, content)
    assert code in {error["type"] for error in refused.value.errors()}


def test_a_bad_rule_says_which_part_cannot_be_read() -> None:
    with pytest.raises(ValidationError) as refused:
        read(recurring.DefineRecurringTask, DEFINE | {"schedule": {"starts_on": "2026-03-09", "rule": "FREQ=WEEKLY;BYHOUR=9"}})
    (error,) = refused.value.errors()
    assert (error["type"], error["ctx"]) == ("recurrence.unreadable", {"part": "BYHOUR=9"})
