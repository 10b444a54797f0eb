"""Tasks and recurring tasks over REST: one POST a command. What only the scheduler asks for has no address."""

from gateway.rest._commands import Mount
from gateway.rest._things import Things
from read_side.task import RecurringTaskRow, TaskRow
from write_side.task import commands
from write_side.task.recurring import commands as recurring

_KARI = "0d2c3f9a-5f0b-4d4e-9d3a-1f4f6f1a7c11"
_OLA = "8b1f1a52-7c7e-4c1f-9a3e-2f6d5a1b9c22"
_HANDED_OVER = {"leaver": _OLA, "successor": _KARI, "reason": "Ola leaves at the end of June."}
_LINK = {"link": {"kind": "deviation", "target": "5d1b8a54-0a1e-4b53-8c6e-2a51f4f2a0d7"}}
_ONE = "/tasks/{task_id}"
_RECURRING = "/recurring-tasks/{recurring_task_id}"


def routes(mount: Mount) -> None:
    """Mount the commands to tasks and recurring tasks."""
    _plan(mount)
    _finish(mount)
    _define(mount)
    _change_schedule(mount)


def things(show: Things) -> None:
    """Mount what a `Location` names."""
    show("/tasks", TaskRow, "read.tasks")
    show("/recurring-tasks", RecurringTaskRow, "read.tasks")


def _plan(mount: Mount) -> None:
    mount(
        "/tasks",
        commands.PlanTask,
        location="/tasks/{id}",
        example={"title": "Order a new label printer", "assignment": {"function": "EQUIPMENT_LEAD"}, "due": "2026-04-01"},
    )
    mount(f"{_ONE}/describe", commands.DescribeTask, example={"title": "Order two label printers"})
    mount(f"{_ONE}/assign", commands.AssignTask, example={"assignment": {"members": [_OLA]}, "reason": "Ola knows the supplier."})
    mount(f"{_ONE}/hand-over", commands.HandOverTask, example=_HANDED_OVER)
    mount(f"{_ONE}/name-follow-up", commands.NameTaskFollowUp, example={"follow_up": _KARI})
    mount(f"{_ONE}/move-due-date", commands.MoveDueDate, example={"due": "2026-04-15", "reason": "The supplier is out of stock."})
    mount(f"{_ONE}/link", commands.LinkTask, example=_LINK)


def _finish(mount: Mount) -> None:
    mount(f"{_ONE}/complete", commands.CompleteTask, example={"done_on": "2026-03-28", "note": "Delivered and tested."})
    mount(f"{_ONE}/evidence", commands.AddEvidence, example={"note": "The receipt is in the binder."})
    mount(f"{_ONE}/skip", commands.SkipTask, example={"reason": "Closed for the holidays."})
    mount(f"{_ONE}/cancel", commands.CancelTask, example={"reason": "The old printer was repaired."})
    mount(f"{_ONE}/reopen", commands.ReopenTask, example={"reason": "It broke again."})


def _define(mount: Mount) -> None:
    mount(
        "/recurring-tasks",
        recurring.DefineRecurringTask,
        location="/recurring-tasks/{id}",
        example={
            "title": "Check the emergency bag",
            "schedule": {"starts_on": "2026-04-06", "rule": "FREQ=MONTHLY;BYDAY=1MO"},
            "assignment": {"function": "CLINICAL_LEAD"},
        },
    )
    mount(f"{_RECURRING}/describe", recurring.DescribeRecurringTask, example={"title": "Check both emergency bags"})
    mount(f"{_RECURRING}/assign", recurring.AssignRecurringTask, example={"assignment": {"members": [_KARI, _OLA]}})
    mount(f"{_RECURRING}/hand-over", recurring.HandOverRecurringTask, example=_HANDED_OVER)
    mount(f"{_RECURRING}/name-follow-up", recurring.NameRecurringTaskFollowUp, example={"follow_up": None})
    mount(f"{_RECURRING}/link", recurring.LinkRecurringTask, example=_LINK)


def _change_schedule(mount: Mount) -> None:
    mount(f"{_RECURRING}/start", recurring.StartRecurringTask, example={"started_on": "2026-04-01"})
    mount(
        f"{_RECURRING}/change-schedule",
        recurring.ChangeSchedule,
        example={"schedule": {"starts_on": "2026-05-01", "months_after_done": 3}, "reason": "Quarterly is enough."},
    )
    mount(f"{_RECURRING}/change-lead-time", recurring.ChangeLeadTime, example={"lead_days": 21})
    mount(f"{_RECURRING}/pause", recurring.PauseRecurringTask, example={"until": "2026-08-15", "reason": "Summer."})
    mount(f"{_RECURRING}/resume", recurring.ResumeRecurringTask, example={"from_day": "2026-08-03"})
    mount(f"{_RECURRING}/end", recurring.EndRecurringTask, example={"reason": "The bag is looked after by the out-of-hours service."})
