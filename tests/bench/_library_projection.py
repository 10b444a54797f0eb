"""The library's way to project: its runner, one transaction an event, on the same events in the same database."""

from time import perf_counter
from typing import Any

from eventsourcing.application import Application
from eventsourcing.persistence import Mapper, StoredEvent, Tracking
from eventsourcing.postgres import PostgresDatastore, PostgresTrackingRecorder
from eventsourcing.projection import Projection, ProjectionRunner
from psycopg.conninfo import conninfo_to_dict

from events.ledger.mapper import LineMapper, StreamEvent


class LibraryRecord(Application[str]):
    """The library's application with our events and its own recorder."""

    name = "library_record"

    def construct_mapper(self) -> Mapper[str]:
        return LineMapper()


class CountingView(PostgresTrackingRecorder):
    """One row a stream, with less in it than a deviation's."""

    def __init__(self, datastore: PostgresDatastore, **named: Any) -> None:
        super().__init__(datastore, **named)
        self.create_table()
        with self.datastore.transaction(commit=True) as cursor:
            columns = "subject text primary key, events int not null, last_type text not null"
            cursor.execute(f"create table if not exists library_deviation ({columns})")

    def count(self, event: StreamEvent, tracking: Tracking) -> None:
        """Take an event into its row, and remember where we are."""
        with self.datastore.transaction(commit=True) as cursor:
            cursor.execute(
                "insert into library_deviation values (%s, 1, %s)"
                " on conflict (subject) do update set events = library_deviation.events + 1, last_type = excluded.last_type",
                (event.originator_id, event.event.TYPE),
                prepare=True,
            )
            self._insert_tracking(cursor, tracking)


class Counting(Projection[CountingView]):
    """Each event adds one to its row."""

    def process_event(self, domain_event: Any, tracking: Tracking) -> None:
        self.view.count(domain_event, tracking)


def events_a_second(url: str, stored: list[StoredEvent], before: int = 0) -> float:
    """How many events a second the library's runner projects; `before` went through it earlier."""
    at = {key: str(value) for key, value in conninfo_to_dict(url).items()}
    environment = {
        "PERSISTENCE_MODULE": "eventsourcing.postgres",
        "POSTGRES_DBNAME": at["dbname"],
        "POSTGRES_HOST": at["host"],
        "POSTGRES_PORT": at.get("port", "5432"),
        "POSTGRES_USER": at["user"],
        "POSTGRES_PASSWORD": at.get("password", "none"),
        "ORIGINATOR_ID_TYPE": "text",
    }
    record = LibraryRecord(environment)
    for start in range(0, len(stored), 100):
        record.recorder.insert_events(stored[start : start + 100])
    record.close()
    started = perf_counter()
    with ProjectionRunner(application_class=LibraryRecord, projection_class=Counting, view_class=CountingView, env=environment) as runner:
        runner.wait(before + len(stored), timeout=120)
        return len(stored) / (perf_counter() - started)
