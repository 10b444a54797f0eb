"""The generated commands are accepted by the real rules, and the same seed gives the same ones."""

from datetime import date, datetime
from functools import cache

import pytest

from gateway.generator._plan import Generated, plan_practice
from gateway.generator._profile import PROFILES
from tests.generator._rules import Rules

START, END = date(2023, 3, 1), date(2024, 9, 1)


@cache
def generated(profile: int = 0) -> Generated:
    return plan_practice("fjordgata", "Fjordgata legesenter", PROFILES[profile], 7, START, END)


@pytest.mark.parametrize("profile", range(len(PROFILES)))
def test_every_command_is_accepted(profile: int) -> None:
    rules = Rules("fjordgata")
    for step in generated(profile).steps:
        rules.give(step)
    assert sum(rules.counts.values()) > len(generated(profile).steps)


def test_the_same_seed_gives_the_same_steps_and_another_seed_others() -> None:
    again = plan_practice("fjordgata", "Fjordgata legesenter", PROFILES[0], 7, START, END)
    assert again == generated()
    assert plan_practice("fjordgata", "Fjordgata legesenter", PROFILES[0], 8, START, END).steps != again.steps


def test_steps_are_in_order_of_time_with_an_id_each() -> None:
    steps = generated().steps
    assert [step.at for step in steps] == sorted(step.at for step in steps)
    assert len({step.command_id for step in steps}) == len(steps)
    assert datetime.combine(END, datetime.min.time()).date() >= steps[-1].at.date()


def test_the_truth_counts_more_than_what_was_reported() -> None:
    incidents = generated().truth["incidents"]
    assert sum(month["happened"] for month in incidents) > 3 * sum(month["reported"] for month in incidents)


def test_a_year_of_a_median_practice_looks_like_one() -> None:
    rules = Rules("fjordgata")
    for step in generated().steps:
        rules.give(step)
    assert 15 <= rules.counts["deviation.reported.v1"] <= 110
    assert rules.counts["deviation.closed.v1"] >= 0.6 * rules.counts["deviation.reported.v1"]
    assert 700 <= rules.counts["task.completed.v1"] <= 1_600
    assert rules.counts["risk_matrix.adopted.v1"] == 2
