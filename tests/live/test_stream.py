"""Server-Sent Events: the exact lines in their order, each to whoever may see it, and none lost."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import uuid4

import httpx
import pytest
from eventsourcing.persistence import StoredEvent

from events import _registry
from events.ledger.recorder import LedgerRecorder
from gateway.auth.actor import Role
from tests.gateway._house import MANAGER, House, Practice, report
from tests.ledger._support import append, fact
from tests.live._clients import EVENTS, refused, socket, stream, writers


def test_the_lines_come_as_they_are_recorded(house: House, practice: Practice) -> None:
    with stream(practice.manager, after=0) as opened:
        assert opened.response.status_code == 200
        assert opened.response.headers["content-type"].startswith("text/event-stream")
        recorded = opened.take(practice.size)
        practice.manager.done("/deviations", report())
        recorded += opened.take(practice.size - len(recorded))
    assert [event.data for event in recorded] == house.lines(practice.name)
    assert [event.position for event in recorded] == list(range(1, practice.size + 1))
    assert [event.fields["event"] for event in recorded] == [json.loads(event.data)["type"] for event in recorded]


def test_it_begins_behind_the_present_end(practice: Practice) -> None:
    end = practice.size
    with stream(practice.manager) as opened:
        assert opened.response.headers["sporbar-position"] == str(end)
        first = next(opened.blocks())
        assert (first["id"], first["retry"]) == (str(end), "2000")
        practice.manager.done("/deviations", report())
        assert opened.take(1)[0].position == end + 1


def test_a_silent_stream_gives_a_sign_of_life(practice: Practice) -> None:
    with stream(practice.manager) as opened:
        blocks = opened.blocks()
        assert "id" in next(blocks)
        assert next(blocks) == {"": ""}


def test_nothing_is_lost_across_reconnects_while_many_write(house: House, practice: Practice) -> None:
    """A client that is cut off again and again and goes on with `Last-Event-ID` has every line once, in order."""
    last, expected = 0, practice.size + 16 * 5 * 2
    lines: list[str] = []
    with writers(practice.manager, 16, 5):
        while len(lines) < expected:
            with stream(practice.manager, last=last, after=0) as opened:
                if opened.response.status_code == 429:  # those that were left are still being cleared away
                    continue
                for event in opened.take(min(7, expected - len(lines))):
                    assert event.position == last + 1
                    last = event.position
                    lines.append(event.data)
    assert lines == house.lines(practice.name)


def test_only_the_types_asked_for(practice: Practice) -> None:
    with stream(practice.manager, after=0, type=["practice.registered.v1", "deviation.reported.v1"]) as opened:
        practice.manager.done("/deviations", report())
        assert [event.fields["event"] for event in opened.take(2)] == ["practice.registered.v1", "deviation.reported.v1"]
        passed = next(block for block in opened.blocks() if "id" in block)
        assert passed == {"id": str(practice.size)}, "whoever comes again need not pass over the others"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"last": "seven"}, (400, "live.position")),
        ({"last": "-1"}, (400, "live.position")),
        ({"last": "1" * 16}, (400, "live.position")),
        ({"last": "1.5"}, (400, "live.position")),
        ({"after": "٣"}, (400, "live.position")),
        ({"after": ""}, (400, "live.position")),
        ({"after": [1, 2]}, (400, "live.parameter")),
        ({"upto": 3}, (400, "live.parameter")),
        ({"type": "deviation"}, (400, "export.type")),
        ({"last": 1_000_000}, (422, "live.ahead")),
        ({"after": 1_000_000}, (422, "live.ahead")),
    ],
)
def test_a_place_that_is_none_is_refused(practice: Practice, options: dict[str, Any], expected: tuple[int, str]) -> None:
    assert refused(practice.manager, **options) == expected


def test_a_position_that_has_just_been_recorded_is_not_ahead(practice: Practice) -> None:
    with stream(practice.manager):
        for _ in range(5):
            position = practice.manager.done("/deviations", report())["position"]
            with stream(practice.manager, after=position) as opened:
                assert opened.response.status_code == 200


def test_who_may(house: House, practice: Practice) -> None:
    address = f"/v1/practices/{practice.name}/events/live"
    assert house.client.get(address).status_code == 401
    assert refused(practice.join()) == (403, "access.role")
    assert refused(practice.manager, "another") == (403, "access.other_practice")
    assert refused(house.person("unheard-of", MANAGER)) == (404, "practice.not_found")
    for role in (Role.AUDITOR, Role.ANALYST):
        with stream(house.person(practice.name, [role])) as opened:
            assert opened.response.status_code == 200


def test_nobody_sees_another_practice(house: House) -> None:
    """Two practices are written to at the same time; each follower has its own lines and no other."""
    one, other = house.new_practice(), house.new_practice()
    with (
        stream(one.manager, after=0) as of_one,
        stream(other.manager, after=0) as of_other,
        writers(one.manager, 4, 3),
        writers(other.manager, 4, 3),
    ):
        for practice, opened in ((one, of_one), (other, of_other)):
            events = opened.take(3 + 4 * 3 * 2)
            assert {json.loads(event.data)["source"] for event in events} == {f"/practices/{practice.name}"}
            assert [event.position for event in events] == list(range(1, len(events) + 1))


def test_an_analyst_sees_what_an_export_shows_them(house: House, practice: Practice) -> None:
    practice.manager.done("/deviations", report(description="Kari Nordmann ringte."))
    analyst = house.person(practice.name, [Role.ANALYST])
    with stream(analyst, after=0) as opened:
        shown = [event.data for event in opened.take(practice.size)]
    exported = house.client.get(f"/v1/practices/{practice.name}/events", headers={"Authorization": f"Bearer {analyst.token}"})
    assert shown == exported.text.splitlines()
    assert "Nordmann" not in "".join(shown)
    assert str(practice.manager.member) not in "".join(shown)
    assert all(json.loads(line)["sporbarredacted"] for line in shown)


def test_it_ends_with_the_token(house: House, practice: Practice) -> None:
    begun = datetime.now(UTC) - timedelta(seconds=house.settings.token_lifetime - 2)
    token = house.token(practice.name, MANAGER, practice.manager.member, issued=begun)
    manager = replace(practice.manager, token=token)
    with stream(manager, after=0) as opened:
        *_, last = opened.events()
    assert last.fields["event"] == "closed"
    assert "id" not in last.fields
    assert json.loads(last.data)["code"] == "access.expired"
    assert refused(manager) == (401, "token.expired")


def test_the_cookie_of_a_browser_will_do(house: House, practice: Practice) -> None:
    address = f"/v1/practices/{practice.name}/events/live"
    with (
        httpx.Client(base_url=house.url, cookies={"sporbar_session": practice.manager.token}, timeout=20) as browser,
        browser.stream("GET", address) as response,
    ):
        assert response.status_code == 200


def test_a_line_that_nobody_was_told_of_comes_by_itself(house: House, practice: Practice) -> None:
    """Recorded without any hint."""
    with stream(practice.manager) as opened, house.database.sync_pool() as pool:
        append(LedgerRecorder(pool, practice.name), fact())
        assert opened.take(1)[0].position == practice.size


def test_every_version_of_a_type_can_be_asked_for(house: House, practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    """By the name under which it is stored, also whoever is shown it in today's version."""
    today, old = "deviation.linked.v1", "deviation.linked.v0"
    monkeypatch.setitem(_registry._upcasters, old, (today, lambda data: {"kind": "task", "target": data["task"]}))
    target, subject, begin = str(uuid4()), f"deviation/{uuid4()}", practice.size
    with house.database.sync_pool() as pool:
        LedgerRecorder(pool, practice.name).insert_events(
            [
                StoredEvent(subject, 1, old, json.dumps({"task": target}).encode()),
                StoredEvent(subject, 2, today, json.dumps({"kind": "task", "target": target}).encode()),
            ]
        )
    for person in (practice.manager, house.person(practice.name, [Role.ANALYST])):
        for asked, places in ((old, [1]), (today, [2]), ("deviation.linked", [1, 2])):
            with stream(person, after=0, type=asked) as opened:
                assert [event.position - begin for event in opened.take(len(places))] == places
            with socket(house, person.token) as sent:
                sent.subscribe(EVENTS, p=practice.name, after=0, types=[asked])
                assert [sent.next()["position"] - begin for _ in places] == places


def test_a_lost_listener_loses_no_line(house: House, practice: Practice) -> None:
    with stream(practice.manager) as opened, house.database.connect() as owner:
        for _ in range(3):
            ended = owner.execute("select count(pg_terminate_backend(pid)) from pg_stat_activity where query like 'LISTEN%'").fetchone()
            assert ended is not None
            position = practice.manager.done("/deviations", report())["position"]
            assert opened.take(2)[-1].position == position
