"""Generations: made once, and refused when other code made them."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from projections._all import fingerprint, read_models
from projections._engine._generation import RebuildNeeded, active, ensure_generation
from projections._engine._rebuild import rebuild
from projections._engine._store import connect
from projections._engine._worker import NoGeneration, Worker, catch_up
from projections._model import ReadModel
from projections.deviation import READ_MODELS as DEVIATIONS
from tests._database import Database
from tests.projections._toy import TOYS, OpenRow


def test_the_first_generation_is_made_once(database: Database) -> None:
    with ThreadPoolExecutor(3) as threads:
        made = list(threads.map(ensure_generation, [database.url] * 3))
    assert {generation.schema for generation in made} == {"read_1"}
    with connect(database.url) as conn:
        assert active(conn) == made[0]


def test_without_a_generation_nobody_folds(database: Database) -> None:
    with pytest.raises(NoGeneration):
        catch_up(database.url)


def test_other_tables_or_folds_need_a_rebuild(database: Database) -> None:
    ensure_generation(database.url, DEVIATIONS)
    with pytest.raises(RebuildNeeded, match="sporbar rebuild"):
        ensure_generation(database.url, (*DEVIATIONS, *TOYS))
    with pytest.raises(RebuildNeeded, match="sporbar rebuild"):
        Worker(database.url, models=TOYS).run()
    rebuild(database.url, models=TOYS)
    assert ensure_generation(database.url, TOYS).schema == "read_2"


def test_the_fingerprint_tells_versions_of_a_fold_apart() -> None:
    assert fingerprint((ReadModel(OpenRow),)) != fingerprint((ReadModel(OpenRow, version=2),))
    assert fingerprint(read_models()) == fingerprint(read_models())


def test_the_gateway_may_read_and_not_write(database: Database) -> None:
    ensure_generation(database.url)
    with database.sync_pool("sporbar_app").connection() as conn:
        granted = conn.execute(
            "select bool_and(has_table_privilege(c.oid, 'select')),"
            " bool_or(has_table_privilege(c.oid, 'insert, update, delete, truncate'))"
            " from pg_class as c where relnamespace = 'read_1'::regnamespace and relkind = 'r'"
        ).fetchone()
    assert granted == (True, False)
