"""The dashboard's charts as Vega-Lite specifications.

Series over time come with their median, as run charts do: a process is judged by its median and its runs, never by two
months beside each other. Altair is imported when the first chart is made; it takes half a second and 25 MB.
"""

from collections.abc import Callable
from datetime import date
from enum import StrEnum
from statistics import median
from typing import TYPE_CHECKING, Any

from gateway.web._language import Speech
from read_side.dashboard.figures import AgeBucket, Dashboard, MonthFigures

if TYPE_CHECKING:
    import altair as alt

    Drawing = alt.TopLevelMixin

INK, MUTED, GRID = "#1d2a2f", "#55656c", "#e3e8ea"
DARK, LIGHT, WARM = "#0b5563", "#9cc7cc", "#c8553d"
AGES = ["#cfe3e5", "#9cc7cc", "#5b9ea7", "#d98b4a", "#a4262c"]


class ChartName(StrEnum):
    """A chart of the dashboard."""

    REPORTS = "reports"
    CLOSING = "closing"
    TASKS = "tasks"
    OPEN = "open"


class Size(StrEnum):
    """For which width a chart is drawn."""

    WIDE = "wide"
    NARROW = "narrow"

    @property
    def pixels(self) -> tuple[int, int]:
        """Width and height of the whole drawing."""
        return {"wide": (620, 280), "narrow": (360, 260)}[self.value]


def specification(chart: ChartName, figures: Dashboard, speech: Speech, size: Size) -> dict[str, Any]:
    """The Vega-Lite specification of a chart."""
    drawn = _CHARTS[chart](figures, speech, size)
    width, height = size.pixels
    spec: dict[str, Any] = (
        drawn.properties(width=width, height=height, autosize={"type": "fit", "contains": "padding"}, padding=6, background="transparent")
        .configure(font="system-ui, 'Segoe UI', Roboto, sans-serif")
        .configure_axis(labelColor=MUTED, titleColor=MUTED, gridColor=GRID, labelFontSize=12, titleFontSize=12, titleFontWeight="normal")
        .configure_legend(
            orient="top",
            columns=3,
            symbolSize=80,
            columnPadding=16,
            labelColor=INK,
            labelFontSize=12,
            titleColor=MUTED,
            titleFontSize=12,
            titleFontWeight="normal",
        )
        .configure_line(strokeJoin="round")
        .configure_view(stroke=None)
        .to_dict()
    )
    return spec


def monthly_median(figures: Dashboard, value: Callable[[MonthFigures], float | None]) -> float | None:
    """Median of a monthly series: without the last month, which is not over, and those before the record began."""
    began = figures.first_recorded_on or date.max
    over = [month for month in figures.months[:-1] if month.first_day >= began.replace(day=1)]
    known = [known for month in over if (known := value(month)) is not None]
    return median(known) if known else None


def _reports(figures: Dashboard, speech: Speech, size: Size) -> "Drawing":
    import altair as alt

    names = [speech.text("charts.reports.reported"), speech.text("charts.reports.closed")]
    points = [
        {"month": _local(month.first_day), "series": name, "count": count}
        for month in figures.months
        for name, count in zip(names, (month.reported, month.closed), strict=True)
    ]
    most = max(max(month.reported, month.closed) for month in figures.months)
    lines = (
        alt.Chart({"values": points})
        .mark_line(point={"filled": True, "size": 28}, strokeWidth=2)
        .encode(
            x=_month_axis(size),
            y=_count_axis("count", speech.text("charts.reports.axis"), most),
            color=alt.Color("series:N", title=None, scale=alt.Scale(domain=names, range=[DARK, WARM])),
            strokeDash=alt.StrokeDash("series:N", title=None, scale=alt.Scale(domain=names, range=[[1, 0], [5, 2]])),
        )
    )
    return _with_median(lines, monthly_median(figures, lambda month: month.reported))


