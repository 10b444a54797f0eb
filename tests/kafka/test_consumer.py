"""Read models elsewhere, fed from Kafka: equal to those beside the record, whatever the topic brings."""

from collections.abc import Callable
from contextlib import closing
from dataclasses import replace

import pytest
from structlog.testing import capture_logs

from events import _registry
from events._codec import parse_line
from events.ledger.errors import RecordElsewhere
from events.ledger.recorder import open_ledger
from projections._all import read_models
from projections._engine._generation import RebuildNeeded, ensure_generation
from projections._engine._parked import ask_again, retry
from projections._engine._rebuild import rebuild
from projections._engine._received import RecordsHere
from projections._engine._worker import catch_up
from projections._kafka._consumer import Consumer
from projections._kafka._headers import Headers, headers_of
from projections._kafka._publisher import Publisher
from projections._kafka._settings import KafkaSettings, KafkaUnusable
from projections._kafka._source import Source
from projections._kafka._topic import ensure_topic
from tests._database import Database
from tests._kafka import FORGETS_NOBODY, PASSWORD, USER, Broker, apache, not_the_stand_in, until
from tests.kafka._far import (
    SESSION,
    asked,
    check,
    check_by_replay,
    consuming,
    life,
    parked,
    positions,
    put,
    receive,
    received,
    rows,
    send,
    until_there,
)
from tests.kafka._world import lines_of
from tests.projections._every_event import PRACTICE, everything
from tests.projections._histories import a_life
from tests.projections._record import Record
from tests.projections._toy import TOYS

KARI, OLA = "kari", "ola"


def of(position: int | str, line: bytes) -> Headers:
    """A line's headers that tell another position."""
    return [(name, str(position).encode() if name == "ce_id" else value) for name, value in headers_of(line)]


def test_they_are_equal_row_by_row(kafka: Broker, database: Database, elsewhere: Database) -> None:
    ensure_generation(database.url)
    pool = database.sync_pool()
    Record(pool, PRACTICE).append(everything(read_models()).happened)
    for name, events in ((KARI, 60), (OLA, 25), ("tom", 1)):
        Record(pool, name).append(a_life(events=events))
    catch_up(database.url)
    settings = kafka.settings()
    published = Publisher(database.url, settings).once()

    assert receive(elsewhere, settings, lines=40) == published
    expected = {name: lines_of(database, name) for name in (PRACTICE, KARI, OLA, "tom")}
    check(elsewhere, **expected)
    check_by_replay(elsewhere)
    for name in expected:
        assert rows(elsewhere, name) == rows(database, name)


def test_lines_that_come_twice_count_once(kafka: Broker, elsewhere: Database) -> None:
    settings, lines = kafka.settings(), life(KARI, 40)
    send(settings, *lines[:20], *lines[10:20], *lines[:30], *lines[29:])
    with capture_logs() as logs:
        assert receive(elsewhere, settings, lines=15) == 40
    check(elsewhere, kari=lines)
    assert sum(log["dropped"] for log in logs if log["event"] == "received") == 31


def test_a_gap_stops_its_practice_until_the_line_is_there(kafka: Broker, elsewhere: Database) -> None:
    settings, lines, others = kafka.settings(partitions=1), life(KARI, 20), life(OLA, 20)
    send(settings, *lines[:10], *lines[11:13])
    send(settings, *others)
    send(settings, *lines[13:15])
    receive(elsewhere, settings)
    check(elsewhere, kari=lines[:10], ola=others)
    assert parked(elsewhere)[KARI].error == "Gap: line 11 is missing, line 12 came instead"
    assert parked(elsewhere)[KARI].position == 11

    assert retry(elsewhere.url) == {}
    assert ask_again(elsewhere.url, OLA) == []
    assert ask_again(elsewhere.url) == [KARI]
    with consuming(elsewhere, settings):
        until(lambda: "15" in parked(elsewhere)[KARI].error, 20, "it was looked for in vain")
        send(settings, *lines[10:])
        send(settings, *others)
        ask_again(elsewhere.url, KARI)
        until(lambda: parked(elsewhere) == {}, 20, "the practice goes on")
    check(elsewhere, kari=lines, ola=others)
    check_by_replay(elsewhere)


