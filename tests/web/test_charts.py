"""The charts: what they show, and that a browser may show them under the security policy."""

import asyncio
from dataclasses import replace
from datetime import date
from uuid import UUID
from xml.etree import ElementTree as ET

import pytest

from events.deviation import Category
from events.risk_assessment import Band
from gateway.problems import Language
from gateway.web._draw import Drawer
from gateway.web._duties import duty_panel
from gateway.web._language import Speech
from gateway.web._lists import Names, attention_lists
from gateway.web._panels import panels
from gateway.web._tiles import Tone, tiles
from gateway.web.charts import ChartName, Size, monthly_median, specification
from read_side.compliance import Answer, Compliance
from read_side.dashboard.figures import (
    AgeBucket,
    AgeCount,
    Attention,
    CategoryCount,
    Dashboard,
    DeviationFigures,
    HighRisk,
    MedianDays,
    MonthFigures,
    OpenGroup,
    RiskFigures,
    TaskFigures,
)
from read_side.regulations import all_duties

pytestmark = pytest.mark.anyio

NO, EN = Speech(Language.NORWEGIAN), Speech(Language.ENGLISH)
SVG = "{http://www.w3.org/2000/svg}"


def months(reported: list[int]) -> tuple[MonthFigures, ...]:
    return tuple(
        MonthFigures(date(2024 + index // 12, index % 12 + 1, 1), count, count, float(count) if count else None, 2 * count, count)
        for index, count in enumerate(reported)
    )


def figures(reported: list[int], began: date | None = date(2024, 1, 1)) -> Dashboard:
    groups = tuple(OpenGroup(category, age, 1) for category in Category for age in AgeBucket)
    return Dashboard(
        deviations=DeviationFigures(
            open=30,
            open_severe=0,
            open_groups=groups,
            open_by_category=tuple(CategoryCount(category, 5) for category in Category),
            open_by_age=tuple(AgeCount(age, 6) for age in AgeBucket),
            reported=sum(reported),
            reporters=3,
            to_triage=MedianDays(None, 0),
            to_close=MedianDays(None, 0),
            measures_open=0,
            measures_late=0,
            awaiting_evaluation=0,
        ),
        risks=RiskFigures(None, None, (), 0, 0, 0, 0, 0, 0),
        tasks=TaskFigures(0, 0, 0, 0, 0, 0, 0, None, None, None, None),
        months=months(reported),
        first_recorded_on=began,
    )


BUSY = figures([1, 4, 2, 0, 3, 5, 1, 2] * 3)


@pytest.mark.parametrize(("expiring", "expired", "tone"), [(0, 0, Tone.GOOD), (0, 2, Tone.PLAIN), (1, 0, Tone.WARN), (1, 2, Tone.BAD)])
def test_a_tile_that_shows_none_is_no_alarm(expiring: int, expired: int, tone: Tone) -> None:
    risks = replace(BUSY.risks, acceptances_expiring=expiring, acceptances_expired=expired)
    (tile,) = (tile for tile in tiles(replace(BUSY, risks=risks), [], EN) if tile.label == EN.text("figures.acceptances_expiring"))
    assert (tile.value, tile.tone) == (str(expiring), tone)
    assert ("2" in tile.note.replace("30", "")) is bool(expired)


@pytest.mark.parametrize(
    ("stand", "value", "note", "tone"),
    [
        ([Compliance.MET] * 8 + [Compliance.DUE_SOON], "0", "9 av 9 som kan vises her, er oppfylt; 1 av dem er snart på tide", Tone.GOOD),
        (
            [Compliance.MET, Compliance.STALE, Compliance.MISSING, Compliance.NOT_SHOWN],
            "2",
            "1 av 3 som kan vises her, er oppfylt",
            Tone.BAD,
        ),
        ([Compliance.NOT_SHOWN, Compliance.NOT_APPLICABLE], "0", "0 av 0 som kan vises her, er oppfylt", Tone.PLAIN),
    ],
)
def test_the_tile_and_the_list_of_duties_count_the_same(stand: list[Compliance], value: str, note: str, tone: Tone) -> None:
    answers = [Answer(all_duties()[0], status, "", "", (), None, None) for status in stand]
    tile = tiles(BUSY, answers, NO)[-1]
    assert (tile.label, tile.value, tile.note, tile.tone) == ("Krav som ikke er oppfylt", value, note, tone)
    chips = {NO.name(status): count for status, count in duty_panel(answers, NO).summary}
    met = sum(count for name, count in chips.items() if name.startswith("oppfylt"))
    assert note.startswith(f"{met} av ")


@pytest.mark.parametrize(("today", "told"), [(date(2026, 6, 27), "til 27. juni 2026"), (date(2026, 6, 28), "utløpt 27. juni 2026")])
def test_an_acceptance_that_is_over_is_told_as_expired(today: date, told: str) -> None:
    risk = HighRisk(UUID(int=1), UUID(int=2), "Strømbrudd", Band.HIGH, None, True, date(2026, 6, 27), None)
    risks = attention_lists(Attention((), (), (), (risk,)), BUSY, Names({}, {}, True, NO), today)[-1]
    assert risks.rows[0][2].replace("\N{NO-BREAK SPACE}", " ") == told


async def test_every_chart_can_be_drawn_in_both_languages_and_sizes() -> None:
    drawer = Drawer()
    for chart in ChartName:
        for speech in (NO, EN):
            for size in Size:
                drawn = await drawer.svg(
                    (chart, speech.language, size),
                    speech.language,
                    lambda chart=chart, speech=speech, size=size: specification(chart, BUSY, speech, size),  # type: ignore[misc]
                )
                _check(drawn, size)
    drawer.close()


def _check(drawn: bytes, size: Size) -> None:
    root = ET.fromstring(drawn)  # noqa: S314 -- our own drawing
    assert root.tag == f"{SVG}svg"
    assert (root.get("width"), root.get("height")) == tuple(map(str, size.pixels))
    for element in root.iter():
        assert "style" not in element.attrib
        assert element.tag not in (f"{SVG}style", f"{SVG}script", f"{SVG}foreignObject", f"{SVG}image")


async def test_labels_are_in_the_language_of_the_page() -> None:
    drawer = Drawer()
    norwegian = (await drawer.svg("no", Language.NORWEGIAN, lambda: specification(ChartName.REPORTS, BUSY, NO, Size.WIDE))).decode()
    english = (await drawer.svg("en", Language.ENGLISH, lambda: specification(ChartName.REPORTS, BUSY, EN, Size.WIDE))).decode()
    assert ("Meldt" in norwegian, "juli 24" in norwegian, "Reported" in norwegian) == (True, True, False)
    assert ("Reported" in english, "Jul 24" in english, "Meldt" in english) == (True, True, False)
    drawer.close()


async def test_a_chart_is_drawn_once() -> None:
    drawer, asked = Drawer(), []

    def spec() -> dict[str, object]:
        asked.append(1)
        return specification(ChartName.OPEN, BUSY, NO, Size.WIDE)

    first, second = [await drawer.svg("key", Language.NORWEGIAN, spec) for _ in range(2)]
    assert first == second
    assert len(asked) == 1
    drawer.close()


async def test_charts_asked_for_at_once_are_all_drawn() -> None:
    drawer = Drawer()
    drawn = await asyncio.gather(
        *(drawer.svg(number, Language.NORWEGIAN, lambda: specification(ChartName.TASKS, BUSY, NO, Size.NARROW)) for number in range(4))
    )
    assert len(set(drawn)) == 1
    drawer.close()


def test_few_reports_are_counted_in_whole_numbers() -> None:
    spec = specification(ChartName.REPORTS, figures([0, 1] * 12), NO, Size.WIDE)
    line = next(layer for layer in spec["layer"] if layer["mark"]["type"] == "line")
    assert line["encoding"]["y"]["scale"]["domain"] == [0, 4]


def test_the_median_leaves_out_the_month_under_way_and_those_before_the_record() -> None:
    counted = [0, 0, 0, *([2] * 10), *([4] * 10), 100]
    assert monthly_median(figures(counted, date(2024, 4, 17)), lambda month: month.reported) == 3
    assert monthly_median(figures(counted, None), lambda month: month.reported) is None


def test_a_panel_tells_in_words_and_numbers_what_the_drawing_shows() -> None:
    reports, tasks, _closing, open_ = panels(BUSY, NO, "/p/x/charts", {"position": "7"})
    assert "Mange meldinger er et godt tegn" in reports.caveat
    assert "Siste måned: 2 meldt og 2 lukket" in reports.alt
    assert (len(reports.rows), reports.rows[0][1:]) == (24, ("2", "2"))
    assert reports.wide == "/p/x/charts/reports.svg?position=7&lang=nb&size=wide"
    assert tasks.rows[0] == ("des 2025", "4", "2")
    assert open_.rows[-1] == ("Sum", "6", "6", "6", "6", "6", "30")


def test_a_panel_without_anything_to_show_says_so() -> None:
    nothing = figures([0] * 24)
    nothing = replace(nothing, deviations=replace(nothing.deviations, open=0))
    assert [panel.empty for panel in panels(nothing, EN, "/p/x/charts", {})] == [True] * 4
