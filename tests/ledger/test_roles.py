"""Who may do what in the ledger: the application appends, the generator tells the time, nobody changes anything."""

import psycopg
import pytest
from psycopg import errors, sql

from events.ledger import reader
from events.ledger.connect import conninfo
from events.ledger.merkle import leaf_hash
from tests._database import Database
from tests.ledger._support import LEDGER, append, fact, recorder

CHANGES = [
    "INSERT INTO ledger.entry VALUES ('fjordgata', 2, 's', 1, 't', now(), '{}', '')",
    "UPDATE ledger.entry SET line = '{}'",
    "DELETE FROM ledger.entry",
    "TRUNCATE ledger.entry",
    "INSERT INTO ledger.receipt VALUES ('fjordgata', gen_random_uuid(), 'd', 1, 1, '')",
    "UPDATE ledger.receipt SET position = 0",
    "DELETE FROM ledger.receipt",
    "TRUNCATE ledger.receipt",
    "INSERT INTO ledger.ledger (ledger) VALUES ('other')",
    "UPDATE ledger.ledger SET size = 0",
    "DELETE FROM ledger.ledger",
    "TRUNCATE ledger.ledger",
    "SELECT * FROM ledger.ledger FOR UPDATE",
    "ALTER TABLE ledger.entry DISABLE TRIGGER recorded",
    "CREATE TABLE ledger.mine ()",
]
PRIVATE = [
    "ledger._conflict('fjordgata', '{}', '{}')",
    "ledger._refuse_event(1)",
]
APPEND = "SELECT ledger.append('fjordgata', gen_random_uuid(), 'd', 'a', gen_random_uuid(), NULL, '{}', '{}', '{}', '{}')"
APPEND_AT = "SELECT ledger.append_at('fjordgata', gen_random_uuid(), 'd', 'a', gen_random_uuid(), NULL, '{}', '{}', '{}', '{}', now())"


def attempt(unchanged: Database, role: str, statement: str) -> None:
    with psycopg.connect(conninfo(unchanged.url, role), autocommit=True) as connection:
        connection.execute(statement)


@pytest.mark.parametrize("role", ["sporbar_app", "sporbar_worker", "sporbar_generator", "sporbar_importer"])
@pytest.mark.parametrize("statement", [*CHANGES, *(f"SELECT {call}" for call in PRIVATE)])
def test_no_role_reaches_the_tables_or_the_inner_functions(unchanged: Database, role: str, statement: str) -> None:
    with pytest.raises(errors.InsufficientPrivilege):
        attempt(unchanged, role, statement)


@pytest.mark.parametrize(
    ("role", "statement", "allowed"),
    [
        ("sporbar_app", APPEND, True),
        ("sporbar_generator", APPEND, True),
        ("sporbar_worker", APPEND, False),
        ("sporbar_importer", APPEND, False),
        ("sporbar_app", APPEND_AT, False),
        ("sporbar_worker", APPEND_AT, False),
        ("sporbar_importer", APPEND_AT, False),
        ("sporbar_generator", APPEND_AT, True),
        ("sporbar_app", "SELECT ledger.open('havnegata', false)", True),
        ("sporbar_generator", "SELECT ledger.open('havnegata', true)", True),
        ("sporbar_worker", "SELECT ledger.open('havnegata', false)", False),
        ("sporbar_importer", "SELECT ledger.open('havnegata', false)", False),
        *((role, "SELECT * FROM ledger.entry, ledger.receipt, ledger.ledger", True) for role in ("sporbar_app", "sporbar_worker")),
    ],
)
def test_each_role_may_do_its_part(unchanged: Database, role: str, statement: str, allowed: bool) -> None:
    if allowed:
        attempt(unchanged, role, statement)
    else:
        with pytest.raises(errors.InsufficientPrivilege):
            attempt(unchanged, role, statement)


def test_everybody_else_may_nothing(unchanged: Database) -> None:
    with unchanged.connect() as connection, connection.transaction(force_rollback=True):
        connection.execute("CREATE ROLE stranger")
        connection.execute("SET LOCAL ROLE stranger")
        for statement in (APPEND, APPEND_AT, "SELECT ledger.open('x', false)", "SELECT * FROM ledger.entry"):
            with pytest.raises(errors.InsufficientPrivilege), connection.transaction():
                connection.execute(statement)


def test_a_login_that_is_only_a_member_gets_nothing_back(unchanged: Database) -> None:
    """Whoever has the session of a part can leave its role, and then do less."""
    with unchanged.connect() as owner:
        superuser = sql.Identifier(owner.info.user)
    with (
        unchanged.member_login("sporbar_app", "sporbar_worker") as member,
        psycopg.connect(conninfo(member.url, "sporbar_app"), autocommit=True) as connection,
    ):
        for own in ("NONE", "sporbar_app", "sporbar_worker"):
            connection.execute(f"SET ROLE {own}")
            for statement in (*CHANGES, "SET session_replication_role = replica"):
                with pytest.raises(errors.InsufficientPrivilege):
                    connection.execute(statement)
        for role in (superuser, sql.Identifier("sporbar_generator"), sql.Identifier("sporbar_importer")):
            with pytest.raises(errors.InsufficientPrivilege):
                connection.execute(sql.SQL("SET ROLE {}").format(role))


@pytest.mark.parametrize("replication", ["origin", "replica"])
@pytest.mark.parametrize("table", ["entry", "receipt", "ledger"])
@pytest.mark.parametrize("change", ["DELETE FROM", "TRUNCATE", "UPDATE"])
def test_even_the_owner_is_stopped(unchanged: Database, table: str, change: str, replication: str) -> None:
    if (table, change) == ("ledger", "UPDATE"):
        return  # the head row moves with every append
    with unchanged.connect() as connection:
        connection.execute(f"SET session_replication_role = {replication}")
        with pytest.raises(psycopg.Error) as refusal:
            connection.execute(f"{change} ledger.{table} {'SET ledger = ledger' if change == 'UPDATE' else ''}")
        assert refusal.value.sqlstate == "SB009"


def test_a_search_path_cannot_lead_append_astray(database: Database) -> None:
    pool = database.sync_pool()
    ledger = recorder(pool)
    with database.connect() as owner:
        owner.execute("CREATE SCHEMA trap; GRANT ALL ON SCHEMA trap TO sporbar_app")
    with pool.connection() as connection:
        connection.execute("CREATE FUNCTION trap.sha256(bytea) RETURNS bytea LANGUAGE sql AS $$ SELECT 'trapped'::bytea $$")
        connection.execute("CREATE FUNCTION trap.to_json(text) RETURNS json LANGUAGE sql AS $$ SELECT '\"trapped\"'::json $$")
        connection.execute("SET search_path = trap, pg_catalog, ledger")
    append(ledger, fact())
    with pool.connection() as connection:
        assert connection.execute("SHOW search_path").fetchone() == ("trap, pg_catalog, ledger",)
        (line,) = reader.read(connection, LEDGER)
        assert connection.execute("SELECT leaf FROM ledger.entry").fetchone() == (leaf_hash(line),)
    assert b"trapped" not in line
