"""The topic: made if it is missing, left alone and compared if it is there."""

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic, sleep
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType, NewTopic, OffsetSpec
from kafka.errors import (
    AuthorizationError,
    IllegalSaslStateError,
    InvalidConfigurationError,
    InvalidPartitionsError,
    InvalidReplicationFactorError,
    InvalidTopicError,
    KafkaError,
    KafkaTimeoutError,
    PolicyViolationError,
    SaslAuthenticationFailedError,
    TopicAlreadyExistsError,
    UnrecognizedBrokerVersion,
    UnsupportedSaslMechanismError,
    UnsupportedVersionError,
)
from kafka.structs import TopicPartition

from projections._kafka._greeting import greet
from projections._kafka._settings import KafkaAway, KafkaSettings, KafkaUnusable

OLDEST = (2, 8)
"""First version of Kafka whose topics have ids, by which one that was made anew is told from the old one."""
_REFUSED = (InvalidConfigurationError, InvalidPartitionsError, InvalidTopicError, PolicyViolationError)
_SAID = re.compile(r"error_message=(['\"])(.+?)\1, \w+=")
_AGAIN = 0.2
_REMEMBERED = 100
_MADE = 10_000
"""Milliseconds in which a new topic has a leader for each partition."""


@dataclass(frozen=True, slots=True)
class Topic:
    """A topic as the cluster has it."""

    name: str
    id: str
    """Another one for each topic, also for one that was deleted and made anew; empty where brokers give none."""
    partitions: int
    largest: int
    """Bytes that a batch of messages may have."""
    ends: dict[int, int] = field(compare=False)
    """Where each partition that has a leader ended, when it was asked."""


def ensure_topic(settings: KafkaSettings) -> Topic:
    """The topic of the settings, made if it is missing; raises KafkaUnusable if it is not as they say, and KafkaAway.

    A broker of several that has just gone away is asked again, for as long as connecting may take.
    """
    end = monotonic() + settings.connect_timeout
    while True:
        try:
            return _ensure_topic(settings)
        except KafkaAway:
            if monotonic() > end:
                raise
            sleep(_AGAIN)


def _ensure_topic(settings: KafkaSettings) -> Topic:
    with admin(settings) as client:
        found = _find(client, settings.topic)
        if found is None:
            _make(client, settings)
            found = _find(client, settings.topic)
        if found is None:
            raise KafkaAway(f"topic {settings.topic} was made and is not there yet")
        topic, differences = _compare(client, settings, found)
    if differences:
        raise KafkaUnusable(f"topic {settings.topic} is not as the settings say: {'; '.join(differences)}")
    return topic


@contextmanager
def admin(settings: KafkaSettings) -> Iterator[KafkaAdminClient]:
    """A client for the cluster, whose errors come out as KafkaUnusable and KafkaAway."""
    greet(settings)
    with told(settings):
        client = KafkaAdminClient(**settings.client_options(), request_timeout_ms=round(settings.connect_timeout * 1000))
        try:
            require_version(client._manager.broker_version)  # it has no other name
            yield client
        finally:
            client.close()


def require_version(version: tuple[int, ...]) -> None:
    """Raise KafkaUnusable for a broker that is too old."""
    if version < OLDEST:
        spoken, needed = (".".join(map(str, number)) for number in (version, OLDEST))
        raise KafkaUnusable(f"the broker is Kafka {spoken}: Sporbar needs {needed} or newer")


@contextmanager
def told(settings: KafkaSettings) -> Iterator[None]:
    """Say in one line, with what to do, what a client of kafka-python complains about within the block."""
    reasons = _Reasons()
    logger = logging.getLogger("kafka")
    logger.addHandler(reasons)
    try:
        yield
    except KafkaError as error:
        raise _in_our_words(settings, [error, *reasons.all]) from error
    finally:
        logger.removeHandler(reasons)


