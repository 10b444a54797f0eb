"""Migrations are applied once, in order, also by two at once, and wholly or not at all."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import psycopg
import pytest

from events.ledger.migrate import DEFAULT, MigrationChanged, migrate, pending
from tests._database import Postgres


@pytest.fixture
def empty(postgres: Postgres) -> Iterator[str]:
    """URL of a database in which nothing was migrated."""
    name = postgres.make_database("template0")
    yield postgres.url(name)
    postgres.drop_database(name)


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A package of migrations of its own, importable as `own_migrations`."""
    monkeypatch.syspath_prepend(tmp_path)
    folder = tmp_path / f"own_{tmp_path.name.replace('-', '_')}"
    folder.mkdir()
    (folder / "__init__.py").touch()
    (folder / "0001_first.sql").write_text("CREATE TABLE first (id int);")
    return folder


def test_everything_is_applied_once_and_in_order(empty: str) -> None:
    assert len(pending(empty)) >= 2
    applied = migrate(empty)
    assert applied[0] == "events.ledger.migrations/0001_ledger.sql"
    assert [name.split("/")[0] for name in applied] == sorted((name.split("/")[0] for name in applied), key=DEFAULT.index)
    assert migrate(empty) == []
    assert pending(empty) == []


def test_of_two_at_once_one_finds_nothing_to_do(empty: str) -> None:
    with ThreadPoolExecutor() as threads:
        applied = list(threads.map(lambda _: migrate(empty), range(2)))
    assert sorted(map(bool, applied)) == [False, True]


def test_two_databases_of_one_server_are_migrated_at_once(postgres: Postgres) -> None:
    names = [postgres.make_database("template0") for _ in range(4)]
    with ThreadPoolExecutor() as threads:
        applied = list(threads.map(migrate, map(postgres.url, names)))
    assert all(files == applied[0] for files in applied)
    for name in names:
        postgres.drop_database(name)


def test_a_new_file_is_applied_to_a_database_in_use(empty: str, package: Path) -> None:
    assert migrate(empty, [package.name]) == [f"{package.name}/0001_first.sql"]
    (package / "0002_second.sql").write_text("CREATE TABLE second (id int);")
    (package / "notes.txt").write_text("no migration")
    assert pending(empty, [package.name]) == [f"{package.name}/0002_second.sql"]
    assert migrate(empty, [package.name]) == [f"{package.name}/0002_second.sql"]


def test_a_file_that_was_edited_is_refused(empty: str, package: Path) -> None:
    migrate(empty, [package.name])
    (package / "0001_first.sql").write_text("CREATE TABLE first (id bigint);")
    with pytest.raises(MigrationChanged, match="0001_first"):
        migrate(empty, [package.name])


def test_a_file_that_fails_leaves_nothing(empty: str, package: Path) -> None:
    (package / "0002_second.sql").write_text("CREATE TABLE second (id int); SELECT 1 / 0;")
    with pytest.raises(psycopg.errors.DivisionByZero):
        migrate(empty, [package.name])
    with psycopg.connect(empty) as connection:
        assert connection.execute("SELECT to_regclass('first'), to_regclass('second'), to_regclass('sporbar.migration')").fetchone() == (
            None,
            None,
            None,
        )


def test_a_login_that_is_no_superuser_can_migrate_and_take_the_roles(postgres: Postgres) -> None:
    with psycopg.connect(postgres.url(), autocommit=True) as owner:
        owner.execute("CREATE ROLE landlord LOGIN")
        owner.execute(
            "GRANT sporbar_app, sporbar_worker, sporbar_generator, sporbar_importer TO landlord WITH ADMIN OPTION, INHERIT FALSE, SET FALSE"
        )
        owner.execute("CREATE DATABASE landlords OWNER landlord TEMPLATE template0")
        url = psycopg.conninfo.make_conninfo(postgres.url("landlords"), user="landlord")
        assert migrate(url)
        with psycopg.connect(url, options="-c role=sporbar_app") as connection:
            assert connection.execute("SELECT ledger.open('fjordgata', false)").fetchone() == (True,)
        owner.execute("DROP DATABASE landlords")
        owner.execute("REVOKE sporbar_app, sporbar_worker, sporbar_generator, sporbar_importer FROM landlord CASCADE")
        owner.execute("DROP ROLE landlord")
