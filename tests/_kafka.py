"""The Kafka that tests use: Apache Kafka from deploy/kafka, a cluster named by the environment, or a stand-in.

One broker a session, which is one a worker. Tests that stop and start it have one to themselves (see conftest).
"""

import os
import re
import shutil
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from importlib.metadata import version
from itertools import count, groupby
from pathlib import Path
from threading import Event
from time import monotonic
from typing import Any
from uuid import uuid4

import pytest

from gateway._parent import die_with_parent
from projections._kafka._settings import KafkaSettings
from tests._certificates import make_certificates

DEPLOY = Path(__file__).parents[1] / "deploy" / "kafka"
NAMED = "SPORBAR_KAFKA_BOOTSTRAP_SERVERS"
_KEPT = "TEST_KAFKA"
USER, PASSWORD = "sporbar", "hemmelig"
STARTED_BEFORE = 60.0
"""Seconds a broker gets to start."""
USES = ("kafka", "used")
"""Property of the report of a test that uses the broker."""
_PAUSE = Event()


def set_aside() -> None:
    """Take the settings of Kafka out of the environment: commands that tests start have those that the test gives.

    The cluster is kept under a name that is no setting, which the workers of pytest-xdist inherit.
    """
    for name in [name for name in os.environ if name.startswith("SPORBAR_KAFKA_")]:
        value = os.environ.pop(name)
        if name == NAMED:
            os.environ[_KEPT] = value


set_aside()


def why_not_real() -> str | None:
    """Why Apache Kafka cannot be had; None if it can."""
    if os.environ.get(_KEPT):
        return None
    if not (DEPLOY / "target" / ".fetched").exists():
        return "its jars are not there; `make kafka` says why"
    java = Path(os.environ["JAVA_HOME"], "bin", "java") if "JAVA_HOME" in os.environ else "java"
    return None if shutil.which(java) else "there is no Java"


def shortest_session() -> float:
    """Seconds that members of a group may be silent, at least: brokers ask for six, and the one of deploy/kafka is told otherwise."""
    return 4.0 if why_not_real() is None and not os.environ.get(_KEPT) else 6.0


class BrokerEnded(Exception):
    """It did not stay up; what it said."""


class Broker:
    """One broker, as a process of its own that can be stopped, killed and paused; or one that somebody else runs."""

    def __init__(self, directory: Path, *, extra: str = "", environment: dict[str, str] | None = None) -> None:
        self.directory = directory
        self.port, self._controller = free_ports(2)
        self.bootstrap = f"127.0.0.1:{self.port}"
        self._environment = {"KAFKA_HEAP_OPTS": "-Xms192m -Xmx384m"} | (environment or {})
        self._numbers = count(1)
        self._process: subprocess.Popen[bytes] | None = None
        directory.mkdir(parents=True, exist_ok=True)
        self._extra = directory / "extra.properties"
        self._extra.write_text(extra)

    def new_topic(self) -> str:
        """A name that no topic has."""
        return f"test-{uuid4().hex[:8]}-{next(self._numbers)}"

    def settings(self, **changes: Any) -> KafkaSettings:
        """Settings for a topic of its own on this broker, with timeouts that suit tests."""
        usual = KafkaSettings(
            tuple(address.strip() for address in self.bootstrap.split(",")),
            self.new_topic(),
            partitions=3,
            group=f"group-{uuid4().hex[:8]}",
            delivery_timeout=6.0,
            connect_timeout=5.0,
        )
        return replace(usual, **changes)

    def start(self) -> None:
        """Start it, on its port and with what it holds, and wait until it answers."""
        self._spawn()
        until(self._answers, STARTED_BEFORE, "the broker answers")

    def stop(self) -> None:
        """End it in order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End it at once."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Let it hang: connections stay, nothing is answered."""
        self._signal(signal.SIGSTOP)

    def resume(self) -> None:
        """Let it go on."""
        self._signal(signal.SIGCONT)

    def close(self) -> None:
        """End it for good."""
        if self._process is not None:
            self.kill()

    def _spawn(self) -> None:
        assert self._process is None
        output = (self.directory / "output.log").open("ab")
        with output:
            environment = os.environ | self._environment | self._own_environment()
            self._process = subprocess.Popen(
                self._command(),
                env=environment,
                stdout=output,
                stderr=output,
                cwd=self.directory,
                preexec_fn=die_with_parent(signal.SIGKILL),
            )

    def _command(self) -> list[str]:
        return [str(DEPLOY / "start.sh"), str(self.port), str(self.directory / "data")]

    def _own_environment(self) -> dict[str, str]:
        return {"KAFKA_CONTROLLER_PORT": str(self._controller), "KAFKA_EXTRA": str(self._extra)}

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _end(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)
        try:
            self._process.wait(20)
        finally:
            self._process.kill()
            self._process.wait()
            self._process = None

    def _answers(self) -> bool:
        from kafka import KafkaAdminClient  # it takes a while, and most tests do without
        from kafka.errors import KafkaError

        assert self._process is not None
        if self._process.poll() is not None:
            raise BrokerEnded((self.directory / "output.log").read_text()[-2000:].strip())
        try:
            with closing(socket.create_connection(("127.0.0.1", self.port), 1)):
                pass
            with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap, bootstrap_timeout_ms=3000, request_timeout_ms=3000)) as client:
                return self._ready(client)
        except (OSError, KafkaError):
            return False

    def _ready(self, client: Any) -> bool:
        """Whether topics can be made."""
        return len(client.describe_cluster()["brokers"]) > 0


