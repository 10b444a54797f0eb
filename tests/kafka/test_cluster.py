"""Tests against a cluster that the environment names."""

import os
from pathlib import Path

import pytest

from tests._kafka import NAMED, Elsewhere, apache, set_aside, why_not_real

ADDRESSES = "kafka-1:9092, kafka-2:9092"


def test_every_address_is_used(tmp_path: Path) -> None:
    assert Elsewhere(tmp_path, ADDRESSES).settings().bootstrap_servers == ("kafka-1:9092", "kafka-2:9092")


def test_commands_that_tests_start_know_nothing_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_KAFKA", "")  # so that it is as before when the test ends
    monkeypatch.setenv(NAMED, ADDRESSES)
    monkeypatch.setenv("SPORBAR_KAFKA_TOPIC", "events")
    set_aside()
    assert [name for name in os.environ if name.startswith("SPORBAR_KAFKA_")] == []
    assert why_not_real() is None


@pytest.mark.parametrize(("ci", "outcome"), [("true", pytest.fail.Exception), ("false", pytest.skip.Exception)])
def test_what_it_cannot_do_fails_in_ci(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, ci: str, outcome: type[BaseException]) -> None:
    monkeypatch.setenv("CI", ci)
    with pytest.raises(outcome):
        apache(Elsewhere(tmp_path, ADDRESSES))
