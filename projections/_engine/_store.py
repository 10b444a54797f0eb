"""The tables of one generation: reading the rows a batch touches, writing what it made of them."""

from collections.abc import Callable, Iterable
from typing import Any

import orjson
import psycopg
from psycopg import Connection, sql
from psycopg.types.json import set_json_loads

from events.ledger.connect import STATEMENT_TIMEOUT, conninfo
from projections._engine._binary import COPY_HEADER, COPY_TRAILER, Raw, RawDumper, RowFormat, array, key_arrays
from projections._engine._fold import PracticeFold, Replaced, TableFold, Version
from projections._model import Key, ReadModel
from read_side._as_of import row_reader
from read_side._tables import REPLACED_AT, Table, names, values_reader

_SETTINGS = {"timezone": "UTC", "search_path": "pg_catalog", "synchronous_commit": "off"}
"""A commit need not wait for the disk: rows and position are lost together, if at all, and folded again."""


def connect(url: str, *, statement_timeout: float = STATEMENT_TIMEOUT) -> Connection[Any]:
    """A connection for folding, in autocommit mode; `statement_timeout` in seconds, 0 for none."""
    conn = psycopg.connect(conninfo(url, "sporbar_worker", statement_timeout=statement_timeout), autocommit=True)
    conn.adapters.register_dumper(Raw, RawDumper)
    set_json_loads(orjson.loads, conn)
    for name, value in _SETTINGS.items():
        conn.execute("select set_config(%s, %s, false)", (name, value))
    return conn


class RowError(Exception):
    """A handler made a row with a value that its column cannot hold."""


