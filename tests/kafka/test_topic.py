"""The topic: made as the settings say, compared when it is there, and one clear line when it cannot be used."""

from dataclasses import replace
from typing import Any

import pytest

from projections._kafka._settings import KafkaAway, KafkaSettings, KafkaUnusable
from projections._kafka._topic import ensure_topic, require_version
from tests._kafka import NO_IDS, Broker, apache, free_ports, not_the_stand_in


def test_a_missing_topic_is_made_and_found_again(kafka: Broker) -> None:
    settings = kafka.settings(partitions=5, retention=86_400)
    made = ensure_topic(settings)
    assert (made.name, made.partitions) == (settings.topic, 5)
    assert made.largest >= 1_000_000
    assert ensure_topic(settings) == made


def test_a_topic_has_an_id_of_its_own(kafka: Broker) -> None:
    not_the_stand_in(kafka, NO_IDS)
    ids = {ensure_topic(kafka.settings()).id for _ in range(2)}
    assert len(ids - {""}) == 2


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"partitions": 4}, "it has 5 partitions, so set SPORBAR_KAFKA_PARTITIONS to that"),
        ({"retention": None}, "its retention.ms is 86400000: set SPORBAR_KAFKA_RETENTION to fit"),
        ({"replication": 2}, "it has 1 replicas: set SPORBAR_KAFKA_REPLICATION to that"),
        ({"replication": 3}, "its min.insync.replicas is 1, so .* alter it to 2"),
    ],
)
def test_a_topic_that_is_otherwise_is_left_alone(kafka: Broker, change: dict[str, Any], said: str) -> None:
    settings = kafka.settings(partitions=5, retention=86_400)
    made = ensure_topic(settings)
    with pytest.raises(KafkaUnusable, match=said):
        ensure_topic(replace(settings, **change))
    assert ensure_topic(settings) == made


def test_a_topic_that_keeps_lines_for_ever_fits_no_retention(kafka: Broker) -> None:
    settings = kafka.settings()
    ensure_topic(settings)
    with pytest.raises(KafkaUnusable, match=r"it keeps lines for ever .*: leave SPORBAR_KAFKA_RETENTION out, or alter the topic"):
        ensure_topic(replace(settings, retention=600))


def test_what_the_cluster_cannot_make_is_refused(kafka: Broker) -> None:
    settings = kafka.settings(replication=5)
    with pytest.raises(KafkaUnusable) as refused:
        ensure_topic(settings)
    assert str(refused.value) == (
        f"Kafka cannot make topic {settings.topic} with SPORBAR_KAFKA_REPLICATION 5:"
        " the cluster has fewer brokers than that; set it to their number at most, or add brokers"
    )


def test_what_the_broker_says_of_a_topic_is_told_without_the_request(kafka: Broker) -> None:
    apache(kafka)
    with pytest.raises(KafkaUnusable, match=r"SPORBAR_KAFKA_REPLICATION 1: Topic name is invalid: 'a b' contains [^=]+$"):
        ensure_topic(kafka.settings(topic="a b"))


def test_nobody_there() -> None:
    (port,) = free_ports(1)
    settings = KafkaSettings(bootstrap_servers=(f"127.0.0.1:{port}",), connect_timeout=0.5)
    with pytest.raises(KafkaAway, match=f"cannot reach Kafka at 127.0.0.1:{port}: .*; check SPORBAR_KAFKA_BOOTSTRAP_SERVERS"):
        ensure_topic(settings)


def test_an_old_broker_is_refused() -> None:
    with pytest.raises(KafkaUnusable, match=r"the broker is Kafka 2\.4: Sporbar needs 2\.8 or newer"):
        require_version((2, 4))
