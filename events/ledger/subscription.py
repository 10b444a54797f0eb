"""A ledger's events as they come, for whoever uses the library's subscriptions."""

from collections.abc import Sequence
from threading import Lock

from eventsourcing.persistence import ApplicationRecorder, Notification, Subscription

from events.ledger.hints import Hints

_PAGE = 500


class LedgerSubscription(Subscription[ApplicationRecorder]):
    """Blocks behind the last event and goes on when there are more; misses none, because positions have no gaps."""

    def __init__(self, recorder: ApplicationRecorder, conninfo: str, gt: int | None, topics: Sequence[str]) -> None:
        super().__init__(recorder, gt, topics)
        self._conninfo = conninfo
        self._hints: Hints | None = None
        self._fetched: list[Notification] = []
        self._lock = Lock()

    def stop(self) -> None:
        """End the iteration, from any thread."""
        super().stop()
        with self._lock:
            if self._hints is not None:
                self._hints.close()

    def __next__(self) -> Notification:
        while not self._has_been_stopped:
            if not self._fetched:
                self._fetched = self._fetch()
            if self._fetched:
                notification = self._fetched.pop()
                self._last_notification_id = notification.id
                return notification
            self._wait()
        raise StopIteration

    def _fetch(self) -> list[Notification]:
        start = self._last_notification_id or 0
        found = self._recorder.select_notifications(start, _PAGE, topics=self._topics, inclusive_of_start=False)
        return list(reversed(found))

    def _wait(self) -> None:
        with self._lock:
            if self._hints is None and not self._has_been_stopped:
                self._hints = Hints(self._conninfo)
            hints = self._hints
        if hints is not None:
            hints.wait()
