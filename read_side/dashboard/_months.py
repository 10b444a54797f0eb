"""Months as they begin and end in Norway."""

from datetime import date, timedelta

from read_side.dashboard.figures import MONTHS


def months_until(day: date) -> list[date]:
    """First days of the last 24 months, oldest first; the last one is the month of `day`."""
    first = day.replace(day=1)
    months = [first]
    while len(months) < MONTHS:
        first = (first - timedelta(days=1)).replace(day=1)
        months.insert(0, first)
    return months
