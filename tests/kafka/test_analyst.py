"""What docs/analyst.md shows of the topic, word for word; kcat where it is installed and the broker is Apache Kafka."""

import re
import shutil
import signal
import subprocess
from pathlib import Path

from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import Broker, why_not_real
from tests._pages import shell, typed
from tests.kafka._world import read_once, record

PRACTICE = "fjordgata"


def commands(settings: KafkaSettings) -> list[str]:
    """Those that need no broker of their own: publish, look at the end, follow."""
    script = shell("analyst.md", "The topic").replace("127.0.0.1:9092", settings.addresses).replace("sporbar.events.v1", settings.topic)
    return re.findall(r"^(?:\.venv/bin/sporbar publish|kcat) .*$", script, re.MULTILINE)


def test_the_topic_can_be_filled_looked_at_and_followed(kafka: Broker, database: Database, tmp_path: Path) -> None:
    settings = kafka.settings(partitions=1)
    publish, look, tail = commands(settings)
    lines = record(database, PRACTICE, 5)
    environment = {
        "SPORBAR_DATABASE_URL": database.url,
        "SPORBAR_DATA_DIR": str(tmp_path),
        "SPORBAR_KAFKA_BOOTSTRAP_SERVERS": settings.addresses,
        "SPORBAR_KAFKA_TOPIC": settings.topic,
        "SPORBAR_KAFKA_PARTITIONS": "1",
    }
    typed(publish, tmp_path, **environment)
    assert read_once(settings) == {PRACTICE: lines}
    if why_not_real() is not None or shutil.which("kcat") is None:
        return
    content_type = "content-type=application/cloudevents+json; charset=UTF-8"
    shown = typed(look, tmp_path).splitlines()
    assert [told.partition(",ce_source=")[0] for told in shown] == [
        f"{PRACTICE} {content_type},ce_specversion=1.0,ce_id={n}" for n in (4, 5)
    ]
    with subprocess.Popen(["bash", "-c", f"exec {tail}"], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as following:
        until_at_its_end(following)
        *_, new = record(database, PRACTICE, 1)
        typed(publish, tmp_path, **environment)
        until_at_its_end(following)
        following.send_signal(signal.SIGINT)
        assert following.stdout is not None
        assert following.stdout.read() == f"{PRACTICE} {new.decode()}\n"


def until_at_its_end(following: "subprocess.Popen[str]") -> None:
    """Wait until kcat says that it has read everything."""
    assert following.stderr is not None
    assert any("Reached end of topic" in told for told in following.stderr)
