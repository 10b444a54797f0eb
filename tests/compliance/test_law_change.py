"""A duty whose wording changes on a day: before it the old one applies, from it the new one, also in what is asked as of then."""

from datetime import date
from pathlib import Path

import pytest

from read_side.compliance import Answer, Compliance, assess
from read_side.regulations import Duty, duties_in_force, read_duties
from tests._database import Database
from tests.dashboard._living import Living

EVE, CHANGE = date(2026, 2, 28), date(2026, 3, 1)
REGULATION = """
id = "FOR-0000-00-00-1"

[[duty]]
code = "3"
effective_from = 2017-01-01
basis = "law"
confidence = "B"
title_no = "Ansvar"
title_en = "Responsibility"
text_no = "Bekreftes hvert år."
text_en = "Confirmed every year."
fresh_days = 365
fresh_basis = "practice_default"
shown_by = "accountable_leader"

[[duty]]
code = "3"
effective_from = 2026-03-01
basis = "law"
confidence = "B"
title_no = "Ansvar"
title_en = "Responsibility"
text_no = "Bekreftes hver måned."
text_en = "Confirmed every month."
fresh_days = 30
fresh_basis = "practice_default"
shown_by = "accountable_leader"

[[duty]]
code = "4"
effective_from = 2017-01-01
effective_to = 2026-03-01
basis = "law"
confidence = "C"
title_no = "Definisjon"
title_en = "Definition"
text_no = "Definerer."
text_en = "Defines."
shown_by = "definition_only"
"""


@pytest.fixture
def duties(tmp_path: Path) -> tuple[Duty, ...]:
    (tmp_path / "regulation.toml").write_text(REGULATION, encoding="utf-8")
    return read_duties(tmp_path)


def test_one_wording_applies_on_each_day(duties: tuple[Duty, ...]) -> None:
    def applied(day: date) -> list[tuple[str, str]]:
        return [(duty.code, duty.text_en) for duty in duties_in_force(day, duties)]

    assert applied(date(2016, 12, 31)) == []
    assert applied(EVE) == [("3", "Confirmed every year."), ("4", "Defines.")]
    assert applied(CHANGE) == [("3", "Confirmed every month.")]


@pytest.mark.anyio
async def test_an_answer_is_judged_by_the_wording_of_the_day_asked_about(database: Database, duties: tuple[Duty, ...]) -> None:
    living = Living(database).at("2026-01-05")
    living.register()
    living.at("2026-06-01").fold()

    async def asked(as_of: str | None = None) -> Answer:
        async with living.view(as_of) as view:
            return next(answer for answer in await assess(view, duties) if answer.duty.code == "3")

    eve = await asked("2026-02-28T23:59:00+01:00")
    assert (eve.duty.text_en, eve.status) == ("Confirmed every year.", Compliance.MET)
    assert (eve.turns_on, eve.turns_to) == (None, None), "what the old wording would say after its end, nobody is told"
    for as_of in ("2026-03-01T00:00:00+01:00", None):
        changed = await asked(as_of)
        assert (changed.duty.text_en, changed.status) == ("Confirmed every month.", Compliance.STALE)
