"""How Kafka is reached, and what the topic is like."""

import ssl
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

Compression = Literal["zstd", "lz4", "none"]
Protocol = Literal["PLAINTEXT", "SSL", "SASL_PLAINTEXT", "SASL_SSL"]
Mechanism = Literal["PLAIN", "SCRAM-SHA-256", "SCRAM-SHA-512"]


class KafkaUnusable(Exception):
    """Kafka, or the topic, cannot be used as the settings say; waiting does not help. One line that says what to do."""


class KafkaAway(Exception):
    """Kafka does not answer now; trying again may help. One line that says why."""


@dataclass(frozen=True)
class KafkaSettings:
    """One cluster and one topic. Durations are in seconds."""

    bootstrap_servers: tuple[str, ...]
    """`host:port` of some brokers; the others are learnt from them."""
    topic: str = "sporbar.events.v1"
    partitions: int = 12
    replication: int = 1
    retention: int | None = None
    """How long the topic keeps a line; for ever, if left out."""
    compression: Compression = "zstd"
    group: str = "sporbar.projections"
    """Consumer group of the projections that read from the topic."""
    security_protocol: Protocol = "PLAINTEXT"
    sasl_mechanism: Mechanism | None = None
    username: str | None = None
    password: str | None = field(default=None, repr=False)
    ca_file: Path | None = None
    """Certificates (PEM) of who may vouch for a broker; those of the system, if left out."""
    cert_file: Path | None = None
    """Certificate (PEM) that this client shows, with its chain."""
    key_file: Path | None = None
    """Its private key (PEM)."""
    delivery_timeout: float = 20.0
    """How long a line may wait for its acknowledgement before it is sent anew, by a new producer."""
    connect_timeout: float = 10.0
    """How long the first broker may take to answer."""
    client_id: str = "sporbar"

    def __post_init__(self) -> None:
        """Raise KafkaUnusable for settings that contradict each other."""
        sasl = self.security_protocol.startswith("SASL_")
        if sasl and not (self.sasl_mechanism and self.username and self.password):
            raise KafkaUnusable(
                f"{self.security_protocol} signs in: set SPORBAR_KAFKA_SASL_MECHANISM, SPORBAR_KAFKA_USERNAME and SPORBAR_KAFKA_PASSWORD"
            )
        if not sasl and (self.sasl_mechanism or self.username or self.password):
            raise KafkaUnusable(
                f"{self.security_protocol} does not sign in: set SPORBAR_KAFKA_SECURITY_PROTOCOL to SASL_SSL, or leave the user out"
            )
        tls = self.security_protocol.endswith("SSL")
        if not tls and (self.ca_file or self.cert_file or self.key_file):
            raise KafkaUnusable(
                f"{self.security_protocol} is not encrypted: set SPORBAR_KAFKA_SECURITY_PROTOCOL to SSL or SASL_SSL, or leave the files out"
            )
        if bool(self.cert_file) != bool(self.key_file):
            raise KafkaUnusable("a certificate and its key go together: set SPORBAR_KAFKA_CERT_FILE and SPORBAR_KAFKA_KEY_FILE, or neither")

    @property
    def addresses(self) -> str:
        """The brokers, as an operator writes them."""
        return ",".join(self.bootstrap_servers)

    def client_options(self) -> dict[str, Any]:
        """Options that every client of kafka-python takes: where to connect, as whom, how patiently.

        Raises KafkaUnusable when a certificate cannot be read.
        """
        options: dict[str, Any] = {
            "bootstrap_servers": list(self.bootstrap_servers),
            "client_id": self.client_id,
            "security_protocol": self.security_protocol,
            "bootstrap_timeout_ms": round(self.connect_timeout * 1000),
            "reconnect_backoff_max_ms": 2_000,
            "retry_backoff_ms": 200,
        }
        if self.security_protocol.endswith("SSL"):
            options["ssl_context"] = self._ssl_context()
        if self.sasl_mechanism:
            options |= {"sasl_mechanism": self.sasl_mechanism, "sasl_plain_username": self.username, "sasl_plain_password": self.password}
        return options

    def _ssl_context(self) -> ssl.SSLContext:
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
            if self.cert_file:
                context.load_cert_chain(self.cert_file, self.key_file, password=_no_passphrase)
        except (OSError, ValueError) as error:  # ssl.SSLError is an OSError
            files = ", ".join(str(file) for file in (self.ca_file, self.cert_file, self.key_file) if file)
            raise KafkaUnusable(f"cannot use the certificates for Kafka ({files}): {error}; they are unencrypted PEM files") from None
        return context


def _no_passphrase() -> str:
    raise ValueError("the key has a passphrase")
