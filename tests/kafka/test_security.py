"""Signing in and encryption, and one clear line when either fails."""

import socket
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from projections._kafka._publisher import Publisher
from projections._kafka._settings import KafkaAway, KafkaSettings, KafkaUnusable, Mechanism, Protocol
from projections._kafka._source import Source
from projections._kafka._topic import ensure_topic
from tests._certificates import make_certificates
from tests._database import Database
from tests._kafka import PASSWORD, USER, Broker, apache
from tests.kafka._world import read_once, record

MECHANISMS: tuple[Mechanism, ...] = ("PLAIN", "SCRAM-SHA-256")


def signed_in(kafka: Broker, mechanism: Mechanism) -> KafkaSettings:
    """Settings for the door that asks who is there."""
    return replace(
        kafka.settings(),
        bootstrap_servers=(f"127.0.0.1:{apache(kafka).sasl_port}",),
        security_protocol="SASL_PLAINTEXT",
        sasl_mechanism=mechanism,
        username=USER,
        password=PASSWORD,
    )


def encrypted(kafka: Broker, mechanism: Mechanism = "SCRAM-SHA-256") -> KafkaSettings:
    """Settings for the door that encrypts as well."""
    return replace(
        signed_in(kafka, mechanism),
        bootstrap_servers=(f"127.0.0.1:{apache(kafka).tls_port}",),
        security_protocol="SASL_SSL",
        ca_file=apache(kafka).certificates.authority,
    )


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_user_signs_in(kafka: Broker, database: Database, mechanism: Mechanism) -> None:
    settings = signed_in(kafka, mechanism)
    lines = record(database, "fjordgata", 3)
    Publisher(database.url, settings).once()
    assert read_once(settings) == {"fjordgata": lines}


def test_a_user_signs_in_over_tls_and_shows_a_certificate(kafka: Broker, database: Database) -> None:
    shown = apache(kafka).certificates
    settings = replace(encrypted(kafka), cert_file=shown.cert, key_file=shown.key)
    lines = record(database, "fjordgata", 3)
    Publisher(database.url, settings).once()
    assert read_once(settings) == {"fjordgata": lines}


def test_a_listener_that_takes_no_user(kafka: Broker) -> None:
    settings = replace(signed_in(kafka, "PLAIN"), bootstrap_servers=(kafka.bootstrap,), connect_timeout=2.0)
    with pytest.raises(KafkaUnusable, match="takes no user: set SPORBAR_KAFKA_SECURITY_PROTOCOL to PLAINTEXT"):
        ensure_topic(settings)


@pytest.mark.parametrize(
    ("door", "protocol"), [("port", "SSL"), ("sasl_port", "SSL"), ("sasl_port", "PLAINTEXT"), ("tls_port", "PLAINTEXT")]
)
def test_a_listener_that_speaks_otherwise(kafka: Broker, door: str, protocol: Protocol) -> None:
    address = f"127.0.0.1:{getattr(apache(kafka), door)}"
    settings = replace(kafka.settings(), bootstrap_servers=(address,), security_protocol=protocol, connect_timeout=1.0)
    said = f"check SPORBAR_KAFKA_BOOTSTRAP_SERVERS and whether SPORBAR_KAFKA_SECURITY_PROTOCOL {protocol} is that of the listener$"
    with pytest.raises(KafkaAway, match=said):
        ensure_topic(settings)


@pytest.mark.parametrize("mechanism", MECHANISMS)
def test_a_wrong_password(kafka: Broker, database: Database, mechanism: Mechanism) -> None:
    settings = replace(signed_in(kafka, mechanism), password="galt", connect_timeout=2.0)
    with pytest.raises(KafkaUnusable, match="does not let user sporbar in: check SPORBAR_KAFKA_USERNAME, SPORBAR_KAFKA_PASSWORD"):
        Publisher(database.url, settings).run()


def test_a_mechanism_that_the_broker_has_not(kafka: Broker) -> None:
    with pytest.raises(KafkaUnusable, match="SPORBAR_KAFKA_SASL_MECHANISM"):
        ensure_topic(replace(signed_in(kafka, "SCRAM-SHA-512"), connect_timeout=2.0))


def test_a_broker_that_nobody_vouches_for(kafka: Broker, tmp_path: Path) -> None:
    strangers = make_certificates(tmp_path)
    with pytest.raises(KafkaUnusable, match="is not trusted: check SPORBAR_KAFKA_CA_FILE"):
        ensure_topic(replace(encrypted(kafka), ca_file=strangers.authority, connect_timeout=2.0))


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"security_protocol": "SASL_SSL", "username": "kari"}, "SASL_SSL signs in: set SPORBAR_KAFKA_SASL_MECHANISM"),
        ({"username": "kari"}, "PLAINTEXT does not sign in"),
        ({"ca_file": Path("ca.pem")}, "PLAINTEXT is not encrypted"),
        ({"security_protocol": "SSL", "cert_file": Path("cert.pem")}, "SPORBAR_KAFKA_CERT_FILE and SPORBAR_KAFKA_KEY_FILE"),
    ],
)
def test_settings_that_contradict_each_other(changes: dict[str, str], said: str) -> None:
    with pytest.raises(KafkaUnusable, match=said):
        KafkaSettings(("127.0.0.1:9092",), **changes)  # type: ignore[arg-type]


def test_certificates_that_cannot_be_read(tmp_path: Path) -> None:
    settings = KafkaSettings(("127.0.0.1:9092",), security_protocol="SSL", ca_file=tmp_path / "none.pem")
    with pytest.raises(KafkaUnusable, match=r"cannot use the certificates for Kafka \(.*none.pem\)"):
        settings.client_options()


def test_the_password_is_not_shown() -> None:
    settings = KafkaSettings(("127.0.0.1:9092",), security_protocol="SASL_SSL", sasl_mechanism="PLAIN", username="u", password="hemmelig")
    assert "hemmelig" not in repr(settings)


@pytest.mark.parametrize("connect", [ensure_topic, Source])
def test_a_server_that_leaves_the_handshake_unanswered(connect: Callable[[KafkaSettings], object]) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"127.0.0.1:{silent.getsockname()[1]}"
        settings = KafkaSettings((address,), "anything", security_protocol="SSL", connect_timeout=0.3)
        with pytest.raises(KafkaAway, match="leaves a TLS handshake unanswered"):
            connect(settings)