class _Reasons(logging.Handler):
    """Remembers why connecting failed: kafka-python logs that, and raises only that time is up."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.all: list[Exception] = []

    def emit(self, record: logging.LogRecord) -> None:
        """Keep the exceptions among the record's arguments."""
        args = record.args if isinstance(record.args, tuple) else ()
        self.all = [*self.all, *(arg for arg in args if isinstance(arg, Exception))][-_REMEMBERED:]


def _in_our_words(settings: KafkaSettings, errors: list[Exception]) -> KafkaUnusable | KafkaAway:
    not_let_in = KafkaUnusable(
        f"Kafka at {settings.addresses} does not let user {settings.username} in:"
        " check SPORBAR_KAFKA_USERNAME, SPORBAR_KAFKA_PASSWORD and SPORBAR_KAFKA_SASL_MECHANISM"
    )
    for told_error in errors:
        match told_error:
            case SaslAuthenticationFailedError():
                return not_let_in
            case UnsupportedSaslMechanismError():
                return KafkaUnusable(
                    f"Kafka at {settings.addresses} has no {settings.sasl_mechanism}: set another SPORBAR_KAFKA_SASL_MECHANISM"
                )
            case IllegalSaslStateError():
                return KafkaUnusable(
                    f"the listener of Kafka at {settings.addresses} takes no user: set SPORBAR_KAFKA_SECURITY_PROTOCOL"
                    " to PLAINTEXT or SSL, or name the port of a listener with SASL"
                )
            case AuthorizationError():
                return KafkaUnusable(
                    f"Kafka refuses what Sporbar needs of topic {settings.topic} ({_brief(told_error)}):"
                    " let the user describe, create, read and write it"
                )
            case UnrecognizedBrokerVersion() | UnsupportedVersionError():
                return KafkaUnusable(
                    f"the broker at {settings.addresses} is no Kafka {'.'.join(map(str, OLDEST))} or newer ({_brief(told_error)})"
                )
            case _ if "CERTIFICATE_VERIFY_FAILED" in str(told_error):
                return KafkaUnusable(
                    f"the certificate of Kafka at {settings.addresses} is not trusted: check SPORBAR_KAFKA_CA_FILE ({_brief(told_error)})"
                )
    if settings.sasl_mechanism and _hung_up(errors):
        return not_let_in
    telling = next((error for error in errors if not isinstance(error, KafkaTimeoutError)), errors[0])
    protocol = f" and whether SPORBAR_KAFKA_SECURITY_PROTOCOL {settings.security_protocol} is that of the listener"
    return KafkaAway(
        f"cannot reach Kafka at {settings.addresses}: {_brief(telling)};"
        f" check SPORBAR_KAFKA_BOOTSTRAP_SERVERS{protocol if _spoken_otherwise(errors) else ''}"
    )


def _hung_up(errors: list[Exception]) -> bool:
    """Whether brokers that are there ended every connection.

    So it is with a wrong password: the refusal and the end of the connection come together, and kafka-python sees the end.
    """
    said = [str(error) for error in errors]
    return sum("socket disconnected" in each for each in said) > 1 and not any("unable to connect" in each for each in said)


def _spoken_otherwise(errors: list[Exception]) -> bool:
    """Whether somebody is there and did not understand: so it is with TLS or a sign-in on one side only."""
    return _hung_up(errors) or any("Handshake failed" in str(error) for error in errors)


def _brief(error: Exception) -> str:
    return " ".join(str(error).split()) or type(error).__name__


def _find(client: KafkaAdminClient, name: str) -> dict[str, Any] | None:
    found = [topic for topic in client.describe_topics([name]) if topic["error_code"] == 0 and topic["partitions"]]
    return found[0] if found else None