def test_a_gap_between_what_is_there_and_what_comes(kafka: Broker, elsewhere: Database) -> None:
    settings, lines, others = kafka.settings(), life(KARI, 12), life(OLA, 12)
    send(settings, *lines[:4])
    receive(elsewhere, settings)
    send(settings, *lines[6:], *others[6:])
    receive(elsewhere, settings)
    check(elsewhere, kari=lines[:4], ola=[])
    assert {name: each.error for name, each in parked(elsewhere).items()} == {
        KARI: "Gap: line 5 is missing, line 7 came instead",
        OLA: "Gap: line 1 is missing, line 7 came instead",
    }
    assert receive(elsewhere, settings) == 0


@pytest.mark.parametrize(
    ("there", "batch", "kept"),
    [(True, 200, 5), (True, 2, 5), (False, 200, 5), (False, 2, 4)],  # the last: the fifth comes in a batch with the other first one
)
def test_another_record_of_the_name_stops_its_practice(kafka: Broker, elsewhere: Database, there: bool, batch: int, kept: int) -> None:
    """The record was begun anew, under the old name: its first lines are no copies, and the sixth is not the next one."""
    settings, lines, ola = kafka.settings(partitions=1), life(KARI, 5), life(OLA, 9)
    others = [line.replace(b'"actor":"', b'"actor":"x') for line in life(KARI, 9)]
    send(settings, *lines)
    if there:
        receive(elsewhere, settings)
    send(settings, *others, *ola)
    receive(elsewhere, settings, lines=batch)
    check(elsewhere, kari=lines[:kept], ola=ola)
    said = parked(elsewhere)[KARI].error
    assert "came again as another one: the record was begun anew" in said
    ask_again(elsewhere.url)
    with consuming(elsewhere, settings, lines=batch):
        until(lambda: not asked(elsewhere), 20, "it was tried again")
        send(settings, *ola)
    assert parked(elsewhere).keys() == {KARI}
    check(elsewhere, kari=lines[:kept], ola=ola)


POISONS: dict[str, Callable[[bytes], bytes]] = {
    "bad-bytes": lambda line: b"\xff" + line,
    "another-position": lambda line: line.replace(b'"id":"5"', b'"id":"6"'),
    "another-practice": lambda line: line.replace(b"/practices/", b"/practices/x"),
    "unknown-type": lambda line: line.replace(b'"type":"deviation.', b'"type":"deviation.un'),
    "nul-in-a-text": lambda line: line.replace(b'"actor":"', b'"actor":"\\u0000'),
    "a-megabyte": lambda _line: b"[" * 900_000,
}


def test_a_line_that_fails_stops_its_practice_only(kafka: Broker, elsewhere: Database) -> None:
    settings = kafka.settings(partitions=1)
    lives = {name: life(name, 9) for name in (*POISONS, OLA)}
    spoilt = {name: [*lines[:4], POISONS.get(name, bytes)(lines[4]), *lines[5:]] for name, lines in lives.items()}
    put(settings, *((name, spoilt[name][at], headers_of(lives[name][at])) for name in lives for at in range(9)))
    receive(elsewhere, settings)
    check(elsewhere, **{name: lines[:4] if name in POISONS else lines for name, lines in lives.items()})
    check_by_replay(elsewhere)
    assert {name: each.position for name, each in parked(elsewhere).items()} == dict.fromkeys(POISONS, 5)