class Apache(Broker):
    """Apache Kafka from deploy/kafka, with more doors than the plain one.

    `cut` is reached through `proxy_port` only, where a test puts a proxy; `sasl` lets USER in with PASSWORD, by PLAIN or
    SCRAM-SHA-256; `tls` does so too, over TLS.
    """

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self.certificates = make_certificates(directory / "certificates")
        self.cut_port, self.proxy_port, self.sasl_port, self.tls_port = free_ports(4)
        self._extra.write_text(_DOORS.format(broker=self))

    def start(self) -> None:
        """As Broker, and with a user whom SCRAM knows."""
        super().start()
        from kafka import KafkaAdminClient
        from kafka.admin import ScramMechanism, UserScramCredentialUpsertion

        with closing(KafkaAdminClient(bootstrap_servers=self.bootstrap)) as client:
            client.alter_user_scram_credentials([UserScramCredentialUpsertion(USER, ScramMechanism.SCRAM_SHA_256, PASSWORD)])


def apache(broker: Broker) -> Apache:
    """The broker, for a test of what neither the stand-in nor somebody else's cluster has; else the test is left out, but not in CI."""
    if not isinstance(broker, Apache):
        if os.environ.get("CI") == "true":
            pytest.fail(f"CI needs the Apache Kafka of deploy/kafka: unset {NAMED}, and `make kafka`")
        pytest.skip("this needs the Apache Kafka of deploy/kafka")
    return broker


def not_the_stand_in(broker: Broker, why: str) -> None:
    """Leave a test out that the stand-in does not pass, however good our code is."""
    if isinstance(broker, StandIn):
        pytest.skip(f"this needs Apache Kafka: the stand-in {why}")


LOSES = "loses what it acknowledged within the last second when it is killed"
FORGETS_NOBODY = "waits for ever for a member of a group that is gone, or that comes late"
NO_IDS = "gives topics no id"


class Second(Broker):
    """One more broker in the cluster of another one."""

    def __init__(self, first: Apache) -> None:
        directory = first.directory / f"second-{uuid4().hex[:8]}"
        (cluster,) = re.findall(r"^cluster\.id=(.+)$", (first.directory / "data/log/meta.properties").read_text(), re.MULTILINE)
        super().__init__(
            directory, environment={"KAFKA_NODE": "2", "KAFKA_CLUSTER_ID": cluster, "KAFKA_FORMAT": "--no-initial-controllers"}
        )
        self._extra.write_text(_SECOND.format(broker=self, controller=first._controller))


