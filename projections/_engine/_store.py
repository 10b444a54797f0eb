"""The tables of one generation: reading the rows a batch touches, writing what it made of them."""

from collections.abc import Callable, Iterable
from typing import Any, LiteralString

import orjson
import psycopg
from psycopg import Connection, sql
from psycopg.types.json import set_json_loads

from events.ledger.connect import STATEMENT_TIMEOUT, conninfo
from projections._engine._binary import COPY_HEADER, COPY_TRAILER, Raw, RawDumper, RowFormat, array, key_arrays
from projections._engine._fold import Cell, Handlers, PracticeFold, TableFold, Version
from projections._model import ReadModel
from read_side._as_of import row_reader
from read_side._tables import Table, names, values_reader

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


_TOGETHER = 100
"""Rows handed to COPY at a time: small pieces of memory are used again, large ones are asked of the kernel each time."""

Asked = list[tuple[TableFold, psycopg.Cursor[Any]]]
"""Queries under way, by the table whose cells they are for."""


class RowError(Exception):
    """A handler made a row with a value that its column cannot hold."""


class Store:
    """The tables of the schema of one generation."""

    def __init__(self, conn: Connection[Any], schema: str, models: tuple[ReadModel[Any], ...]) -> None:
        self.schema = schema
        self.models = models
        self.handlers = Handlers(models)
        found = conn.execute("select relname, reltype from pg_class where relnamespace = %s::regnamespace and relkind = 'r'", (schema,))
        row_types: dict[str, int] = dict(found.fetchall())
        self._tables = {model.table.name: TableStore(schema, model.table, row_types) for model in models}

    def load(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Put what the database has into the fresh cells, with one query a table; sent at once when in a pipeline."""
        self.take(self.ask(conn, fold))

    def ask(self, conn: Connection[Any], fold: PracticeFold) -> Asked:
        """Ask for what the database has in the fresh cells; several folds may ask in a pipeline before one takes."""
        return [(table, self._tables[table.table.name].select(conn, fold.ledger, table.fresh)) for table in fold.tables if table.fresh]

    def take(self, asked: Asked) -> None:
        """Put what was asked for into the cells."""
        for table, cursor in asked:
            self._tables[table.table.name].read(cursor, table)
            table.fresh.clear()

    def write(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Write what a fold changed, with at most three statements a table."""
        for table in fold.tables:
            self._tables[table.table.name].write(conn, fold.ledger, table)

    def copy_versions(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Write replaced versions and rows that never change by COPY, and forget them; rows that still may change stay."""
        for table in fold.tables:
            store = self._tables[table.table.name]
            store.copy(conn, fold.ledger, table.written)
            store.copy_history(conn, fold.ledger, table.replaced)
            table.replaced, table.written = [], []

    def copy_rows(self, conn: Connection[Any], fold: PracticeFold) -> None:
        """Write the rows as they stand by COPY into tables that have none of the practice."""
        for table in fold.tables:
            rows: list[Version] = [(cell, cell.row, cell.position, 0) for cell in table.cells.values() if cell.row is not None]
            self._tables[table.table.name].copy(conn, fold.ledger, rows)


class TableStore:
    """One table and its history."""

    def __init__(self, schema: str, table: Table, row_types: dict[str, int]) -> None:
        self.table = table
        self._row_types = row_types
        columns = [column.name for column in table.stored if column.name != "practice"]
        row_type: Any = table.row
        self._row: Callable[[tuple[Any, ...]], Any] = row_reader(row_type, tuple(columns))
        self._key = values_reader(table.key)
        self._rows, self._copied = RowFormat(table, typed=True), RowFormat(table, typed=False)
        current, history = sql.Identifier(schema, table.name), sql.Identifier(schema, table.history_name)
        picked, joined = names(columns, "t"), self._keys("join")
        self._select = _text("select {} from {} as t {} where t.practice = %s", picked, current, joined)
        self._delete = _text("delete from {} as t {} where t.practice = %s {}", current, self._keys("using"), self._matching())
        self._upsert = _text("insert into {0} select * from unnest(%s::{0}[]) {1}", current, self._on_conflict())
        self._insert_history = _text("insert into {0} select * from unnest(%s::{0}[])", history)
        self._copy = _text("copy {} from stdin (format binary)", current)
        self._copy_history = _text("copy {} from stdin (format binary)", history)

    def select(self, conn: Connection[Any], practice: str, cells: list[Cell]) -> psycopg.Cursor[Any]:
        """Ask for the rows of some cells."""
        keys = key_arrays(self.table, [cell.key for cell in cells])
        return conn.cursor(binary=True).execute(self._select, (*keys, practice), prepare=True)

    def read(self, cursor: psycopg.Cursor[Any], fold: TableFold) -> None:
        """Put the rows asked for into their cells."""
        for values in cursor.fetchall():
            row = self._row(values)
            cell = fold.cells[self._key(row)]
            cell.row, cell.position = row, values[0]

    def write(self, conn: Connection[Any], practice: str, fold: TableFold) -> None:
        """Write the changes of a fold."""
        if removed := fold.removed():
            conn.execute(self._delete, (*key_arrays(self.table, removed), practice), prepare=True)
        if replaced := self._encode(self._rows, practice, fold.replaced):
            conn.execute(self._insert_history, (Raw(array(self._row_types[self.table.history_name], replaced)),), prepare=True)
        if current := self._encode(self._rows, practice, fold.current()):
            conn.execute(self._upsert, (Raw(array(self._row_types[self.table.name], current)),), prepare=True)

    def copy(self, conn: Connection[Any], practice: str, versions: list[Version]) -> None:
        """COPY rows into the table."""
        _copy(conn, self._copy, self._encode(self._copied, practice, versions))

    def copy_history(self, conn: Connection[Any], practice: str, versions: list[Version]) -> None:
        """COPY versions into the history."""
        _copy(conn, self._copy_history, self._encode(self._copied, practice, versions))

    def _encode(self, form: RowFormat, practice: str, versions: Iterable[Version]) -> list[bytes]:
        try:
            return form.encode(practice, versions)
        except Exception as error:
            raise RowError(f"{self.table.name}: {type(error).__name__}: {error}") from error

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


def _text(query: LiteralString, *parts: sql.Composable) -> bytes:
    """A statement as text, composed once: to compose a wide one takes longer than to carry it out."""
    return sql.SQL(query).format(*parts).as_bytes()


def _copy(conn: Connection[Any], statement: bytes, rows: list[bytes]) -> None:
    if rows:
        with conn.cursor().copy(statement) as copy:
            copy.write(COPY_HEADER)
            for start in range(0, len(rows), _TOGETHER):
                copy.write(b"".join(rows[start : start + _TOGETHER]))
            copy.write(COPY_TRAILER)
