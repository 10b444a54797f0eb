"""A look whether anybody answers, where kafka-python would wait for ever."""

import socket
import ssl
from contextlib import suppress

from projections._kafka._settings import KafkaAway, KafkaSettings


def greet(settings: KafkaSettings) -> None:
    """Raise KafkaAway where every server takes a connection and leaves its TLS handshake without an answer.

    kafka-python limits neither that nor what waits for it. Any other trouble is left to it to find, and to tell.
    """
    if settings.security_protocol.endswith("SSL") and not any(_answers(settings, address) for address in settings.bootstrap_servers):
        raise KafkaAway(
            f"Kafka at {settings.addresses} leaves a TLS handshake unanswered for {settings.connect_timeout:g} s:"
            " check SPORBAR_KAFKA_BOOTSTRAP_SERVERS and whether SPORBAR_KAFKA_SECURITY_PROTOCOL is that of the listener"
        )


def _answers(settings: KafkaSettings, address: str) -> bool:
    host, _, port = address.rpartition(":")
    context: ssl.SSLContext = settings.client_options()["ssl_context"]
    with suppress(OSError), socket.create_connection((host.strip("[]"), int(port)), settings.connect_timeout) as plain:
        try:
            context.wrap_socket(plain, server_hostname=host.strip("[]")).close()
        except TimeoutError:
            return False
    return True