_DOORS = """
listeners=PLAINTEXT://127.0.0.1:@PORT@,CONTROLLER://127.0.0.1:@CPORT@,CUT://127.0.0.1:{broker.cut_port},SASL://127.0.0.1:{broker.sasl_port},TLS://127.0.0.1:{broker.tls_port}
advertised.listeners=PLAINTEXT://127.0.0.1:@PORT@,CUT://127.0.0.1:{broker.proxy_port},SASL://127.0.0.1:{broker.sasl_port},TLS://127.0.0.1:{broker.tls_port}
listener.security.protocol.map=CONTROLLER:PLAINTEXT,PLAINTEXT:PLAINTEXT,CUT:PLAINTEXT,SASL:SASL_PLAINTEXT,TLS:SASL_SSL
broker.session.timeout.ms=3000
broker.heartbeat.interval.ms=500
group.min.session.timeout.ms=2000
sasl.enabled.mechanisms=PLAIN,SCRAM-SHA-256
listener.name.sasl.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_sporbar="hemmelig";
listener.name.tls.plain.sasl.jaas.config=org.apache.kafka.common.security.plain.PlainLoginModule required user_sporbar="hemmelig";
listener.name.sasl.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
listener.name.tls.scram-sha-256.sasl.jaas.config=org.apache.kafka.common.security.scram.ScramLoginModule required;
ssl.keystore.type=PEM
ssl.keystore.location={broker.certificates.both}
ssl.truststore.type=PEM
ssl.truststore.location={broker.certificates.authority}
ssl.client.auth=requested
"""
_SECOND = """
process.roles=broker
listeners=PLAINTEXT://127.0.0.1:@PORT@
controller.quorum.bootstrap.servers=127.0.0.1:{controller}
"""


class StandIn(Broker):
    """noida-db: speaks Kafka well enough for the contract of the port.

    A dynamic linker older than glibc 2.39 warns of a weak symbol in its output, and it runs; it needs 2.34.
    """

    def _ready(self, client: Any) -> bool:
        client.list_topics()  # kafka-python does not understand what it says of the cluster
        return True

    def _command(self) -> list[str]:
        from importlib.resources import files

        program = str(files("noida_db").joinpath("noida-db"))
        return [program, "start", "--data-dir", str(self.directory / "data"), "--only", "kafka", "--kafka-port", str(self.port)]


class Elsewhere(Broker):
    """A cluster that somebody else runs."""

    def __init__(self, directory: Path, bootstrap: str) -> None:
        super().__init__(directory)
        self.bootstrap = bootstrap

    def start(self) -> None:
        """Somebody else did."""

    def _signal(self, number: int) -> None:
        pytest.fail(f"this test stops its broker, so it needs one of its own: unset {NAMED}")

    _end = _signal


@contextmanager
def broker(directory: Path) -> Iterator[Broker]:
    """The broker of a session; it ends with the block."""
    named, reason = os.environ.get(_KEPT), why_not_real()
    if reason and os.environ.get("CI") == "true":
        pytest.fail(f"CI needs Apache Kafka: {reason}")
    running = Elsewhere(directory, named) if named else Apache(directory) if reason is None else StandIn(directory)
    try:
        _start(running, reason)
        yield running
    finally:
        running.close()


def _start(broker: Broker, reason: str | None) -> None:
    try:
        broker.start()
    except (BrokerEnded, OSError) as error:
        if reason is None:
            raise
        told = str(error).rpartition("\n")[2]
        instead = "install Maven and Java 17 or newer, and `make kafka`"
        pytest.fail(f"no Apache Kafka ({reason}), and the stand-in noida-db does not run here ({told}): {instead}", pytrace=False)


def last_lines(reports: Mapping[str, Sequence[Any]]) -> list[str]:
    """What a run of tests says at its end when Kafka was not the real one, with the tests left out by file; reports by outcome."""
    reason = why_not_real()
    ran = [report for outcome in ("passed", "failed", "error") for report in reports.get(outcome, ()) if _of_kafka(report)]
    left_out = [report.nodeid for report in reports.get("skipped", ()) if _of_kafka(report)]
    if reason is None or not ran + left_out:
        return []
    said = [f"Tests of Kafka ran against the stand-in noida-db {version('noida-db')}, not against Apache Kafka: {reason}."]
    if left_out:
        said.append(f"{len(left_out)} of them need Apache Kafka and were left out:")
    for file, those in groupby(sorted(left_out), lambda nodeid: nodeid.partition("::")[0]):
        said.append(f"  {file}: {', '.join(nodeid.partition('::')[2] for nodeid in those)}")
    return said


def _of_kafka(report: Any) -> bool:
    return USES in map(tuple, getattr(report, "user_properties", ()))


def free_ports(number: int) -> list[int]:
    """Ports of the loopback address that nobody listens on."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(number)]
    try:
        return [found.getsockname()[1] for found in sockets]
    finally:
        for found in sockets:
            found.close()


def until(condition: Callable[[], bool], seconds: float, what: str) -> None:
    """Wait until a condition holds; fails after so many seconds."""
    end = monotonic() + seconds
    while not condition():
        assert monotonic() < end, f"not within {seconds} s: {what}"
        _PAUSE.wait(0.02)
