"""Records that grow while they are published, and lives that are received, with what must have come of them."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Event, Thread

from projections._kafka._settings import KafkaSettings
from tests._database import Database
from tests._kafka import until
from tests.kafka import _far
from tests.kafka._far import check_by_replay, life, positions, send, until_there
from tests.kafka._world import lines_of, marks, read_once, until_published, write

PRACTICES = ("fjordgata", "solbakken", "nordlys")
EVENTS = 240


class Writers:
    """Practices whose records grow all the time."""

    def __init__(self, database: Database) -> None:
        self._pool = database.sync_pool(max_size=1)
        self._enough = Event()
        self._thread = Thread(target=self._write)
        self.written = dict.fromkeys(PRACTICES, 0)

    def _write(self) -> None:
        while not self._enough.wait(0.1):  # busy, and not so busy that the check takes longer than the fault
            for practice in PRACTICES:
                write(self._pool, practice, 40, each=20)
                self.written[practice] += 40

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """They write during the block."""
        self._thread.start()
        try:
            yield
        finally:
            self._enough.set()
            self._thread.join()

    def more(self, by: int = 40) -> None:
        """Wait until every record has grown: appending goes on."""
        before = dict(self.written)
        until(lambda: all(self.written[practice] >= before[practice] + by for practice in PRACTICES), 30, "records grow")


def check_published(database: Database, settings: KafkaSettings) -> None:
    """Everything is published, and a reader gets it in order."""
    recorded = {practice: lines_of(database, practice) for practice in PRACTICES}
    for practice, lines in recorded.items():
        until_published(database, settings, practice, len(lines), seconds=60)
    assert read_once(settings) == recorded


def until_published_more(database: Database, settings: KafkaSettings) -> None:
    """Wait until marks move."""
    before = sum(marks(database, settings).values())
    until(lambda: sum(marks(database, settings).values()) > before, 40, "marks move")


def some_lives() -> dict[str, list[bytes]]:
    """The lines of some practices."""
    return {f"practice{number}": life(f"practice{number}", EVENTS) for number in range(6)}


def send_part(settings: KafkaSettings, lives: dict[str, list[bytes]], start: int, end: int) -> None:
    """Publish some lines of every practice, in turns."""
    send(settings, *(lines[at] for at in range(start, end) for lines in lives.values()))


def received(elsewhere: Database) -> int:
    """How many lines are there."""
    return sum(positions(elsewhere).values())


def until_more(elsewhere: Database, by: int = 1) -> None:
    """Wait until there are more lines than now."""
    until_there(elsewhere, received(elsewhere) + by)


def until_all(elsewhere: Database, lives: dict[str, list[bytes]]) -> None:
    """Wait until every line is there, and look closely."""
    until_there(elsewhere, sum(map(len, lives.values())))
    _far.check(elsewhere, **lives)
    check_by_replay(elsewhere)
