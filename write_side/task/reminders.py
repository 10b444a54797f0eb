"""Which reminders a day calls for."""

from datetime import date, timedelta

from events.task import ReminderKind

WEEK = timedelta(days=7)
DAY = timedelta(days=1)


def timely(kind: ReminderKind, due: date, today: date) -> bool:
    """Whether a reminder says something true and useful on a day.

    One that was missed is given late only until the next one takes its place: a week's notice until two days before,
    a day's notice until the due date itself. That a date has passed stays true.
    """
    if kind is ReminderKind.WEEK_BEFORE:
        return due - WEEK <= today < due - DAY
    if kind is ReminderKind.DAY_BEFORE:
        return due - DAY <= today <= due
    return today > due


def first_day(kind: ReminderKind, due: date) -> date:
    """The day from which a reminder is timely."""
    if kind is ReminderKind.WEEK_BEFORE:
        return due - WEEK
    return due - DAY if kind is ReminderKind.DAY_BEFORE else due + DAY
