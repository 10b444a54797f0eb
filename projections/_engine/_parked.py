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
    """Fold the parked practices, or one of them, from where they stopped; those that fail again are parked again."""
    outcomes: dict[str, Advanced] = {}
    with connect(url) as conn:
        store = open_store(conn)
        waiting = [one.ledger for one in parked(conn, store.schema) if practice in (None, one.ledger)]
        for ledger in waiting:
            unpark(conn, store.schema, ledger)
            while advanced := advance(conn, store, ledger):
                outcomes[ledger] = advanced
                if not advanced.more:
                    break
    return outcomes