def test_a_version_that_knows_the_line_goes_on(kafka: Broker, elsewhere: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    settings, lines = kafka.settings(), life(KARI, 9)
    kind = parse_line(lines[4])[0].type
    lines[4] = lines[4].replace(kind.encode(), b"deviation.unheard_of.v1")
    send(settings, *lines)
    receive(elsewhere, settings)
    assert "UnknownEventType" in parked(elsewhere)[KARI].error
    ask_again(elsewhere.url)
    with consuming(elsewhere, settings):
        until(lambda: not asked(elsewhere), 20, "it was tried again")
        assert "UnknownEventType" in parked(elsewhere)[KARI].error
        monkeypatch.setitem(_registry._upcasters, "deviation.unheard_of.v1", (kind, dict))
        ask_again(elsewhere.url)
        until(lambda: parked(elsewhere) == {}, 20, "the practice goes on")
    check(elsewhere, kari=lines)
    check_by_replay(elsewhere)


def test_a_damaged_message_is_passed_over_when_the_line_came_again(kafka: Broker, elsewhere: Database) -> None:
    settings, lines = kafka.settings(), life(KARI, 9)
    send(settings, *lines[:4])
    put(settings, (KARI, b"\xff" + lines[4], headers_of(lines[4])))
    send(settings, *lines[4:])
    receive(elsewhere, settings)
    assert positions(elsewhere) == {KARI: 4}
    ask_again(elsewhere.url)
    with consuming(elsewhere, settings):
        until(lambda: parked(elsewhere) == {}, 20, "the practice goes on")
    check(elsewhere, kari=lines)


def test_messages_that_are_no_lines_are_left_out_and_told(kafka: Broker, elsewhere: Database) -> None:
    settings, lines = kafka.settings(partitions=1), life(KARI, 6)
    send(settings, *lines[:3])
    put(settings, (None, b"x", []), ("Not A Practice", lines[3], headers_of(lines[3])), (KARI, lines[3], []), (KARI, None, of(4, lines[3])))
    put(settings, (KARI, lines[3], of("four", lines[3])))
    send(settings, *lines[3:])
    with capture_logs() as logs:
        receive(elsewhere, settings)
    check(elsewhere, kari=lines)
    assert [log["number"] for log in logs if log["log_level"] == "warning"] == [5]


def test_a_group_goes_on_where_it_stands_and_a_reset_changes_nothing(kafka: Broker, elsewhere: Database) -> None:
    settings, lines = kafka.settings(), life(KARI, 30)
    send(settings, *lines[:20])
    receive(elsewhere, settings)
    send(settings, *lines[20:])
    with capture_logs() as logs:
        assert receive(elsewhere, settings) == 10
    assert [log["dropped"] for log in logs if log["event"] == "received"] == [0]

    before = rows(elsewhere, KARI)
    with capture_logs() as logs:
        assert receive(elsewhere, replace(settings, group=settings.group + "-anew"), lines=10) == 0
    assert rows(elsewhere, KARI) == before
    check(elsewhere, kari=lines)
    told = [log["event"] for log in logs]
    assert "the group has no offset: reading from the beginning, and dropping what is there already" in told
    assert sum(log["dropped"] for log in logs if log["event"] == "received") == 30


def test_two_consumers_share_the_partitions_in_the_middle(kafka: Broker, elsewhere: Database) -> None:
    not_the_stand_in(kafka, FORGETS_NOBODY)
    settings = kafka.settings(partitions=6)
    practices = {f"practice{number}": life(f"practice{number}", 120) for number in range(8)}
    send(settings, *(line for lines in practices.values() for line in lines[:60]))
    with consuming(elsewhere, settings, lines=20) as first:
        until_there(elsewhere, 100)
        with consuming(elsewhere, settings, lines=20):
            send(settings, *(line for lines in practices.values() for line in lines[60:]))
            until_there(elsewhere, 8 * 70)
            first.stop()
            until_there(elsewhere, 8 * 120)
    check(elsewhere, **practices)
    check_by_replay(elsewhere)


def test_read_models_are_made_anew_from_what_was_received(kafka: Broker, elsewhere: Database) -> None:
    settings, lines, others = kafka.settings(), life(KARI, 30), life(OLA, 30)
    send(settings, *lines[:20])
    with consuming(elsewhere, settings):
        until_there(elsewhere, 20)
        assert rebuild(elsewhere.url, processes=1).events == 20
        send(settings, *lines[20:])
        send(settings, *others)
        with elsewhere.connect() as conn:
            query = "select coalesce(sum(position), 0) from projection.follower where name = 'read_2'"
            until(lambda: conn.execute(query).fetchone() == (60,), 20, "it goes on with the new ones")
    assert received(elsewhere, KARI) == lines
    assert positions(elsewhere) == {KARI: 20}


def test_it_tells_how_much_waits(kafka: Broker, elsewhere: Database) -> None:
    settings = kafka.settings(partitions=1)
    send(settings, *life(KARI, 5))
    with consuming(elsewhere, settings), elsewhere.connect() as conn:
        query = "select topic, partition, messages from projection.waiting"
        until(lambda: conn.execute(query).fetchall() == [(settings.topic, 0, 0)], 20, "nothing waits")


def test_a_database_with_records_is_refused(kafka: Broker, database: Database) -> None:
    ensure_generation(database.url)
    settings = kafka.settings()
    send(settings, *life(KARI, 1))
    open_ledger(database.sync_pool(), OLA)
    with pytest.raises(RecordsHere, match="keeps records of its own"):
        receive(database, settings)


def test_no_record_begins_where_lines_were_received(kafka: Broker, elsewhere: Database) -> None:
    settings = kafka.settings()
    send(settings, *life(KARI, 1))
    receive(elsewhere, settings)
    with pytest.raises(RecordElsewhere):
        open_ledger(elsewhere.sync_pool(), OLA)


def test_read_models_of_another_version_are_refused(kafka: Broker, elsewhere: Database) -> None:
    settings = kafka.settings()
    send(settings, *life(KARI, 1))
    with pytest.raises(RebuildNeeded):
        receive(elsewhere, settings, models=TOYS)


def test_a_missing_topic_is_told_with_what_to_do(kafka: Broker, elsewhere: Database) -> None:
    settings = kafka.settings()
    with pytest.raises(KafkaUnusable, match=f"there is no topic {settings.topic} at .*: `sporbar publish` makes it"):
        receive(elsewhere, settings)


def test_a_wrong_password_is_told(kafka: Broker, elsewhere: Database) -> None:
    door = f"127.0.0.1:{apache(kafka).sasl_port}"
    signing_in = {"security_protocol": "SASL_PLAINTEXT", "sasl_mechanism": "PLAIN", "username": USER, "password": PASSWORD + "t"}
    settings = kafka.settings(bootstrap_servers=(door,), connect_timeout=2.0, **signing_in)
    with pytest.raises(KafkaUnusable, match=f"Kafka at {door} does not let user {USER} in") as told:
        receive(elsewhere, settings)
    assert PASSWORD not in str(told.value)


def test_a_broker_that_is_away_is_tried_again_and_told(elsewhere: Database) -> None:
    settings = KafkaSettings(bootstrap_servers=("127.0.0.1:1",), connect_timeout=0.3)
    consumer = Consumer(elsewhere.url, settings)
    with capture_logs() as logs:

        def enough() -> bool:
            return len([log for log in logs if log["event"] == "receiving interrupted"]) > 1

        with consuming(elsewhere, settings):
            until(enough, 20, "it tries again")
    consumer.stop()
    assert consumer.once() == 0
    assert "cannot reach Kafka at 127.0.0.1:1" in logs[0]["reason"]


def test_a_member_that_the_group_has_let_go_joins_anew(kafka: Broker) -> None:
    not_the_stand_in(kafka, FORGETS_NOBODY)
    settings = kafka.settings()
    there: list[str] = []
    ensure_topic(settings)
    for _ in range(2):
        with closing(Source(settings, session=SESSION, member=there[-1] if there else "")) as source:
            until(lambda: not source.poll(0.1) and source.assigned() == [0, 1, 2], 30, "it has partitions")
        there.append(source.member)
    assert len(set(there)) == 2
