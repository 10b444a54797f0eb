"""The demo on data that another version of Sporbar left."""

import pytest

from gateway.cli.demo import make_read_models
from projections._engine._generation import active
from tests._database import Database


def test_read_models_of_another_version_are_made_anew(elsewhere: Database, capsys: pytest.CaptureFixture[str]) -> None:
    with elsewhere.connect() as conn:
        before = active(conn)
        assert before is not None
        make_read_models(elsewhere.url)
        assert active(conn) == before
        conn.execute("update projection.generation set fingerprint = 'another'")
        make_read_models(elsewhere.url)
        after = active(conn)
        assert after is not None
        assert after.number == before.number + 1
        assert after.fingerprint == before.fingerprint
    assert "another version" in capsys.readouterr().out
