"""A short way to the database for the one statement that every command waits for.

psycopg spends about 0.1 ms of processor time on a statement that it has to wait for, most of it in code that has gone
cold meanwhile: as much as the append itself. So `append` is prepared once a connection and called through psycopg's
libpq wrapper, with its parameters in PostgreSQL's binary form.
"""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from struct import pack
from typing import Any
from weakref import WeakSet

import psycopg
from psycopg import errors
from psycopg.pq import ConnStatus, DiagnosticField, ExecStatus
from psycopg.pq.abc import PGresult

_BINARY = 1
_INT4, _TEXT, _JSON = 23, 25, 114
_UNKNOWN_STATEMENT = b"26000"
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)


class Statement:
    """A prepared statement whose parameters and results are in binary form."""

    def __init__(self, name: str, query: str) -> None:
        self._name = name.encode()
        self._query = query.encode()
        self._prepared: WeakSet[psycopg.Connection[Any]] = WeakSet()

    def row(self, connection: psycopg.Connection[Any], values: Sequence[bytes]) -> tuple[bytes, ...]:
        """The one row it answers; raises psycopg.Error. It is a transaction of its own unless one is open."""
        if connection not in self._prepared:
            self._prepare(connection)
        result = self._execute(connection, values)
        if result.error_field(DiagnosticField.SQLSTATE) == _UNKNOWN_STATEMENT:
            self._prepare(connection)  # psycopg deallocates all statements after a rollback
            result = self._execute(connection, values)
        _require(connection, result, ExecStatus.TUPLES_OK)
        return tuple(result.get_value(0, column) or b"" for column in range(result.nfields))

    def _execute(self, connection: psycopg.Connection[Any], values: Sequence[bytes]) -> PGresult:
        return connection.pgconn.exec_prepared(self._name, values, [_BINARY] * len(values), _BINARY)

    def _prepare(self, connection: psycopg.Connection[Any]) -> None:
        _require(connection, connection.pgconn.prepare(self._name, self._query), ExecStatus.COMMAND_OK)
        self._prepared.add(connection)


def texts(values: Sequence[bytes]) -> bytes:
    """The binary form of a text array."""
    return _array(_TEXT, values)


def jsons(values: Sequence[bytes]) -> bytes:
    """The binary form of a json array."""
    return _array(_JSON, values)


def integers(values: Sequence[int]) -> bytes:
    """The binary form of an integer array; raises OverflowError for a number of more than 32 bits."""
    return _array(_INT4, [value.to_bytes(4, signed=True) for value in values])


def moment(time: datetime) -> bytes:
    """The binary form of a timestamptz."""
    return ((time - _EPOCH) // timedelta(microseconds=1)).to_bytes(8, signed=True)


def _array(element_type: int, items: Sequence[bytes]) -> bytes:
    if not items:
        return pack("!iiI", 0, 0, element_type)
    parts = [pack("!iiIii", 1, 0, element_type, len(items), 1)]
    for item in items:
        parts += (len(item).to_bytes(4), item)
    return b"".join(parts)


def _require(connection: psycopg.Connection[Any], result: PGresult, status: ExecStatus) -> None:
    if result.status == status:
        return
    if connection.pgconn.status == ConnStatus.BAD:
        raise psycopg.OperationalError(result.get_error_message())
    raise errors.error_from_result(result)
