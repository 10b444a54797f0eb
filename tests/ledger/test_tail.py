"""Sixteen writers on several practices, and readers that follow them: nobody misses or repeats anything."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from uuid import uuid4

import pytest

from events.ledger import reader
from events.ledger.hints import Notifier
from events.ledger.merkle import Frontier, leaf_hash
from events.ledger.recorder import LedgerRecorder, VersionConflict
from tests._database import Database
from tests.ledger._support import append, fact, recorder

WRITERS = 16
APPENDS = 30
PRACTICES = ("fjordgata", "havnegata", "storgata", "torget", "brygga")


def test_tailing_readers_miss_nothing(database: Database) -> None:
    """Each writer appends batches of one to three events, to one practice after the other, in no agreed order."""
    pool = database.sync_pool(max_size=WRITERS + len(PRACTICES))
    recorders = [recorder(pool, practice) for practice in PRACTICES]
    expected = Counter[str]()
    for turn in (writer + number for writer in range(WRITERS) for number in range(APPENDS)):
        expected[PRACTICES[turn % len(PRACTICES)]] += 1 + turn % 3

    def write(writer: int, notifier: Notifier) -> None:
        for turn in range(writer, writer + APPENDS):
            to, stream = recorders[turn % len(recorders)], f"deviation/{uuid4()}"
            append(to, *(fact(stream, version) for version in range(1, 2 + turn % 3)))
            notifier.hint(to.ledger)

    def follow(to: LedgerRecorder) -> list[int]:
        with to.subscribe(gt=0) as subscription:
            return [notification.id for notification in islice(subscription, expected[to.ledger])]

    with Notifier(database.url) as notifier, ThreadPoolExecutor(WRITERS + len(PRACTICES)) as threads:
        followed = [threads.submit(follow, to) for to in recorders]
        written = [threads.submit(write, writer, notifier) for writer in range(WRITERS)]
        for writing in written:
            writing.result()
        seen = [following.result(timeout=60) for following in followed]

    assert [len(ids) for ids in seen] == [expected[practice] for practice in PRACTICES]
    assert all(ids == list(range(1, len(ids) + 1)) for ids in seen)


def test_what_was_seen_once_stays_and_the_tree_agrees(database: Database) -> None:
    pool = database.sync_pool(max_size=8)
    ledger = recorder(pool)
    tree = Frontier()

    def write(writer: int) -> None:
        for number in range(40):
            append(ledger, fact(f"deviation/{writer}-{number}"))

    with ThreadPoolExecutor(6) as threads, database.connect() as connection:
        written = [threads.submit(write, writer) for writer in range(6)]
        while tree.size < 240:
            for line in reader.read(connection, ledger.ledger, after=tree.size, limit=7):
                tree.append(leaf_hash(line))
        for writing in written:
            writing.result()
    assert append(ledger).root == tree.root()


def test_of_many_writers_on_one_stream_each_version_has_one_winner(database: Database) -> None:
    pool = database.sync_pool(max_size=12)
    ledger = recorder(pool)

    def contend(writer: int) -> int:
        won = 0
        for version in range(1, 21):
            try:
                append(ledger, fact(version=version, data=f'{{"by":{writer}}}'.encode()))
            except VersionConflict:
                continue
            won += 1
        return won

    with ThreadPoolExecutor(12) as threads:
        won = sum(threads.map(contend, range(12)))
    versions = [event.originator_version for event in ledger.select_events("deviation/1")]
    assert versions == list(range(1, won + 1))


def test_one_command_given_fifty_times_at_once_has_one_effect(database: Database) -> None:
    ledger = recorder(database.sync_pool(max_size=16))
    command_id = uuid4()
    with ThreadPoolExecutor(16) as threads:
        answers = list(threads.map(lambda _: append(ledger, fact(), command_id=command_id), range(50)))
    assert sorted(answer.repeated for answer in answers) == [False] + [True] * 49
    assert {(answer.position, answer.root) for answer in answers} == {(1, answers[0].root)}
    assert ledger.max_notification_id() == 1


def test_an_idle_transaction_of_somebody_else_hides_nothing(database: Database) -> None:
    """A late commit elsewhere neither holds up this practice's writers nor is passed over by its readers."""
    pool = database.sync_pool()
    here, there = recorder(pool), recorder(pool, "havnegata")
    with database.connect() as idle, database.connect() as connection:
        with idle.transaction():
            idle.execute(
                "SELECT ledger.append('havnegata', gen_random_uuid(), 'd', 'a', gen_random_uuid(), NULL,"
                " array['s'], array[1], array['t'], array['{}']::json[])"
            )
            append(here, fact())
            assert len(reader.read(connection, here.ledger)) == 1
            assert reader.read(connection, there.ledger) == []
            assert reader.size(connection, there.ledger) == 0
        append(there, fact())
        assert [number for number, _ in enumerate(reader.read(connection, there.ledger), 1)] == [1, 2]


@pytest.mark.parametrize("notified", [True, False])
def test_a_subscription_goes_on_with_and_without_hints(database: Database, notified: bool) -> None:
    ledger = recorder(database.sync_pool())
    append(ledger, fact())
    with ledger.subscribe(gt=None) as subscription, ThreadPoolExecutor() as threads:
        assert next(subscription).id == 1
        waiting = threads.submit(next, subscription)
        append(ledger, fact(version=2))
        if notified:
            with Notifier(database.url) as notifier:
                notifier.hint(ledger.ledger)
        assert waiting.result(timeout=30).id == 2
