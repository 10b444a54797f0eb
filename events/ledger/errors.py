"""What can go wrong in a ledger, in the library's terms; nothing was stored when one of these is raised."""

import json

import psycopg
from eventsourcing import persistence


class VersionConflict(persistence.IntegrityError):
    """An event does not follow the last one of its stream: somebody else was faster, or there would be a gap."""

    def __init__(self, message: str, subject: str, version: int, current: int | None) -> None:
        super().__init__(message)
        self.subject = subject
        self.version = version
        """The version that was to be written."""
        self.current = current
        """The last version of the stream, None if it has no events."""


class CommandIdReused(persistence.IntegrityError):
    """The command id was used before, for other content."""


class UnknownLedger(persistence.ProgrammingError):
    """No ledger of that name has been opened."""


class TimeOutOfOrder(persistence.DataError):
    """A given time lies before the ledger's last event, or ahead of the clock."""


class NotSimulated(persistence.ProgrammingError):
    """A time was given for a ledger whose times are the clock's."""


class UnstorableData(persistence.DataError):
    """Text or data that no line can hold: NUL, a lone surrogate, a line break between JSON tokens, a name too long."""


class RecordElsewhere(persistence.ProgrammingError):
    """The database holds read models of records that are kept elsewhere, and takes no record of its own."""


_BY_STATE: dict[str, type[persistence.PersistenceError]] = {
    "SB002": CommandIdReused,
    "SB003": UnknownLedger,
    "SB004": TimeOutOfOrder,
    "SB005": NotSimulated,
    "SB006": UnstorableData,
    "SB020": RecordElsewhere,
    "23502": UnstorableData,
    "23514": UnstorableData,
}

_BY_CLASS: tuple[tuple[type[psycopg.Error], type[persistence.PersistenceError]], ...] = (
    (psycopg.OperationalError, persistence.OperationalError),
    (psycopg.DataError, UnstorableData),
    (psycopg.IntegrityError, persistence.IntegrityError),
    (psycopg.InternalError, persistence.InternalError),
    (psycopg.ProgrammingError, persistence.ProgrammingError),
    (psycopg.NotSupportedError, persistence.NotSupportedError),
    (psycopg.InterfaceError, persistence.InterfaceError),
    (psycopg.DatabaseError, persistence.DatabaseError),
)


def translated(error: psycopg.Error) -> persistence.PersistenceError:
    """The ledger's or the library's error for one of psycopg; the message carries no data of an event."""
    message = error.diag.message_primary or str(error)
    if error.sqlstate == "SB001":
        detail = json.loads(error.diag.message_detail or "{}")
        return VersionConflict(message, detail["subject"], detail["version"], detail["current"])
    if error.sqlstate in _BY_STATE:
        return _BY_STATE[error.sqlstate](message)
    return next((ours for theirs, ours in _BY_CLASS if isinstance(error, theirs)), persistence.PersistenceError)(message)
