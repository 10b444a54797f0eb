"""Fixtures of the faults that several files have."""

import pytest

from projections._kafka._settings import KafkaSettings
from tests._kafka import Broker


@pytest.fixture
def configured(kafka: Broker, monkeypatch: pytest.MonkeyPatch) -> KafkaSettings:
    """Settings that processes started by the test have too."""
    settings = kafka.settings()
    monkeypatch.setenv("SPORBAR_KAFKA_BOOTSTRAP_SERVERS", ",".join(settings.bootstrap_servers))
    monkeypatch.setenv("SPORBAR_KAFKA_TOPIC", settings.topic)
    monkeypatch.setenv("SPORBAR_KAFKA_PARTITIONS", str(settings.partitions))
    return settings
