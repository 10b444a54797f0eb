"""Which errors are expected on the command line, and the one line that each becomes."""

from collections.abc import Callable
from typing import Any


def one_line(error: Exception) -> str | None:
    """What to say of an error; None for one that nobody foresaw, whose traceback is wanted."""
    return next((say(error) for kind, say in _expected().items() if isinstance(error, kind)), None)


def _expected() -> dict[type[Exception], Callable[[Exception], str]]:
    from concurrent.futures.process import BrokenProcessPool

    import psycopg
    import psycopg_pool
    from eventsourcing.persistence import PersistenceError

    from events.ledger.migrate import MigrationChanged
    from events.ledger.restore import RestoreRefused
    from gateway.auth.keys import KeyFileError
    from gateway.cli._alone import NotAloneError
    from gateway.cli._database import UnusableDatabaseError
    from gateway.cli._importing import ImportRefused
    from gateway.cli._lines import DamagedFile
    from gateway.embedded_postgres import EmbeddedPostgresError
    from gateway.export._errors import ExportRefused
    from gateway.generator.run import GeneratorError
    from gateway.settings import SettingsError
    from projections._engine._generation import RebuildNeeded
    from projections._engine._rebuild import RebuildFailed, RebuildRunning
    from projections._engine._received import OutOfStep, RecordsHere
    from projections._engine._worker import NoGeneration
    from projections._kafka._settings import KafkaAway, KafkaUnusable
    from read_side._errors import QueryError
    from write_side._errors import CommandError

    unreachable = "cannot reach the database: {}; check SPORBAR_DATABASE_URL".format
    told_by_themselves = (
        *(SettingsError, KeyFileError, EmbeddedPostgresError, UnusableDatabaseError, MigrationChanged),
        *(NoGeneration, RebuildNeeded, RebuildRunning, RebuildFailed, GeneratorError, NotAloneError),
        *(ImportRefused, DamagedFile, RestoreRefused),
        *(KafkaAway, KafkaUnusable, RecordsHere, OutOfStep),
    )
    return {
        **dict.fromkeys(told_by_themselves, str),
        ExportRefused: lambda error: _sentence(getattr(error, "problem", error)),
        CommandError: _sentence,
        QueryError: _sentence,
        PersistenceError: _joined,
        BrokenProcessPool: lambda _: "a worker process was ended from outside, perhaps for want of memory; the same command begins again",
        psycopg.OperationalError: lambda error: unreachable(_joined(error)),
        psycopg_pool.PoolTimeout: lambda error: unreachable(_joined(error)),
    }


def _sentence(error: Any) -> str:
    from gateway.problems._catalogue import Catalogue, Language

    return Catalogue.load().sentence(error.code, Language.ENGLISH, error.details)


def _joined(error: Exception) -> str:
    return "; ".join(line.strip() for line in str(error).splitlines() if line.strip())
