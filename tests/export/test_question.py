"""Words become positions, which mean the same for ever; what cannot be meant is refused with what to do."""

from datetime import datetime, timedelta
from typing import Any

import orjson
import pytest

from events._base import OSLO
from gateway.export._errors import ExportRefused
from gateway.export._question import Asked, Question, Redaction
from gateway.export._token import Rest, rest_of, token
from tests.export.conftest import PRACTICE, SECRET, Generated


def asked(since: str | None = None, until: str | None = None, *types: str, redaction: str | None = None) -> Asked:
    return Asked.of(PRACTICE, since, until, types, redaction)


def refused(code: str, status: int) -> Any:
    return pytest.raises(ExportRefused, match=f"^{status} {code} ")


def times(generated: Generated) -> list[datetime]:
    return [datetime.fromisoformat(orjson.loads(line)["time"]) for line in generated.lines]


def test_without_bounds_it_is_the_whole_record(generated: Generated) -> None:
    question = generated.source.ask(asked()).question
    assert question == Question(PRACTICE, 0, len(generated.lines), (), Redaction.PSEUDONYMISED)


def test_bounds_are_included(generated: Generated) -> None:
    export = generated.source.ask(asked("5", "7", redaction="full"))
    assert list(export.lines()) == generated.lines[4:7]


def test_a_day_is_a_day_in_norway(generated: Generated) -> None:
    days = sorted({moment.astimezone(OSLO).date() for moment in times(generated)})
    first, last = days[3], days[10]
    export = generated.source.ask(asked(first.isoformat(), last.isoformat(), redaction="full"))
    meant = [
        line for line, moment in zip(generated.lines, times(generated), strict=True) if first <= moment.astimezone(OSLO).date() <= last
    ]
    assert list(export.lines()) == meant != []


def test_a_moment_is_included_at_both_ends(generated: Generated) -> None:
    moments = times(generated)
    first, last = moments[50], moments[80]
    export = generated.source.ask(asked(first.isoformat(), last.isoformat(), redaction="full"))
    meant = [line for line, moment in zip(generated.lines, moments, strict=True) if first <= moment <= last]
    assert list(export.lines()) == meant
    before = generated.source.ask(asked(None, (moments[0] - timedelta(milliseconds=1)).isoformat()))
    assert list(before.lines()) == []
    assert generated.source.ask(asked("1", "0")).question == before.question  # asked with the positions of its manifest


def test_types_are_chosen(generated: Generated) -> None:
    wanted = ("task.completed.v1", "deviation.reported.v1")
    export = generated.source.ask(asked("10", None, *wanted, redaction="full"))
    meant = [line for line in generated.lines[9:] if orjson.loads(line)["type"] in wanted]
    assert list(export.lines()) == meant
    assert export.summary.count == len(meant)
    assert list(export.summary.counts) == sorted(wanted)


def test_what_comes_next_may_be_asked_before_it_is_there(generated: Generated) -> None:
    size = len(generated.lines)
    assert list(generated.source.ask(asked(str(size + 1))).lines()) == []
    assert list(generated.source.ask(asked("2099-01-01")).lines()) == []


@pytest.mark.parametrize(
    ("since", "until", "code", "status"),
    [
        ("0", None, "export.ahead", 422),
        ("999999", None, "export.ahead", 422),
        (None, "999999", "export.ahead", 422),
        (None, "0", "export.ahead", 422),
        ("2025-03-01", "0", "export.ahead", 422),
        ("20", "10", "export.backwards", 422),
        ("2025-03-02", "2025-03-01", "export.backwards", 422),
        ("2025-03-01", "3", "export.backwards", 422),
        ("2099-03-02", "2099-03-01", "export.backwards", 422),
        ("yesterday", None, "export.bound", 400),
        ("2025-02-30", None, "export.bound", 400),
        ("2025-03-01T12:00:00", None, "export.bound", 400),
        ("0001-01-01", None, "export.bound", 400),
        ("-1", None, "export.bound", 400),
        ("٣", None, "export.bound", 400),
        ("", None, "export.bound", 400),
    ],
)
def test_bounds_that_cannot_be_are_refused(generated: Generated, since: str | None, until: str | None, code: str, status: int) -> None:
    with refused(code, status):
        generated.source.ask(asked(since, until))


def test_other_words_that_cannot_be_are_refused(generated: Generated) -> None:
    with refused("export.redaction", 400):
        asked(redaction="some")
    with refused("export.no_record", 404):
        generated.source.ask(Asked("nowhere"))


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("task.complete.v1", "task.completed.v1"),
        ("deviation.reportd", "deviation.reported"),
        ("Deviation.reported.v1", "deviation.reported.v1"),
        ("deviation.reported.v2", "deviation.reported.v1"),
    ],
)
def test_a_name_that_is_near_is_suggested(given: str, meant: str) -> None:
    with refused("export.type.near", 400) as told:
        asked(None, None, given)
    assert told.value.problem.details == {"given": given, "meant": meant}


@pytest.mark.parametrize("given", ["nope", "", "*", "deviation", "deviation.", ".v1", "task.eaten.v1", "x" * 4_000])
def test_no_far_name_is_suggested(given: str) -> None:
    with refused("export.type", 400) as told:
        asked(None, None, given)
    assert told.value.problem.details == {"given": given[:100]}


def test_a_token_goes_on_with_its_question() -> None:
    rest = Rest.of(Question(PRACTICE, 5, 90, ("task.completed.v1",), Redaction.FULL), upto=90)
    given = token(SECRET, rest)
    assert rest_of(SECRET, given, PRACTICE) == rest
    assert rest.asked() == Asked(PRACTICE, 6, 90, ("task.completed.v1",), Redaction.FULL)
    assert rest.asked(40).since == 41
    for outside in (4, 91):
        with refused("export.resume.outside", 400):
            rest.asked(outside)


def test_a_token_of_elsewhere_is_refused() -> None:
    given = token(SECRET, Rest(PRACTICE, 5, None, (), Redaction.PSEUDONYMISED))
    with refused("export.resume.other_practice", 400):
        rest_of(SECRET, given, "havnegata")
    for wrong in (
        "",
        "x",
        "æ",
        given[:-2],
        given[:3] + "x" + given[4:],
        given * 99,
        token(b"y" * 32, Rest(PRACTICE, 5, None, (), Redaction.FULL)),
    ):
        with refused("export.resume.unknown", 400):
            rest_of(SECRET, wrong, PRACTICE)
