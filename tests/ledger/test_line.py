"""The line: CloudEvents 1.0, composed in the database, the same bytes as the leaf; and what cannot stand in one."""

import json
import re
from base64 import b64decode
from uuid import uuid4

import orjson
import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from events._base import Envelope
from events._codec import data_bytes, parse_line
from events.ledger import reader
from events.ledger.mapper import state_of, to_json
from events.ledger.merkle import leaf_hash
from events.ledger.recorder import LedgerRecorder, Metadata, UnstorableData
from tests._database import Database
from tests.ledger._support import CORRELATION, LEDGER, ON_A_SERVER, append, fact, recorder

# What PostgreSQL's text cannot hold is left out: NUL and lone surrogates.
TEXT = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(TEXT, inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def ledger(database: Database) -> LedgerRecorder:
    return recorder(database.sync_pool())


def last_line(database: Database) -> bytes:
    with database.connect() as connection:
        (line,) = reader.read(connection, LEDGER, after=reader.size(connection, LEDGER) - 1)
        row = connection.execute("SELECT leaf FROM ledger.entry ORDER BY position DESC LIMIT 1").fetchone()
    assert row is not None
    assert row[0] == leaf_hash(line)
    return line


def test_a_line_is_exactly_this(database: Database, ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    append(ledger, fact(data=b'{"n": 1}'), command_id=command_id)
    line = re.sub(r'"time":"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"', '"time":"T"', last_line(database).decode())
    assert line == (
        '{"specversion":"1.0","id":"1","source":"/practices/fjordgata","type":"test.happened.v1","subject":"deviation/1","time":"T",'
        f'"streamversion":1,"actor":"kari","commandid":"{command_id}","correlationid":"{CORRELATION}",'
        '"datacontenttype":"application/json","data":{"n": 1}}'
    )


def test_the_codec_reads_what_the_database_composed(database: Database, ledger: LedgerRecorder) -> None:
    command_id = uuid4()
    append(ledger, fact(), command_id=command_id, metadata=Metadata("kari", CORRELATION, "17"))
    line = last_line(database)
    envelope, data = parse_line(line)
    with database.connect() as connection:
        row = connection.execute("SELECT time FROM ledger.entry").fetchone()
    assert row is not None
    assert envelope == Envelope(LEDGER, 1, "deviation/1", 1, "test.happened.v1", row[0], "kari", command_id, CORRELATION, "17")
    assert data == {"n": 1}
    assert data_bytes(line) == b'{"n":1}'


@settings(ON_A_SERVER, max_examples=60)
@given(subject=TEXT, name=TEXT, actor=TEXT, causation=st.none() | TEXT, data=st.dictionaries(TEXT, JSON, max_size=4))
def test_any_text_comes_back_as_it_was(
    database: Database, ledger: LedgerRecorder, subject: str, name: str, actor: str, causation: str | None, data: dict[str, object]
) -> None:
    state = orjson.dumps(data)
    subject = f"{uuid4()}/{subject}"
    append(ledger, fact(subject, 1, state, name), metadata=Metadata(actor, CORRELATION, causation))
    line = last_line(database)
    said = json.loads(line)
    assert b"\n" not in line
    assert (said["subject"], said["type"], said["actor"], said.get("causationid")) == (subject, name, actor, causation)
    assert ("causationid" in said) == (causation is not None)
    assert said["data"] == data
    assert state_of(line) == state
    assert len(json.loads(line, object_pairs_hook=list)) == len(said)
    (event,) = ledger.select_events(subject)
    assert event == fact(subject, 1, state, name)


@settings(ON_A_SERVER, max_examples=30)
@given(state=st.binary(max_size=60) | st.sampled_from([b"", b"{", b"[1]", b"null", b"{'a':1}", b'"x"', b'{"a":1}}', b"\xff\x00"]))
def test_other_bytes_are_kept_as_base64(database: Database, ledger: LedgerRecorder, state: bytes) -> None:
    subject = f"thing/{uuid4()}"
    append(ledger, fact(subject, 1, state))
    said = json.loads(last_line(database))
    assert "data" not in said
    assert said["datacontenttype"] == "application/octet-stream"
    assert b64decode(said["data_base64"]) == state
    assert ledger.select_events(subject)[0].state == state


@pytest.mark.parametrize(
    ("field", "text"),
    [
        *((field, text) for field in ("subject", "name", "actor", "causation") for text in ("a\0b", "a\ud800b")),
        *((field, text) for field in ("subject", "name") for text in ("", "x" * 256)),
    ],
)
def test_text_that_no_line_can_hold_is_refused_whole(database: Database, ledger: LedgerRecorder, field: str, text: str) -> None:
    given = {"subject": "deviation/1", "name": "t", "actor": "kari", "causation": None} | {field: text}
    metadata = Metadata(str(given["actor"]), CORRELATION, given["causation"])
    with pytest.raises(UnstorableData):
        append(ledger, fact("deviation/0"), fact(str(given["subject"]), 1, b"{}", str(given["name"])), metadata=metadata)
    with database.connect() as connection:
        assert connection.execute("SELECT count(*) FROM ledger.entry").fetchone() == (0,)
        assert connection.execute("SELECT count(*) FROM ledger.receipt").fetchone() == (0,)


@pytest.mark.parametrize("data", [rb'{"a":"\u0000"}', rb'{"\u0000":1}', b'{"a":\n1}'], ids=["nul", "nul in a key", "line break"])
def test_data_that_no_read_model_could_take_in_are_refused(database: Database, ledger: LedgerRecorder, data: bytes) -> None:
    with pytest.raises(UnstorableData):
        append(ledger, fact(), fact(version=2, data=data))
    assert ledger.max_notification_id() is None


def test_an_escaped_backslash_is_no_escape_of_nul(ledger: LedgerRecorder) -> None:
    data = rb'{"a":"\\u0000 and \u00e6 and \ud83d\ude00"}'
    append(ledger, fact(data=data))
    assert ledger.select_events("deviation/1")[0].state == data


@pytest.mark.parametrize(
    "arrays",
    [
        "array['s'], array[1], array['t'], array['[1]']::json[]",
        "array['s'], array[1], array['t'], array['1']::json[]",
        "array['s'], array[1], array['t'], array['null']::json[]",
        "array['s'], array[1], array['t'], array['\"no base64!\"']::json[]",
        "array['s'], array[1], array['t'], array['{']::json[]",
        r"""array['s'], array[1], array['t'], array['{"a":"\ud800"}']::json[]""",
        r"""array['s'], array[1], array['t'], array['{"a":"\ud800\ud800"}']::json[]""",
        "array['s', 's'], array[1], array['t'], array['{}']::json[]",
        "array['s'], array[1, 2], array['t', 't'], array['{}', '{}']::json[]",
        "array['s'], array[1], array[NULL], array['{}']::json[]",
        "array['s'], array[1], array['t'], array[NULL]::json[]",
        "array[NULL], array[1], array['t'], array['{}']::json[]",
    ],
)
def test_the_database_takes_nothing_that_makes_no_line(unchanged: Database, arrays: str) -> None:
    with unchanged.connect() as connection:
        with pytest.raises(psycopg.Error):
            connection.execute(f"SELECT ledger.append(%s, %s, 'd', 'kari', %s, NULL, {arrays})", (LEDGER, uuid4(), CORRELATION))
        assert reader.size(connection, LEDGER) == 1


def test_to_json_and_state_of_are_inverse() -> None:
    assert to_json(b'{"a":1}') == b'{"a":1}'
    assert to_json(b"state") == b'"c3RhdGU="'
    assert state_of(b'{"id":"1","data_base64":"c3RhdGU="}') == b"state"
