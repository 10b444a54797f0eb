"""Hints shorten waits; without them, following goes on."""

from time import monotonic

import psycopg

from events.ledger.hints import APPENDED, Hints, Notifier
from tests._database import Database


def heard(hints: Hints, *ledgers: str, patience: float = 20.0) -> bool:
    """Whether hints about all these ledgers come."""
    missing, deadline = set(ledgers), monotonic() + patience
    while missing and monotonic() < deadline:
        missing -= hints.wait()
    return not missing


def test_a_hint_names_the_ledger(database: Database) -> None:
    with Hints(database.url) as hints, Notifier(database.url) as notifier:
        assert hints.listening(20)
        for ledger in ("fjordgata", "havnegata", "fjordgata"):
            notifier.hint(ledger)
        assert heard(hints, "fjordgata", "havnegata")


def test_every_follower_is_woken(database: Database) -> None:
    with Hints(database.url) as one, Hints(database.url) as other, Notifier(database.url) as notifier:
        assert one.listening(20)
        assert other.listening(20)
        notifier.hint("fjordgata")
        assert heard(one, "fjordgata")
        assert heard(other, "fjordgata")


def test_many_hints_leave_together(database: Database) -> None:
    with Hints(database.url) as hints, Notifier(database.url) as notifier:
        assert hints.listening(20)
        for number in range(10_000):
            notifier.hint(f"practice-{number % 50}")
        assert heard(hints, *(f"practice-{number}" for number in range(50)))


def test_what_waits_is_sent_before_the_end(database: Database) -> None:
    with Hints(database.url) as hints:
        assert hints.listening(20)
        with Notifier(database.url) as notifier:
            notifier.hint("first")
            assert heard(hints, "first")
            notifier.hint("last")
        assert heard(hints, "last")


def test_waiting_ends_by_itself(database: Database) -> None:
    with Hints(database.url) as hints:
        assert hints.listening(20)
        hints.wait()
        assert hints.wait(0.01) == frozenset()


def test_a_lost_connection_is_made_anew(database: Database) -> None:
    with Hints(database.url) as hints, Notifier(database.url) as notifier:
        assert hints.listening(20)
        with psycopg.connect(database.url, autocommit=True) as owner:
            owner.execute("SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'")
            deadline = monotonic() + 20
            while monotonic() < deadline and not hints.wait(0.1):
                owner.execute("SELECT pg_notify(%s, 'fjordgata')", (APPENDED,))
                notifier.hint("fjordgata")
            assert monotonic() < deadline
            assert hints.listening(0)


def test_a_server_that_cannot_be_reached_does_no_harm() -> None:
    with Hints("host=/nowhere") as hints, Notifier("host=/nowhere") as notifier:
        notifier.hint("fjordgata")
        assert hints.wait(0.01) == frozenset()
