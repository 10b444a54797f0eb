"""The charts of the dashboard page: image, what it shows in words, its caveat, and the numbers as a table."""

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlencode

from gateway.web._language import Speech
from gateway.web.charts import ChartName, Size, monthly_median
from read_side.dashboard.figures import AgeBucket, Dashboard, MonthFigures

_OLD = (AgeBucket.UP_TO_90, AgeBucket.OVER_90)
"""Older than 60 days."""

Row = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Panel:
    """One chart on the page."""

    empty: bool
    """Nothing has happened that it could show."""
    title: str
    alt: str
    caveat: str
    wide: str
    """Address of the drawing for wide windows."""
    narrow: str
    columns: Row
    rows: list[Row]
    width: int
    height: int
    narrow_width: int
    narrow_height: int


def panels(figures: Dashboard, speech: Speech, charts: str, query: dict[str, str]) -> list[Panel]:
    """The charts in the order of the page; `charts` is the folder of their addresses, `query` what each is asked with."""

    def panel(chart: ChartName, alt: str, columns: Row, rows: list[Row], caveat: str = "", *, empty: bool) -> Panel:
        wide, narrow = (f"{charts}/{chart}.svg?{urlencode({**query, 'lang': speech.language, 'size': size})}" for size in Size)
        told = speech.text(f"charts.{chart}.caveat")
        return Panel(
            empty,
            speech.text(f"charts.{chart}.title"),
            alt,
            f"{told} {caveat}".strip(),
            wide,
            narrow,
            columns,
            rows,
            *Size.WIDE.pixels,
            *Size.NARROW.pixels,
        )

    return [make(figures, speech, panel) for make in (_reports, _tasks, _closing, _open)]


def _reports(figures: Dashboard, speech: Speech, panel: Callable[..., Panel]) -> Panel:
    t, last = speech.text, figures.months[-1]
    median = _shown(speech, monthly_median(figures, lambda month: month.reported))
    return panel(
        ChartName.REPORTS,
        t("charts.reports.alt", reported=last.reported, closed=last.closed, median=median),
        (t("charts.month"), t("charts.reports.reported"), t("charts.reports.closed")),
        _by_month(figures, speech, lambda month: (speech.number(month.reported), speech.number(month.closed))),
        f"{_median_line(speech, median)} {t('charts.unfinished_month')}",
        empty=not any(month.reported or month.closed for month in figures.months),
    )


def _closing(figures: Dashboard, speech: Speech, panel: Callable[..., Panel]) -> Panel:
    t = speech.text
    median = _shown(speech, monthly_median(figures, lambda month: month.median_days_to_close))
    return panel(
        ChartName.CLOSING,
        t("charts.closing.alt", median=median),
        (t("charts.month"), t("charts.closing.days"), t("charts.reports.closed")),
        _by_month(figures, speech, lambda month: (_shown(speech, month.median_days_to_close), speech.number(month.closed))),
        _median_line(speech, median),
        empty=not any(month.closed for month in figures.months),
    )


def _tasks(figures: Dashboard, speech: Speech, panel: Callable[..., Panel]) -> Panel:
    t, year = speech.text, figures.months[-12:]
    on_time, due = sum(month.tasks_on_time for month in year), sum(month.tasks_due for month in year)
    return panel(
        ChartName.TASKS,
        t("charts.tasks.alt", on_time=on_time, due=due),
        (t("charts.month"), t("charts.tasks.due"), t("charts.tasks.on_time")),
        _by_month(figures, speech, lambda month: (speech.number(month.tasks_due), speech.number(month.tasks_on_time))),
        empty=not any(month.tasks_due for month in figures.months),
    )


def _open(figures: Dashboard, speech: Speech, panel: Callable[..., Panel]) -> Panel:
    t, open_ = speech.text, figures.deviations
    by_age = {entry.age: entry.count for entry in open_.open_by_age}
    counts = {(group.category, group.age): group.count for group in open_.open_groups}
    rows = [
        (speech.name(entry.category), *(speech.number(counts[entry.category, age]) for age in AgeBucket), speech.number(entry.count))
        for entry in open_.open_by_category
    ]
    total = (t("charts.open.total"), *(speech.number(by_age[age]) for age in AgeBucket), speech.number(open_.open))
    return panel(
        ChartName.OPEN,
        t("charts.open.alt", open=open_.open, old=sum(by_age[age] for age in _OLD)),
        (t("charts.open.category"), *(speech.name(age) for age in AgeBucket), t("charts.open.total")),
        [*rows, total],
        empty=not open_.open,
    )


def _by_month(figures: Dashboard, speech: Speech, cells: Callable[[MonthFigures], Row]) -> list[Row]:
    """A row a month, the newest first."""
    return [(speech.month(month.first_day), *cells(month)) for month in reversed(figures.months)]


def _median_line(speech: Speech, median: str) -> str:
    return speech.text("charts.median_line", median=median)


def _shown(speech: Speech, value: float | None) -> str:
    return speech.text("unit.none") if value is None else speech.number(value)
