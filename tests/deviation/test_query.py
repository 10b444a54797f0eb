"""Questions about deviations, put to real read models: each filter, order, pages, now and as it was."""

from datetime import date, datetime
from typing import Any
from uuid import UUID

import pytest

from events._function import Function
from events.deviation import Category, CauseCategory, CauseMethod, Effect, Forum, HarmLevel, Kind, LinkKind, RejectReason, Status
from read_side import deviation as asked
from read_side._as_of import View
from read_side._errors import InvalidPage, InvalidSearch
from read_side._page import Window
from read_side.deviation import DeviationFilter, DeviationOrder
from tests._database import Database
from tests.dashboard._living import Living
from write_side.deviation import commands
from write_side.deviation.commands import GivenCause, GivenMoment
from write_side.task import commands as tasks
from write_side.task.values import GivenAssignment

pytestmark = pytest.mark.anyio


class Story(Living):
    """A practice with five deviations, each on its way."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.at("2026-01-02").register()
        self.ola = self.join("Ola Hansen")
        self.assign(Function.HSE_LEAD, self.ola)
        self.needle = self._tell(
            "2026-01-10", "Stikkuhell", Category.HSE, Kind.HARM_EVENT, HarmLevel.LOW, "2026-01-09T23:30:00+00:00", place="Laboratoriet"
        )
        self.dose = self._tell("2026-01-20", "Feil dose", Category.CLINICAL, Kind.NEAR_MISS)
        self.printer = self._tell("2026-02-01", "Skriver ute av drift", Category.EQUIPMENT, Kind.UNSAFE_CONDITION)
        self.duplicate = self._tell("2026-02-02", "Dobbel dose", Category.CLINICAL, Kind.NEAR_MISS, process_step="Utlevering")
        self._treat()
        self.complaint = self._tell("2026-03-01", "Ventet lenge", Category.COMPLAINT, Kind.NO_HARM_EVENT, occurred=None)
        self.at("2026-03-03").fold()

    def _tell(
        self,
        day: str,
        title: str,
        category: Category,
        kind: Kind,
        harm: HarmLevel = HarmLevel.NONE,
        occurred: str | None = "2026-01-05T08:00:00+00:00",
        **more: Any,
    ) -> UUID:
        moment = {"at": datetime.fromisoformat(occurred)} if occurred else {"precision": "unknown"}
        return (
            self.at(day)
            .do(
                commands.ReportDeviation(
                    title=title,
                    description="Pasienten fikk vite det samme dag.",
                    kind=kind,
                    harm=harm,
                    category=category,
                    occurred=GivenMoment.model_validate(moment),
                    **more,
                )
            )
            .new_id()
        )

    def _treat(self) -> None:
        self.at("2026-02-10").do(commands.AcceptRouting(deviation_id=self.needle, responsible=self.ola))
        self.do(commands.TakeImmediateMeasure(deviation_id=self.needle, description="Skylte såret"))
        causes = (GivenCause(id="a", category=CauseCategory.EQUIPMENT, text="Kanylebøtten var full"),)
        self.do(commands.AnalyseCauses(deviation_id=self.needle, method=CauseMethod.FIVE_WHYS, causes=causes, root_causes=("a",)))
        self.do(
            commands.ReviewDeviation(deviation_id=self.needle, reviewed_on=date(2026, 2, 9), forum=Forum.PRACTICE_MEETING, note="Drøftet")
        )
        self.bucket = self.plan_measure(self.needle, "2026-02-20", self.ola)
        self.at("2026-02-11").plan_measure(self.needle, "2026-04-20")
        self.do(
            commands.CompleteMeasure(deviation_id=self.needle, measure_id=self.bucket, done_on=date(2026, 2, 11), note="Bøtter bestilt")
        )
        self.do(
            commands.EvaluateMeasure(
                deviation_id=self.needle,
                measure_id=self.bucket,
                effect=Effect.EFFECTIVE,
                evaluated_on=date(2026, 2, 11),
                note="Ingen uhell",
            )
        )
        self.acknowledge(self.dose)
        self.at("2026-02-12").do(
            commands.CloseDeviation(deviation_id=self.dose, conclusion="Rutinen er endret", lessons="Les etiketten høyt")
        )
        self.at("2026-02-13").do(
            commands.RejectDeviation(
                deviation_id=self.duplicate, reason=RejectReason.DUPLICATE, duplicate_of=self.dose, explanation="Meldt fra før"
            )
        )


@pytest.fixture
def story(database: Database) -> Story:
    return Story(database)


async def titles(view: View, wanted: DeviationFilter | None = None, **more: Any) -> list[str]:
    return [row.title for row in (await asked.deviations(view, wanted or DeviationFilter(), Window(), **more)).items]


FILTERS: list[tuple[DeviationFilter, set[str]]] = [
    (DeviationFilter(), {"Stikkuhell", "Feil dose", "Skriver ute av drift", "Dobbel dose", "Ventet lenge"}),
    (DeviationFilter(status=(Status.MEASURES_OPEN,)), {"Stikkuhell"}),
    (DeviationFilter(status=(Status.CLOSED, Status.REJECTED)), {"Feil dose", "Dobbel dose"}),
    (DeviationFilter(category=(Category.CLINICAL,)), {"Feil dose", "Dobbel dose"}),
    (DeviationFilter(harm=(HarmLevel.LOW, HarmLevel.FATAL)), {"Stikkuhell"}),
    (DeviationFilter(kind=(Kind.UNSAFE_CONDITION,)), {"Skriver ute av drift"}),
    (DeviationFilter(open=True), {"Stikkuhell", "Skriver ute av drift", "Ventet lenge"}),
    (DeviationFilter(open=False), {"Feil dose", "Dobbel dose"}),
    (DeviationFilter(proposed_to=Function.QUALITY_LEAD), {"Ventet lenge"}),
    (DeviationFilter(responsible=UUID(int=1)), set()),
    (DeviationFilter(reported_from=date(2026, 2, 1)), {"Skriver ute av drift", "Dobbel dose", "Ventet lenge"}),
    (DeviationFilter(reported_to=date(2026, 1, 10)), {"Stikkuhell"}),
    (DeviationFilter(reported_from=date(2026, 1, 20), reported_to=date(2026, 2, 1)), {"Feil dose", "Skriver ute av drift"}),
    (DeviationFilter(occurred_from=date(2026, 1, 10)), {"Stikkuhell"}),
    (DeviationFilter(occurred_to=date(2026, 1, 9)), {"Feil dose", "Skriver ute av drift", "Dobbel dose"}),
    (DeviationFilter(category=(Category.CLINICAL,), open=False, text="etikett"), {"Feil dose"}),
]


async def test_each_filter_narrows_the_list(story: Story) -> None:
    async with story.view() as view:
        for wanted, expected in FILTERS:
            assert set(await titles(view, wanted)) == expected, wanted
        assert await titles(view, DeviationFilter(responsible=story.ola)) == ["Stikkuhell"]


async def test_a_day_is_a_day_in_norway(story: Story) -> None:
    story.at("2026-03-02T23:30:00+00:00").report("Natt til tirsdag")
    story.fold()
    async with story.view() as view:
        assert await titles(view, DeviationFilter(reported_from=date(2026, 3, 3))) == ["Natt til tirsdag"]
        assert "Natt til tirsdag" not in await titles(view, DeviationFilter(reported_to=date(2026, 3, 2)))


SEARCHES: list[tuple[str, set[str]]] = [
    ("stikkuhell", {"Stikkuhell"}),
    ("STIKK", {"Stikkuhell"}),
    ("doser", {"Feil dose", "Dobbel dose"}),
    ("dos", {"Feil dose", "Dobbel dose"}),
    ("dose feil", {"Feil dose"}),
    ("dose -feil", {"Dobbel dose"}),
    ("skriver or stikk", {"Stikkuhell", "Skriver ute av drift"}),
    ('"ute av drift"', {"Skriver ute av drift"}),
    ('"drift ute"', set()),
    ('"ute av dri"', set()),
    ('-"ute av drift" -dose -stikk', {"Ventet lenge"}),
    ("drift og dose", set()),
    ("feil og dose", {"Feil dose"}),
    ("ut", {"Skriver ute av drift", "Dobbel dose"}),
    ("labo", {"Stikkuhell"}),
    ("utleveringer", {"Dobbel dose"}),
    ("skylte", {"Stikkuhell"}),
    ("kanyle", {"Stikkuhell"}),
    ("drøft", {"Stikkuhell"}),
    ("bøttene", {"Stikkuhell"}),
    ("dobbel", {"Stikkuhell", "Dobbel dose"}),
    ("kontroll bestilt", {"Stikkuhell"}),
    ("uhell", {"Stikkuhell"}),
    ("rutiner etikett", {"Feil dose"}),
    ("før", {"Dobbel dose"}),
    ("ingenting", set()),
    ("", set()),
    ("- ! & | ( ) : * '", set()),
    ("dose'", {"Feil dose", "Dobbel dose"}),
    ("dose:*", {"Feil dose", "Dobbel dose"}),
    ("(dose|stikk)", set()),
    ("dose & !feil", {"Feil dose"}),
    (r"\mdose\M .* ^ [a-z]", set()),
]


async def test_words_are_found_by_their_beginning_and_in_every_form_wherever_they_stand(story: Story) -> None:
    async with story.view() as view:
        found = {text: set(await titles(view, DeviationFilter(text=text))) for text, _ in SEARCHES}
    assert found == dict(SEARCHES)


async def test_too_many_words_are_refused(story: Story) -> None:
    async with story.view() as view:
        assert await titles(view, DeviationFilter(text="dose " * 16)) == ["Dobbel dose", "Feil dose"]
        with pytest.raises(InvalidSearch):
            await titles(view, DeviationFilter(text='"a b" ' * 8 + "c"))


ORDERS: list[tuple[DeviationOrder, list[str]]] = [
    (DeviationOrder.NUMBER, ["Stikkuhell", "Feil dose", "Skriver ute av drift", "Dobbel dose", "Ventet lenge"]),
    (DeviationOrder.REPORTED_AT, ["Stikkuhell", "Feil dose", "Skriver ute av drift", "Dobbel dose", "Ventet lenge"]),
    (DeviationOrder.OCCURRED_AT, ["Stikkuhell", "Ventet lenge"]),
    (DeviationOrder.CLOSED_AT, ["Feil dose", "Dobbel dose"]),
]


async def test_the_list_comes_in_the_order_asked_for(story: Story) -> None:
    everything = {"Stikkuhell", "Feil dose", "Skriver ute av drift", "Dobbel dose", "Ventet lenge"}
    async with story.view() as view:
        for order, expected in ORDERS:
            forward = await titles(view, order=order, descending=False)
            backward = await titles(view, order=order)
            assert [title for title in forward if title in expected] == expected
            assert set(forward) == set(backward) == everything
        assert (await titles(view, order=DeviationOrder.OCCURRED_AT))[-1] == "Ventet lenge", "unknown moments come last"
        assert (await titles(view, order=DeviationOrder.CLOSED_AT))[:2] == await titles(view, DeviationFilter(open=False))
        assert await titles(view) == [*reversed(ORDERS[0][1])]


async def test_pages_follow_each_other_in_both_directions(story: Story) -> None:
    async with story.view() as view:
        first = await asked.deviations(view, DeviationFilter(), Window(first=2))
        rest = await asked.deviations(view, DeviationFilter(), Window(first=100, after=first.cursors[-1]))
        back = await asked.deviations(view, DeviationFilter(), Window(last=2, before=rest.cursors[0]))
        assert [row.title for row in first.items + rest.items] == await titles(view)
        assert (first.total, first.has_next, rest.has_next, rest.has_previous) == (5, True, False, True)
        assert back.items == first.items
        narrowed = await asked.deviations(view, DeviationFilter(text="dose"), Window(first=1))
        assert ([row.title for row in narrowed.items], narrowed.total, narrowed.has_next) == (["Dobbel dose"], 2, True)
        for window in (Window(first=0), Window(first=101), Window(first=1, last=1), Window(after="?")):
            with pytest.raises(InvalidPage):
                await asked.deviations(view, DeviationFilter(), window)


async def test_the_list_of_then_is_told_as_of_then(story: Story) -> None:
    async with story.view("2026-02-10T11:00:00+00:00") as view:
        assert await titles(view) == ["Dobbel dose", "Skriver ute av drift", "Feil dose", "Stikkuhell"]
        assert await titles(view, DeviationFilter(open=False)) == []
        assert await titles(view, DeviationFilter(text="etikett or bestilt or kanyle")) == []
    async with story.view("2026-02-11T12:00:00+00:00") as view:
        assert await titles(view, DeviationFilter(text="bøtter bestilt kanyle")) == ["Stikkuhell"]
        dose = await asked.deviation(view, story.dose)
    assert dose is not None
    assert (dose.status, dose.conclusion) == (Status.ACKNOWLEDGED, None)


async def test_one_deviation_as_it_was_folded(story: Story) -> None:
    async with story.view() as view:
        needle, duplicate = await asked.deviation(view, story.needle), await asked.deviation(view, story.duplicate)
        assert await asked.deviation(view, story.bucket) is None
        assert await asked.deviations_by_id(view, [story.bucket, story.needle]) == [None, needle]
    assert needle is not None
    assert (needle.status, needle.open_measures, needle.place, needle.responsible) == (Status.MEASURES_OPEN, 1, "Laboratoriet", story.ola)
    assert needle.reviews == [{"on": "2026-02-09", "forum": "practice_meeting", "note": "Drøftet"}]
    assert needle.immediate_measures == ("Skylte såret",)
    assert duplicate is not None
    assert (duplicate.duplicate_of, duplicate.reject_explanation, duplicate.conclusion) == (story.dose, "Meldt fra før", None)


async def test_a_reopened_deviation_was_closed_then_and_says_nothing_of_it_now(story: Story) -> None:
    story.at("2026-03-02").do(commands.ReopenDeviation(deviation_id=story.duplicate, reason="Var en annen pasient"))
    story.at("2026-03-03").fold()
    async with story.view() as view:
        now = await asked.deviation(view, story.duplicate)
    async with story.view("2026-03-01T12:00:00+00:00") as view:
        then = await asked.deviation(view, story.duplicate)
    assert now is not None
    assert then is not None
    assert (now.status, now.reject_reason, now.duplicate_of, now.reopen_reason) == (Status.REOPENED, None, None, "Var en annen pasient")
    assert (then.status, then.reject_reason, then.duplicate_of) == (Status.REJECTED, RejectReason.DUPLICATE, story.dose)


async def test_the_measures_of_several_deviations_come_at_once_as_they_were_planned(story: Story) -> None:
    async with story.view() as view:
        none, measures = await asked.measures_of(view, [story.dose, story.needle])
    assert none == []
    assert [(row.due, row.owner) for row in measures] == [(date(2026, 2, 20), story.ola), (date(2026, 4, 20), story.actor)]
    assert (measures[0].done_on, measures[0].done_note, measures[0].evaluation_note) == (date(2026, 2, 11), "Bøtter bestilt", "Ingen uhell")


async def test_what_is_linked_to_a_task_is_found_from_the_task(story: Story) -> None:
    plan = tasks.PlanTask(title="Bestill kanylebøtter", assignment=GivenAssignment(members=(story.ola,)))
    task_id = story.at("2026-03-02").do(plan).new_id()
    for deviation_id in (story.needle, story.dose):
        story.do(commands.LinkDeviation(deviation_id=deviation_id, kind=LinkKind.TASK, target=task_id))
    story.at("2026-03-03").fold()
    async with story.view() as view:
        linked, nothing = await asked.linked_to(view, LinkKind.TASK, [task_id, story.ola])
        assert ([row.title for row in linked], nothing) == (["Feil dose", "Stikkuhell"], [])
        assert await asked.linked_to(view, LinkKind.RISK_ASSESSMENT, [task_id]) == [[]]


async def test_another_practices_deviations_are_not_seen(story: Story, database: Database) -> None:
    other = Living(database, "havnegata")
    other.at("2026-01-02").register()
    elsewhere = other.at("2026-03-01").report("Feil dose der borte")
    other.fold()
    async with story.view() as view:
        assert await titles(view, DeviationFilter(text="borte")) == []
        assert await asked.deviation(view, elsewhere) is None
