"""Tests of publisher and consumer.

kafka-python leaves a socket to the garbage collector when the connection is refused, or its client closes while it connects;
that is no leak of ours. Those sockets, and no others, close without a warning.
"""

import socket

from kafka.net.inet import KafkaNetSocket


class _Socket(socket.socket):
    def __del__(self) -> None:
        self.close()


KafkaNetSocket.socket = lambda _self, *what: _Socket(*what)
