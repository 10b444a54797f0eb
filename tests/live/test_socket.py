"""Subscriptions over graphql-transport-ws: what they send, and how the protocol is kept."""

import json
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest

from gateway.auth.actor import Role
from tests.gateway._house import MANAGER, House, Practice, report
from tests.live._clients import EVENTS, closed, raw_socket, socket, stream, writers

DASHBOARD = "subscription ($p: ID!) { dashboard(practice: $p) { position asOf dashboard { deviations { open } } } }"
WHOLE = "subscription ($p: ID!) { events(practice: $p, after: 0) { position type subject time actor line } }"


def test_the_lines_come_as_they_are_recorded(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened:
        opened.subscribe(WHOLE, p=practice.name)
        shown = [opened.next() for _ in range(practice.size)]
        practice.manager.done("/deviations", report())
        shown += [opened.next() for _ in range(practice.size - len(shown))]
    assert [item["line"] for item in shown] == house.lines(practice.name)
    for item in shown:
        line = json.loads(item["line"])
        assert (str(item["position"]), item["type"], item["subject"], item["actor"]) == tuple(
            line[name] for name in ("id", "type", "subject", "actor")
        )
        assert datetime.fromisoformat(item["time"]) == datetime.fromisoformat(line["time"])


def test_nothing_is_lost_across_reconnects_while_many_write(house: House, practice: Practice) -> None:
    last, expected = 0, practice.size + 16 * 3 * 2
    lines: list[str] = []
    with writers(practice.manager, 16, 3):
        while len(lines) < expected:
            with socket(house, practice.manager.token) as opened:
                opened.subscribe(EVENTS, p=practice.name, after=last)
                for _ in range(min(11, expected - len(lines))):
                    shown = opened.next()
                    assert shown["position"] == last + 1
                    last = shown["position"]
                    lines.append(shown["line"])
    assert lines == house.lines(practice.name)


def test_who_asks_the_same_is_told_the_same_and_no_more(house: House, practice: Practice) -> None:
    """Payloads are put together once; other variables, other names and other rights make other payloads."""
    query = EVENTS.replace("line", "line @skip(if: $short)").replace("($p", "($short: Boolean!, $p")
    analyst = house.person(practice.name, [Role.ANALYST])
    whole, redacted = house.lines(practice.name)[1], None
    with socket(house, practice.manager.token) as one, socket(house, practice.manager.token) as same, socket(house, analyst.token) as other:
        for opened in (one, same, other):
            opened.subscribe(query, p=practice.name, after=1, short=False)
            shown = opened.next()
            assert shown["position"] == 2
            redacted = shown["line"]
            assert (redacted == whole) is (opened is not other)
            opened.send(id="1", type="complete")
    assert redacted is not None
    assert json.loads(redacted)["sporbarredacted"]
    with socket(house, practice.manager.token) as opened:
        opened.subscribe(query, p=practice.name, after=1, short=True)
        assert opened.next() == {"position": 2}


def test_nobody_is_told_what_a_restored_record_no_longer_says(house: House, practice: Practice) -> None:
    """Payloads that were put together before a restore are not those of the lines that stand there now."""
    backup = head(house, practice)
    practice.manager.done("/deviations", report())
    with socket(house, practice.manager.token) as ahead:
        ahead.subscribe(EVENTS, p=practice.name, after=backup[0])
        before = [ahead.next()["line"] for _ in range(2)]
        restore(house, practice, backup)
        assert ahead.error() == "live.ahead"
        practice.manager.done("/deviations", report())
        with socket(house, practice.manager.token) as opened:
            opened.subscribe(EVENTS, p=practice.name, after=backup[0])
            now = [opened.next()["line"] for _ in range(2)]
    assert now == house.lines(practice.name)[backup[0] :]
    assert not set(now) & set(before)


def head(house: House, practice: Practice) -> tuple[Any, ...]:
    """What a backup knows of a ledger: its size and frontier."""
    with house.database.connect() as owner:
        (found,) = owner.execute("select size, frontier from ledger.ledger where ledger = %s", (practice.name,)).fetchall()
    return found[0], found[1]


def restore(house: House, practice: Practice, backup: tuple[Any, ...]) -> None:
    """Take a ledger back to what a backup knows, which only the owner of the database can do."""
    with house.database.connect() as owner, owner.transaction():
        owner.execute("alter table ledger.entry disable trigger recorded")
        owner.execute("delete from ledger.entry where ledger = %s and position > %s", (practice.name, backup[0]))
        owner.execute("alter table ledger.entry enable always trigger recorded")
        owner.execute("update ledger.ledger set size = %s, frontier = %s where ledger = %s", (*backup, practice.name))


def test_the_dashboard_comes_anew_when_the_record_has_moved(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened:
        opened.subscribe(DASHBOARD, p=practice.name)
        assert opened.next()["position"] == practice.size
        for _ in range(20):
            practice.manager.done("/deviations", report())
        shown = [opened.next()]
        while shown[-1]["position"] < practice.size:
            shown.append(opened.next())
    assert shown[-1]["dashboard"]["deviations"]["open"] == 20
    positions = [board["position"] for board in shown]
    assert positions == sorted(set(positions))
    times = [datetime.fromisoformat(board["asOf"]) for board in shown]
    assert all(later - earlier >= timedelta(seconds=0.3) for earlier, later in pairwise(times)), "a few a second"


def test_another_practice_is_refused(house: House, practice: Practice) -> None:
    for query in (EVENTS, DASHBOARD):
        with socket(house, practice.manager.token) as opened:
            opened.subscribe(query, p=house.new_practice().name)
            assert opened.error() == "access.other_practice"


def test_a_refused_subscription_leaves_the_others(house: House, practice: Practice) -> None:
    """Everything that can be wrong with one is told under its id, and the socket goes on."""
    wrong: dict[str, tuple[str, dict[str, Any]]] = {
        "graphql.syntax": ("subscription {", {}),
        "graphql.invalid": ("subscription { events(practice: 1) { nothing } }", {}),
        "graphql.over_a_socket": ("{ practice { id } }", {}),
        "graphql.operation": ("query a { practice { id } } query b { practice { id } }", {}),
        "graphql.introspection_off": ("subscription { __schema { types { name } } }", {}),
        "graphql.too_costly": ("subscription { events(practice: 1) { " + " ".join(f"a{n}: line" for n in range(300)) + " } }", {}),
        "live.ahead": (EVENTS, {"p": practice.name, "after": 1_000_000}),
        "live.position": (EVENTS, {"p": practice.name, "after": -1}),
        "export.type": (EVENTS, {"p": practice.name, "types": ["nothing"]}),
    }
    with socket(house, practice.manager.token) as opened:
        for code, (query, variables) in wrong.items():
            opened.subscribe(query, **variables)
            assert opened.error() == code
        opened.subscribe(EVENTS, after=0)
        assert opened.error() == "graphql.invalid", "a variable is missing"
        opened.subscribe(EVENTS, p=practice.name, after=0)
        assert opened.next()["position"] == 1
    with socket(house, practice.join().token) as opened:
        opened.subscribe(EVENTS, p=practice.name)
        assert opened.error() == "access.role"
        opened.subscribe(DASHBOARD, p=practice.name)
        assert opened.next()["position"] > 0


def test_errors_are_told_in_the_language_asked_for(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token, additional_headers={"Accept-Language": "nb"}) as opened:
        opened.subscribe("{ practice { id } }")
        assert opened.receive()["payload"][0]["message"].startswith("Bare abonnementer")


def test_subscriptions_do_not_run_over_http(practice: Practice) -> None:
    answer = practice.manager.ask(EVENTS, p=practice.name)
    assert answer["errors"][0]["extensions"]["code"] == "graphql.over_http"


def test_a_completed_subscription_sends_no_more_and_its_id_is_free(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened:
        opened.send(id="a", type="subscribe", payload={"query": EVENTS, "variables": {"p": practice.name}})
        opened.send(id="a", type="complete")
        opened.send(id="never begun", type="complete")
        opened.send(id="a", type="subscribe", payload={"query": EVENTS, "variables": {"p": practice.name, "after": 2}})
        assert opened.next()["position"] == 3
        opened.send(type="ping", payload={"n": 1})
        assert opened.receive() == {"type": "pong", "payload": {"n": 1}}
        opened.send(type="pong")
        practice.manager.done("/deviations", report())
        assert [opened.next()["position"] for _ in range(2)] == [4, 5]


def test_too_many_subscriptions_of_a_socket(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened:
        for _ in range(11):
            opened.subscribe(EVENTS, p=practice.name)
        assert opened.error() == "live.subscriptions"


INIT = '{"type":"connection_init"}'


@pytest.mark.parametrize(
    ("messages", "code"),
    [
        (["{"], 4400),
        ([b"{}"], 4400),
        (["[]"], 4400),
        (["{}"], 4400),
        (['{"type":"start"}'], 4400),
        (['{"type":["ping"]}'], 4400),
        (['{"type":"connection_init","payload":[]}'], 4400),
        (['{"type":"ping","type":"ping"}'], 4400),
        (['{"type":"ping","payload":' + "[" * 20_000 + "]" * 20_000 + "}"], 4400),
        (['{"type":"ping","payload":"' + "x" * 70_000 + '"}'], 4400),
        (['{"type":"subscribe","id":"1","payload":{"query":"{a}"}}'], 4401),
        ([INIT], 4403),
        (['{"type":"connection_init","payload":{"Authorization":"Bearer x"}}'], 4403),
        (['{"type":"connection_init","payload":{"Authorization":7}}'], 4403),
        ([INIT.replace("}", ',"payload":{"authorization":"%s"}}'), INIT], 4429),
        ([INIT.replace("}", ',"payload":{"authorization":"%s"}}'), '{"type":"subscribe","id":1,"payload":{}}'], 4400),
        ([INIT.replace("}", ',"payload":{"authorization":"%s"}}'), '{"type":"subscribe","id":"","payload":{}}'], 4400),
        ([INIT.replace("}", ',"payload":{"authorization":"%s"}}'), '{"type":"subscribe","id":"1"}'], 4400),
    ],
)
def test_what_is_not_the_protocol_closes_the_socket(
    house: House, practice: Practice, messages: list[str | bytes], code: int, caplog: pytest.LogCaptureFixture
) -> None:
    with raw_socket(house) as opened:
        for message in messages:
            told = f"Bearer {practice.manager.token}"
            opened.connection.send(message.replace("%s", told) if isinstance(message, str) else message)
        assert closed(opened)[0] == code
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


def test_a_payload_that_is_no_request_is_told(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened:
        opened.send(id="1", type="subscribe", payload={"query": 7})
        assert opened.error() == "graphql.not_a_request"


def test_an_id_that_is_taken(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened:
        for _ in range(2):
            opened.send(id="a", type="subscribe", payload={"query": EVENTS, "variables": {"p": practice.name}})
        assert closed(opened) == (4409, "Subscriber for a already exists")


@pytest.mark.parametrize("protocol", [None, "graphql-ws"])
def test_another_subprotocol(house: House, protocol: str | None) -> None:
    with raw_socket(house, protocol) as opened:
        assert closed(opened)[0] == 4406


def test_a_cookie_counts_for_the_sites_own_pages_only(house: House, practice: Practice) -> None:
    cookie = {"Cookie": f"sporbar_session={practice.manager.token}"}
    own: Any = house.url
    other: Any = "https://elsewhere.example"
    with raw_socket(house, origin=own, additional_headers=cookie) as opened:
        opened.send(type="connection_init")
        assert opened.receive() == {"type": "connection_ack"}
    for origin in (other, None):
        with raw_socket(house, origin=origin, additional_headers=cookie) as opened:
            opened.send(type="connection_init")
            code, reason = closed(opened)
            assert (code, reason.partition(":")[0]) == (4403, "origin.refused")


def test_a_header_of_the_handshake_will_do(house: House, practice: Practice) -> None:
    with raw_socket(house, additional_headers={"Authorization": f"Bearer {practice.manager.token}"}) as opened:
        opened.send(type="connection_init")
        assert opened.receive() == {"type": "connection_ack"}


@pytest.mark.parametrize("busy", [True, False])
def test_it_closes_with_the_token(house: House, practice: Practice, busy: bool) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=house.settings.token_lifetime - 2)
    token = house.token(practice.name, MANAGER, practice.manager.member, issued=begun)
    with socket(house, token) as opened:
        if busy:
            opened.subscribe(EVENTS, p=practice.name, after=0)
            opened.subscribe(DASHBOARD, p=practice.name)
        code, reason = closed(opened)
    assert (code, reason.partition(":")[0]) == (4403, "token.expired")


def test_streams_and_sockets_see_the_same(house: House, practice: Practice) -> None:
    with socket(house, practice.manager.token) as opened, stream(practice.manager, after=0) as streamed:
        opened.subscribe(EVENTS, p=practice.name, after=0)
        practice.manager.done("/deviations", report())
        lines = [event.data for event in streamed.take(practice.size)]
        assert lines == [opened.next()["line"] for _ in lines]