def _make(client: KafkaAdminClient, settings: KafkaSettings) -> None:
    configs = {
        "cleanup.policy": "delete",
        "retention.ms": str(_retention(settings)),
        "min.insync.replicas": str(_in_sync(settings)),
    }
    new = NewTopic(settings.topic, settings.partitions, settings.replication, topic_configs=configs)
    try:
        client.create_topics([new])
    except TopicAlreadyExistsError:
        pass  # another publisher was quicker
    except InvalidReplicationFactorError as error:
        raise KafkaUnusable(
            f"Kafka cannot make topic {settings.topic} with SPORBAR_KAFKA_REPLICATION {settings.replication}:"
            " the cluster has fewer brokers than that; set it to their number at most, or add brokers"
        ) from error
    except _REFUSED as error:
        raise KafkaUnusable(
            f"Kafka cannot make topic {settings.topic} with SPORBAR_KAFKA_PARTITIONS {settings.partitions}"
            f" and SPORBAR_KAFKA_REPLICATION {settings.replication}: {_refusal(error)}"
        ) from error
    client.wait_for_topics([settings.topic], timeout_ms=_MADE)


def _refusal(error: Exception) -> str:
    """What the broker said; kafka-python repeats the whole request and answer around it."""
    said = _SAID.search(str(error))
    return said[2] if said else _brief(error)


def _compare(client: KafkaAdminClient, settings: KafkaSettings, found: dict[str, Any]) -> tuple[Topic, list[str]]:
    """The topic, and in which settings it differs: each with what to do."""
    resource = ConfigResource(ConfigResourceType.TOPIC, settings.topic)
    described = client.describe_configs([resource], config_filter="all")["topic"][settings.topic]
    config: dict[str, str] = {name: entry["value"] for name, entry in described.items()}
    partitions = found["partitions"]
    replication = min(len(partition["replica_nodes"]) for partition in partitions)
    retention = int(config["retention.ms"])
    differences = []
    if len(partitions) != settings.partitions:
        differences.append(
            f"it has {len(partitions)} partitions, so set SPORBAR_KAFKA_PARTITIONS to that"
            f" (not the other way: with {settings.partitions} partitions, practices would move and lose their order)"
        )
    if replication != settings.replication:
        differences.append(f"it has {replication} replicas: set SPORBAR_KAFKA_REPLICATION to that, or reassign its partitions")
    if retention < 0 <= _retention(settings):
        differences.append("it keeps lines for ever (retention.ms -1): leave SPORBAR_KAFKA_RETENTION out, or alter the topic")
    elif retention != _retention(settings):
        differences.append(f"its retention.ms is {retention}: set SPORBAR_KAFKA_RETENTION to fit, or alter the topic")
    if config["cleanup.policy"] != "delete":
        differences.append(f"its cleanup.policy is {config['cleanup.policy']}, which would drop lines: alter it to delete")
    if int(config["min.insync.replicas"]) < _in_sync(settings):
        differences.append(
            f"its min.insync.replicas is {config['min.insync.replicas']}, so a broker that is lost may take acknowledged lines with it:"
            f" alter it to {_in_sync(settings)}"
        )
    ends = _ends(client, settings.topic, partitions)
    return Topic(settings.topic, str(found.get("topic_id") or ""), len(partitions), int(config["max.message.bytes"]), ends), differences


def _ends(client: KafkaAdminClient, name: str, partitions: list[dict[str, Any]]) -> dict[int, int]:
    led = [TopicPartition(name, each["partition_index"]) for each in partitions if each["leader_id"] >= 0]
    found = client.list_partition_offsets(dict.fromkeys(led, OffsetSpec.LATEST)) if led else {}
    return {partition.partition: last.offset for partition, last in found.items()}


def _in_sync(settings: KafkaSettings) -> int:
    """How many replicas must have a line before it is acknowledged."""
    return 2 if settings.replication > 2 else 1


def _retention(settings: KafkaSettings) -> int:
    """Milliseconds, −1 for ever."""
    return -1 if settings.retention is None else settings.retention * 1000