class Store:
    """The tables of the schema of one generation."""

    def __init__(self, conn: Connection[Any], schema: str, models: tuple[ReadModel[Any], ...]) -> None:
        self.schema = schema
        self.models = models
        found = conn.execute("select relname, reltype from pg_class where relnamespace = %s::regnamespace and relkind = 'r'", (schema,))
        row_types: dict[str, int] = dict(found.fetchall())
        self._tables = {model.table.name: TableStore(schema, model.table, row_types) for model in models}

    def load(self, conn: Connection[Any], practice: str, wanted: list[tuple[TableFold, list[Key]]]) -> None:
        """Put the rows named into the fold, with one query a table; sent at once when in a pipeline."""
        asked = [(fold, keys, self._tables[fold.table.name]) for fold, keys in wanted]
        cursors = [table.select(conn, practice, keys) for _, keys, table in asked]
        for (fold, keys, table), cursor in zip(asked, cursors, strict=True):
            fold.rows.update(dict.fromkeys(keys))
            fold.rows.update(table.read(cursor))

    def write(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Write what a fold changed, with at most three statements a table."""
        for table in fold.tables:
            self._tables[table.table.name].write(conn, fold.ledger, table)

    def copy_versions(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Write replaced versions and rows that never change by COPY, and forget them; rows that still may change stay."""
        for table in fold.tables:
            store = self._tables[table.table.name]
            store.copy(conn, store.table.history_name, store.replaced(fold.ledger, table.replaced))
            store.copy(conn, store.table.name, store.current(fold.ledger, table.written))
            table.replaced, table.written = [], []

    def copy_rows(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Write the rows as they stand by COPY into tables that have none of the practice."""
        for table in fold.tables:
            store = self._tables[table.table.name]
            rows = (version for version in table.rows.values() if version is not None)
            store.copy(conn, store.table.name, store.current(fold.ledger, rows))


class TableStore:
    """One table and its history."""

    def __init__(self, schema: str, table: Table, row_types: dict[str, int]) -> None:
        self.table = table
        self._schema = schema
        self._row_types = row_types
        self._format = RowFormat(table.stored)
        self._history_format = RowFormat((*table.stored, REPLACED_AT))
        self._values = values_reader(column.name for column in table.stored if column.name not in ("practice", "position"))
        self._key = values_reader(table.key)
        columns = [column.name for column in table.stored if column.name != "practice"]
        row_type: Any = table.row
        self._row: Callable[[tuple[Any, ...]], Any] = row_reader(row_type, tuple(columns))
        current, history = sql.Identifier(schema, table.name), sql.Identifier(schema, table.history_name)
        self._select = sql.SQL("select {} from {} as t {} where t.practice = %s").format(names(columns, "t"), current, self._keys("join"))
        self._delete = sql.SQL("delete from {} as t {} where t.practice = %s {}").format(current, self._keys("using"), self._matching())
        self._upsert = sql.SQL("insert into {0} select * from unnest(%s::{0}[]) {1}").format(current, self._on_conflict())
        self._insert_history = sql.SQL("insert into {0} select * from unnest(%s::{0}[])").format(history)

    def select(self, conn: Connection[Any], practice: str, keys: list[Key]) -> psycopg.Cursor[Any]:
        """Ask for the rows with some keys."""
        return conn.cursor(binary=True).execute(self._select, (*key_arrays(self.table, keys), practice), prepare=True)

    def read(self, cursor: psycopg.Cursor[Any]) -> dict[Key, Version | None]:
        """The rows asked for, by key."""
        versions = (Version(self._row(values), values[0]) for values in cursor.fetchall())
        return {self._key(version.row): version for version in versions}

    def write(self, conn: Connection[Any], practice: str, fold: TableFold) -> None:
        removed, replaced = fold.removed(), fold.replaced
        if removed:
            conn.execute(self._delete, (*key_arrays(self.table, removed), practice), prepare=True)
        current = list(_checked(self.table, self._format.record, self.current(practice, fold.current())))
        if current:
            conn.execute(self._upsert, (Raw(array(self._row_types[self.table.name], current)),), prepare=True)
        if replaced:
            history = list(_checked(self.table, self._history_format.record, self.replaced(practice, replaced)))
            conn.execute(self._insert_history, (Raw(array(self._row_types[self.table.history_name], history)),), prepare=True)

    def current(self, practice: str, versions: Iterable[Version]) -> Iterable[tuple[Any, ...]]:
        values = self._values
        return ((practice, position, *values(row)) for row, position in versions)

    def replaced(self, practice: str, versions: Iterable[Replaced]) -> Iterable[tuple[Any, ...]]:
        values = self._values
        return ((practice, position, *values(row), replaced_at) for row, position, replaced_at in versions)

    def copy(self, conn: Connection[Any], name: str, rows: Iterable[tuple[Any, ...]]) -> None:
        """COPY rows into the table or its history."""
        form = self._format if name == self.table.name else self._history_format
        encoded = b"".join(_checked(self.table, form.for_copy, rows))
        if encoded:
            statement = sql.SQL("copy {} from stdin (format binary)").format(sql.Identifier(self._schema, name))
            with conn.cursor().copy(statement) as copy:
                copy.write(COPY_HEADER + encoded + COPY_TRAILER)

    def _keys(self, clause: str) -> sql.Composed:
        """The key arrays of a statement as a table `k`; nothing for a table with one row a practice."""
        if not self.table.key:
            return sql.Composed([])
        types = {column.name: column.type for column in self.table.stored}
        arrays = sql.SQL(", ").join(sql.SQL("%s::{}[]").format(sql.SQL(types[name])) for name in self.table.key)
        joined = sql.SQL("{} unnest({}) as k ({})").format(sql.SQL(clause), arrays, names(self.table.key))
        return joined + sql.SQL(" on true") + self._matching() if clause == "join" else joined

    def _matching(self) -> sql.Composed:
        typed = {column.name: column.typed for column in self.table.stored}
        return sql.Composed(
            [sql.SQL(" and t.{0} = k.{0}::{1}").format(sql.Identifier(name), sql.SQL(typed[name])) for name in self.table.key]
        )

    def _on_conflict(self) -> sql.Composed:
        if not self.table.history:
            return sql.Composed([])
        changing = [column.name for column in self.table.stored if column.name not in ("practice", *self.table.key)]
        return sql.SQL("on conflict ({}) do update set ({}) = row ({})").format(
            names(("practice", *self.table.key)), names(changing), names(changing, "excluded")
        )


def _checked(table: Table, write: Callable[[tuple[Any, ...]], bytes], rows: Iterable[tuple[Any, ...]]) -> Iterable[bytes]:
    try:
        yield from map(write, rows)
    except Exception as error:
        raise RowError(f"{table.name}: {type(error).__name__}: {error}") from error
