"""A running house whose start page lets anybody sign in, with a practice that has something to show."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import httpx
import pytest

from events._function import Function
from events.deviation import HarmLevel
from events.risk_assessment import Area, Stage
from tests._database import Postgres
from tests.dashboard._living import Living
from tests.gateway._house import House, running_house
from tests.web._html import Page, check
from write_side.risk_assessment import commands as risks
from write_side.risk_assessment.matrices import Template

TITLE = "Blodprøve forvekslet"
MEASURE = "Dobbel kontroll"


@dataclass
class Visitor:
    """A browser: it keeps cookies, follows nothing by itself, and asks for pages."""

    house: House
    client: httpx.Client

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self.client.get(path, headers={"Accept": "text/html", **headers})

    def page(self, path: str, status: int = 200, *, reads: str = "") -> Page:
        """A page that is as every page must be, asked for by a browser that `reads` languages."""
        response = self.get(path, **{"Accept-Language": reads})
        assert response.status_code == status, response.text
        assert response.headers["content-type"] == "text/html; charset=utf-8"
        return check(response.text)

    def post(self, path: str, form: dict[str, str], **headers: str) -> httpx.Response:
        """A form, sent from the site's own page unless headers say otherwise."""
        return self.client.post(path, data=form, headers={"Accept": "text/html", "Origin": self.house.url} | headers)

    def sign_in(self, practice: str, person: str) -> "Visitor":
        """Sign in; the cookie is kept."""
        response = self.post("/sign-in", {"practice": practice, "person": person})
        assert response.status_code == 303, response.text
        assert response.headers["location"] == f"/p/{practice}"
        return self


@dataclass
class Village:
    """The house and its practices."""

    house: House
    fjordgata: Living
    ola: str
    """A nurse without a function, by id."""
    reported_on: datetime

    @property
    def kari(self) -> str:
        """The general manager, by id."""
        return str(self.fjordgata.actor)


@pytest.fixture(scope="module")
def village(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Village]:
    """Two practices, in one of which much has happened; the other is only registered."""
    with running_house(postgres, tmp_path_factory.mktemp("house"), demo_sign_in=True) as house:
        fjordgata, storgata = Living(house.database), Living(house.database, "storgata")
        began = datetime.now(UTC).replace(hour=11, minute=0, second=0, microsecond=0) - timedelta(days=120)
        ola = _history(fjordgata, began)
        storgata.at(began.isoformat()).register("Storgata tannklinikk")
        fjordgata.fold()
        yield Village(house, fjordgata, ola, began)


def _history(living: Living, began: datetime) -> str:
    living.at(began.isoformat()).register()
    ola = living.join("Ola Hansen")
    living.assign(Function.EQUIPMENT_LEAD, living.join("Åse Berg"))
    severe = living.report(TITLE, harm=HarmLevel.SEVERE)
    living.acknowledge(severe)
    living.plan_measure(severe, due=(began + timedelta(days=10)).date().isoformat(), owner=ola)
    done = living.plan_task(due=(began + timedelta(days=5)).date().isoformat())
    living.plan_task(due=(began + timedelta(days=6)).date().isoformat(), title="Kontroll av hjertestarter")
    _risk(living)
    living.at((began + timedelta(days=4)).isoformat()).complete_task(done)
    living.at((began + timedelta(days=60)).isoformat()).report("Langt senere")
    return str(ola)


def _risk(living: Living) -> None:
    living.do(risks.AdoptMatrix(template=Template.FIVE_BY_FIVE, reason="Vår første"))
    assessment = living.do(
        risks.StartAssessment(area=Area.INFORMATION_SECURITY, title="Vurdering", scope="Alt", reason="Årlig", responsible=living.actor)
    ).new_id()
    described = risks.DescribeScenario(assessment_id=assessment, title="Journalen er nede", description="Strømbrudd", owner=living.actor)
    scenario = living.do(described).new_id()
    living.do(
        risks.ScoreRisk(
            assessment_id=assessment,
            scenario_id=scenario,
            stage=Stage.INHERENT,
            likelihood=5,
            consequence=5,
            knowledge=1,
            scored_on=living.now.date(),
            reason="Slik ser vi det",
        )
    )


@pytest.fixture
def visitor(village: Village) -> Iterator[Visitor]:
    """Somebody who has just come."""
    with httpx.Client(base_url=village.house.url, timeout=20) as client:
        yield Visitor(village.house, client)
