"""Tasks (oppgaver): one-off, setup and occurrences (here), and the recurring tasks that they come from (`recurring`)."""

from write_side.task.recurring.rules import decider as recurring_task
from write_side.task.rules import decider as task

deciders = (task, recurring_task)

__all__ = ["deciders", "recurring_task", "task"]