def _closing(figures: Dashboard, speech: Speech, size: Size) -> "Drawing":
    import altair as alt

    points = [{"month": _local(month.first_day), "days": month.median_days_to_close} for month in figures.months]
    most = max(month.median_days_to_close or 0 for month in figures.months)
    line = (
        alt.Chart({"values": points})
        .mark_line(color=DARK, point={"filled": True, "size": 36, "color": DARK}, strokeWidth=2)
        .encode(x=_month_axis(size), y=_count_axis("days", speech.text("charts.closing.axis"), most))
    )
    return _with_median(line, monthly_median(figures, lambda month: month.median_days_to_close))


def _tasks(figures: Dashboard, speech: Speech, size: Size) -> "Drawing":
    import altair as alt

    names = [speech.text("charts.tasks.on_time"), speech.text("charts.tasks.not_on_time")]
    bars = [
        {"month": _local(month.first_day), "part": name, "count": count, "order": order}
        for month in figures.months
        for order, (name, count) in enumerate(zip(names, (month.tasks_on_time, month.tasks_due - month.tasks_on_time), strict=True))
    ]
    most = max(month.tasks_due for month in figures.months)
    drawn: Drawing = (
        alt.Chart({"values": bars})
        .mark_bar()
        .encode(
            x=_month_axis(size, bars=True),
            y=_count_axis("count", speech.text("charts.tasks.axis"), most),
            color=alt.Color("part:N", title=None, scale=alt.Scale(domain=names, range=[DARK, LIGHT])),
            order="order:Q",
        )
    )
    return drawn


def _open(figures: Dashboard, speech: Speech, _size: Size) -> "Drawing":
    import altair as alt

    groups = figures.deviations.open_groups
    bars = [
        {"category": speech.name(group.category), "age": speech.name(group.age), "count": group.count, "order": order}
        for order, group in enumerate(groups)
    ]
    most = max(entry.count for entry in figures.deviations.open_by_category)
    ages = [speech.name(age) for age in AgeBucket]
    names = alt.Axis(labelLimit=160, domain=False, ticks=False, labelPadding=8, minExtent=128)
    drawn: Drawing = (
        alt.Chart({"values": bars})
        .mark_bar()
        .encode(
            x=_count_axis("count", speech.text("charts.open.axis"), most, channel=alt.X),
            y=alt.Y("category:N", title=None, sort="-x", axis=names),
            color=alt.Color("age:N", title=speech.text("charts.open.age"), scale=alt.Scale(domain=ages, range=AGES)),
            order="order:Q",
        )
    )
    return drawn


_CHARTS: dict[ChartName, Callable[[Dashboard, Speech, Size], "Drawing"]] = {
    ChartName.REPORTS: _reports,
    ChartName.CLOSING: _closing,
    ChartName.TASKS: _tasks,
    ChartName.OPEN: _open,
}


def _month_axis(size: Size, *, bars: bool = False) -> "alt.X":
    import altair as alt

    every = alt.TimeIntervalStep(interval="month", step={Size.WIDE: 3, Size.NARROW: 6}[size])
    axis = alt.Axis(format="%b %y", grid=False, tickCount=every)
    if bars:
        return alt.X("yearmonth(month):T", title=None, axis=axis, bandPosition=0.5)
    return alt.X("month:T", title=None, axis=axis, scale=alt.Scale(padding=10))


def _local(day: date) -> str:
    """A day as the drawing engine's own midnight; without the time it would be UTC's, and a month could slip."""
    return f"{day.isoformat()}T00:00:00"


def _count_axis(field: str, title: str, most: float, channel: Any = None) -> Any:
    """An axis from 0 to `most`, or to 4 if that is more: below 4 its five ticks would be fractions."""
    import altair as alt

    whole = alt.Axis(format="d", tickMinStep=1, tickCount=5, domain=False, ticks=False)
    return (channel or alt.Y)(f"{field}:Q", title=title, axis=whole, scale=alt.Scale(domain=[0, max(most, 4)], nice=True))


def _with_median(chart: "alt.Chart", value: float | None) -> "Drawing":
    import altair as alt

    if value is None:
        return alt.layer(chart)
    rule = alt.Chart({"values": [{"median": value}]}).mark_rule(color=MUTED, strokeDash=[4, 4], strokeWidth=1.2).encode(y="median:Q")
    return alt.layer(rule, chart)
