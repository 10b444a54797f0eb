"""The dashboard asked for over GraphQL, now and as of last month."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest

from events.deviation import Category
from gateway.auth.actor import Role
from tests._database import Postgres
from tests.dashboard._living import Living
from tests.gateway._house import House, running_house

QUERY = """
query ($asOf: AsOfInput) { practice(asOf: $asOf) { position dashboard {
  deviations { open openByCategory { category count } openByAge { age count } openGroups { count } toClose { days count } reporters }
  risks { matrixVersion cells { band count } aboveCriterion }
  tasks { open overdue onTimeRate }
  months { firstDay reported tasksDue }
} } }
"""


@pytest.fixture(scope="module")
def house(postgres: Postgres, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with running_house(postgres, tmp_path_factory.mktemp("house")) as house:
        living = Living(house.database)
        living.at((datetime.now(UTC) - timedelta(days=70)).isoformat()).register()
        living.report(category=Category.ICT)
        living.at((datetime.now(UTC) - timedelta(days=2)).isoformat()).report(category=Category.HSE)
        living.fold()
        yield house


def test_it_is_answered_now_and_as_of_last_month(house: House) -> None:
    analyst = house.person("fjordgata", [Role.ANALYST])
    now = analyst.data(QUERY)["practice"]
    then = analyst.data(QUERY, asOf={"date": (datetime.now(UTC) - timedelta(days=30)).date().isoformat()})["practice"]
    assert (now["dashboard"]["deviations"]["open"], then["dashboard"]["deviations"]["open"]) == (2, 1)
    assert now["position"] > then["position"]
    assert {"category": "ICT", "count": 1} in now["dashboard"]["deviations"]["openByCategory"]
    assert {"age": "UP_TO_90", "count": 1} in now["dashboard"]["deviations"]["openByAge"]
    assert {"age": "UP_TO_60", "count": 1} in then["dashboard"]["deviations"]["openByAge"]
    assert now["dashboard"]["deviations"]["toClose"] == {"days": None, "count": 0}
    assert now["dashboard"]["risks"] == {"matrixVersion": None, "cells": [], "aboveCriterion": 0}
    assert now["dashboard"]["tasks"] == {"open": 0, "overdue": 0, "onTimeRate": None}
    assert len(now["dashboard"]["months"]) == 24
    assert sum(month["reported"] for month in now["dashboard"]["months"]) == 2


def test_another_practices_dashboard_is_refused(house: House) -> None:
    stranger = house.person("storgata", [Role.AUDITOR])
    answer = stranger.ask('{ practice(id: "fjordgata") { dashboard { deviations { open } } } }')
    assert answer["errors"][0]["extensions"]["code"] == "access.other_practice"
    assert not answer.get("data") or answer["data"]["practice"] is None
