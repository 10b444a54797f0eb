"""The parts with a login that is only a member of their roles, as deploy/README.md recommends; the owner only migrates."""

from collections.abc import Iterator

import pytest

from projections._engine._generation import ensure_generation
from read_side.activity import timeline
from tests._database import Database
from tests.platform.test_cli import run
from tests.projections._histories import a_life
from tests.projections._record import Record, asking, following, wait_until_shown


@pytest.fixture
def member(database: Database) -> Iterator[Database]:
    """A database that its owner has migrated, as the parts log in to it."""
    ensure_generation(database.url)
    with database.member_login("sporbar_app", "sporbar_worker") as member:
        yield member


def test_what_is_appended_is_folded_asked_and_proven(member: Database) -> None:
    opened = run("open", "fjordgata", SPORBAR_DATABASE_URL=member.url)
    assert (opened.stdout, opened.stderr) == ("opened fjordgata\n", "")
    record = Record(member.sync_pool(), "fjordgata")
    with following(member):
        position = record.append(a_life())
        wait_until_shown(member, record.practice, position)
    assert len(asking(member, record.practice, timeline).items) == position
    verified = run("verify", "--read-models", SPORBAR_DATABASE_URL=member.url)
    assert verified.returncode == 0, verified.stderr
    assert f"fjordgata: {position} entries" in verified.stdout
