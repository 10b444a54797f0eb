"""Which Kafka a command works with."""

import logging

from gateway.settings import SettingsError, load_kafka
from projections._kafka._settings import KafkaSettings


def kafka_settings() -> KafkaSettings:
    """The cluster and topic that the settings name; raises SettingsError if they name none, and KafkaUnusable."""
    settings = load_kafka()
    if settings.kafka_bootstrap_servers is None:
        raise SettingsError("set SPORBAR_KAFKA_BOOTSTRAP_SERVERS to host:port of a Kafka broker; docs/streams.md tells how to run one")
    # its own lines repeat, many times, what Sporbar says once
    logging.getLogger("kafka").propagate = False
    password = settings.kafka_password
    return KafkaSettings(
        bootstrap_servers=tuple(address.strip() for address in settings.kafka_bootstrap_servers.split(",")),
        topic=settings.kafka_topic,
        partitions=settings.kafka_partitions,
        replication=settings.kafka_replication,
        retention=settings.kafka_retention,
        compression=settings.kafka_compression,
        group=settings.kafka_group,
        security_protocol=settings.kafka_security_protocol,
        sasl_mechanism=settings.kafka_sasl_mechanism,
        username=settings.kafka_username,
        password=password.get_secret_value() if password else None,
        ca_file=settings.kafka_ca_file,
        cert_file=settings.kafka_cert_file,
        key_file=settings.kafka_key_file,
        connect_timeout=settings.kafka_connect_timeout,
        delivery_timeout=settings.kafka_delivery_timeout,
    )
