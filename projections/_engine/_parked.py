"""Practices that a failing event stopped, and going on with them."""

from events.ledger.follower import Parked, parked, unpark
from projections._engine._batch import Advanced, advance
from projections._engine._store import connect
from projections._engine._worker import open_store


def list_parked(url: str) -> list[Parked]:
    """Every practice that a follower cannot go on with: the read models, and whoever else follows."""
    with connect(url) as conn:
        return parked(conn)


def retry(url: str, practice: str | None = None) -> dict[str, Advanced]:
    """Fold the parked practices, or one of them, from where they stopped; those that fail again are parked again.

    Practices whose lines come over Kafka are left to `ask_again`.
    """
    outcomes: dict[str, Advanced] = {}
    with connect(url) as conn:
        store = open_store(conn)
        elsewhere = {ledger for (ledger,) in conn.execute("select ledger from projection.received")}
        waiting = [one.ledger for one in parked(conn, store.schema) if practice in (None, one.ledger) and one.ledger not in elsewhere]
        for ledger in waiting:
            unpark(conn, store.schema, ledger)
            while advanced := advance(conn, store, ledger):
                outcomes[ledger] = advanced
                if not advanced.more:
                    break
    return outcomes


def publish_again(url: str, practice: str | None = None) -> list[str]:
    """Let the publisher try again with the practices that it has parked, or one of them; names them."""
    query = """
        update projection.follower set parked_at = null, parked_position = null, parked_error = null
        where name like 'kafka:%%' and parked_at is not null and (%s::text is null or ledger = %s) returning ledger
    """
    with connect(url) as conn:
        return sorted(ledger for (ledger,) in conn.execute(query, (practice, practice)))


def ask_again(url: str, practice: str | None = None) -> list[str]:
    """Have the parked practices whose lines come over Kafka, or one of them, read again by whoever consumes them; names them."""
    query = """
        update projection.follower as f set retry_asked_at = now() from projection.received as r
        where r.ledger = f.ledger and f.name = %s and f.parked_at is not null and (%s::text is null or f.ledger = %s)
        returning f.ledger
    """
    with connect(url) as conn:
        return sorted(ledger for (ledger,) in conn.execute(query, (open_store(conn).schema, practice, practice)))
